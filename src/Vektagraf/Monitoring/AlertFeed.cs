using System.Globalization;
using Microsoft.Extensions.Logging;
using Vektagraf.Insights;
using Vektagraf.Storage;

namespace Vektagraf.Monitoring;

/// <summary>
/// Alerts, and the feed of what became of them: events under consecutive numbers, each written by a create-only put, so that every reader sees all
/// of them in one order whichever process wrote them.
/// </summary>
internal sealed class AlertFeed(IInsightStore store, TimeProvider time)
{
    private const int RecentEvents = 200;

    // Others announce at the same time, a few at most.
    private const int MaxAppends = 1_000;

    private static readonly TimeSpan Life = TimeSpan.FromDays(90);

    private readonly InsightTable<Alert> _alerts = new(store, "alerts", MonitoringJson.Default.Alert, a => a.RaisedAt, Life);
    private readonly InsightTable<AlertEvent> _events = new(store, "alert-events", MonitoringJson.Default.AlertEvent, e => e.At, Life);

    /// <summary>Writes down an alert and an event of it. Safe to repeat, and for several processes at once: there is one event.</summary>
    /// <returns>The event, and whether this call wrote it.</returns>
    public async Task<(AlertEvent Event, bool IsNew)> AnnounceAsync(Alert alert, CancellationToken cancellationToken)
    {
        // Whoever is late must not take an end back.
        await _alerts.ChangeAsync(alert.Id, present => present is { State: AlertState.Resolved } ? null : alert, cancellationToken);
        var wanted = new AlertEvent { Number = 0, Alert = alert, At = time.GetUtcNow() };
        var (recent, _) = await _events.PageAsync(new InsightRange(Descending: true, PageSize: RecentEvents), continuation: null, cancellationToken);
        if (recent.Find(e => string.Equals(e.Value.Id, wanted.Id, StringComparison.Ordinal)) is { Value: { } known })
        {
            return (known, false);
        }

        var number = recent.Count == 0 ? 1 : recent.Max(e => e.Value.Number) + 1;
        for (var end = number + MaxAppends; number < end; number++)
        {
            var appended = wanted with { Number = number };
            if (await _events.PutAsync(Id(number), appended, PutCondition.Absent, cancellationToken) is not null)
            {
                return (appended, true);
            }

            if (await _events.GetAsync(Id(number), cancellationToken) is { Value: { } other } && string.Equals(other.Id, wanted.Id, StringComparison.Ordinal))
            {
                return (other, false);
            }
        }

        throw new InsightStoreException("No number of the feed of alerts was free.");
    }

    /// <summary>Alerts, the latest first.</summary>
    public async Task<AlertPage> ListAsync(Predicate<Alert> filter, int limit, string? cursor, CancellationToken cancellationToken)
    {
        var alerts = new List<Alert>();
        do
        {
            var (items, next) = await _alerts.PageAsync(new InsightRange(Descending: true, PageSize: limit - alerts.Count), cursor, cancellationToken);
            alerts.AddRange(items.Select(i => i.Value).Where(a => filter(a)));
            cursor = next;
        }
        while (cursor is not null && alerts.Count < limit);

        return new AlertPage(alerts, cursor);
    }

    /// <summary>The greatest number given; 0 where there is none.</summary>
    public async Task<long> LastNumberAsync(CancellationToken cancellationToken)
    {
        var (recent, _) = await _events.PageAsync(new InsightRange(Descending: true, PageSize: RecentEvents), continuation: null, cancellationToken);
        return recent.Count == 0 ? 0 : recent.Max(e => e.Value.Number);
    }

    /// <summary>The events after a number that are there, in order.</summary>
    public async Task<IReadOnlyList<AlertEvent>> ReadAfterAsync(long number, CancellationToken cancellationToken)
    {
        // Numbers follow each other, so the next one is found by its key; a poll that finds nothing is one small read.
        var events = new List<AlertEvent>();
        while (await _events.GetAsync(Id(number + 1 + events.Count), cancellationToken) is { Value: { } next })
        {
            events.Add(next);
        }

        return events;
    }

    /// <summary>The events after a number, however long ago: where those that followed it have gone, what is left. A number that was never
    /// given is one of a feed that began anew when all of its events had gone: then all that there is.</summary>
    public async Task<IReadOnlyList<AlertEvent>> ReplayAfterAsync(long number, CancellationToken cancellationToken)
    {
        var all = (await _events.AllAsync(cancellationToken)).ConvertAll(e => e.Value);
        var isKnown = all.Exists(e => e.Number >= number);
        return [.. all.Where(e => !isKnown || e.Number > number).OrderBy(e => e.Number)];
    }

    private static string Id(long number) => number.ToString("D19", CultureInfo.InvariantCulture);
}

/// <summary>What an alert is told to besides the insight store: the log, and whoever listens to the meter.</summary>
internal sealed partial class AlertSignals(ILogger log)
{
    public void Tell(AlertEvent e)
    {
        var alert = e.Alert;
        AlertInstruments.Alerts.Add(
            1,
            new("name", alert.Name),
            new("metric", alert.Metric),
            new("severity", MonitoringText.Of(alert.Severity)),
            new("state", e.IsRaised ? "raised" : "resolved"));
        var level = !e.IsRaised || alert.Severity == AlertSeverity.Info ? LogLevel.Information : alert.Severity == AlertSeverity.Warning ? LogLevel.Warning : LogLevel.Error;
        if (e.IsRaised)
        {
            LogRaised(level, alert.Name, alert.Severity, alert.Metric, alert.Value, MonitoringText.Of(alert.Comparison), alert.Threshold, (alert.RaisedAt - alert.Since).TotalSeconds, alert.Id);
        }
        else
        {
            LogResolved(level, alert.Name, alert.Severity, alert.Metric, alert.Resolution!, (alert.ResolvedAt!.Value - alert.Since).TotalSeconds, alert.WorstValue, alert.Id);
        }
    }

    [LoggerMessage(Message = "Alert {Name} ({Severity}) raised: {Metric} is {Value}, {Comparison} {Threshold} for {Seconds} s [{AlertId}]")]
    private partial void LogRaised(LogLevel level, string name, AlertSeverity severity, string metric, double value, string comparison, double threshold, double seconds, string alertId);

    [LoggerMessage(Message = "Alert {Name} ({Severity}) resolved: {Metric}, {Resolution}, after {Seconds} s, {Worst} at worst [{AlertId}]")]
    private partial void LogResolved(LogLevel level, string name, AlertSeverity severity, string metric, string resolution, double seconds, double worst, string alertId);
}

/// <summary>Names of enumerations as they are written.</summary>
internal static class MonitoringText
{
    public static string Of(AlertSeverity severity) => severity switch { AlertSeverity.Critical => "critical", AlertSeverity.Warning => "warning", _ => "info" };

    public static string Of(ThresholdComparison comparison) => comparison switch { ThresholdComparison.Above => ">", ThresholdComparison.Below => "<", _ => "=" };
}
