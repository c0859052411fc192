using System.Collections.Concurrent;
using Vektagraf.Index;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Querying;

/// <summary>A row found in one shard.</summary>
internal readonly record struct Candidate(MemtableSnapshot Snapshot, int Row, float Distance)
{
    public string Id => Snapshot.Table.IdOf(Row);

    /// <summary>The total order of results: distance, then id, so that the same query on the same data gives the same bytes.</summary>
    public static int Compare(Candidate a, Candidate b)
    {
        var order = a.Distance.CompareTo(b.Distance);
        return order != 0 ? order : string.CompareOrdinal(a.Id, b.Id);
    }
}

/// <summary>Vector search over the snapshots of a collection's shards.</summary>
internal static class VectorSearch
{
    // Enough for every core to keep one; a scratch is as large as the largest search it served.
    private static readonly int MaxPooled = Environment.ProcessorCount * 2;
    private static readonly ConcurrentBag<SearchScratch> Pool = [];

    // Up to one dead row in this many, walks go on as if there were none.
    private const int MostlyLive = 8;

    /// <summary>Finds the nearest live rows that fulfil the filter, best first, by scoring every one of them.</summary>
    public static List<Candidate> Search(
        IReadOnlyList<MemtableSnapshot> snapshots,
        int field,
        ReadOnlySpan<float> query,
        int k,
        FilterBinding? filter,
        out SearchStatistics statistics,
        CancellationToken cancellationToken) =>
        Search(snapshots, field, query, k, filter, VectorSearchSettings.ExactScan, out statistics, cancellationToken);

    /// <summary>Finds the nearest live rows that fulfil the filter, best first.</summary>
    /// <param name="snapshots">One for each shard.</param>
    /// <param name="field">Index of the vector field.</param>
    /// <param name="query">The query vector.</param>
    /// <param name="k">Most rows.</param>
    /// <param name="filter">The filter; null for none.</param>
    /// <param name="settings">How to search; a flat column is exact whatever they say.</param>
    /// <param name="statistics">What was done.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    public static List<Candidate> Search(
        IReadOnlyList<MemtableSnapshot> snapshots,
        int field,
        ReadOnlySpan<float> query,
        int k,
        FilterBinding? filter,
        VectorSearchSettings settings,
        out SearchStatistics statistics,
        CancellationToken cancellationToken)
    {
        statistics = default;
        var found = new List<Candidate>();
        var scratch = Pool.TryTake(out var pooled) ? pooled : new SearchScratch();
        foreach (var snapshot in snapshots)
        {
            var column = snapshot.Table.Vectors[field];
            var parameters = settings.ToParameters(k, snapshot.VectorCount(field));
            var neighbors = Search(snapshot, column, query, parameters, filter, scratch, cancellationToken);
            foreach (var neighbor in neighbors)
            {
                found.Add(new Candidate(snapshot, column.RowOf(neighbor.Ordinal), neighbor.Distance));
            }

            statistics += scratch.Statistics;
        }

        if (Pool.Count < MaxPooled)
        {
            Pool.Add(scratch);
        }

        if (snapshots.Count > 1)
        {
            found.Sort(Candidate.Compare);
        }

        return found;
    }

    private static ReadOnlySpan<Neighbor> Search(
        MemtableSnapshot snapshot,
        VectorColumn column,
        ReadOnlySpan<float> query,
        in SearchParameters parameters,
        FilterBinding? filter,
        SearchScratch scratch,
        CancellationToken cancellationToken)
    {
        // Each kind of filter compiles loops of its own: nothing is asked that the snapshot has answered.
        var tie = new IdOrder(snapshot, column);
        var live = new LiveRows(snapshot, column);
        if (filter is not null)
        {
            return column.Index.Search(query, parameters, new MatchingRows(live, column, filter, new FieldMapping(filter.Fields, snapshot.Table)), tie, scratch, cancellationToken);
        }

        // Read after the snapshot was taken, which counts no row as dead that died later.
        return (snapshot.WasNewest, column.DeadCount) switch
        {
            (true, 0) => column.Index.Search(query, parameters, default(AcceptAll), tie, scratch, cancellationToken),
            (true, var dead) when dead <= parameters.RowLimit / MostlyLive => column.Index.Search(query, parameters, new NearlyAllLive(live), tie, scratch, cancellationToken),
            _ => column.Index.Search(query, parameters, live, tie, scratch, cancellationToken),
        };
    }

    private readonly struct LiveRows(MemtableSnapshot snapshot, VectorColumn column) : IOrdinalFilter
    {
        public bool Accepts(int ordinal) => (snapshot.WasNewest && !column.MayBeDead(ordinal)) || snapshot.IsVisible(column.RowOf(ordinal));
    }

    private readonly struct NearlyAllLive(LiveRows live) : IOrdinalFilter
    {
        public static bool AcceptsNearlyAll => true;

        public bool Accepts(int ordinal) => live.Accepts(ordinal);
    }

    private readonly struct MatchingRows(LiveRows live, VectorColumn column, FilterBinding filter, FieldMapping mapping) : IOrdinalFilter
    {
        public bool Accepts(int ordinal) => live.Accepts(ordinal) && filter.Matches(new MemtableRow(mapping, column.RowOf(ordinal)));
    }

    private readonly struct IdOrder(MemtableSnapshot snapshot, VectorColumn column) : ITieBreaker
    {
        public int Compare(int a, int b) => string.CompareOrdinal(snapshot.Table.IdOf(column.RowOf(a)), snapshot.Table.IdOf(column.RowOf(b)));
    }
}
