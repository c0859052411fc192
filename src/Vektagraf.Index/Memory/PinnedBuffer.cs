using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// Unmanaged elements that the garbage collector owns and never moves, starting at a cache line or, when there are megabytes of them, at a
/// huge page. Compared with native memory nothing can be freed under a reader, leaked or freed twice: whoever holds the buffer, or a span
/// into it, keeps its memory. Scans over either kind measured within 5% of each other. A pointer into the buffer is valid as long as the
/// buffer is reachable, so code that uses one ends with GC.KeepAlive.
/// </summary>
/// <remarks>A buffer may also stand for a block of a <see cref="VectorMemory"/>. That lives as long as the buffer, but spans into it do not keep it.</remarks>
internal sealed unsafe class PinnedBuffer<T>
    where T : unmanaged
{
    /// <summary>A cache line, and the width of an AVX-512 register.</summary>
    public const int Alignment = 64;

    /// <summary>From this size on, the address space that aligning to huge pages may waste is worth it.</summary>
    private const long LargeBytes = 2L * HugePages.PageBytes;

    private readonly T[]? _array;
    private readonly SafeBuffer? _block;
    private readonly int _start;

    /// <summary>Allocates at least one element; the content is undefined.</summary>
    public PinnedBuffer(int length)
    {
        // Arrays are aligned to 8 bytes: room for one more unit of alignment makes room for an aligned start. What is never touched costs
        // address space only.
        int alignment = (long)length * sizeof(T) >= LargeBytes ? HugePages.PageBytes : Alignment;
        _array = GC.AllocateUninitializedArray<T>(checked(length + (alignment / sizeof(T))), pinned: true);
        T* first = (T*)Unsafe.AsPointer(ref _array[0]);
        _start = (int)(((nuint)alignment - ((nuint)first % (nuint)alignment)) % (nuint)alignment) / sizeof(T);
        Pointer = first + _start;
        Length = length;
        HugePages.Request(first, (nuint)_array.Length * (nuint)sizeof(T));
    }

    /// <summary>Takes a block.</summary>
    public PinnedBuffer(int length, SafeBuffer block)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length * (ulong)sizeof(T), block.ByteLength);
        _block = block;
        Pointer = (T*)VectorMemory.Start(block);
        Length = length;
    }

    /// <summary>The block that the elements lie in; null where the collector owns them.</summary>
    public SafeBuffer? Block => _block;

    /// <summary>The first element.</summary>
    public T* Pointer { get; }

    /// <summary>Elements that may be used.</summary>
    public int Length { get; }

    /// <summary>Bytes that may be used; what aligning leaves untouched is not counted.</summary>
    public long MemoryBytes => (long)Length * sizeof(T);

    /// <summary>A part of the buffer. It keeps the memory reachable by itself if the collector owns that; else whoever holds the buffer must.</summary>
    public Span<T> Slice(int start, int length) => _array is null
        ? new Span<T>(Pointer, Length).Slice(start, length)
        : _array.AsSpan(_start, Length).Slice(start, length);
}
