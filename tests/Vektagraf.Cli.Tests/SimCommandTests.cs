namespace Vektagraf.Cli.Tests;

public class SimCommandTests(CliFixture cli)
{
    [Fact]
    public async Task Sim_OfSchedulesThatHold_SaysWhatHappened()
    {
        var run = (await cli.RunAsync("sim --seed 1 --schedules 2")).Ok();

        Assert.Contains("2 of 2 schedules held", run.Out, StringComparison.Ordinal);
        Assert.Contains("2 of 2 schedules", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sim_OfABrokenPromise_FailsWithTheSeedThatReplaysIt()
    {
        var run = await cli.RunAsync("sim --seed 0 --schedules 50 --without HeadAfterMiss");

        Assert.Equal(ExitCode.Failed, run.Code);
        var replay = Assert.Single(run.Lines, l => l.StartsWith("Replay: vektagraf ", StringComparison.Ordinal));
        var again = await cli.RunAsync(replay["Replay: vektagraf ".Length..]);
        Assert.Equal(ExitCode.Failed, again.Code);
        Assert.Equal(run.Lines.TakeWhile(l => l != replay), again.Lines.TakeWhile(l => l != replay));
    }

    [Theory]
    [InlineData("--schedules 0")]
    [InlineData("--seed -1")]
    [InlineData("--threads 0")]
    [InlineData("--without Nothing")]
    public async Task Sim_WithOptionsThatMakeNoSense_IsAUsageError(string options) =>
        Assert.Equal(ExitCode.Usage, (await cli.RunAsync("sim " + options)).Code);
}
