using System.Text.Json.Serialization;

namespace Vektagraf.Optimisation;

/// <summary>One execution of a plan.</summary>
/// <param name="At">When it ended, in UTC ticks.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Succeeded">Whether it gave an answer.</param>
/// <param name="Rows">Rows that it returned.</param>
/// <param name="Considered">Rows that it looked at.</param>
/// <param name="Scored">Distances or scores that it computed.</param>
/// <param name="Repeated">Whether the same had been asked lately of the same data.</param>
public readonly record struct Execution(long At, double Milliseconds, bool Succeeded = true, long Rows = 0, long Considered = 0, long Scored = 0, bool Repeated = false);

/// <summary>What executions cost or were predicted to cost, or sums of that.</summary>
/// <param name="Requests">Requests to the object store.</param>
/// <param name="Bytes">Bytes read from the object store.</param>
/// <param name="CpuMs">Milliseconds of processor time.</param>
/// <param name="Money">Price, in the currency of the price list.</param>
public readonly record struct QueryCost(double Requests, double Bytes, double CpuMs, double Money)
{
    /// <summary>Adds two costs.</summary>
    public static QueryCost operator +(QueryCost a, QueryCost b) => new(a.Requests + b.Requests, a.Bytes + b.Bytes, a.CpuMs + b.CpuMs, a.Money + b.Money);

    /// <summary>Shares a cost.</summary>
    public static QueryCost operator /(QueryCost a, double parts) => new(a.Requests / parts, a.Bytes / parts, a.CpuMs / parts, a.Money / parts);
}

/// <summary>Count and durations of executions; the durations are those of successful ones, in milliseconds, 0 where there are none.</summary>
/// <param name="Executions">Executions, failed ones included.</param>
/// <param name="SuccessRate">Share of them that gave an answer; 1 where there were none.</param>
/// <param name="MinMs">The shortest.</param>
/// <param name="AverageMs">The mean.</param>
/// <param name="MaxMs">The longest.</param>
/// <param name="P95Ms">What 95 % took at most, by nearest rank.</param>
public sealed record ExecutionSummary(long Executions, double SuccessRate, double MinMs, double AverageMs, double MaxMs, double P95Ms);

/// <summary>
/// What is known of the executions of one plan: sums and a sketch since the first one, and the last hundred one by one. Statistics of several
/// processes add up by <see cref="Merge"/>. Not thread-safe.
/// </summary>
public sealed class ExecutionStatistics
{
    /// <summary>Executions that are kept one by one.</summary>
    public const int WindowSize = 100;

    private const double Percentile = 0.95;

    // A ring once it is full; recorded in place, so that an execution allocates nothing.
    private readonly List<Execution> _recent = [];
    private int _next;

    /// <summary>Executions, failed ones included.</summary>
    public long Executions { get; set; }

    /// <summary>Executions that gave no answer.</summary>
    public long Failures { get; set; }

    /// <summary>The shortest success in milliseconds.</summary>
    public double MinMs { get; set; }

    /// <summary>The longest success in milliseconds.</summary>
    public double MaxMs { get; set; }

    /// <summary>Milliseconds of all successes.</summary>
    public double TotalMs { get; set; }

    /// <summary>Rows returned by all successes.</summary>
    public long Rows { get; set; }

    /// <summary>Rows looked at by all successes.</summary>
    public long Considered { get; set; }

    /// <summary>Distances or scores computed by all successes.</summary>
    public long Scored { get; set; }

    /// <summary>Successes whose request, with the same literals, had been asked lately of the same data.</summary>
    public long Repeats { get; set; }

    /// <summary>Executions whose cost was measured.</summary>
    public long Measured { get; set; }

    /// <summary>What these were predicted to cost, in all.</summary>
    public QueryCost Predicted { get; set; }

    /// <summary>What these cost, in all.</summary>
    public QueryCost Actual { get; set; }

    /// <summary>Durations of all successes.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Replace)]
    public QuantileSketch Durations { get; set; } = new();

    /// <summary>The last executions, the oldest first.</summary>
    public IReadOnlyList<Execution> Recent
    {
        get => _recent.Count < WindowSize ? _recent : [.. _recent[_next..], .. _recent[.._next]];
        set
        {
            _recent.Clear();
            _recent.AddRange(value.Skip(value.Count - WindowSize));
            _next = 0;
        }
    }

    /// <summary>Successes.</summary>
    [JsonIgnore]
    public long Successes => Executions - Failures;

    /// <summary>Takes note of an execution.</summary>
    /// <param name="execution">The execution.</param>
    public void Add(in Execution execution)
    {
        if (_recent.Count < WindowSize)
        {
            _recent.Add(execution);
        }
        else
        {
            _recent[_next] = execution;
            _next = (_next + 1) % WindowSize;
        }

        Executions++;
        if (!execution.Succeeded)
        {
            Failures++;
            return;
        }

        MinMs = Successes == 1 ? execution.Milliseconds : Math.Min(MinMs, execution.Milliseconds);
        MaxMs = Math.Max(MaxMs, execution.Milliseconds);
        TotalMs += execution.Milliseconds;
        Rows += execution.Rows;
        Considered += execution.Considered;
        Scored += execution.Scored;
        Repeats += execution.Repeated ? 1 : 0;
        Durations.Add(execution.Milliseconds);
    }

    /// <summary>Takes note of what an execution was predicted to cost and what it did cost.</summary>
    /// <param name="predicted">The prediction, made before.</param>
    /// <param name="actual">The measurement.</param>
    public void AddCost(QueryCost predicted, QueryCost actual)
    {
        Measured++;
        Predicted += predicted;
        Actual += actual;
    }

    /// <summary>Adds what was recorded elsewhere; of the last executions those that ended last are kept.</summary>
    /// <param name="other">The other statistics; they are not changed.</param>
    public void Merge(ExecutionStatistics other)
    {
        MinMs = Successes == 0 ? other.MinMs : other.Successes == 0 ? MinMs : Math.Min(MinMs, other.MinMs);
        MaxMs = Math.Max(MaxMs, other.MaxMs);
        Executions += other.Executions;
        Failures += other.Failures;
        TotalMs += other.TotalMs;
        Rows += other.Rows;
        Considered += other.Considered;
        Scored += other.Scored;
        Repeats += other.Repeats;
        Measured += other.Measured;
        Predicted += other.Predicted;
        Actual += other.Actual;
        Durations.Merge(other.Durations);
        Recent = [.. Recent.Concat(other.Recent).OrderBy(e => e.At)];
    }

    /// <summary>All executions.</summary>
    /// <returns>The summary; its percentile is within 1 %.</returns>
    public ExecutionSummary Lifetime() => new(
        Executions,
        RateOf(Executions, Successes),
        MinMs,
        Successes == 0 ? 0 : TotalMs / Successes,
        MaxMs,
        Successes == 0 ? 0 : Math.Clamp(Durations.Quantile(Percentile), MinMs, MaxMs));

    /// <summary>The last <see cref="WindowSize"/> executions.</summary>
    /// <returns>The summary, exact.</returns>
    public ExecutionSummary LastHundred()
    {
        var times = _recent.Where(e => e.Succeeded).Select(e => e.Milliseconds).Order().ToArray();
        return times.Length == 0
            ? new ExecutionSummary(_recent.Count, RateOf(_recent.Count, 0), 0, 0, 0, 0)
            : new ExecutionSummary(_recent.Count, RateOf(_recent.Count, times.Length), times[0], times.Average(), times[^1], times[(int)Math.Ceiling(times.Length * Percentile) - 1]);
    }

    private static double RateOf(long executions, long successes) => executions == 0 ? 1 : successes / (double)executions;
}
