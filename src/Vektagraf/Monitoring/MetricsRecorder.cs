using System.Globalization;
using Microsoft.Extensions.Logging;
using Vektagraf.Caching;
using Vektagraf.Insights;
using Vektagraf.Optimisation;

namespace Vektagraf.Monitoring;

/// <summary>Brings what a process measured into the insight store: one document each interval, behind the requests.</summary>
internal sealed partial class MetricsRecorder : IAsyncDisposable
{
    // While the insight store fails, an hour of the default interval waits; then the oldest goes.
    private const int MostWaiting = 240;

    private readonly NodeMetrics _metrics;
    private readonly IInsightStore _store;
    private readonly CostModel _costs;
    private readonly VektagrafOptions _options;
    private readonly Func<long?> _foldLag;
    private readonly Func<CacheStatistics?> _cacheStatistics;
    private readonly ILogger _log;
    private readonly Lazy<(string Node, string Start)> _identity;
    private readonly Queue<NodeInterval> _waiting = new();
    private readonly InsightFlush _flush;
    private DateTimeOffset _from;
    private (long Hits, long Misses) _cache;
    private double _meanCost;
    private long _sequence;

    public MetricsRecorder(EngineContext engine, Func<long?> foldLag)
    {
        (_options, _foldLag, _cacheStatistics) = (engine.Options, foldLag, () => engine.CacheStatistics);
        (_metrics, _store, _costs) = (engine.Plans.Metrics, engine.Plans.Store, engine.Plans.Costs);
        _log = _options.Logging.CreateLogger<MetricsRecorder>();
        _from = StartedAt = _options.Time.GetUtcNow();

        // Drawn late: an engine that measures nothing leaves its source of randomness alone.
        _identity = new(() =>
        {
            var start = (engine.Entropy.NextUInt128() >> 80).ToString("x12", CultureInfo.InvariantCulture);
            return (_options.Monitoring.NodeId ?? NameOfMachine() + "-" + start[..6], start);
        });
        _flush = new InsightFlush(_options.Time, _options.Insights is null ? null : _options.Monitoring.Interval, WriteAsync, LogFailure);
    }

    /// <summary>When this process began.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>This node, and what tells its starts from each other.</summary>
    public (string Node, string Start) Identity => _identity.Value;

    /// <summary>Stores what was measured since the last time.</summary>
    /// <returns>Whether all of it is stored.</returns>
    public Task<bool> FlushAsync(CancellationToken cancellationToken) => _flush.RunAsync(cancellationToken);

    /// <summary>What is not in the insight store yet; it stays where it is.</summary>
    public Task<IReadOnlyList<NodeInterval>> PeekAsync(CancellationToken cancellationToken) => _flush.BetweenRunsAsync<IReadOnlyList<NodeInterval>>(
        () => Measure(take: false) is { } present ? [.. _waiting, present] : [.. _waiting], cancellationToken);

    public ValueTask DisposeAsync() => _flush.DisposeAsync();

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (Measure(take: true) is { } interval)
        {
            if (_waiting.Count == MostWaiting)
            {
                _waiting.Dequeue();
            }

            _waiting.Enqueue(interval);
        }

        while (_waiting.TryPeek(out var next))
        {
            await _store.PutAsync(NodeIntervals.Encode(next, Seconds(_options.Monitoring.Retention)), default, cancellationToken);
            _waiting.Dequeue();
        }
    }

    private NodeInterval? Measure(bool take)
    {
        var now = _options.Time.GetUtcNow();
        if (now <= _from)
        {
            return null;
        }

        var (searches, queries, writes) = (_metrics.Read(OperationKind.Search, take), _metrics.Read(OperationKind.Query, take), _metrics.Read(OperationKind.Write, take));
        var mean = _metrics.MeanCost(take) is > 0 and var measured ? measured : _meanCost;
        var cache = _cacheStatistics() is { } counts ? (counts.Hits, counts.Misses) : (Hits: 0L, Misses: 0L);
        var interval = new NodeInterval
        {
            Node = Identity.Node,
            Start = Identity.Start,
            Sequence = _sequence,
            From = _from,
            To = now,
            Searches = searches,
            Queries = queries,
            Writes = writes,
            MemoryRatio = (_options.Monitoring.Memory ?? MemoryUsage.OfProcess)().Ratio,
            FoldLag = _foldLag(),
            CacheHits = Math.Max(0, cache.Hits - _cache.Hits),
            CacheMisses = Math.Max(0, cache.Misses - _cache.Misses),
            Cost = ((searches.Operations + queries.Operations) * mean) + _costs.PriceOfWrites(writes.Operations),
        };
        if (take)
        {
            (_from, _cache, _meanCost) = (now, cache, mean);
            _sequence++;
        }

        return interval;
    }

    private static TimeSpan Seconds(TimeSpan time) => TimeSpan.FromSeconds(Math.Floor(time.TotalSeconds));

    /// <summary>The machine's name with what keys of documents may have.</summary>
    private static string NameOfMachine() => string.Concat(Environment.MachineName.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '-'));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The insight store failed; measurements of this node stay in memory and are stored later")]
    private partial void LogFailure(Exception error);
}
