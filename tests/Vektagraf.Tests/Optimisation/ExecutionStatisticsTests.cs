using CsCheck;
using Vektagraf.Optimisation;

namespace Vektagraf.Tests.Optimisation;

public class ExecutionStatisticsTests
{
    private static readonly Gen<Execution> AnyExecution = Gen.Select(Gen.Double[-3, 4], Gen.Int[0, 9], Gen.Int[0, 100]).Select(
        (power, luck, rows) => new Execution(0, Math.Pow(10, power), luck > 0, rows, rows * 2, rows * 3));

    [Fact]
    public void Summaries_AgainstAnIndependentComputation_Agree() => AnyExecution.Array[0, 400].Sample(drawn =>
    {
        var executions = drawn.Select((e, i) => e with { At = i }).ToArray();
        var statistics = new ExecutionStatistics();
        Array.ForEach(executions, e => statistics.Add(e));
        AssertSummary(statistics.Lifetime(), executions, QuantileSketch.RelativeError);
        AssertSummary(statistics.LastHundred(), executions[Math.Max(0, executions.Length - 100)..], 1e-12);
        var successes = executions.Where(e => e.Succeeded).ToArray();
        Assert.Equal(successes.Sum(e => e.Rows), statistics.Rows);
        Assert.Equal(successes.Sum(e => e.Considered), statistics.Considered);
        Assert.Equal(successes.Sum(e => e.Scored), statistics.Scored);
        Assert.Equal(executions.TakeLast(100).Select(e => e.At), statistics.Recent.Select(e => e.At));
    });

    [Fact]
    public void Merge_WhenExecutionsWereSharedAmongProcesses_GivesWhatOneWouldHave() => Gen.Select(AnyExecution.Array[0, 300], Gen.Int).Sample((drawn, seed) =>
    {
        var random = new Random(seed);
        ExecutionStatistics whole = new(), left = new(), right = new();
        foreach (var (execution, i) in drawn.Select((e, i) => (e with { At = i }, i)))
        {
            whole.Add(execution);
            (random.Next(2) == 0 ? left : right).Add(execution);
        }

        left.Merge(right);
        Assert.Equal(whole.LastHundred(), left.LastHundred());
        var (a, b) = (whole.Lifetime(), left.Lifetime());
        Assert.Equal(a.AverageMs, b.AverageMs, a.AverageMs * 1e-12);
        Assert.Equal(a with { AverageMs = 0 }, b with { AverageMs = 0 });
        Assert.Equal(whole.Recent, left.Recent);
    });

    [Fact]
    public void Quantile_WhenValuesAreFarApart_IsWithinOnePercent() => Gen.Select(Gen.Double[-4, 7].Array[1, 200], Gen.Double[0, 1]).Sample((powers, share) =>
    {
        var values = powers.Select(p => Math.Pow(10, p)).Order().ToArray();
        var sketch = new QuantileSketch();
        Array.ForEach(values, sketch.Add);
        var exact = values[Math.Max(0, (int)Math.Ceiling(share * values.Length) - 1)];
        Assert.InRange(sketch.Quantile(share), exact * (1 - (QuantileSketch.RelativeError * 1.0001)), exact * (1 + (QuantileSketch.RelativeError * 1.0001)));
        Assert.Equal(values.Length, new QuantileSketch(sketch.First, sketch.Counts).Count);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Add_WhenAValueIsOutOfRange_CountsItAtTheEdge(double value)
    {
        var sketch = new QuantileSketch();
        sketch.Add(value);
        Assert.Equal(1, sketch.Count);
        Assert.True(double.IsFinite(sketch.Quantile(0.5)));
    }

    [Fact]
    public void Add_WhenTheWindowIsFull_AllocatesNothing()
    {
        var statistics = new ExecutionStatistics();
        for (var i = 0; i < 200; i++)
        {
            statistics.Add(new Execution(i, 1 + (i % 7)));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        statistics.Add(new Execution(201, 3));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AssertSummary(ExecutionSummary summary, Execution[] executions, double tolerance)
    {
        var times = executions.Where(e => e.Succeeded).Select(e => e.Milliseconds).Order().ToArray();
        Assert.Equal(executions.Length, summary.Executions);
        Assert.Equal(executions.Length == 0 ? 1 : times.Length / (double)executions.Length, summary.SuccessRate);
        Assert.Equal(times.DefaultIfEmpty(0).First(), summary.MinMs);
        Assert.Equal(times.DefaultIfEmpty(0).Last(), summary.MaxMs);
        Assert.Equal(times.DefaultIfEmpty(0).Average(), summary.AverageMs, summary.AverageMs * 1e-9);
        var p95 = times.Length == 0 ? 0 : times[(int)Math.Ceiling(0.95 * times.Length) - 1];
        Assert.Equal(p95, summary.P95Ms, (p95 * tolerance) + 1e-12);
    }
}
