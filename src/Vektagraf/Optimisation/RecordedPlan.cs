using Vektagraf.Querying;

namespace Vektagraf.Optimisation;

/// <summary>A request as it came, kept to be run again: before and after a change, on the same collection.</summary>
public sealed record SampledRequest
{
    /// <summary>The search; null for a query.</summary>
    public SearchRequest? Search { get; init; }

    /// <summary>The query; null for a search.</summary>
    public QueryRequest? Query { get; init; }

    /// <summary>A search, with a copy of its vector, to be run on the data of the moment.</summary>
    internal static SampledRequest Of(SearchRequest request) => new()
    {
        Search = request with
        {
            AsOf = null,
            Consistency = default,
            Vector = request.Vector is { } vector ? vector with { Value = vector.Value is { } value ? value.ToArray() : default(ReadOnlyMemory<float>?) } : null,
        },
    };

    /// <summary>A query, its first page.</summary>
    internal static SampledRequest Of(QueryRequest request) => new() { Query = request with { Cursor = null, Consistency = default } };
}

/// <summary>What is known of a query shape: how it is run, and how that went.</summary>
public sealed record PlanReport
{
    /// <summary>The shape's signature.</summary>
    public required QuerySignature Signature { get; init; }

    /// <summary>The shape for people, without any literal.</summary>
    public required string Shape { get; init; }

    /// <summary>Search or query.</summary>
    public required RequestKind Kind { get; init; }

    /// <summary>How the last execution found its rows.</summary>
    public string? AccessPath { get; init; }

    /// <summary>When the last execution tested its filter; null without one.</summary>
    public string? FilterMode { get; init; }

    /// <summary>The first execution known.</summary>
    public DateTimeOffset FirstAt { get; init; }

    /// <summary>The last execution known.</summary>
    public DateTimeOffset LastAt { get; init; }

    /// <summary>How executions went.</summary>
    public required ExecutionStatistics Statistics { get; init; }

    /// <summary>A few real requests of the shape.</summary>
    public IReadOnlyList<SampledRequest> Samples { get; init; } = [];
}

/// <summary>What one process adds to a plan.</summary>
/// <param name="Number">Counts up with each share of the plan.</param>
/// <param name="Statistics">The executions.</param>
internal sealed record PlanShare(long Number, ExecutionStatistics Statistics);

/// <summary>What this process recorded of one shape: all that is not in the insight store yet, and what was there last. Thread-safe.</summary>
internal sealed class RecordedPlan(QuerySignature signature, string shape, RequestKind kind, long firstAt)
{
    private readonly long _firstAt = firstAt;
    /// <summary>Requests kept of each shape.</summary>
    public const int MaxSamples = 3;

    // The first few, and then now and then another one.
    private const int SampleEvery = 64;

    // Measuring a cost takes a few hundred nanoseconds more than recording a time.
    private const int MeasureEvery = 16;

    private readonly Lock _lock = new();
    private readonly List<SampledRequest> _samples = [];
    private RequestLiterals? _literals;
    private ExecutionStatistics _fresh = new();
    private ExecutionStatistics _known = new();
    private PlanShare? _underWay;
    private long _shares;
    private int _begun;
    private int _nextSample;
    private string? _accessPath;
    private string? _filterMode;

    public QuerySignature Signature => signature;

    public RequestKind Kind => kind;

    public long LastAt { get; private set; } = firstAt;

    /// <summary>Counts an execution that begins.</summary>
    /// <returns>Whether its cost shall be measured, and whether its request shall be kept.</returns>
    public (bool IsMeasured, bool IsSampled) Begin()
    {
        var number = Interlocked.Increment(ref _begun);
        return (number % MeasureEvery == 1, number <= MaxSamples || number % SampleEvery == 0);
    }

    public void Keep(SampledRequest request)
    {
        lock (_lock)
        {
            if (_samples.Count < MaxSamples)
            {
                _samples.Add(request);
            }
            else
            {
                _samples[_nextSample] = request;
                _nextSample = (_nextSample + 1) % MaxSamples;
            }
        }
    }

    /// <summary>Takes note of the literals of a request that was answered.</summary>
    /// <returns>Whether the same was asked lately of the same data.</returns>
    public bool IsRepeated(ulong literals, string session)
    {
        lock (_lock)
        {
            return (_literals ??= new RequestLiterals()).Note(literals, session);
        }
    }

    public void Record(in Execution execution, string? accessPath, string? filterMode, (QueryCost Predicted, QueryCost Actual)? cost)
    {
        lock (_lock)
        {
            _fresh.Add(execution);
            LastAt = execution.At;
            if (cost is { } both)
            {
                _fresh.AddCost(both.Predicted, both.Actual);
            }

            if (accessPath is not null)
            {
                (_accessPath, _filterMode) = (accessPath, filterMode);
            }
        }
    }

    /// <summary>Takes what was recorded since the last time, to be stored; it is given again until it is.</summary>
    /// <returns>Null where there is nothing.</returns>
    public PlanShare? Take()
    {
        lock (_lock)
        {
            if (_underWay is null && _fresh.Executions > 0)
            {
                _underWay = new PlanShare(++_shares, _fresh);
                _fresh = new ExecutionStatistics();
            }

            return _underWay;
        }
    }

    /// <summary>Remembers what is stored, the share taken last included.</summary>
    public void Stored(ExecutionStatistics all)
    {
        lock (_lock)
        {
            (_known, _underWay) = (all, null);
        }
    }

    public PlanReport Report()
    {
        lock (_lock)
        {
            var all = new ExecutionStatistics();
            all.Merge(_known);
            if (_underWay is { } share)
            {
                all.Merge(share.Statistics);
            }

            all.Merge(_fresh);
            return Describe(all);
        }
    }

    /// <summary>The plan with other statistics than those known here.</summary>
    public PlanReport Report(ExecutionStatistics statistics)
    {
        lock (_lock)
        {
            return Describe(statistics);
        }
    }

    private PlanReport Describe(ExecutionStatistics statistics) => new()
    {
        Signature = signature,
        Shape = shape,
        Kind = kind,
        AccessPath = _accessPath,
        FilterMode = _filterMode,
        FirstAt = new DateTimeOffset(_firstAt, TimeSpan.Zero),
        LastAt = new DateTimeOffset(LastAt, TimeSpan.Zero),
        Statistics = statistics,
        Samples = [.. _samples],
    };
}
