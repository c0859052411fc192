using System.Globalization;
using System.Text.Json.Serialization;

namespace Vektagraf.Monitoring;

/// <summary>How a value is compared with a threshold's.</summary>
public enum ThresholdComparison
{
    /// <summary>Above it.</summary>
    [JsonStringEnumMemberName(">")]
    Above,

    /// <summary>Below it.</summary>
    [JsonStringEnumMemberName("<")]
    Below,

    /// <summary>Equal to it, but for what rounding does.</summary>
    [JsonStringEnumMemberName("=")]
    Equal,
}

/// <summary>How bad it is.</summary>
public enum AlertSeverity
{
    /// <summary>Good to know.</summary>
    [JsonStringEnumMemberName("info")]
    Info,

    /// <summary>To be looked at.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>To be looked at now.</summary>
    [JsonStringEnumMemberName("critical")]
    Critical,
}

/// <summary>A value of a metric that should not last.</summary>
public sealed record Threshold
{
    /// <summary>Longest time that something must last.</summary>
    public static readonly TimeSpan MaxSustained = TimeSpan.FromDays(1);

    // Of the value: what has just come back below a threshold is as likely to rise above it again.
    private const double DefaultHysteresis = 0.05;
    private const double Rounding = 1e-9;
    private const int MaxNameLength = 100;

    /// <summary>Unique name: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Name of a metric.</summary>
    public required string Metric { get; init; }

    /// <summary>Which side of the value is bad.</summary>
    public required ThresholdComparison Comparison { get; init; }

    /// <summary>The value, in the unit of the metric.</summary>
    public required double Value { get; init; }

    /// <summary>How long it must last for an alert, and be over for its end; zero for at once.</summary>
    public required TimeSpan Sustained { get; init; }

    /// <summary>How bad it is.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>How far the value must come back, in the unit of the metric; null for 5 % of the value.</summary>
    public double? Hysteresis { get; set; }

    /// <summary>The collection whose recall is meant; null for all of them.</summary>
    public string? Collection { get; set; }

    /// <summary>Whether it is looked at.</summary>
    public required bool Enabled { get; init; }

    /// <summary>What it is for; null where nobody said.</summary>
    public string? Description { get; set; }

    /// <summary>When it was set.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The thresholds that the performance guide suggests. None is in force until somebody sets it.</summary>
    public static IReadOnlyList<Threshold> Suggested { get; } =
    [
        Suggest("slow-queries", "averageQueryLatency", ThresholdComparison.Above, 100, 300, AlertSeverity.Warning, "Queries are slow on average."),
        Suggest("slow-queries-p95", "p95QueryLatency", ThresholdComparison.Above, 500, 300, AlertSeverity.Critical, "One query in twenty is very slow."),
        Suggest("memory", "memoryUsageRatio", ThresholdComparison.Above, 0.9, 120, AlertSeverity.Critical, "A node is about to run out of memory."),
        Suggest("low-throughput", "throughput", ThresholdComparison.Below, 1, 600, AlertSeverity.Info, "Hardly anybody asks."),
        Suggest("errors", "errorRate", ThresholdComparison.Above, 0.01, 60, AlertSeverity.Critical, "More than one operation in a hundred fails."),
        Suggest("recall", "recall", ThresholdComparison.Below, 0.9, 0, AlertSeverity.Warning, "Searches miss more than they should."),
        Suggest("cache", "cacheHitRate", ThresholdComparison.Below, 0.5, 600, AlertSeverity.Info, "Caches hardly help."),
        Suggest("fold-lag", "foldLag", ThresholdComparison.Above, 10_000, 900, AlertSeverity.Warning, "Maintenance does not keep up with writes."),
        Suggest("cost", "costPerHour", ThresholdComparison.Above, 1, 3_600, AlertSeverity.Warning, "Operations cost more than one unit of currency an hour."),
    ];

    /// <summary>Checks it.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, with a pointer to each member that is wrong.</exception>
    public void Check()
    {
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Name.Length is 0 or > MaxNameLength || Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')) || Name is "." or "..")
        {
            errors["/name"] = $"'{Name}' is no name: 1 to {MaxNameLength} letters, digits, '.', '_' and '-'.";
        }

        if (Monitoring.Metric.Find(Metric) is null)
        {
            errors["/metric"] = $"There is no metric '{Metric}'. Known: {Monitoring.Metric.Known}.";
        }
        else if (Collection is not null && !IsRecall)
        {
            errors["/collection"] = $"Only '{Monitoring.Metric.RecallName}' is measured for each collection. Leave it out.";
        }

        if (!double.IsFinite(Value))
        {
            errors["/value"] = "It is a number.";
        }

        if (Sustained < TimeSpan.Zero || Sustained > MaxSustained)
        {
            errors["/durationMs"] = string.Create(CultureInfo.InvariantCulture, $"It is 0 to {MaxSustained.TotalMilliseconds:F0}, a day.");
        }

        if (Hysteresis is { } hysteresis && !(double.IsFinite(hysteresis) && hysteresis >= 0))
        {
            errors["/hysteresis"] = "It is a number, 0 or more, in the unit of the metric.";
        }

        if (errors.Count > 0)
        {
            throw new VektagrafException(ErrorKind.Invalid, "invalid-request", string.Join(' ', errors.Values), errors);
        }
    }

    /// <summary>Whether a value is on the bad side.</summary>
    internal bool IsBreachedBy(double value) => Comparison switch
    {
        ThresholdComparison.Above => value > Value,
        ThresholdComparison.Below => value < Value,
        _ => Math.Abs(value - Value) <= Rounding * Math.Max(1, Math.Abs(Value)),
    };

    /// <summary>Whether a value is far enough on the good side for an alert to end.</summary>
    internal bool IsClearedBy(double value)
    {
        var margin = Hysteresis ?? (Math.Abs(Value) * DefaultHysteresis);
        return !IsBreachedBy(value) && Comparison switch
        {
            ThresholdComparison.Above => value <= Value - margin,
            ThresholdComparison.Below => value >= Value + margin,
            _ => Math.Abs(value - Value) >= margin,
        };
    }

    /// <summary>Whether a value is worse than another.</summary>
    internal bool IsWorse(double value, double than) => Comparison == ThresholdComparison.Below ? value < than : Comparison == ThresholdComparison.Above && value > than;

    internal bool IsRecall => string.Equals(Metric, Monitoring.Metric.RecallName, StringComparison.OrdinalIgnoreCase);

    /// <summary>Changes when what is looked for does.</summary>
    internal string Revision => string.Create(
        CultureInfo.InvariantCulture, $"{Metric.ToUpperInvariant()} {Collection} {Comparison} {Value:R} {Sustained.Ticks} {Hysteresis:R} {Severity} {Enabled}");

    private static Threshold Suggest(string name, string metric, ThresholdComparison comparison, double value, int seconds, AlertSeverity severity, string description) => new()
    {
        Name = name,
        Metric = metric,
        Comparison = comparison,
        Value = value,
        Sustained = TimeSpan.FromSeconds(seconds),
        Severity = severity,
        Hysteresis = null,
        Collection = null,
        Enabled = true,
        Description = description,
    };
}
