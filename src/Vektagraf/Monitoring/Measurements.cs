using Vektagraf.Insights;

namespace Vektagraf.Monitoring;

/// <summary>What all nodes measured over the time that a check looks at. Not thread-safe.</summary>
internal sealed class Measurements
{
    private const int MostIntervals = 100_000;

    // Recall is measured now and then; until the next time the last measurement counts.
    private static readonly TimeSpan RecallLasts = TimeSpan.FromHours(6);

    private readonly List<NodeInterval> _intervals;
    private readonly List<RecallProbe> _probes;
    private readonly TimeSpan _window;
    private readonly Dictionary<DateTimeOffset, MetricWindow> _windows = [];

    private Measurements(List<NodeInterval> intervals, List<RecallProbe> probes, TimeSpan window) => (_intervals, _probes, _window) = (intervals, probes, window);

    /// <summary>Reads what windows that end after one time and not after another are made from.</summary>
    public static async Task<Measurements> ReadAsync(IInsightStore store, DateTimeOffset after, DateTimeOffset upTo, TimeSpan window, bool withRecall, CancellationToken cancellationToken) => new(
        await NodeIntervals.ReadAsync(store, after - window, upTo, MostIntervals, cancellationToken),
        withRecall ? await RecallProbes.ReadAsync(store, after - RecallLasts, upTo, cancellationToken) : [],
        window);

    /// <summary>What the window that ends at a time says of a threshold's metric.</summary>
    public MetricReading Read(Threshold threshold, DateTimeOffset at)
    {
        if (threshold.IsRecall)
        {
            return new MetricReading(RecallAt(threshold.Collection, at));
        }

        if (!_windows.TryGetValue(at, out var window))
        {
            window = new MetricWindow();
            for (var i = FirstAfter(at - _window); i < _intervals.Count && _intervals[i].To <= at; i++)
            {
                window.Add(_intervals[i]);
            }

            _windows.Add(at, window);
        }

        return new MetricReading(Metric.Find(threshold.Metric)?.Read(window), IsIdle: window.Intervals > 0);
    }

    private double? RecallAt(string? collection, DateTimeOffset at)
    {
        var latest = new Dictionary<(string, string), double>();
        foreach (var probe in _probes.Where(p => p.At <= at && p.At > at - RecallLasts && (collection is null || string.Equals(p.Collection, collection, StringComparison.Ordinal))))
        {
            latest[(probe.Collection, probe.Field)] = probe.Recall;
        }

        return latest.Count == 0 ? null : latest.Values.Min();
    }

    private int FirstAfter(DateTimeOffset time)
    {
        var (low, high) = (0, _intervals.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _intervals[middle].To > time ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
