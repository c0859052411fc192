namespace Vektagraf.Querying;

/// <summary>How to search, for callers that know better than the calibration. Each kind of index reads what concerns it.</summary>
public sealed record SearchParams
{
    /// <summary>Length of a graph walk's candidate pool, 1 to <see cref="Index.HnswOptions.MaxEf"/>; null to let the engine choose.</summary>
    public int? EfSearch { get; init; }

    /// <summary>Inverted lists to look into, at least 1; null to let the engine choose.</summary>
    public int? NProbe { get; init; }

    /// <summary>Whether to score every vector at full precision, whatever the index.</summary>
    public bool Exact { get; init; }
}
