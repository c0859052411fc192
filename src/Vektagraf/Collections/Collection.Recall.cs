using Vektagraf.Index;
using Vektagraf.Monitoring;
using Vektagraf.Querying;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

/// <content>Recall, measured against exact searches on the same snapshot.</content>
public sealed partial class Collection
{
    // With fewer, the bounds say nothing; so many are asked whatever the budget.
    private const int FewestRecallQueries = 5;

    /// <summary>
    /// Measures recall@k: asks sampled queries as requests are asked, and compares with what an exact search finds on the same snapshot. The
    /// queries are real requests where some were recorded, and stored vectors for the rest, each without the object that it is of.
    /// </summary>
    /// <param name="request">What to measure.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The recall with its bounds.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<RecallReport> MeasureRecallAsync(RecallRequest request, CancellationToken cancellationToken)
    {
        var field = ResolveVectorField(request.Field);
        var k = request.K ?? Math.Min(Definition.Objective.K, RecallRequest.MaxK);
        CheckRange("/k", k, 1, RecallRequest.MaxK);
        CheckRange("/samples", request.Samples, 1, RecallRequest.MaxSamples);
        BindRecallQuery(request, field, k, new VectorQuery { Id = "none" }, request.Filter);
        SearchSettings.Check(new SearchRequest { K = k, Recall = request.Recall, Params = request.Params });
        var snapshots = await SnapshotsAsync(ReadConsistency.Eventual, cancellationToken);
        var measured = new RecallMeasurement(_engine.Time.GetTimestamp());
        foreach (var recorded in await RecordedQueriesAsync(field, request.Samples, cancellationToken))
        {
            if (IsOver(measured, request))
            {
                break;
            }

            if (TryBindRecorded(request, field, k, recorded) is { } search && await TryQueryVectorAsync(search, snapshots, cancellationToken) is { } query)
            {
                MeasureOne(measured, search, query, snapshots, cancellationToken);
                measured.Recorded++;
            }
        }

        foreach (var (id, vector) in StoredQueries(snapshots, field, request))
        {
            if (measured.Hits.Count >= request.Samples || IsOver(measured, request))
            {
                break;
            }

            MeasureOne(measured, BindRecallQuery(request, field, k, new VectorQuery { Id = id }, request.Filter), vector, snapshots, cancellationToken);
        }

        return ReportOf(measured, request, field, k);
    }

    /// <summary>Measures the indexes of a field anew, with vectors that are stored, since what they were measured by when they were built no longer holds.</summary>
    /// <param name="field">The vector field.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>Indexes that have a new curve.</returns>
    internal async Task<int> RecalibrateAsync(string field, CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var snapshot in await SnapshotsAsync(ReadConsistency.Eventual, cancellationToken))
        {
            count += snapshot.Table.Vectors[FieldIndexOf(snapshot.Table, field)].Recalibrate(_engine.Time, cancellationToken) ? 1 : 0;
        }

        return count;
    }

    /// <summary>Whether searches of a field can miss anything: with nothing but scans there is nothing to measure.</summary>
    internal async Task<bool> IsApproximateAsync(string field, CancellationToken cancellationToken) =>
        (await SnapshotsAsync(ReadConsistency.Eventual, cancellationToken)).Any(s => s.Table.Vectors[FieldIndexOf(s.Table, field)].Index is IPendingIndex { IndexedCount: > 0 });

    private bool IsOver(RecallMeasurement measured, RecallRequest request) =>
        measured.Hits.Count >= FewestRecallQueries && _engine.Time.GetElapsedTime(measured.StartedAt) > request.Budget;

    private BoundSearch BindRecallQuery(RecallRequest request, string field, int k, VectorQuery vector, string? filter) => BoundSearch.Bind(
        new SearchRequest { Vector = vector with { Field = field }, K = k, Filter = filter, Recall = request.Recall, Params = request.Params }, Definition, field, BindFilter(filter));

    /// <summary>Vector searches of the field that were recorded, those asked last first; texts and ids among them.</summary>
    private async Task<List<SearchRequest>> RecordedQueriesAsync(string field, int most, CancellationToken cancellationToken) =>
    [
        .. (await ListPlansAsync(cancellationToken)).OrderByDescending(p => p.LastAt).SelectMany(p => p.Samples)
            .Select(s => s.Search).OfType<SearchRequest>()
            .Where(s => s.Vector is { } vector && string.Equals(vector.Field ?? Definition.Vectors.Keys.First(), field, StringComparison.Ordinal))
            .Take(most),
    ];

    /// <summary>A recorded request as it is to be measured: with its own filter, its own way of naming the vector, and nothing else of it.</summary>
    /// <returns>Null where the collection as it is now does not take it any more.</returns>
    private BoundSearch? TryBindRecorded(RecallRequest request, string field, int k, SearchRequest recorded)
    {
        try
        {
            return BindRecallQuery(request, field, k, recorded.Vector!, request.Filter ?? recorded.Filter);
        }
        catch (VektagrafException)
        {
            return null;
        }
    }

    private async Task<ReadOnlyMemory<float>?> TryQueryVectorAsync(BoundSearch search, MemtableSnapshot[] snapshots, CancellationToken cancellationToken)
    {
        try
        {
            return QueryVector(search, await EmbedTextAsync(search, cancellationToken), snapshots);
        }
        catch (VektagrafException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.NotFound)
        {
            // The object asked about is gone, or the field has other dimensions now.
            return null;
        }
    }

    /// <summary>Live vectors of the field, in an order that the seed draws.</summary>
    private static IEnumerable<(string Id, ReadOnlyMemory<float> Vector)> StoredQueries(MemtableSnapshot[] snapshots, string field, RecallRequest request)
    {
        var random = new Random(request.Seed);
        var columns = Array.ConvertAll(snapshots, s => s.Table.Vectors[FieldIndexOf(s.Table, field)]);
        var total = columns.Sum(c => (long)c.Count);
        var seen = new HashSet<long>();

        // Dead vectors are passed over, and few draws come twice unless there are few vectors.
        for (var draws = 0; seen.Count < total && draws < 20L * RecallRequest.MaxSamples; draws++)
        {
            var drawn = random.NextInt64(total);
            if (!seen.Add(drawn))
            {
                continue;
            }

            var shard = 0;
            for (; drawn >= columns[shard].Count; shard++)
            {
                drawn -= columns[shard].Count;
            }

            var (snapshot, column) = (snapshots[shard], columns[shard]);
            var row = column.RowOf((int)drawn);
            if (row >= 0 && row < snapshot.RowCount && snapshot.IdIfLive(row) is { } id && column.Read(row) is { } vector)
            {
                yield return (id, vector.Values);
            }
        }
    }

    private void MeasureOne(RecallMeasurement measured, BoundSearch search, ReadOnlyMemory<float> query, MemtableSnapshot[] snapshots, CancellationToken cancellationToken)
    {
        var settings = SettingsOf(search, snapshots);
        var startedAt = _engine.Time.GetTimestamp();
        var found = Rank(search, snapshots, query.Span, settings, out var statistics, cancellationToken);
        var searchedAt = _engine.Time.GetTimestamp();
        var exact = Rank(search, snapshots, query.Span, settings with { Exact = true }, out _, cancellationToken);
        var truth = exact.Take(search.Page).ToList();

        // What is found at most as far away as the last of the exact results is right, whichever of several equal ones it is.
        var right = truth.Count == 0 ? 0 : found.Take(truth.Count).Count(c => c.Distance <= truth[^1].Distance);
        measured.Hits.Add((right, truth.Count));
        measured.Searching += _engine.Time.GetElapsedTime(startedAt, searchedAt);
        measured.Exact += _engine.Time.GetElapsedTime(searchedAt);
        measured.Scored += statistics.Scored;
        measured.Plan = PlanOf(search, snapshots.Length, settings, statistics);
    }

    private RecallReport ReportOf(RecallMeasurement measured, RecallRequest request, string field, int k)
    {
        var count = Math.Max(1, measured.Hits.Count);
        return new RecallReport
        {
            Field = field,
            K = k,
            Queries = measured.Hits.Count,
            Recorded = measured.Recorded,
            Estimate = RecallEstimate.Of(measured.Hits),
            Distribution = [.. measured.Hits.Where(h => h.Wanted > 0).Select(h => h.Found / (double)h.Wanted).Order()],
            Objective = request.Recall ?? Definition.Objective.Recall,
            AccessPath = measured.Plan?.AccessPath ?? "flat",
            EfSearch = measured.Plan?.EfSearch,
            NProbe = measured.Plan?.NProbe,
            ExpectedRecall = measured.Plan?.ExpectedRecall,
            AverageMs = measured.Searching.TotalMilliseconds / count,
            ExactMs = measured.Exact.TotalMilliseconds / count,
            Scored = measured.Scored / (double)count,
            IsComplete = measured.Hits.Count >= request.Samples || !IsOver(measured, request),
        };
    }

    private sealed class RecallMeasurement(long startedAt)
    {
        public long StartedAt { get; } = startedAt;

        public List<(int Found, int Wanted)> Hits { get; } = [];

        public int Recorded { get; set; }

        public TimeSpan Searching { get; set; }

        public TimeSpan Exact { get; set; }

        public long Scored { get; set; }

        public SearchPlan? Plan { get; set; }
    }
}
