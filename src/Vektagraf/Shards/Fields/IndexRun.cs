using System.Collections.Concurrent;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <summary>
/// The index of one field over consecutive rows of a memtable: its distinct values in order, and behind each other the rows of each,
/// ascending. So the rows of a range are one piece, whose length is known without a look at them. Immutable but for what is cached.
/// </summary>
internal sealed class IndexRun
{
    // A value that so great a part of the rows has is kept as bits, too: at most as many values as this, of as many bytes as the rows.
    private const int DensePart = 32;
    private const int LeastDenseRows = 4096;

    private readonly ulong[] _keys;
    private readonly string[] _texts;
    private readonly int[] _starts;
    private readonly int[] _rows;
    private readonly ConcurrentDictionary<int, ulong[]> _dense = new();

    private IndexRun(FieldType type, int firstRow, int endRow, int valuedRows, IndexRunParts parts)
    {
        Type = type;
        FirstRow = firstRow;
        EndRow = endRow;
        ValuedRows = valuedRows;
        (_keys, _texts, _starts, _rows, Missing) = parts;
        Values = _starts.Length - 1;
    }

    public FieldType Type { get; }

    /// <summary>The first row covered.</summary>
    public int FirstRow { get; }

    /// <summary>The row behind the last one.</summary>
    public int EndRow { get; }

    /// <summary>Rows that have a value; an empty array is one.</summary>
    public int ValuedRows { get; }

    /// <summary>Count of distinct values; of points, of cells.</summary>
    public int Values { get; }

    /// <summary>Rows without a value, ascending.</summary>
    public int[] Missing { get; }

    /// <summary>Makes the index of some rows.</summary>
    /// <param name="type">The type of the field.</param>
    /// <param name="read">Reads the field.</param>
    /// <param name="first">The first row.</param>
    /// <param name="end">The row behind the last one.</param>
    public static IndexRun Build(FieldType type, Func<int, FieldValue> read, int first, int end)
    {
        var builder = new IndexRunBuilder(type);
        for (var row = first; row < end; row++)
        {
            builder.Add(read(row), row);
        }

        return new IndexRun(type, first, end, end - first - builder.MissingRows, builder.Finish());
    }

    /// <summary>Joins the indexes of rows and of those that follow them.</summary>
    public static IndexRun Merge(IndexRun first, IndexRun second) => new(
        first.Type,
        first.FirstRow,
        second.EndRow,
        first.ValuedRows + second.ValuedRows,
        IndexRunParts.Merge(first.Type, first.Parts, second.Parts));

    /// <summary>Place of the first value whose key is not below one; the count of values where there is none.</summary>
    public int Find(FieldIndexKey key) => Find(key, 0);

    /// <summary>The places of an interval's values.</summary>
    public (int First, int End) Find((FieldIndexKey Low, FieldIndexKey? High) interval)
    {
        var first = Find(interval.Low);
        if (interval.High is not { } high)
        {
            return (first, Values);
        }

        // Most intervals have no value or one: no second search for those.
        for (var end = first; end <= first + 1; end++)
        {
            if (end == Values || Compare(end, high) >= 0)
            {
                return (first, end);
            }
        }

        return (first, Find(high, first + 2));
    }

    /// <summary>The key of a value.</summary>
    public FieldIndexKey KeyAt(int value) => FieldIndexKey.IsText(Type) ? new FieldIndexKey(0, _texts[value]) : new FieldIndexKey(_keys[value], null);

    /// <summary>A value; not of points, which share cells.</summary>
    public FieldValue ValueAt(int value) => Type switch
    {
        FieldType.String or FieldType.StringArray => FieldValue.From(_texts[value]),
        FieldType.Boolean => FieldValue.From(_keys[value] == 1),
        FieldType.DateTime => FieldValue.FromUtcTicks((long)_keys[value]),
        _ => FieldValue.From(new FieldIndexKey(_keys[value], null).ToNumber()),
    };

    /// <summary>Rows of some values; a row of several values counts for each.</summary>
    public int CountOf(int first, int end) => _starts[end] - _starts[first];

    /// <summary>Rows of some values, of one after the other's.</summary>
    public ReadOnlySpan<int> RowsOf(int first, int end) => _rows.AsSpan(_starts[first].._starts[end]);

    /// <summary>The value that a place among all rows belongs to.</summary>
    public int ValueOfPlace(int place)
    {
        var found = Array.BinarySearch(_starts, place);
        // Values always have rows, so no two of them begin at one place.
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>Whether a value has so many rows that they are kept as bits.</summary>
    public bool IsDense(int value) => EndRow - FirstRow >= LeastDenseRows && CountOf(value, value + 1) >= (EndRow - FirstRow) / DensePart;

    /// <summary>The rows of a value as bits, where it has many: bit n of word w is row 64 w + n.</summary>
    /// <returns>Null where it has few. Word 0 is that of row <see cref="FirstRow"/> / 64.</returns>
    public ulong[]? BitsOf(int value)
    {
        return IsDense(value) ? _dense.GetOrAdd(value, static (value, run) => run.MakeBits(value), this) : null;
    }

    private int Find(FieldIndexKey key, int low)
    {
        var high = Values;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = Compare(middle, key) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private int Compare(int value, FieldIndexKey key) => key.Text is null ? _keys[value].CompareTo(key.Bits) : string.CompareOrdinal(_texts[value], key.Text);

    private ulong[] MakeBits(int value)
    {
        var origin = FirstRow >> 6;
        var words = new ulong[((EndRow + 63) >> 6) - origin];
        foreach (var row in RowsOf(value, value + 1))
        {
            words[(row >> 6) - origin] |= 1UL << (row & 63);
        }

        return words;
    }

    private IndexRunParts Parts => new(_keys, _texts, _starts, _rows, Missing);
}
