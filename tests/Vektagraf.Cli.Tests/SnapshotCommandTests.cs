namespace Vektagraf.Cli.Tests;

public class SnapshotCommandTests(CliFixture cli)
{
    [Fact]
    public async Task Snapshot_CreatedListedExportedAndDropped_GoesThroughItsLife()
    {
        var name = cli.NewName();
        (await cli.RunAsync($"collections create {name}")).Ok();
        (await cli.RunAsync($"import {name} -", """{"id":"a"}""")).Ok();
        var created = (await cli.RunAsync($"snapshot create {name} before --hours 2")).Ok();
        (await cli.RunAsync($"import {name} -", """{"id":"b"}""")).Ok();
        var listed = (await cli.RunAsync($"snapshot list {name}")).Ok();
        var exported = (await cli.RunAsync($"export {name} --as-of before")).Ok();
        var dropped = (await cli.RunAsync($"snapshot drop {name} before")).Ok();
        var again = await cli.RunAsync($"snapshot drop {name} before");

        Assert.Equal("before", Assert.Single(created.Lines).Split('\t')[0]);
        Assert.Equal(created.Out, listed.Out);
        Assert.Contains("\"a\"", Assert.Single(exported.Lines), StringComparison.Ordinal);
        Assert.Equal("Snapshot 'before' is dropped.\n", dropped.Out);
        Assert.Equal(ExitCode.Failed, again.Code);
        Assert.Contains("no snapshot 'before'", again.Error, StringComparison.Ordinal);
        Assert.Empty((await cli.RunAsync($"snapshot list {name}")).Ok().Out);
        Assert.Contains("\"session\"", (await cli.RunAsync($"snapshot create {name} --json")).Ok().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Branch_FromASnapshotByName_BeginsThere()
    {
        var (name, branch) = (cli.NewName(), cli.NewName());
        (await cli.RunAsync($"collections create {name}")).Ok();
        (await cli.RunAsync($"import {name} -", """{"id":"a"}""")).Ok();
        (await cli.RunAsync($"snapshot create {name} one")).Ok();
        (await cli.RunAsync($"import {name} -", """{"id":"b"}""")).Ok();

        var created = (await cli.RunAsync($"branch {name} {branch} --as-of one")).Ok();
        var shown = (await cli.RunAsync($"collections show {branch}")).Ok();
        var refused = await cli.RunAsync($"collections drop {name} --yes");

        Assert.Equal($"Collection '{branch}' is created, a branch of '{name}'.\n", created.Out);
        Assert.Contains($"branch of\t{name}", shown.Lines);
        Assert.Contains("objects\t1", shown.Lines);
        Assert.Equal(ExitCode.Failed, refused.Code);
        Assert.Contains($"'{branch}'", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WithHoursThatAreNone_IsAUsageError() => Assert.Equal(ExitCode.Usage, (await cli.RunAsync("snapshot create x --hours 0")).Code);
}
