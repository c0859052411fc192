using Vektagraf.Querying;

namespace Vektagraf.Shards.Segments;

/// <summary>The values of one declared field for all rows of a segment, in memory.</summary>
public sealed class SegmentColumn
{
    internal SegmentColumn(SegmentColumnField field, FieldColumn values, int count)
    {
        Field = field;
        Values = values;
        Count = count;
    }

    /// <summary>The field.</summary>
    public SegmentColumnField Field { get; }

    /// <summary>Count of rows.</summary>
    public int Count { get; }

    /// <summary>Distinct values, where the column knows; null where it does not.</summary>
    public int? Cardinality => Values.Cardinality;

    /// <summary>The values in the form the memtable has them.</summary>
    internal FieldColumn Values { get; }

    /// <summary>Reads the value of a row.</summary>
    /// <param name="row">The row's number.</param>
    /// <returns>The value; null also for tombstones.</returns>
    public FieldValue Read(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        return Values.Read(row);
    }
}
