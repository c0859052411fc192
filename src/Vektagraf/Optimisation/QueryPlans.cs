using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Vektagraf.Insights;
using Vektagraf.Monitoring;
using Vektagraf.Telemetry;

namespace Vektagraf.Optimisation;

/// <summary>
/// The plans of all collections of one engine, and their way into the insight store: behind the requests, some seconds later. What cannot be stored
/// stays in memory, bounded by the number of shapes, and is tried again.
/// </summary>
internal sealed partial class QueryPlans : IAsyncDisposable
{
    private const string ProbePartition = "probe";

    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, CollectionPlans> _collections = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly InsightFlush _flush;

    // Tells this process's shares from others'. Drawn late: an engine that stores nothing leaves its source of randomness alone.
    private readonly Lazy<string> _writer;

    public QueryPlans(VektagrafOptions options)
    {
        _time = options.Time;
        Metrics = new NodeMetrics(options.Time);
        _log = options.Logging.CreateLogger<QueryPlans>();
        Instruments = options.Meters is { } meters ? new EngineInstruments(meters.Create(new(Telemetry.Instruments.Name))) : EngineInstruments.Shared;
        Costs = new CostModel(options.Prices ?? PriceList.BuiltIn);
        Store = new ResilientInsightStore(options.Insights ?? new MemoryInsightStore(options.Time), options.Time);
        _writer = new(() => options.Entropy.NextUInt128().ToString("x32", CultureInfo.InvariantCulture));

        // Without a store of its own an engine has nobody to tell: what it knows is read from memory.
        _flush = new InsightFlush(_time, options.Insights is null ? null : FlushInterval, WriteAsync, LogFailure);
    }

    /// <summary>Where insights are kept.</summary>
    public ResilientInsightStore Store { get; }

    /// <summary>What this process counts of its operations.</summary>
    public NodeMetrics Metrics { get; }

    /// <summary>What is measured of requests.</summary>
    public EngineInstruments Instruments { get; }

    /// <summary>What requests cost.</summary>
    public CostModel Costs { get; }

    /// <summary>The plans of a collection.</summary>
    /// <param name="storageName">What they are kept under.</param>
    /// <param name="name">What the collection is called, for metrics.</param>
    public CollectionPlans Of(string storageName, string name) =>
        _collections.GetOrAdd(storageName, _ => new CollectionPlans(storageName, name, _time, Costs, Metrics, Instruments));

    /// <summary>Stores what was recorded since the last time.</summary>
    /// <returns>Whether all of it is stored.</returns>
    public Task<bool> FlushAsync(CancellationToken cancellationToken) => _flush.RunAsync(cancellationToken);

    /// <summary>The plans of a collection, of all processes on its insight store.</summary>
    /// <returns>Those that took the most time first. Where the insight store fails, what this process knows.</returns>
    public async Task<IReadOnlyList<PlanReport>> ListAsync(string storageName, CancellationToken cancellationToken)
    {
        var plans = (_collections.GetValueOrDefault(storageName)?.All ?? []).Select(p => p.Report()).ToDictionary(p => p.Signature);
        if (await FlushAsync(cancellationToken))
        {
            try
            {
                await ReadAsync(storageName, plans, cancellationToken);
            }
            catch (InsightStoreException e)
            {
                LogFailure(e);
            }
        }

        return [.. plans.Values.Where(p => p.Statistics.Executions > 0).OrderByDescending(p => p.Statistics.TotalMs).ThenBy(p => p.Shape, StringComparer.Ordinal)];
    }

    public ValueTask DisposeAsync() => _flush.DisposeAsync();

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        foreach (var collection in _collections.Values)
        {
            foreach (var plan in collection.TakeAll())
            {
                await StoreAsync(collection, plan, cancellationToken);
            }
        }

        if (Store.Failure is not null)
        {
            // Nothing was stored, so that nothing has shown yet whether it is back.
            await Store.GetAsync(ProbePartition, ProbePartition, cancellationToken);
        }
    }

    private async Task StoreAsync(CollectionPlans collection, RecordedPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            // One share may be left from the last time; the next has what came since.
            for (var shares = 0; shares < 2 && plan.Take() is { } share; shares++)
            {
                await StoreAsync(collection, plan, share, cancellationToken);
            }
        }
        catch
        {
            // Whether it was written is not known. The next time, the document tells.
            collection.Retire(plan);
            throw;
        }
    }

    private async Task StoreAsync(CollectionPlans collection, RecordedPlan plan, PlanShare share, CancellationToken cancellationToken)
    {
        var partition = PlanDocuments.PartitionOf(collection.StorageName);
        var report = plan.Report(share.Statistics);
        var all = share.Statistics;
        await InsightUpdate.ApplyAsync(
            Store, partition, plan.Signature.ToString(), present => PlanDocuments.Merge(partition, present, report, (_writer.Value, share.Number), out all), cancellationToken);
        plan.Stored(all);
    }

    private async Task ReadAsync(string storageName, Dictionary<QuerySignature, PlanReport> plans, CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var page = await Store.QueryAsync(PlanDocuments.PartitionOf(storageName), new InsightRange(Descending: true, PageSize: InsightRules.MaxPageSize), continuation, cancellationToken);
            foreach (var plan in page.Documents.Select(PlanDocuments.Decode).OfType<PlanReport>())
            {
                plans[plan.Signature] = plan;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The insight store failed; what was recorded of queries stays in memory and is stored later")]
    private partial void LogFailure(Exception error);
}
