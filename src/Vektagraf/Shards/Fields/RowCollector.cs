namespace Vektagraf.Shards;

/// <summary>Gathers rows in any order into a selection.</summary>
/// <param name="rowCount">Rows that count; others are left out.</param>
/// <param name="entries">Most rows that will be added.</param>
/// <param name="memory">What the selection is made of.</param>
internal sealed class RowCollector(int rowCount, long entries, SelectionMemory memory)
{
    // Few values may all be kept as bits.
    private const int MostOneByOne = 32;

    private readonly int[]? _list = entries <= RowSelection.MostListed(rowCount) ? memory.List((int)Math.Max(1, entries)) : null;
    private readonly ulong[] _words = entries <= RowSelection.MostListed(rowCount) ? [] : memory.Words((rowCount + 63) >> 6);
    private int _count;

    /// <summary>Adds the rows of some values.</summary>
    public void Add(IndexRun run, int first, int end)
    {
        if (first >= end)
        {
            return;
        }

        if (end - first > 1 && end - first <= MostOneByOne && _list is null)
        {
            for (var value = first; value < end; value++)
            {
                Add(run, value, value + 1);
            }

            return;
        }

        if (_list is not null || run.EndRow > rowCount || end - first > 1 || run.BitsOf(first) is not { } bits)
        {
            Add(run.RowsOf(first, end));
            return;
        }

        var words = _words.AsSpan(run.FirstRow >> 6);
        for (var i = 0; i < bits.Length; i++)
        {
            words[i] |= bits[i];
        }
    }

    /// <summary>Adds rows.</summary>
    public void Add(ReadOnlySpan<int> rows)
    {
        if (_list is not null)
        {
            rows.CopyTo(_list.AsSpan(_count));
            _count += rows.Length;
            return;
        }

        var words = _words;
        foreach (var row in rows)
        {
            if (row < rowCount)
            {
                words[row >> 6] |= 1UL << (row & 63);
            }
        }
    }

    /// <summary>Adds a row.</summary>
    public void Add(int row) => Add([row]);

    /// <summary>The rows, each once.</summary>
    public RowSelection Finish()
    {
        if (_list is null)
        {
            return RowSelection.OfBits(_words, rowCount);
        }

        var rows = _list.AsSpan(0, _count);
        rows.Sort();
        var count = 0;
        foreach (var row in rows)
        {
            if (row < rowCount && (count == 0 || rows[count - 1] != row))
            {
                rows[count++] = row;
            }
        }

        return RowSelection.OfList(_list, count, rowCount);
    }
}
