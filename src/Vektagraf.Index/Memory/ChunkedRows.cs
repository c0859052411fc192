using System.Numerics;
using System.Runtime.CompilerServices;

namespace Vektagraf.Index;

/// <summary>
/// Rows of equal length that one writer adds to while readers look at those they know to be there. Rows lie in chunks that never move, but
/// for the first, which grows until it is full, so that small stores stay small; whoever holds an older table keeps the older chunk, and
/// what the writer changes after that, it does not see.
/// </summary>
/// <param name="stride">Elements in a row.</param>
/// <param name="chunkBytes">Bytes of a full chunk; tests make it small to reach many chunks.</param>
internal sealed unsafe class ChunkedRows<T>(int stride, int chunkBytes = ChunkedRows<T>.DefaultChunkBytes)
    where T : unmanaged
{
    /// <summary>Large enough to lie on huge pages.</summary>
    private const int DefaultChunkBytes = 16 << 20;

    private const int InitialRows = 16;

    /// <summary>Smaller stores double when they grow.</summary>
    private const long SmallBytes = 1 << 20;

    private readonly int _shift = Math.Max(2, BitOperations.Log2((uint)Math.Max(1, chunkBytes / (stride * sizeof(T)))));
    private RowTable<T> _table = RowTable<T>.Empty;

    /// <summary>Elements in a row.</summary>
    public int Stride => stride;

    /// <summary>Where the rows are now. Take it after the count of rows that is to be found in it.</summary>
    public RowTable<T> Table => Volatile.Read(ref _table);

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => Table.Chunks.Sum(chunk => chunk.MemoryBytes);

    /// <summary>Makes room; only the writer may. The content of new rows is undefined.</summary>
    public void Reserve(int rows)
    {
        int chunkRows = 1 << _shift;
        RowTable<T> table = _table;
        if (rows <= table.Capacity)
        {
            return;
        }

        // Huge pages make room that is not used yet resident: once there are megabytes, not much more than is asked for.
        long room = table.Capacity + (table.Capacity * (long)stride * sizeof(T) < SmallBytes ? table.Capacity : table.Capacity / 4);
        int first = (int)Math.Min(chunkRows, Math.Max(Math.Max(rows, room), InitialRows));
        var chunks = new List<PinnedBuffer<T>>(table.Chunks);
        if (chunks.Count == 0)
        {
            chunks.Add(new PinnedBuffer<T>(first * stride));
        }
        else if (chunks[0].Length < first * stride)
        {
            var grown = new PinnedBuffer<T>(first * stride);
            chunks[0].Slice(0, chunks[0].Length).CopyTo(grown.Slice(0, chunks[0].Length));
            chunks[0] = grown;
        }

        while ((long)chunks.Count * chunkRows < rows)
        {
            chunks.Add(new PinnedBuffer<T>(chunkRows * stride));
        }

        Volatile.Write(ref _table, new RowTable<T>([.. chunks], _shift, stride));
    }

    /// <summary>One row; for the writer and for those who know that it is there.</summary>
    public Span<T> Row(int row)
    {
        RowTable<T> table = Table;
        return table.Chunks[row >> _shift].Slice((row & ((1 << _shift) - 1)) * stride, stride);
    }

    /// <summary>Copies consecutive rows in or out in the longest runs there are.</summary>
    public void CopyTo(int rows, Span<T> destination)
    {
        RowTable<T> table = Table;
        for (int row = 0; row < rows;)
        {
            int run = Math.Min(rows - row, 1 << _shift);
            table.Chunks[row >> _shift].Slice(0, run * stride).CopyTo(destination[(row * stride)..]);
            row += run;
        }
    }

    /// <summary>Makes room and fills it with consecutive rows.</summary>
    public void CopyFrom(int rows, ReadOnlySpan<T> source)
    {
        Reserve(rows);
        for (int row = 0; row < rows;)
        {
            int run = Math.Min(rows - row, 1 << _shift);
            source.Slice(row * stride, run * stride).CopyTo(_table.Chunks[row >> _shift].Slice(0, run * stride));
            row += run;
        }
    }
}

/// <summary>The chunks of a store at some moment. A <see cref="RowView{T}"/> into it is valid as long as it is reachable.</summary>
internal sealed unsafe class RowTable<T>
    where T : unmanaged
{
    private readonly PinnedBuffer<nint> _starts;
    private readonly int _shift;
    private readonly int _stride;

    /// <summary>Takes chunks, each of 2^shift rows but for the first, which may be smaller when it is the only one.</summary>
    public RowTable(PinnedBuffer<T>[] chunks, int shift, int stride)
    {
        Chunks = chunks;
        _shift = shift;
        _stride = stride;
        _starts = new PinnedBuffer<nint>(Math.Max(1, chunks.Length));
        for (int i = 0; i < chunks.Length; i++)
        {
            _starts.Pointer[i] = (nint)chunks[i].Pointer;
        }

        Capacity = chunks.Length == 0 ? 0 : (int)Math.Min(int.MaxValue, ((chunks.Length - 1L) << shift) + (chunks[^1].Length / stride));
    }

    /// <summary>A table of nothing.</summary>
    public static RowTable<T> Empty { get; } = new([], 2, 1);

    /// <summary>The chunks.</summary>
    public PinnedBuffer<T>[] Chunks { get; }

    /// <summary>Rows that fit.</summary>
    public int Capacity { get; }

    /// <summary>Where each row starts.</summary>
    public RowView<T> View => new(_starts.Pointer, _shift, _stride);
}

/// <summary>Turns row numbers into addresses: what loops over rows hold.</summary>
internal readonly unsafe struct RowView<T>(nint* starts, int shift, int stride)
    where T : unmanaged
{
    /// <summary>The first element of a row.</summary>
    public T* this[int row]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (T*)starts[row >> shift] + ((row & ((1 << shift) - 1)) * (nint)stride);
    }
}
