namespace Vektagraf.Simulation.Tests;

/// <summary>Seeds that once failed.</summary>
public class FixedSeedTests
{
    /// <summary>Replays them. A change of the simulation changes what a seed does: what a seed has found also has a test of its own.</summary>
    [Theory]
    [InlineData(1886, null)] // The state before the first fold went after the grace, not after the retention: MaintenanceTests has it alone.
    [InlineData(44, ProtocolRule.ProbeBeforeHead)] // A durable write was reported as not written: its slot was collected before the reply came, and then the store failed.
    public void Schedule_ThatOnceFailed_Holds(int seed, ProtocolRule? around) =>
        Assert.Empty(SimulationRun.Run(new SimulationOptions { FirstSeed = seed, Around = around }, cancellationToken: TestContext.Current.CancellationToken).Failures);
}
