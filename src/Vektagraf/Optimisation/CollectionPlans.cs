using System.Collections.Concurrent;
using Vektagraf.Monitoring;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Storage.Decorators;
using Vektagraf.Telemetry;

namespace Vektagraf.Optimisation;

/// <summary>What this process records of the requests of one collection, by shape. Thread-safe.</summary>
internal sealed class CollectionPlans(string storageName, string name, TimeProvider time, CostModel costs, NodeMetrics metrics, EngineInstruments instruments)
{
    /// <summary>Shapes kept in memory; beyond, the one asked longest ago makes room.</summary>
    public const int MaxPlans = 500;

    // Eight megabytes of sampled query vectors.
    private const long MaxSampledFloats = 2 * 1024 * 1024;

    private readonly ConcurrentDictionary<QuerySignature, RecordedPlan> _plans = new();
    private readonly ConcurrentQueue<RecordedPlan> _retired = new();
    private long _sampledFloats;

    public string StorageName => storageName;

    /// <summary>Changes when plans should be made anew.</summary>
    public StatisticsVersion Statistics { get; } = new();

    /// <summary>What was planned lately, by shape.</summary>
    public PlanCache<QuerySignature, PlannedRequest> Cache { get; } = new(MaxPlans, PlanCache<QuerySignature, PlannedRequest>.DefaultTimeToLive, time);

    /// <summary>Orders in which filters are tested in place of those written.</summary>
    public FilterOrders Orders { get; } = new();

    /// <summary>Shapes whose answers are kept.</summary>
    public KeptShapes Kept { get; } = new();

    /// <summary>The plans in memory.</summary>
    public IEnumerable<RecordedPlan> All => _plans.Values;

    /// <summary>The plans in memory, and those that made room with something left to store. Each of the latter is given once.</summary>
    public IEnumerable<RecordedPlan> TakeAll()
    {
        while (_retired.TryDequeue(out var retired))
        {
            yield return retired;
        }

        foreach (var plan in _plans.Values)
        {
            yield return plan;
        }
    }

    /// <summary>Keeps a plan that made room until what it holds is stored.</summary>
    public void Retire(RecordedPlan plan)
    {
        if (_retired.Count < MaxPlans && !_plans.ContainsKey(plan.Signature))
        {
            _retired.Enqueue(plan);
        }
    }

    /// <summary>Takes note that a request begins.</summary>
    public Observation Begin(in RequestShape shape, SearchRequest? search, QueryRequest? query)
    {
        var plan = Find(shape);
        var (isMeasured, isSampled) = plan.Begin();
        if (isSampled)
        {
            Sample(plan, search, query);
        }

        return new Observation(this, plan, time, costs, metrics, isMeasured, search is null ? RequestLiterals.Of(query!) : RequestLiterals.Of(search));
    }

    public static RequestShape ShapeOf(BoundSearch search, double objective) => new()
    {
        Kind = RequestKind.Search,
        Filter = search.Filter?.Expression,
        VectorField = search.Field,
        Vector = search.Request.Vector switch { { Value: not null } => VectorSource.Value, { Text: not null } => VectorSource.Text, _ => VectorSource.Id },
        Depth = search.Page,
        Recall = search.Request.Params?.Exact == true ? 1 : search.Request.Recall ?? objective,
        HasParameters = search.Request.Params is { EfSearch: not null } or { NProbe: not null },
        HasMinScore = search.Request.MinScore is not null,
        IsDiverse = search.Request.Diversity is not null,
        GroupBy = search.Request.GroupBy?.Field,
    };

    /// <summary>The shape of a search for words or a sparse vector, alone or together with a vector.</summary>
    public static RequestShape ShapeOf(SearchRequest request, IReadOnlyList<string>? textFields, string? sparseField, BoundSearch? vector, FilterBinding? filter, double objective) =>
        (vector is null ? new RequestShape { Kind = RequestKind.Search, Filter = filter?.Expression, Recall = 1 } : ShapeOf(vector, objective)) with
        {
            TextFields = textFields,
            SparseField = sparseField,
            Depth = request.Offset + request.K,
            HasMinScore = request.MinScore is not null,
            GroupBy = request.GroupBy?.Field,
        };

    /// <summary>The shape of a query.</summary>
    public static RequestShape ShapeOf(QueryRequest request, FilterBinding? filter, OrderBy order) => new()
    {
        Kind = RequestKind.Query,
        Filter = filter?.Expression,
        Order = order.Terms,
        Depth = request.Limit,
        HasAggregates = request.Aggregate is not null,
    };

    /// <summary>Takes note of an execution that was timed elsewhere.</summary>
    public void Record(in RequestShape shape, SearchRequest request, SearchResponse response, TimeSpan took)
    {
        var plan = Find(shape);
        if (plan.Begin().IsSampled)
        {
            Sample(plan, request, query: null);
        }

        metrics.Succeeded(OperationKind.Search, took);
        plan.Record(
            new Execution(time.GetUtcNow().UtcTicks, took.TotalMilliseconds, Succeeded: true, response.Hits.Count, response.Plan.Considered, response.Plan.Scored),
            response.Plan.AccessPath, response.Plan.FilterMode, cost: null);
        Publish(response);
    }

    /// <summary>Measures a search that gave an answer.</summary>
    public void Publish(SearchResponse response)
    {
        instruments.Answered(name, nameof(RequestKind.Search), response.Hits.Count, response.Plan.Considered);
        instruments.Searched(name, response.Plan.AccessPath, response.Plan.Scored, response.Plan.ExpectedRecall);
    }

    /// <summary>Measures a query that gave an answer.</summary>
    public void Publish(QueryResponse response) =>
        instruments.Answered(name, nameof(RequestKind.Query), response.Results.Count, response.Considered);

    /// <summary>Measures what a request cost.</summary>
    public void Publish(RequestKind kind, QueryCost predicted, QueryCost actual) =>
        instruments.Cost(name, kind == RequestKind.Search ? nameof(RequestKind.Search) : nameof(RequestKind.Query), predicted, actual, costs.Prices.Currency);

    private RecordedPlan Find(in RequestShape shape)
    {
        var signature = shape.Signature();
        if (_plans.TryGetValue(signature, out var known))
        {
            return known;
        }

        if (_plans.Count >= MaxPlans && _plans.Values.MinBy(p => p.LastAt) is { } oldest && _plans.TryRemove(oldest.Signature, out _))
        {
            Retire(oldest);
        }

        return _plans.GetOrAdd(signature, new RecordedPlan(signature, shape.Text(), shape.Kind, time.GetUtcNow().UtcTicks));
    }

    private void Sample(RecordedPlan plan, SearchRequest? search, QueryRequest? query)
    {
        if (search is null)
        {
            plan.Keep(SampledRequest.Of(query!));
        }
        else if (Interlocked.Add(ref _sampledFloats, search.Vector?.Value?.Length ?? 0) <= MaxSampledFloats)
        {
            plan.Keep(SampledRequest.Of(search));
        }
    }
}

/// <summary>What was planned for a shape.</summary>
/// <param name="Selectivity">Share of the objects that fulfil the filter, of the request that was planned.</param>
/// <param name="Cost">What an execution is predicted to cost.</param>
internal sealed record PlannedRequest(double Selectivity, QueryCost Cost);

/// <summary>A request under way: what is recorded of it when it ends.</summary>
internal readonly struct Observation
{
    private readonly CollectionPlans _plans;
    private readonly RecordedPlan _plan;
    private readonly TimeProvider _time;
    private readonly CostModel _costs;
    private readonly NodeMetrics _metrics;
    private readonly StoreMeter? _meter;
    private readonly QueryCost? _predicted;
    private readonly long _startedAt;
    private readonly ulong _literals;

    public Observation(CollectionPlans plans, RecordedPlan plan, TimeProvider time, CostModel costs, NodeMetrics metrics, bool isMeasured, ulong literals)
    {
        (_plans, _plan, _time, _costs, _metrics, _startedAt, IsMeasured, _literals) = (plans, plan, time, costs, metrics, time.GetTimestamp(), isMeasured, literals);
    }

    private Observation(in Observation begun, QueryCost predicted)
    {
        (_plans, _plan, _time, _costs, _metrics, _startedAt, _predicted, IsMeasured, _literals) = (begun._plans, begun._plan, begun._time, begun._costs, begun._metrics, begun._startedAt, predicted, true, begun._literals);
        _meter = new StoreMeter(_time);
        _meter.Start();
    }

    /// <summary>The request's shape.</summary>
    public QuerySignature Signature => _plan.Signature;

    /// <summary>Whether what the request costs shall be measured.</summary>
    public bool IsMeasured { get; }

    /// <summary>Measures what the request costs.</summary>
    /// <param name="predicted">What it is predicted to cost.</param>
    public Observation Expecting(QueryCost predicted) => new(this, predicted);

    public SearchResponse Answered(SearchResponse response)
    {
        Record(succeeded: true, response.Hits.Count, response.Plan.Considered, response.Plan.Scored, response.Plan.AccessPath, response.Plan.FilterMode, _plan.IsRepeated(_literals, response.Session));
        _plans.Publish(response);
        return response;
    }

    public QueryResponse Answered(QueryResponse response)
    {
        Record(succeeded: true, response.Results.Count, response.Considered, scored: 0, "rows", filterMode: null, _plan.IsRepeated(_literals, response.Session));
        _plans.Publish(response);
        return response;
    }

    /// <summary>Takes note of an error that is the engine's, not the caller's.</summary>
    /// <returns>False: as an exception filter it lets the error pass.</returns>
    public bool Failed(Exception error)
    {
        if (error is not OperationCanceledException and not VektagrafException { Kind: ErrorKind.Invalid or ErrorKind.NotFound or ErrorKind.NotSupported or ErrorKind.TooLarge })
        {
            Record(succeeded: false, 0, 0, 0, accessPath: null, filterMode: null, isRepeated: false);
        }

        return false;
    }

    private void Record(bool succeeded, long rows, long considered, long scored, string? accessPath, string? filterMode, bool isRepeated)
    {
        var took = _time.GetElapsedTime(_startedAt);
        (QueryCost Predicted, QueryCost Actual)? cost = null;
        if (_meter is not null && succeeded)
        {
            var actual = _costs.Price(_meter.Sent.Requests, _meter.Sent.Bytes, (took - _meter.Waited).TotalMilliseconds);
            cost = (_predicted!.Value, actual);
            _plans.Publish(_plan.Kind, _predicted.Value, actual);
        }

        var kind = _plan.Kind == RequestKind.Search ? OperationKind.Search : OperationKind.Query;
        if (succeeded)
        {
            _metrics.Succeeded(kind, took);
        }
        else
        {
            _metrics.Failed(kind);
        }

        if (cost is { } both)
        {
            _metrics.Cost(both.Actual);
        }

        _plan.Record(new Execution(_time.GetUtcNow().UtcTicks, took.TotalMilliseconds, succeeded, rows, considered, scored, isRepeated), accessPath, filterMode, cost);
    }
}
