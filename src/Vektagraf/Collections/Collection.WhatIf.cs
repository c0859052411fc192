using System.Globalization;
using Vektagraf.Index;
using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Querying.Execution;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

/// <content>Other ways to run a search, tried side by side on one snapshot.</content>
public sealed partial class Collection
{
    // The first run warms caches for the others; the median of three is neither the warmest nor one that something else disturbed.
    private const int RunsOfAlternative = 3;

    // What looking a value up and stepping through its rows takes, as the planner of filters counts it.
    private const double IndexStartNs = 300;
    private const double IndexRowNs = 1.5;

    private static void CheckAlternatives(ExplainRequest request)
    {
        if (request.WhatIf.Count > ExplainRequest.MaxAlternatives)
        {
            throw VektagrafException.Invalid("/whatIf", $"There are {request.WhatIf.Count} alternatives; up to {ExplainRequest.MaxAlternatives} are tried at once.");
        }

        foreach (var (i, alternative) in request.WhatIf.Index())
        {
            var pointer = string.Create(CultureInfo.InvariantCulture, $"/whatIf/{i}");
            var problem = alternative switch
            {
                _ when MembersOf(alternative) != 1 => "An alternative has exactly one of efSearch, nprobe, index, filterMode and fieldIndex.",
                { EfSearch: < 1 or > HnswOptions.MaxEf } => $"efSearch is 1 to {HnswOptions.MaxEf}.",
                { NProbe: < 1 } => "nprobe is at least 1.",
                { Index: not (null or "flat" or "hnsw" or "ivf") } => "The index is flat, hnsw or ivf.",
                { FilterMode: not (null or "before" or "inside" or "after") } => "The filter mode is before, inside or after.",
                { FieldIndex: null } when request.Query is not null => "Queries know one alternative: fieldIndex.",
                { FilterMode: not null } when string.IsNullOrWhiteSpace(request.Search?.Filter) => "Without a filter there is no filter mode.",
                _ => null,
            };
            if (problem is not null)
            {
                throw VektagrafException.Invalid(pointer, problem);
            }
        }
    }

    private static int MembersOf(Alternative a) =>
        (a.EfSearch is null ? 0 : 1) + (a.NProbe is null ? 0 : 1) + (a.Index is null ? 0 : 1) + (a.FilterMode is null ? 0 : 1) + (a.FieldIndex is null ? 0 : 1);

    private List<AlternativeResult> TryAlternatives(
        IReadOnlyList<Alternative> alternatives,
        BoundSearch search,
        MemtableSnapshot[] snapshots,
        ReadOnlyMemory<float> query,
        VectorSearchSettings settings,
        QueryCost predicted,
        List<FilterPlanNode> filters,
        CancellationToken cancellationToken)
    {
        // Truth to measure recall by. Groups and diversity choose among what is found, so they are left out of the comparison.
        var plain = search with { Request = search.Request with { GroupBy = null, Diversity = null } };
        var exact = Rank(plain, snapshots, query.Span, settings with { Exact = true }, out _, cancellationToken);
        var results = new List<AlternativeResult> { Run(plain, snapshots, query, settings, exact, predicted, cancellationToken) };
        foreach (var alternative in alternatives)
        {
            var result = alternative switch
            {
                { FieldIndex: not null } => Hypothetical(alternative, predicted, filters, snapshots),
                { FilterMode: "after" } => RunAfter(plain, snapshots, query, settings, exact, cancellationToken),
                _ when ProblemOf(alternative, plain, snapshots) is { } problem => new AlternativeResult { Problem = problem },
                _ => Run(plain, snapshots, query, SettingsFor(alternative, plain, snapshots, settings), exact, predicted: null, cancellationToken),
            };
            results.Add(result with { Alternative = alternative });
        }

        return results;
    }

    private static string? ProblemOf(Alternative alternative, BoundSearch search, MemtableSnapshot[] snapshots)
    {
        var kind = Array.ConvertAll(snapshots, s => s.Table.Vectors[FieldIndexOf(s.Table, search.Field)].Index) switch
        {
            var all when Array.Exists(all, i => i is HnswIndex) => "hnsw",
            var all when Array.Exists(all, i => i is IvfIndex) => "ivf",
            _ => "flat",
        };
        var wanted = alternative switch { { EfSearch: not null } => "hnsw", { NProbe: not null } => "ivf", { FilterMode: "inside" } when kind == "flat" => "hnsw", { Index: { } index } => index, _ => kind };
        return wanted == kind || wanted == "flat" ? null : $"Field '{search.Field}' has a {kind} index at present: {wanted} can be tried once there is one. PATCH the field's 'index' to have it built.";
    }

    private VectorSearchSettings SettingsFor(Alternative alternative, BoundSearch search, MemtableSnapshot[] snapshots, VectorSearchSettings settings) => alternative switch
    {
        { EfSearch: { } ef } => SettingsOf(search with { Request = search.Request with { Params = new SearchParams { EfSearch = ef } } }, snapshots),
        { NProbe: { } probes } => SettingsOf(search with { Request = search.Request with { Params = new SearchParams { NProbe = probes } } }, snapshots),
        { Index: "flat" } or { FilterMode: "before" } => settings with { Exact = true },
        _ => settings with { Exact = false },
    };

    private AlternativeResult Run(
        BoundSearch search, MemtableSnapshot[] snapshots, ReadOnlyMemory<float> query, VectorSearchSettings settings, List<Candidate> exact, QueryCost? predicted, CancellationToken cancellationToken)
    {
        List<Candidate> found = [];
        SearchStatistics statistics = default;
        var ms = MedianMs(() => found = Rank(search, snapshots, query.Span, settings, out statistics, cancellationToken));
        return Measured(search, found, statistics, ms, exact) with
        {
            Predicted = predicted ?? PredictCost(search, snapshots, settings, SelectivityOf(search.Filter, snapshots)),
        };
    }

    /// <summary>Searches without the filter, deeper and deeper, and tests what is found.</summary>
    private AlternativeResult RunAfter(
        BoundSearch search, MemtableSnapshot[] snapshots, ReadOnlyMemory<float> query, VectorSearchSettings settings, List<Candidate> exact, CancellationToken cancellationToken)
    {
        List<Candidate> found = [];
        SearchStatistics statistics = default;
        var ms = MedianMs(() =>
        {
            statistics = default;
            for (var depth = search.Depth; ; depth = (int)Math.Min(int.MaxValue, depth * 4L))
            {
                var deeper = settings with { EfSearch = Math.Max(settings.EfSearch, Math.Min(depth, HnswOptions.MaxEf)) };
                var all = VectorSearch.Search(snapshots, FieldIndexOf(snapshots[0].Table, search.Field), query.Span, depth, filter: null, deeper, out var pass, cancellationToken);
                statistics += pass;
                var isExhausted = all.Count < depth;
                found = all.FindAll(c => search.Filter!.Matches(new MemtableRow(new FieldMapping(search.Filter.Fields, c.Snapshot.Table), c.Row)));
                if (isExhausted || found.Count >= search.Depth)
                {
                    found = Narrow(search, found, search.Depth);
                    return;
                }
            }
        });
        return Measured(search, found, statistics, ms, exact) with { Predicted = PredictCost(search with { Filter = null }, snapshots, settings, selectivity: 1) };
    }

    private double MedianMs(Action run)
    {
        var times = new double[RunsOfAlternative];
        for (var i = 0; i < times.Length; i++)
        {
            var startedAt = _engine.Time.GetTimestamp();
            run();
            times[i] = _engine.Time.GetElapsedTime(startedAt).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    /// <summary>What is found at most as far away as the last of the exact results is right, whichever of several equal ones it is.</summary>
    private static AlternativeResult Measured(BoundSearch search, List<Candidate> found, SearchStatistics statistics, double ms, List<Candidate> exact)
    {
        var truth = exact.Take(search.Page).ToList();
        var right = truth.Count == 0 ? 0 : found.Take(search.Page).Count(c => c.Distance <= truth[^1].Distance);
        return new AlternativeResult
        {
            Recall = truth.Count == 0 ? 1 : Math.Min(1, right / (double)truth.Count),
            Ms = ms,
            Scored = statistics.Scored,
            Bytes = statistics.Scored * search.Vectors.Dimensions * sizeof(float),
            Rows = Math.Min(found.Count, search.Page),
        };
    }

    /// <summary>What an index on a field would change: parts of the filter that test all rows would step through those that match.</summary>
    private AlternativeResult Hypothetical(Alternative alternative, QueryCost predicted, List<FilterPlanNode> filters, MemtableSnapshot[] snapshots)
    {
        var field = alternative.FieldIndex!;
        var lacking = filters.SelectMany(f => f.DescendantsAndSelf()).Where(n => n.LacksIndex && string.Equals(n.Field?.ToString(), field, StringComparison.Ordinal)).ToList();
        if (lacking.Count == 0)
        {
            var problem = Definition.Fields.TryGetValue(field, out var declared) switch
            {
                false => $"'{field}' is not declared: declare it with its type first.",
                true when declared!.Index => $"'{field}' has an index already.",
                _ => $"No condition of the request would use an index on '{field}'.",
            };
            return new AlternativeResult { Alternative = alternative, IsHypothetical = true, Problem = problem };
        }

        var saved = lacking.Sum(n => Math.Max(0, n.GatherCost - IndexStartNs - (n.Estimate.Expected * IndexRowNs)));
        var cpu = Math.Max(CostModel.OverheadMs(0, snapshots.Length), predicted.CpuMs - CostModel.Milliseconds(saved));
        return new AlternativeResult { Alternative = alternative, IsHypothetical = true, Predicted = _engine.Plans.Costs.Price(predicted.Requests, predicted.Bytes, cpu) };
    }
}
