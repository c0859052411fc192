using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

/// <content>From rows found in shards to the ranking of a search.</content>
public sealed partial class Collection
{
    private static readonly string[] MetricNames = [.. Enum.GetValues<DistanceMetric>().Select(m => m.ToString().ToLowerInvariant())];

    /// <summary>Ranks as many rows as the page asked for needs; with groups, looks further until they are filled.</summary>
    private static List<Candidate> Rank(
        BoundSearch search,
        MemtableSnapshot[] snapshots,
        ReadOnlySpan<float> query,
        VectorSearchSettings settings,
        out SearchStatistics statistics,
        CancellationToken cancellationToken)
    {
        var field = FieldIndexOf(snapshots[0].Table, search.Field);
        statistics = default;
        for (var depth = search.Depth; ; depth = (int)Math.Min(int.MaxValue, depth * 4L))
        {
            var found = VectorSearch.Search(snapshots, field, query, depth, search.Filter, settings, out var pass, cancellationToken);
            statistics += pass;
            var isExhausted = found.Count < depth;
            found = Narrow(search, found, depth);
            if (isExhausted || found.Count >= search.Wanted)
            {
                return found;
            }
        }
    }

    /// <summary>Leaves of the rows found in all shards those that count.</summary>
    private static List<Candidate> Narrow(BoundSearch search, List<Candidate> found, int depth)
    {
        if (found.Count > depth)
        {
            // Each shard gave its best; beyond the depth, one that was cut short may have better ones than those of the others.
            found.RemoveRange(depth, found.Count - depth);
        }

        if (search.Vector.Id is { } self)
        {
            found.RemoveAll(c => string.Equals(c.Id, self, StringComparison.Ordinal));
        }

        return search.Request.GroupBy is { } groupBy ? LimitGroups(found, groupBy) : found;
    }

    private static List<Candidate> LimitGroups(List<Candidate> ranked, GroupLimit groupBy)
    {
        var path = string.Equals(groupBy.Field, "type", StringComparison.Ordinal) ? FilterPath.Type : FilterPath.Property(groupBy.Field);
        var mappings = new Dictionary<Memtable, FieldMapping>();
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        return ranked.FindAll(candidate =>
        {
            var table = candidate.Snapshot.Table;
            if (!mappings.TryGetValue(table, out var mapping))
            {
                mapping = new FieldMapping([new FilterField(path, declaredType: null)], table);
                mappings.Add(table, mapping);
            }

            var group = mapping.Read(candidate.Row, 0).ToString() ?? string.Empty;
            var count = counts.GetValueOrDefault(group) + 1;
            counts[group] = count;
            return count <= groupBy.Limit;
        });
    }

    private static SearchPlan PlanOf(BoundSearch search, int shards, VectorSearchSettings settings, SearchStatistics statistics, string? accessPath = null) => new()
    {
        AccessPath = accessPath ?? statistics switch { { Hops: > 0 } => "hnsw", { ListsProbed: > 0 } => "ivf", _ => "flat" },
        Field = search.Field,
        Metric = MetricNames[(int)search.Vectors.Metric],
        FilterMode = search.Filter is null ? null : statistics is { Hops: > 0, FilterStrategy: FilterStrategy.After } ? "after-walk" : statistics.Hops > 0 ? "inside-graph" : "during-scan",
        Filter = search.Filter?.Text,
        Shards = shards,
        Considered = statistics.Considered,
        Filtered = statistics.Filtered,
        Scored = statistics.Scored,
        EfSearch = statistics.Hops > 0 && settings.EfSearch > 0 ? settings.EfSearch : null,
        NProbe = statistics.ListsProbed > 0 && settings.NProbe > 0 ? settings.NProbe : null,
        Hops = statistics.Hops,
        Reranked = statistics.Reranked,
        ListsProbed = statistics.ListsProbed,
        ExpectedRecall = statistics is { Hops: 0, ListsProbed: 0 } ? 1 : settings.ExpectedRecall,
    };
}
