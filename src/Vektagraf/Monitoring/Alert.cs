using System.Text.Json.Serialization;

namespace Vektagraf.Monitoring;

/// <summary>Whether an alert lasts.</summary>
public enum AlertState
{
    /// <summary>It lasts.</summary>
    [JsonStringEnumMemberName("active")]
    Active,

    /// <summary>It is over.</summary>
    [JsonStringEnumMemberName("resolved")]
    Resolved,
}

/// <summary>Something that lasted longer than a threshold allows.</summary>
public sealed record Alert
{
    /// <summary>Why it ended: the value came back.</summary>
    public const string Cleared = "cleared";

    /// <summary>Why it ended: nothing was measured for so long that nothing can be said.</summary>
    public const string NoData = "noData";

    /// <summary>Why it ended: the threshold was changed, switched off or deleted.</summary>
    public const string ThresholdChanged = "thresholdChanged";

    /// <summary>Unique: the threshold's name and when it was raised.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the threshold.</summary>
    public required string Name { get; init; }

    /// <summary>The metric.</summary>
    public required string Metric { get; init; }

    /// <summary>The collection whose recall is meant; null where it is about no certain one.</summary>
    public string? Collection { get; set; }

    /// <summary>Which side of the threshold is bad.</summary>
    public required ThresholdComparison Comparison { get; init; }

    /// <summary>The value of the threshold.</summary>
    public required double Threshold { get; init; }

    /// <summary>The value when it was raised.</summary>
    public required double Value { get; init; }

    /// <summary>The worst value while it lasted.</summary>
    public required double WorstValue { get; init; }

    /// <summary>How bad it is.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>Whether it lasts.</summary>
    public required AlertState State { get; init; }

    /// <summary>Since when the value was on the bad side.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When that had lasted long enough.</summary>
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When it ended; null while it lasts.</summary>
    public DateTimeOffset? ResolvedAt { get; set; }

    /// <summary>Why it ended: <see cref="Cleared"/>, <see cref="NoData"/> or <see cref="ThresholdChanged"/>; null while it lasts.</summary>
    public string? Resolution { get; set; }

    /// <summary>How long the value was on the bad side, so far.</summary>
    /// <param name="now">The present.</param>
    /// <returns>The time.</returns>
    public TimeSpan Duration(DateTimeOffset now) => (ResolvedAt ?? (now > RaisedAt ? now : RaisedAt)) - Since;
}

/// <summary>A page of alerts.</summary>
/// <param name="Alerts">The alerts, the latest first.</param>
/// <param name="Cursor">For the next page; null on the last.</param>
public sealed record AlertPage(IReadOnlyList<Alert> Alerts, string? Cursor);

/// <summary>An alert that was raised or resolved.</summary>
public sealed record AlertEvent
{
    /// <summary>Number in the feed; later events have greater ones.</summary>
    public required long Number { get; init; }

    /// <summary>The alert, as the event left it.</summary>
    public required Alert Alert { get; init; }

    /// <summary>When the event was written down.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether it was raised rather than resolved.</summary>
    [JsonIgnore]
    public bool IsRaised => Alert.State == AlertState.Active;

    /// <summary>What it is called: <c>alert.raised</c> or <c>alert.resolved</c>.</summary>
    [JsonIgnore]
    public string Type => IsRaised ? "alert.raised" : "alert.resolved";

    /// <summary>The same for the same event, however often it is delivered.</summary>
    [JsonIgnore]
    public string Id => Alert.Id + (IsRaised ? ".raised" : ".resolved");
}
