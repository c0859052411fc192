using System.Globalization;

namespace Vektagraf.Simulation.Tests;

public class SimulationTests
{
    // Split so that a failure shows while the rest still runs.
    private const int Cases = 4;

    private static readonly int Schedules = int.Parse(Environment.GetEnvironmentVariable("VEKTAGRAF_SIMULATION_SCHEDULES") ?? "1000", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Engine_WhenStoreProcessesAndClockFail_KeepsItsPromises(int part)
    {
        var schedules = Schedules / Cases;
        var report = SimulationRun.Run(new SimulationOptions { FirstSeed = part * schedules, Schedules = schedules }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(report.Failures.Count == 0, string.Join('\n', report.Failures.Select(f => f.ToString())));

        // The test is only worth its name if all of this happened.
        var counts = report.Counts;
        Assert.Equal(schedules, report.Completed);
        Assert.True(counts.Folds > schedules && counts.Merges > schedules / 2 && counts.Removed > 10 * schedules, counts.ToString());
        Assert.True(counts.Deaths > schedules && counts.SessionReads > schedules && counts.Snapshots > schedules && counts.Transfers > schedules, counts.ToString());
    }

    [Fact]
    public void Run_WhenTheSeedsAreTheSame_ReportsTheSame()
    {
        static SimulationReport Run(int seed, int threads) => SimulationRun.Run(
            new SimulationOptions { FirstSeed = seed, Schedules = 5, Threads = threads }, cancellationToken: TestContext.Current.CancellationToken);

        var report = Run(3, threads: 1);

        // The simulated time to the tick: any other order of steps draws other delays.
        Assert.Equal(report.Counts, Run(3, threads: 2).Counts);
        Assert.NotEqual(report.Counts, Run(4, threads: 1).Counts);
    }
}
