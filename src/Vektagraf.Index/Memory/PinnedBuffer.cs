using System.Runtime.CompilerServices;

namespace Vektagraf.Index;

/// <summary>
/// Unmanaged elements that the garbage collector owns and never moves, starting at a cache line. Compared with native memory nothing can be
/// freed under a reader, leaked or freed twice: whoever holds the buffer keeps its memory. A pointer into it is valid as long as the
/// buffer is reachable, so code that uses one ends with GC.KeepAlive.
/// </summary>
internal sealed unsafe class PinnedBuffer<T>
    where T : unmanaged
{
    /// <summary>A cache line, and the width of an AVX-512 register.</summary>
    public const int Alignment = 64;

    private readonly T[] _array;
    private readonly int _start;

    /// <summary>Allocates at least one element; the content is undefined.</summary>
    public PinnedBuffer(int length)
    {
        // Arrays are aligned to 8 bytes: one more cache line makes room for the aligned start.
        _array = GC.AllocateUninitializedArray<T>(checked(length + (Alignment / sizeof(T))), pinned: true);
        T* first = (T*)Unsafe.AsPointer(ref _array[0]);
        _start = (int)((Alignment - ((nuint)first % Alignment)) % Alignment) / sizeof(T);
        Pointer = first + _start;
        HugePages.Request(first, (nuint)MemoryBytes);
        Length = length;
    }

    /// <summary>The first element.</summary>
    public T* Pointer { get; }

    /// <summary>Elements that may be used.</summary>
    public int Length { get; }

    /// <summary>Bytes held, alignment included.</summary>
    public long MemoryBytes => (long)_array.Length * sizeof(T);

    /// <summary>A part of the buffer; it keeps the memory reachable by itself.</summary>
    public Span<T> Slice(int start, int length) => _array.AsSpan(_start, Length).Slice(start, length);
}
