using Vektagraf.Index;
using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Querying.Execution;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Collections;

/// <content>Explaining searches and queries.</content>
public sealed partial class Collection
{
    /// <summary>Says how a request is run and what that is expected to take; runs it, and alternatives, where that is asked for.</summary>
    /// <param name="request">What to explain.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The explanation.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <see cref="ErrorKind.NotFound"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public Task<Explanation> ExplainAsync(ExplainRequest request, CancellationToken cancellationToken)
    {
        CheckAlternatives(request);
        return (request.Search, request.Query) switch
        {
            ({ }, null) => ExplainSearchAsync(request, request.Search, cancellationToken),
            (null, { }) => ExplainQueryAsync(request, request.Query, cancellationToken),
            _ => throw VektagrafException.Invalid(string.Empty, "Explain either a search or a query."),
        };
    }

    private async Task<Explanation> ExplainSearchAsync(ExplainRequest request, SearchRequest asked, CancellationToken cancellationToken)
    {
        if (IsRankedByLists(asked))
        {
            return await ExplainFusedAsync(request, asked, cancellationToken);
        }

        var search = Bind(asked);

        // First, as a request would meet it: what follows loads the collection.
        var actual = request.Analyze ? await AnalyzeAsync(search, cancellationToken) : null;
        var text = await EmbedTextAsync(search, cancellationToken);
        var snapshots = await SnapshotsOfAsync(asked, cancellationToken);
        var settings = SettingsOf(search, snapshots);
        var filters = PlanShards(search.Filter, snapshots, request.Analyze, cancellationToken);
        var live = snapshots.Sum(s => (long)s.LiveCount);
        var matching = RowsOf(filters, live);
        var selectivity = live == 0 ? 1 : Math.Min(1, matching.Expected / (double)live);
        var predicted = PredictCost(search, snapshots, settings, selectivity);
        var shape = CollectionPlans.ShapeOf(search, Definition.Objective.Recall);
        var query = request.WhatIf.Count > 0 ? QueryVector(search, text, snapshots) : null;
        return await DescribeAsync(shape, snapshots, predicted, selectivity, search.Filter, cancellationToken) with
        {
            Plan = RootOf(search.Request, matching, predicted, actual, filters, VectorNode(search, snapshots, settings, selectivity, matching, actual)),
            Analysis = FilterExplanation.Analyze(Definition, filters.Count > 0 ? filters[0] : null, matching, live),
            Actual = actual,
            Alternatives = query is { } vector ? TryAlternatives(request.WhatIf, search, snapshots, vector, settings, predicted, filters, cancellationToken) : [],
        };
    }

    private async Task<Explanation> ExplainQueryAsync(ExplainRequest request, QueryRequest asked, CancellationToken cancellationToken)
    {
        CheckRange("/limit", asked.Limit, 0, Limits.MaxK);
        var filter = BindFilter(asked.Filter);
        var order = OrderBy.Bind(OrderByParser.Parse(asked.OrderBy), Definition);
        var wasLoaded = IsLoaded;
        var actual = request.Analyze ? await AnalyzeAsync(asked, filter, order, wasLoaded, cancellationToken) : null;
        var snapshots = await SnapshotsAsync(asked.Consistency, cancellationToken);
        var filters = PlanShards(filter, snapshots, request.Analyze, cancellationToken);
        var live = snapshots.Sum(s => (long)s.LiveCount);
        var matching = RowsOf(filters, live);
        var predicted = PredictCost(filter, asked) ?? default;
        var children = filters.Count > 0 ? new[] { FilterExplanation.Tree(filters, request.Analyze) } : [];
        var root = new ExplainNode
        {
            Kind = "query",
            Detail = order.Terms.Count > 0 ? "order by " + string.Join(", ", order.Terms) : null,
            Estimate = new RowEstimate(Math.Min(asked.Limit, matching.Min), Math.Min(asked.Limit, matching.Expected), Math.Min(asked.Limit, matching.Max)),
            PredictedMs = predicted.CpuMs,
            ActualRows = actual?.Rows,
            ActualMs = actual?.Ms,
            QError = actual is null ? null : ExplainNode.QErrorOf(Math.Min(asked.Limit, matching.Expected), actual.Rows),
            Children = children,
        };
        return await DescribeAsync(CollectionPlans.ShapeOf(asked, filter, order), snapshots, predicted, 1, filter, cancellationToken) with
        {
            Plan = root,
            Analysis = FilterExplanation.Analyze(Definition, filters.Count > 0 ? filters[0] : null, matching, live),
            Actual = actual,
            Alternatives = [.. request.WhatIf.Select(a => Hypothetical(a, predicted, filters, snapshots))],
        };
    }

    /// <summary>What all explanations have; the plan is put in its place by the caller.</summary>
    private async Task<Explanation> DescribeAsync(
        RequestShape shape, MemtableSnapshot[] snapshots, QueryCost predicted, double selectivity, FilterBinding? filter, CancellationToken cancellationToken)
    {
        var signature = shape.Signature();
        var version = VersionOf(snapshots);
        var isCached = _plans.Cache.TryGet(signature, version, out _);
        if (!isCached)
        {
            _plans.Cache.Set(signature, version, new PlannedRequest(selectivity, predicted));
        }

        var recorded = await ListPlansAsync(cancellationToken);
        return new Explanation
        {
            Kind = shape.Kind,
            Signature = signature,
            Shape = shape.Text(),
            IsCached = isCached,
            Plan = new ExplainNode { Kind = "none" },
            Analysis = new FilterAnalysis(),
            Predicted = predicted,
            Recorded = recorded.FirstOrDefault(p => p.Signature == signature),
            Prices = _engine.Plans.Costs.Prices,
            Warnings = WarningsOf(filter),
        };
    }

    /// <summary>The filter's plan on every shard; run, it says what each part took and gave.</summary>
    private List<FilterPlanNode> PlanShards(FilterBinding? filter, MemtableSnapshot[] snapshots, bool run, CancellationToken cancellationToken)
    {
        var plans = new List<FilterPlanNode>();
        foreach (var snapshot in filter is null ? [] : snapshots)
        {
            using var memory = new SelectionMemory();
            var execution = new FilterExecution(snapshot, filter, memory, _engine.Time, cancellationToken);
            if (run)
            {
                execution.Run();
            }

            plans.Add(execution.Plan!);
        }

        return plans;
    }

    private static RowEstimate RowsOf(List<FilterPlanNode> filters, long live) => filters.Count == 0
        ? new RowEstimate(live, live, live)
        : new RowEstimate(filters.Sum(f => (long)f.Estimate.Min), filters.Sum(f => (long)f.Estimate.Expected), filters.Sum(f => (long)f.Estimate.Max));

    /// <summary>The step that finds neighbours.</summary>
    private static ExplainNode VectorNode(
        BoundSearch search, MemtableSnapshot[] snapshots, VectorSearchSettings settings, double selectivity, RowEstimate matching, ExecutionAnalysis? actual)
    {
        var field = FieldIndexOf(snapshots[0].Table, search.Field);
        var columns = Array.ConvertAll(snapshots, s => s.Table.Vectors[field]);
        var isScan = settings.Exact || Array.TrueForAll(columns, c => c.Index is FlatIndex);
        return new ExplainNode
        {
            Kind = isScan ? "flat" : Array.Exists(columns, c => c.Index is IvfIndex) ? "ivf" : "hnsw",
            Field = search.Field,
            Detail = isScan ? null : $"{(Array.Exists(columns, c => c.Index is IvfIndex) ? "nprobe" : "efSearch")} {Math.Max(settings.EfSearch, settings.NProbe)}",
            Estimate = Capped(matching, search.Wanted),
            PredictedMs = snapshots.Sum(s => SearchMs(s.Table.Vectors[field], s.VectorCount(field), settings, selectivity)),
            ActualMs = actual?.Stages.FirstOrDefault(s => s.Name == "rank").Ms,
            ActualRows = actual?.Rows,
            QError = actual is null ? null : ExplainNode.QErrorOf(Math.Min(search.Wanted, matching.Expected), actual.Rows),
        };
    }

    /// <summary>A search as a whole: what finds, and the filter.</summary>
    private static ExplainNode RootOf(
        SearchRequest asked, RowEstimate matching, QueryCost predicted, ExecutionAnalysis? actual, List<FilterPlanNode> filters, params ExplainNode[] finders) => new()
        {
            Kind = "search",
            Estimate = Capped(matching, asked.K),
            PredictedMs = predicted.CpuMs,
            ActualRows = actual?.Rows,
            ActualMs = actual?.Ms,
            QError = actual is null ? null : ExplainNode.QErrorOf(Math.Min(asked.K, matching.Expected), actual.Rows),
            Children = filters.Count > 0 ? [.. finders, FilterExplanation.Tree(filters, actual is not null)] : finders,
        };

    private static RowEstimate Capped(RowEstimate rows, int most) => new(Math.Min(rows.Min, most), Math.Min(rows.Expected, most), Math.Min(rows.Max, most));

    private async Task<ExecutionAnalysis> AnalyzeAsync(BoundSearch search, CancellationToken cancellationToken)
    {
        var meter = new StoreMeter(_engine.Time);
        var stages = new StageTimes(_engine.Time);
        meter.Start();
        SearchResponse? answer = null;
        if (!IsLoaded && CanSearchCold(search))
        {
            answer = await TrySearchColdAsync(search, search.Request.Consistency, cancellationToken);
            stages.End("cold");
        }

        if (answer is null)
        {
            var text = await EmbedTextAsync(search, cancellationToken);
            var snapshots = await SnapshotsOfAsync(search.Request, cancellationToken);
            stages.End("snapshot");
            var query = QueryVector(search, text, snapshots);
            stages.End("vector");
            var settings = SettingsOf(search, snapshots);
            SearchStatistics statistics = default;
            var ranked = query is { } vector ? Rank(search, snapshots, vector.Span, settings, out statistics, cancellationToken) : [];
            stages.End("rank");
            answer = Answer(search, snapshots, ranked, settings, statistics, cancellationToken);
            stages.End("read");
        }

        StoreMeter.Stop();
        return Analyzed(meter, stages, answer.Hits.Count) with { Search = answer.Plan, Considered = answer.Plan.Considered };
    }

    private async Task<ExecutionAnalysis> AnalyzeAsync(QueryRequest asked, FilterBinding? filter, OrderBy order, bool wasLoaded, CancellationToken cancellationToken)
    {
        var meter = new StoreMeter(_engine.Time);
        var stages = new StageTimes(_engine.Time);
        meter.Start();
        if (!wasLoaded)
        {
            await ShardsAsync(cancellationToken);
            stages.End("cold");
        }

        await SnapshotsAsync(asked.Consistency, cancellationToken);
        stages.End("snapshot");
        var answer = await AnswerAsync(asked with { Consistency = ReadConsistency.Eventual }, filter, order, kept: null, cancellationToken);
        stages.End("run");
        StoreMeter.Stop();
        return Analyzed(meter, stages, answer.Results.Count) with { Considered = answer.Considered };
    }

    private ExecutionAnalysis Analyzed(StoreMeter meter, StageTimes stages, long rows)
    {
        var (asked, sent) = (meter.Asked, meter.Sent);
        var took = stages.Total;
        return new ExecutionAnalysis
        {
            Ms = took.TotalMilliseconds,
            Stages = stages.All,
            Rows = rows,
            CacheTier = sent.Bytes > 0 ? "store" : meter.CacheLevel?.ToString() ?? "memory",
            RequestsAsked = asked.Requests,
            Cost = _engine.Plans.Costs.Price(sent.Requests, sent.Bytes, Math.Max(0, (took - meter.Waited).TotalMilliseconds)),
        };
    }

    /// <summary>Times one stage after the other.</summary>
    private sealed class StageTimes(TimeProvider time)
    {
        private readonly long _startedAt = time.GetTimestamp();
        private readonly List<ExecutionStage> _stages = [];
        private TimeSpan _until;

        public IReadOnlyList<ExecutionStage> All => _stages;

        public TimeSpan Total => _until;

        public void End(string stage)
        {
            var now = time.GetElapsedTime(_startedAt);
            _stages.Add(new ExecutionStage(stage, (now - _until).TotalMilliseconds));
            _until = now;
        }
    }
}
