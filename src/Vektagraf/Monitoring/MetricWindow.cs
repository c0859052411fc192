namespace Vektagraf.Monitoring;

/// <summary>What all nodes measured over some time, added up. Not thread-safe.</summary>
internal sealed class MetricWindow
{
    private readonly OperationTotals _reads = new();
    private readonly OperationTotals _writes = new();
    private DateTimeOffset _from = DateTimeOffset.MaxValue;
    private DateTimeOffset _to = DateTimeOffset.MinValue;
    private double _cost;

    /// <summary>Intervals added; without any, nothing is known of that time.</summary>
    public int Intervals { get; private set; }

    /// <summary>Searches and queries.</summary>
    public OperationTotals Reads => _reads;

    /// <summary>Commits.</summary>
    public OperationTotals Writes => _writes;

    /// <summary>The greatest share of memory in use at a node.</summary>
    public double MemoryRatio { get; private set; }

    /// <summary>The longest log that is not folded.</summary>
    public long? FoldLag { get; private set; }

    /// <summary>Lookups in caches that found something.</summary>
    public long CacheHits { get; private set; }

    /// <summary>Lookups in caches that did not.</summary>
    public long CacheMisses { get; private set; }

    /// <summary>The least recall measured; null where none was.</summary>
    public double? Recall { get; private set; }

    /// <summary>Seconds from the beginning of the first interval to the end of the last.</summary>
    public double Seconds => Intervals == 0 ? 0 : (_to - _from).TotalSeconds;

    /// <summary>Estimated cost of an hour that is like the window.</summary>
    public double? CostPerHour => Seconds > 0 ? _cost / Seconds * 3600 : null;

    public void Add(NodeInterval interval)
    {
        Intervals++;
        (_from, _to) = (interval.From < _from ? interval.From : _from, interval.To > _to ? interval.To : _to);
        _reads.Merge(interval.Searches);
        _reads.Merge(interval.Queries);
        _writes.Merge(interval.Writes);
        _cost += interval.Cost;
        CacheHits += interval.CacheHits;
        CacheMisses += interval.CacheMisses;
        MemoryRatio = Math.Max(MemoryRatio, interval.MemoryRatio);
        FoldLag = interval.FoldLag is { } lag ? Math.Max(FoldLag ?? 0, lag) : FoldLag;
    }

    public void AddRecall(double recall) => Recall = Math.Min(Recall ?? 1, recall);
}

/// <summary>Something that is measured over time, and that thresholds can be set on.</summary>
public sealed class Metric
{
    private const double Percentile = 0.95;

    private readonly Func<MetricWindow, double?> _read;

    private Metric(string name, string unit, string summary, Func<MetricWindow, double?> read) => (Name, Unit, Summary, _read) = (name, unit, summary, read);

    /// <summary>Name of the recall.</summary>
    public const string RecallName = "recall";

    /// <summary>All metrics.</summary>
    public static IReadOnlyList<Metric> All { get; } =
    [
        new("averageQueryLatency", "ms", "Mean duration of searches and queries.", w => Mean(w.Reads)),
        new("p95QueryLatency", "ms", "What 95 % of searches and queries took at most, within 1 %.", w => AtMost(w.Reads)),
        new("averageWriteLatency", "ms", "Mean duration of commits.", w => Mean(w.Writes)),
        new("p95WriteLatency", "ms", "What 95 % of commits took at most, within 1 %.", w => AtMost(w.Writes)),
        new("memoryUsageRatio", "ratio", "Memory in use of what the process may have, at the node where it is greatest.", w => w.Intervals == 0 ? null : w.MemoryRatio),
        new("throughput", "operations/s", "Searches, queries and commits a second, of all nodes.", w => w.Seconds > 0 ? (w.Reads.Operations + w.Writes.Operations) / w.Seconds : null),
        new("errorRate", "ratio", "Share of operations that failed for another reason than the caller's request.", w => Share(w.Reads.Errors + w.Writes.Errors, w.Reads.Successes + w.Writes.Successes)),
        new(RecallName, "ratio", "Measured recall, of the collection and field where it is least.", w => w.Recall),
        new("cacheHitRate", "ratio", "Share of lookups in caches that found something.", w => Share(w.CacheHits, w.CacheMisses)),
        new("foldLag", "entries", "Log entries that no segment contains yet, of the shard in memory that has most.", w => w.FoldLag),
        new("costPerHour", "currency/h", "What operations cost at the present rate, in the currency of the price list.", w => w.CostPerHour),
    ];

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What it is counted in.</summary>
    public string Unit { get; }

    /// <summary>What it says.</summary>
    public string Summary { get; }

    /// <summary>Finds a metric.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <returns>Null where there is none.</returns>
    public static Metric? Find(string name) => All.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The names, for messages.</summary>
    internal static string Known => string.Join(", ", All.Select(m => m.Name));

    /// <summary>Its value over a time.</summary>
    /// <returns>Null where nothing was measured that it could be made from.</returns>
    internal double? Read(MetricWindow window) => _read(window);

    private static double? Mean(OperationTotals totals) => totals.Successes == 0 ? null : totals.TotalMs / totals.Successes;

    private static double? AtMost(OperationTotals totals) => totals.Successes == 0 ? null : totals.Durations.Quantile(Percentile);

    private static double? Share(long part, long others) => part + others == 0 ? null : part / (double)(part + others);
}
