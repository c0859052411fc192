using Vektagraf.Insights;

namespace Vektagraf.Monitoring;

/// <summary>A point of a series.</summary>
/// <param name="At">The end of the step that it is about.</param>
/// <param name="Value">The value; null where nothing was measured.</param>
public readonly record struct MetricPoint(DateTimeOffset At, double? Value);

/// <summary>A metric over time.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Points">A point for each step, the earliest first.</param>
public sealed record MetricSeries(Metric Metric, IReadOnlyList<MetricPoint> Points);

/// <summary>Which series to make.</summary>
/// <param name="Names">The metrics; empty for all.</param>
/// <param name="From">After this time; null for an hour before the end.</param>
/// <param name="To">Up to this time; null for now.</param>
/// <param name="Step">Time between points; null for about sixty of them.</param>
public sealed record MetricRequest(IReadOnlyList<string> Names, DateTimeOffset? From = null, DateTimeOffset? To = null, TimeSpan? Step = null)
{
    /// <summary>Most points of a series.</summary>
    public const int MaxPoints = 2_000;

    /// <summary>Most documents that a request reads.</summary>
    public const int MaxIntervals = 200_000;
}

/// <summary>Series with the time that they are about.</summary>
/// <param name="From">Its beginning.</param>
/// <param name="To">Its end.</param>
/// <param name="Step">Time between points.</param>
/// <param name="Series">The series.</param>
public sealed record MetricReport(DateTimeOffset From, DateTimeOffset To, TimeSpan Step, IReadOnlyList<MetricSeries> Series);

/// <summary>Makes series of what nodes measured.</summary>
internal static class MetricSeriesReader
{
    private const int WantedPoints = 60;

    private static readonly TimeSpan DefaultTime = TimeSpan.FromHours(1);

    // What people read off a clock.
    private static readonly TimeSpan[] Steps =
    [
        TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15),
        TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromDays(1),
    ];

    public static async Task<MetricReport> ReadAsync(
        IInsightStore store, MetricRequest request, DateTimeOffset now, TimeSpan interval, IReadOnlyList<NodeInterval> unstored, CancellationToken cancellationToken)
    {
        var metrics = request.Names.Count == 0 ? Metric.All : [.. request.Names.Select(FindMetric)];
        var to = request.To ?? now;
        var from = request.From ?? to - DefaultTime;
        if (from >= to)
        {
            throw VektagrafException.Invalid(string.Empty, "'from' is not before 'to'.");
        }

        var step = request.Step ?? Array.Find(Steps, s => s >= interval && (to - from) / s <= WantedPoints * 1.5);
        step = step == default ? Steps[^1] : step;
        if (step < TimeSpan.FromSeconds(1) || (to - from) / step > MetricRequest.MaxPoints)
        {
            throw VektagrafException.Invalid(string.Empty, $"'step' is at least a second, and a series has up to {MetricRequest.MaxPoints} points. Make the step longer or the time shorter.");
        }

        var windows = new MetricWindow[(int)Math.Ceiling((to - from) / step)];
        for (var i = 0; i < windows.Length; i++)
        {
            windows[i] = new MetricWindow();
        }

        var stored = await NodeIntervals.ReadAsync(store, from, to, MetricRequest.MaxIntervals, cancellationToken);
        var ids = stored.Select(i => (i.Node, i.Start, i.Sequence)).ToHashSet();
        foreach (var measured in stored.Concat(unstored.Where(i => i.To > from && i.To <= to && !ids.Contains((i.Node, i.Start, i.Sequence)))))
        {
            WindowOf(measured.To).Add(measured);
        }

        foreach (var probe in await RecallProbes.ReadAsync(store, from, to, cancellationToken))
        {
            WindowOf(probe.At).AddRecall(probe.Recall);
        }

        return new MetricReport(from, to, step, [.. metrics.Select(m => new MetricSeries(m, [.. windows.Select((w, i) => new MetricPoint(Earlier(from + ((i + 1) * step), to), m.Read(w)))]))]);

        MetricWindow WindowOf(DateTimeOffset at) => windows[Math.Clamp((int)Math.Ceiling((at - from) / step) - 1, 0, windows.Length - 1)];
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static Metric FindMetric(string name) =>
        Metric.Find(name) ?? throw VektagrafException.Invalid(string.Empty, $"There is no metric '{name}'. Known: {Metric.Known}.");
}
