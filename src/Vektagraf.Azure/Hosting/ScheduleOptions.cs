using NCrontab;

namespace Vektagraf.Hosting;

/// <summary>When the timers run. A schedule has six fields of NCRONTAB, seconds first, in UTC; on servers it may also be a time span such as
/// <c>00:00:30</c>, or <c>off</c>. Function apps take theirs from their settings and know no defaults.</summary>
public sealed class ScheduleOptions
{
    /// <summary>What a schedule says for never.</summary>
    public const string Off = "off";

    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(1);
    private static readonly CrontabSchedule.ParseOptions WithSeconds = new() { IncludingSeconds = true };

    /// <summary>Names of all timers.</summary>
    public static IReadOnlyList<string> Timers { get; } = [nameof(Compact), nameof(CollectGarbage), nameof(Recommend), nameof(CheckThresholds), nameof(ProbeRecall), nameof(Heartbeat)];

    /// <summary>Folds logs into segments, merges segments and stores indexes.</summary>
    public string Compact { get; set; } = "00:00:30";

    /// <summary>Removes what nothing needs any more.</summary>
    public string CollectGarbage { get; set; } = "00:05:00";

    /// <summary>Compares what was measured with the thresholds.</summary>
    public string CheckThresholds { get; set; } = "00:00:30";

    /// <summary>Measures the recall of recorded searches.</summary>
    public string ProbeRecall { get; set; } = "00:15:00";

    /// <summary>Says that the node lives.</summary>
    public string Heartbeat { get; set; } = "00:00:30";

    /// <summary>Looks for what would make requests cheaper.</summary>
    public string Recommend { get; set; } = "01:00:00";

    /// <summary>The schedule of a timer.</summary>
    /// <param name="timer">Its name.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="ArgumentException">There is no such timer.</exception>
    public string Of(string timer) => timer switch
    {
        nameof(Compact) => Compact,
        nameof(CollectGarbage) => CollectGarbage,
        nameof(Recommend) => Recommend,
        nameof(CheckThresholds) => CheckThresholds,
        nameof(ProbeRecall) => ProbeRecall,
        nameof(Heartbeat) => Heartbeat,
        _ => throw new ArgumentException($"There is no timer '{timer}'.", nameof(timer)),
    };

    /// <summary>Name of a timer's setting.</summary>
    /// <param name="timer">Name of the timer, in PascalCase.</param>
    /// <returns>The name, such as <c>VEKTAGRAF_SCHEDULE_COLLECT_GARBAGE</c>.</returns>
    public static string SettingOf(string timer) =>
        "VEKTAGRAF_SCHEDULE_" + string.Concat(timer.Select((c, i) => i > 0 && char.IsAsciiLetterUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()));

    /// <summary>What stands in the way of using them.</summary>
    /// <returns>Each problem, and what to change.</returns>
    public IEnumerable<string> Problems() => Timers
        .Where(timer => !IsSchedule(Of(timer)))
        .Select(timer => $"{SettingOf(timer)} is '{Of(timer)}': write six fields of NCRONTAB such as '0 */5 * * * *', a time span of 0.1 seconds to a day such as '00:00:30', or 'off'.");

    /// <summary>When a schedule's next run is due.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="now">The time, after which the run is.</param>
    /// <returns>The time; null for never.</returns>
    /// <exception cref="FormatException">It is no schedule.</exception>
    public static DateTimeOffset? NextRun(string schedule, DateTimeOffset now)
    {
        if (string.Equals(schedule, Off, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (PeriodOf(schedule) is { } period)
        {
            return now + period;
        }

        // A date that never comes, such as the 30th of February, has the end of time for its next one.
        var next = CrontabSchedule.TryParse(schedule, WithSeconds)?.GetNextOccurrence(now.UtcDateTime)
            ?? throw new FormatException($"'{schedule}' is no schedule.");
        return next == DateTime.MaxValue ? null : new DateTimeOffset(next, TimeSpan.Zero);
    }

    private static bool IsSchedule(string schedule) =>
        string.Equals(schedule, Off, StringComparison.OrdinalIgnoreCase) || PeriodOf(schedule) is not null || CrontabSchedule.TryParse(schedule, WithSeconds) is not null;

    private static TimeSpan? PeriodOf(string schedule) =>
        schedule.Contains(':', StringComparison.Ordinal)
        && TimeSpan.TryParse(schedule, System.Globalization.CultureInfo.InvariantCulture, out var period)
        && period >= ShortestPeriod && period <= LongestPeriod ? period : null;
}
