namespace Vektagraf.Simulation.Tests;

/// <summary>A rule whose absence the simulation does not notice is a rule it does not test.</summary>
public class MutationTests
{
    // Several times what each of them takes; docs/simulation.md has the measured shares.
    private const int MostSchedules = 1_000;
    private const int Controls = 10;

    [Theory]
    [InlineData(ProtocolRule.FloorCheck)]
    [InlineData(ProtocolRule.HeadAfterMiss)]
    [InlineData(ProtocolRule.ProbeBeforeHead)]
    [InlineData(ProtocolRule.CompareAndSwap)]
    [InlineData(ProtocolRule.FloorBeforeDelete)]
    [InlineData(ProtocolRule.ListBeforeHead)]
    [InlineData(ProtocolRule.TransactionsInSegments)]
    [InlineData(ProtocolRule.CandidateGrace)]
    [InlineData(ProtocolRule.PrepareResolution)]
    [InlineData(ProtocolRule.PrepareLocks)]
    [InlineData(ProtocolRule.FoldBeforePrepared)]
    [InlineData(ProtocolRule.WholeTransactions)]
    public void Engine_WithoutARuleOfTheProtocol_BreaksAPromise(ProtocolRule rule)
    {
        var mutant = Run(new SimulationOptions { Without = rule, Schedules = MostSchedules });
        Assert.NotEmpty(mutant.Violations);

        // Only by name: a crash would prove nothing. And with the rule, the same kind of schedules holds.
        Assert.All(mutant.Failures, f => Assert.IsType<ProtocolViolationException>(f.InnerException));
        Assert.Empty(Run(new SimulationOptions { Around = rule, Schedules = Controls }).Failures);
    }

    [Fact]
    public void Rules_OfTheSimulation_AreThoseOfTheEngine()
    {
        var rules = typeof(VektagrafDatabase).Assembly.GetType("Vektagraf.Storage.Log.ProtocolRules", throwOnError: true)!;
        Assert.Equal(Enum.GetNames(rules).Except(["None", "All"]).Order(), Enum.GetNames<ProtocolRule>().Order());
        Assert.Equal(Enum.GetValues<ProtocolRule>().Order(), RulesTested().Order());
    }

    private static SimulationReport Run(SimulationOptions options) => SimulationRun.Run(options, cancellationToken: TestContext.Current.CancellationToken);

    private static IEnumerable<ProtocolRule> RulesTested() =>
        typeof(MutationTests).GetMethod(nameof(Engine_WithoutARuleOfTheProtocol_BreaksAPromise))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false)
            .Select(a => (ProtocolRule)((InlineDataAttribute)a).Data[0]!);
}
