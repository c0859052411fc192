using System.Collections.Concurrent;
using Vektagraf.Index;
using Vektagraf.Querying.Execution;
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

    // What is asked for far more is often not there.
    private const int UsualResults = 64;

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
        var found = new List<Candidate>(Math.Min(k, UsualResults));
        var scratch = Pool.TryTake(out var pooled) ? pooled : new SearchScratch();
        foreach (var snapshot in snapshots)
        {
            var column = snapshot.Table.Vectors[field];
            var parameters = settings.ToParameters(k, snapshot.VectorCount(field), column.Calibration?.RowsPerPlace ?? 0);
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

    /// <summary>Whether all columns of a field are scanned row by row, so that many queries gain by being searched for together.</summary>
    public static bool ScansAll(IReadOnlyList<MemtableSnapshot> snapshots, int field) => snapshots.All(s => s.Table.Vectors[field].Index is FlatIndex);

    /// <summary>Finds what <see cref="Search(IReadOnlyList{MemtableSnapshot}, int, ReadOnlySpan{float}, int, FilterBinding?, VectorSearchSettings, out SearchStatistics, CancellationToken)"/>
    /// finds for each of several queries, in one pass over the vectors.</summary>
    /// <param name="snapshots">One for each shard; <see cref="ScansAll"/> holds.</param>
    /// <param name="field">Index of the vector field.</param>
    /// <param name="queries">The query vectors, as long as the field's.</param>
    /// <param name="k">Most rows for each.</param>
    /// <param name="filter">The filter; null for none.</param>
    /// <param name="settings">How to search.</param>
    /// <param name="statistics">What was done for one query; the same was done for each.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <returns>The rows for each query, best first.</returns>
    public static List<Candidate>[] SearchBatch(
        IReadOnlyList<MemtableSnapshot> snapshots,
        int field,
        ReadOnlyMemory<float>[] queries,
        int k,
        FilterBinding? filter,
        VectorSearchSettings settings,
        out SearchStatistics statistics,
        CancellationToken cancellationToken)
    {
        var found = Array.ConvertAll(queries, _ => new List<Candidate>());
        var together = EndToEnd(queries);
        var results = new Neighbor[queries.Length * k];
        var counts = new int[queries.Length];
        var scratch = new SearchScratch();
        statistics = default;
        foreach (var snapshot in snapshots)
        {
            var column = snapshot.Table.Vectors[field];
            var parameters = settings.ToParameters(k, snapshot.VectorCount(field), column.Calibration?.RowsPerPlace ?? 0);
            var tie = new IdOrder(snapshot, column);
            if (filter is null)
            {
                column.Vectors.SearchBatch(together, parameters, new LiveRows(snapshot, column), tie, scratch, results, counts, cancellationToken);
            }
            else
            {
                var matching = new MatchingRows(new LiveRows(snapshot, column), column, filter, new FieldMapping(filter.Fields, snapshot.Table));
                column.Vectors.SearchBatch(together, parameters, matching, tie, scratch, results, counts, cancellationToken);
            }

            for (var i = 0; i < queries.Length; i++)
            {
                foreach (var neighbor in results.AsSpan(i * k, counts[i]))
                {
                    found[i].Add(new Candidate(snapshot, column.RowOf(neighbor.Ordinal), neighbor.Distance));
                }
            }

            statistics += Share(scratch.Statistics, queries.Length);
        }

        if (snapshots.Count > 1)
        {
            Array.ForEach(found, f => f.Sort(Candidate.Compare));
        }

        return found;
    }

    private static float[] EndToEnd(ReadOnlyMemory<float>[] queries)
    {
        var dimensions = queries[0].Length;
        var together = new float[queries.Length * dimensions];
        for (var i = 0; i < queries.Length; i++)
        {
            queries[i].CopyTo(together.AsMemory(i * dimensions));
        }

        return together;
    }

    /// <summary>One query's share of the sums: a pass looks at the same rows for all of its queries.</summary>
    private static SearchStatistics Share(SearchStatistics sums, int queries) => new()
    {
        Considered = sums.Considered / queries,
        Filtered = sums.Filtered / queries,
        Scored = sums.Scored / queries,
    };

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
        if (filter is not null && snapshot.WasNewest && FindBitmap(snapshot, column, filter, parameters.RowLimit, cancellationToken) is { } matching)
        {
            return column.Index.Search(query, parameters, new BitmapFilter(matching), tie, scratch, cancellationToken);
        }

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

    /// <summary>The live vectors that a filter accepts: when it came before, or field indexes answer it at little cost. Deaths later than
    /// the snapshot do not count.</summary>
    private static ulong[]? FindBitmap(MemtableSnapshot snapshot, VectorColumn column, FilterBinding filter, int count, CancellationToken cancellationToken)
    {
        FieldMapping? mapping = null;
        var accepted = column.Filters.Find(filter, count, ordinal =>
            column.RowOf(ordinal) is var row && row >= 0 && filter.Matches(new MemtableRow(mapping ??= new FieldMapping(filter.Fields, snapshot.Table), row)));
        return accepted is null ? VectorFilter.TryFind(snapshot, column, filter, count, cancellationToken) : column.WithoutDead(accepted, snapshot.Sequence);
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
