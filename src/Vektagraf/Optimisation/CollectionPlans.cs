using System.Collections.Concurrent;
using Vektagraf.Querying;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Optimisation;

/// <summary>What this process records of the requests of one collection, by shape. Thread-safe.</summary>
internal sealed class CollectionPlans(string storageName, TimeProvider time)
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

    public Observation Begin(BoundSearch search, double objective) => Begin(ShapeOf(search, objective), search.Request, query: null);

    /// <summary>Takes note that a request begins.</summary>
    public Observation Begin(in RequestShape shape, SearchRequest? search, QueryRequest? query)
    {
        var plan = Find(shape);
        var (isMeasured, isSampled) = plan.Begin();
        if (isSampled)
        {
            Sample(plan, search, query);
        }

        return new Observation(plan, time, isMeasured ? new StoreMeter(time) : null);
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
        else if (Interlocked.Add(ref _sampledFloats, search.Vector.Value?.Length ?? 0) <= MaxSampledFloats)
        {
            plan.Keep(SampledRequest.Of(search));
        }
    }
}

/// <summary>A request under way: what is recorded of it when it ends.</summary>
internal readonly struct Observation
{
    private readonly RecordedPlan _plan;
    private readonly TimeProvider _time;
    private readonly StoreMeter? _meter;
    private readonly long _startedAt;

    public Observation(RecordedPlan plan, TimeProvider time, StoreMeter? meter)
    {
        (_plan, _time, _meter, _startedAt) = (plan, time, meter, time.GetTimestamp());
        meter?.Start();
    }

    public SearchResponse Answered(SearchResponse response)
    {
        Record(succeeded: true, response.Hits.Count, response.Plan.Considered, response.Plan.Scored, response.Plan.AccessPath, response.Plan.FilterMode);
        return response;
    }

    public QueryResponse Answered(QueryResponse response, long considered)
    {
        Record(succeeded: true, response.Results.Count, considered, scored: 0, "scan", filterMode: null);
        return response;
    }

    /// <summary>Takes note of an error that is the engine's, not the caller's.</summary>
    /// <returns>False: as an exception filter it lets the error pass.</returns>
    public bool Failed(Exception error)
    {
        if (error is not OperationCanceledException and not VektagrafException { Kind: ErrorKind.Invalid or ErrorKind.NotFound or ErrorKind.NotSupported or ErrorKind.TooLarge })
        {
            Record(succeeded: false, 0, 0, 0, accessPath: null, filterMode: null);
        }

        return false;
    }

    private void Record(bool succeeded, long rows, long considered, long scored, string? accessPath, string? filterMode)
    {
        var took = _time.GetElapsedTime(_startedAt);
        _plan.Record(new Execution(_time.GetUtcNow().UtcTicks, took.TotalMilliseconds, succeeded, rows, considered, scored), accessPath, filterMode, cost: null);
    }
}
