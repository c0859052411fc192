namespace Vektagraf.Querying.Execution;

/// <summary>The plan of a filter over the shards of a collection.</summary>
/// <param name="Shards">The plan on each shard; the shards' parts differ in order at most. Empty without a filter.</param>
/// <param name="LiveRows">Live objects.</param>
/// <param name="ActualRows">Objects that fulfil the filter; null where it did not run.</param>
public sealed record FilterPlan(IReadOnlyList<FilterPlanNode> Shards, long LiveRows, long? ActualRows)
{
    /// <summary>Objects expected to fulfil the filter, and bounds of their count.</summary>
    public (long Min, long Expected, long Max) Estimate => Shards.Count == 0
        ? (LiveRows, LiveRows, LiveRows)
        : (Shards.Sum(s => (long)s.Estimate.Min), Shards.Sum(s => (long)s.Estimate.Expected), Shards.Sum(s => (long)s.Estimate.Max));
}
