using System.Globalization;
using System.Text.Json.Serialization;

namespace Vektagraf.Monitoring;

/// <summary>Where a threshold stands.</summary>
public enum ThresholdPhase
{
    /// <summary>The value is on the good side, or was never measured.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>The value is on the bad side, but not for long enough.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,

    /// <summary>There is an alert.</summary>
    [JsonStringEnumMemberName("firing")]
    Firing,
}

/// <summary>What a window says of a metric.</summary>
/// <param name="Value">The value; null where there is none.</param>
/// <param name="IsIdle">Whether nodes reported, and had nothing to make a value from: nobody asked.</param>
internal readonly record struct MetricReading(double? Value, bool IsIdle = false);

/// <summary>What checks of a threshold remember. Steps are pure: whoever looks at the same measurements from the same state comes to the same one.</summary>
public sealed record ThresholdState
{
    // Nothing measured for so long says nothing good and nothing bad; an alert does not stay for ever for it.
    private static readonly TimeSpan NoDataResolves = TimeSpan.FromHours(1);

    // A gap of this length may be a restart; one that is longer begins the count anew.
    private static readonly TimeSpan ForgivenGap = TimeSpan.FromMinutes(5);

    /// <summary>What was looked for.</summary>
    public required string Revision { get; init; }

    /// <summary>The last time looked at.</summary>
    public required DateTimeOffset EvaluatedUntil { get; init; }

    /// <summary>Where it stands.</summary>
    public ThresholdPhase Phase { get; set; }

    /// <summary>Since when the value is on the bad side; null while it is not.</summary>
    public DateTimeOffset? Since { get; set; }

    /// <summary>Since when the value is back while there is an alert; null while it is not.</summary>
    public DateTimeOffset? ClearSince { get; set; }

    /// <summary>When something was measured last.</summary>
    public DateTimeOffset? DataAt { get; set; }

    /// <summary>The last value; null where the last window had none.</summary>
    public double? Value { get; set; }

    /// <summary>The alert there is, or the one that ended last and is not announced yet.</summary>
    public Alert? Alert { get; set; }

    /// <summary>Whether the alert's beginning, or its end, is announced.</summary>
    public bool IsAnnounced { get; set; } = true;

    /// <summary>The state before the first look.</summary>
    internal static ThresholdState Begin(Threshold threshold, DateTimeOffset at) => new() { Revision = threshold.Revision, EvaluatedUntil = at };

    /// <summary>The state after looking at one window.</summary>
    internal ThresholdState Step(Threshold threshold, DateTimeOffset at, MetricReading reading)
    {
        var next = this with { EvaluatedUntil = at, Value = reading.Value, DataAt = reading.Value is not null || reading.IsIdle ? at : DataAt };
        if (reading.Value is null && !reading.IsIdle)
        {
            return next.WithoutData(at);
        }

        // Nobody asked: then nobody waited, and nothing failed.
        var isBreached = reading.Value is { } value && threshold.IsBreachedBy(value);
        return Phase == ThresholdPhase.Firing
            ? next.WhileFiring(threshold, at, reading.Value, isBreached)
            : isBreached ? next.Breached(threshold, at, reading.Value!.Value) : next with { Phase = ThresholdPhase.Ok, Since = null };
    }

    /// <summary>The state after the alert ended, if there is one.</summary>
    internal ThresholdState Resolve(DateTimeOffset at, string resolution) => this with
    {
        Phase = ThresholdPhase.Ok,
        Since = null,
        ClearSince = null,
        Alert = Alert! with { State = AlertState.Resolved, ResolvedAt = at > Alert.RaisedAt ? at : Alert.RaisedAt, Resolution = resolution },
        IsAnnounced = false,
    };

    private ThresholdState Breached(Threshold threshold, DateTimeOffset at, double value)
    {
        var since = Since ?? at;
        if (at - since < threshold.Sustained)
        {
            return this with { Phase = ThresholdPhase.Pending, Since = since };
        }

        return this with
        {
            Phase = ThresholdPhase.Firing,
            Since = since,
            ClearSince = null,
            IsAnnounced = false,
            Alert = new Alert
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"{threshold.Name}-{at.ToUnixTimeMilliseconds()}"),
                Name = threshold.Name,
                Metric = threshold.Metric,
                Collection = threshold.Collection,
                Comparison = threshold.Comparison,
                Threshold = threshold.Value,
                Value = value,
                WorstValue = value,
                Severity = threshold.Severity,
                State = AlertState.Active,
                Since = since,
                RaisedAt = at,
            },
        };
    }

    private ThresholdState WhileFiring(Threshold threshold, DateTimeOffset at, double? value, bool isBreached)
    {
        if (value is { } measured && (isBreached || !threshold.IsClearedBy(measured)))
        {
            return this with { ClearSince = null, Alert = threshold.IsWorse(measured, Alert!.WorstValue) ? Alert with { WorstValue = measured } : Alert };
        }

        var since = ClearSince ?? at;
        return at - since >= threshold.Sustained ? Resolve(at, Monitoring.Alert.Cleared) : this with { ClearSince = since };
    }

    private ThresholdState WithoutData(DateTimeOffset at)
    {
        var gap = at - (DataAt ?? at);
        return Phase switch
        {
            ThresholdPhase.Firing when gap >= NoDataResolves => Resolve(at, Monitoring.Alert.NoData),
            ThresholdPhase.Pending when gap > ForgivenGap => this with { Phase = ThresholdPhase.Ok, Since = null },
            _ => this,
        };
    }
}
