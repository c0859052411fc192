namespace Vektagraf.Shards.Segments;

/// <summary>What plans ask of an index of one field, be it a segment's or a memtable's.</summary>
internal interface IFieldIndex
{
    /// <summary>How many rows have a value within a condition's bounds, or none where it looks for that.</summary>
    /// <param name="condition">The condition; whether it is negated does not count here.</param>
    /// <param name="liveRows">Rows that count.</param>
    /// <returns>Bounds that hold for rows that count, and the likeliest number.</returns>
    FieldEstimate Estimate(FieldCondition condition, int liveRows);
}
