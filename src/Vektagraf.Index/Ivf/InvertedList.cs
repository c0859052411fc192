namespace Vektagraf.Index;

/// <summary>
/// The rows of one list, ascending, and their codes one after the other. One writer appends while readers look at what was counted before
/// they began; who holds older buffers keeps them.
/// </summary>
internal sealed unsafe class InvertedList(int codeBytes)
{
    private const int InitialRows = 8;

    private ListRows _rows = new(0, codeBytes);
    private int _count;

    /// <summary>Rows in the list.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Where they are; take it after the count.</summary>
    public ListRows Rows => Volatile.Read(ref _rows);

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => Rows.Ordinals.MemoryBytes + (Rows.Codes?.MemoryBytes ?? 0);

    /// <summary>Makes room; only the writer may.</summary>
    /// <param name="rows">Rows that are to fit.</param>
    /// <param name="isFinal">Whether no more are expected soon, so that there need be no room to spare.</param>
    public void Reserve(int rows, bool isFinal)
    {
        if (rows <= _rows.Capacity)
        {
            return;
        }

        int capacity = isFinal ? rows : Math.Max(rows, Math.Max(InitialRows, _rows.Capacity + (_rows.Capacity / 2)));
        var grown = new ListRows(capacity, codeBytes);
        _rows.Ordinals.Slice(0, _count).CopyTo(grown.Ordinals.Slice(0, _count));
        _rows.Codes?.Slice(0, _count * codeBytes).CopyTo(grown.Codes!.Slice(0, _count * codeBytes));
        Volatile.Write(ref _rows, grown);
    }

    /// <summary>Counts rows that were written.</summary>
    public void Publish(int count) => Volatile.Write(ref _count, count);

    /// <summary>Rows below a limit, of the first so many.</summary>
    public static int CountBelow(ReadOnlySpan<int> ordinals, int limit)
    {
        if (ordinals.IsEmpty || ordinals[^1] < limit)
        {
            return ordinals.Length;
        }

        int place = ordinals.BinarySearch(limit);
        return place < 0 ? ~place : place;
    }
}

/// <summary>The memory of a list.</summary>
internal sealed class ListRows(int capacity, int codeBytes)
{
    /// <summary>Rows that fit.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>Row numbers.</summary>
    public PinnedBuffer<int> Ordinals { get; } = new(Math.Max(1, capacity));

    /// <summary>Their codes; null where lists hold none.</summary>
    public PinnedBuffer<byte>? Codes { get; } = codeBytes == 0 ? null : new PinnedBuffer<byte>(Math.Max(1, checked(capacity * codeBytes)));
}
