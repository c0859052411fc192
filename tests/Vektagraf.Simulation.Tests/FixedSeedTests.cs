namespace Vektagraf.Simulation.Tests;

/// <summary>Seeds that once failed.</summary>
public class FixedSeedTests
{
    /// <summary>Replays them. A change of the simulation changes what a seed does: what a seed has found also has a test of its own.</summary>
    [Theory]
    [InlineData(1886)] // The state before the first fold went after the grace, not after the retention: MaintenanceTests has it alone.
    public void Schedule_ThatOnceFailed_Holds(int seed) =>
        Assert.Empty(SimulationRun.Run(new SimulationOptions { FirstSeed = seed }, cancellationToken: TestContext.Current.CancellationToken).Failures);
}
