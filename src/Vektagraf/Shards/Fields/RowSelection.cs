using System.Numerics;

namespace Vektagraf.Shards;

/// <summary>
/// A set of rows of one memtable while a query runs: an ascending list where they are few, bits where they are many. Lives as long as the
/// memory it was made of. Operations change neither operand.
/// </summary>
internal sealed partial class RowSelection
{
    // A list of a 64th of the rows takes half of what bits do, and is gone through faster.
    private const int ListPart = 64;

    private readonly int[]? _list;
    private readonly ulong[] _words;
    private readonly int _length;

    private RowSelection(int[]? list, ulong[] words, int length, int rowCount)
    {
        _list = list;
        _words = words;
        _length = length;
        RowCount = rowCount;
    }

    /// <summary>Rows that there are; all of the set are below.</summary>
    public int RowCount { get; }

    /// <summary>Whether the rows are a list.</summary>
    public bool IsList => _list is not null;

    /// <summary>Count of rows in the set. Of bits, they are counted.</summary>
    public int Count => _list is null ? PopCount(Bits) : _length;

    private ReadOnlySpan<int> Rows => _list.AsSpan(0, _length);

    private ReadOnlySpan<ulong> Bits => _words.AsSpan(0, _length);

    /// <summary>Most rows that are kept as a list.</summary>
    public static int MostListed(int rowCount) => Math.Max(64, rowCount / ListPart);

    /// <summary>Whether a row is in the set; any row of the memtable.</summary>
    public bool Contains(int row) => _list is not null ? Rows.BinarySearch(row) >= 0
        : row >> 6 < _length && ((_words[row >> 6] >> (row & 63)) & 1) != 0;

    /// <summary>How many rows of a value are in the set.</summary>
    public int CountOf(IndexRun run, int value)
    {
        var count = 0;
        if (!IsList && run.EndRow <= RowCount && run.BitsOf(value) is { } bits)
        {
            var words = Bits[(run.FirstRow >> 6)..];
            for (var i = 0; i < bits.Length; i++)
            {
                count += BitOperations.PopCount(words[i] & bits[i]);
            }

            return count;
        }

        foreach (var row in run.RowsOf(value, value + 1))
        {
            count += Contains(row) ? 1 : 0;
        }

        return count;
    }

    /// <summary>A set of an ascending list.</summary>
    public static RowSelection OfList(int[] list, int count, int rowCount) => new(list, [], count, rowCount);

    /// <summary>A set of bits: bit n is bit n mod 64 of word n / 64.</summary>
    public static RowSelection OfBits(ulong[] words, int rowCount) => new(null, words, (rowCount + 63) >> 6, rowCount);

    /// <summary>All rows.</summary>
    public static RowSelection All(int rowCount, SelectionMemory memory)
    {
        var words = memory.Words((rowCount + 63) >> 6);
        words.AsSpan(0, rowCount >> 6).Fill(ulong.MaxValue);
        if ((rowCount & 63) != 0)
        {
            words[rowCount >> 6] = (1UL << (rowCount & 63)) - 1;
        }

        return OfBits(words, rowCount);
    }

    /// <summary>The rows that pass a test.</summary>
    /// <typeparam name="TTest">The test.</typeparam>
    public RowSelection Where<TTest>(TTest test, SelectionMemory memory, CancellationToken cancellationToken)
        where TTest : struct, IRowTest
    {
        const int CancellationMask = 4095;
        if (_list is not null)
        {
            var kept = memory.List(_length);
            var count = 0;
            for (var i = 0; i < _length; i++)
            {
                if ((i & CancellationMask) == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                kept[count] = _list[i];
                count += test.Passes(_list[i]) ? 1 : 0;
            }

            return OfList(kept, count, RowCount);
        }

        var words = memory.Words(_length);
        for (var w = 0; w < _length; w++)
        {
            if ((w & (CancellationMask >> 6)) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            for (var left = _words[w]; left != 0; left &= left - 1)
            {
                var bit = BitOperations.TrailingZeroCount(left);
                words[w] |= test.Passes((w << 6) + bit) ? 1UL << bit : 0;
            }
        }

        return OfBits(words, RowCount).Compact(memory);
    }

    /// <summary>The same set as a list where it has few rows.</summary>
    public RowSelection Compact(SelectionMemory memory)
    {
        if (IsList || PopCount(Bits) is var count && count > MostListed(RowCount))
        {
            return this;
        }

        var list = memory.List(count);
        var at = 0;
        foreach (var row in this)
        {
            list[at++] = row;
        }

        return OfList(list, at, RowCount);
    }

    /// <summary>The rows, ascending.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>The bits of the set in memory of their own.</summary>
    public ulong[] ToWords()
    {
        var words = new ulong[(RowCount + 63) >> 6];
        AddTo(words);
        return words;
    }

    private void AddTo(Span<ulong> words)
    {
        if (IsList)
        {
            foreach (var row in Rows)
            {
                words[row >> 6] |= 1UL << (row & 63);
            }

            return;
        }

        for (var i = 0; i < _length; i++)
        {
            words[i] |= _words[i];
        }
    }

    private static int PopCount(ReadOnlySpan<ulong> words)
    {
        var count = 0;
        foreach (var word in words)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    /// <summary>Goes through the rows.</summary>
    public struct Enumerator
    {
        private readonly RowSelection _rows;
        private int _at = -1;
        private ulong _left;

        internal Enumerator(RowSelection rows)
        {
            _rows = rows;
            Current = -1;
        }

        public int Current { get; private set; }

        public bool MoveNext()
        {
            if (_rows._list is { } list)
            {
                if (++_at >= _rows._length)
                {
                    return false;
                }

                Current = list[_at];
                return true;
            }

            while (_left == 0)
            {
                if (++_at >= _rows._length)
                {
                    return false;
                }

                _left = _rows._words[_at];
            }

            Current = (_at << 6) + BitOperations.TrailingZeroCount(_left);
            _left &= _left - 1;
            return true;
        }
    }
}

/// <summary>A test of rows.</summary>
internal interface IRowTest
{
    /// <summary>Whether a row passes.</summary>
    bool Passes(int row);
}
