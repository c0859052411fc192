using System.Diagnostics;
using System.Text.Json;
using Vektagraf.Server;

namespace Vektagraf.Cli.Tests;

public class CommandLineTests(CliFixture cli)
{
    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("search only-collection")]
    [InlineData("query c --limit 0")]
    [InlineData("search c text --k many")]
    [InlineData("health --unknown")]
    public async Task Arguments_ThatMakeNoCommand_AreUsageErrors(string line)
    {
        var run = await cli.RunAsync(line);

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_ListsTheCommandsThatExist()
    {
        var run = (await cli.RunAsync("--help")).Ok();

        foreach (var command in new[] { "collections", "import", "export", "search", "query", "health", "sim" })
        {
            Assert.Contains(run.Lines, l => l.TrimStart().StartsWith(command, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Health_OfARunningServer_ShowsStatusAndLimits()
    {
        var plain = (await cli.RunAsync("health")).Ok();
        using var json = JsonDocument.Parse((await cli.RunAsync("health --json")).Ok().Out);

        Assert.Contains("status\tready", plain.Lines);
        Assert.Contains("limit of k\t10000", plain.Lines);
        Assert.Equal("ready", json.RootElement.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Health_WhereNobodyListens_FailsAndSaysWhatToSet()
    {
        var run = await cli.RunAsync("health --server http://127.0.0.1:9");

        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("http://127.0.0.1:9/ cannot be reached", run.Error, StringComparison.Ordinal);
        Assert.Contains("VEKTAGRAF_SERVER", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:7071")]
    [InlineData("ftp://host")]
    [InlineData("//")]
    public async Task Server_ThatIsNoAddress_IsAUsageError(string address)
    {
        var run = await cli.RunAsync("health --server " + address);

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("http://localhost:7071", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_FromOptionOrEnvironment_OpensAGuardedServer()
    {
        var directory = Directory.CreateTempSubdirectory("vektagraf-cli-tests-");
        try
        {
            var settings = new ServerSettings { Store = new() { Directory = directory.FullName }, Port = 0, Keys = new AccessKeys("r", "w", "a") };
            await using var guarded = await VektagrafServer.StartAsync(settings, CancellationToken.None);
            Task<CliRun> RunAsync(string line, string? key = null) => CliFixture.RunAsync(
                CliRun.Split(line + " --server " + guarded.Address), "", false, null, v => v == "VEKTAGRAF_KEY" ? key : null);

            (await RunAsync("collections create c --key a")).Ok();
            (await RunAsync("collections list", key: "r")).Ok();
            var keyless = await RunAsync("collections list");

            Assert.Equal(ExitCode.Failed, keyless.Code);
            Assert.Contains("VEKTAGRAF_KEY", keyless.Error, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Process_WithRedirectedOutput_WritesUtf8AndItsExitCode()
    {
        var name = cli.NewName();
        (await cli.RunAsync($"collections create {name}")).Ok();
        var imported = await StartAsync("""{"id":"å","properties":{"text":"日本"}}""" + "\n", "import", name, "-");
        var queried = await StartAsync(null, "query", name);
        var failed = await StartAsync(null, "query", "none");
        var wrong = await StartAsync(null, "nonsense");

        Assert.Equal(new CliRun(0, "1 imported, 0 failed.\n", ""), imported);
        Assert.Equal(new CliRun(0, "å\t{\"text\":\"日本\"}\n", ""), queried);
        Assert.Equal((ExitCode.Failed, ""), (failed.Code, failed.Out));
        Assert.Equal((ExitCode.Usage, ""), (wrong.Code, wrong.Out));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\tb\nc", "a b c")]
    [InlineData("\u001b]0;title\u0007", "\uFFFD]0;title\uFFFD")]
    [InlineData("user\u202Etxt.exe", "user\uFFFDtxt.exe")]
    public void Line_OfHostileText_IsHarmless(string text, string expected) => Assert.Equal(expected, Printable.Line(text));

    [Fact]
    public void Excerpt_OfLongText_CutsBetweenCharacters()
    {
        Assert.Equal("abcd", Printable.Excerpt("abcd", 4));
        Assert.Equal("abc…", Printable.Excerpt("abcde", 4));
        Assert.Equal("ab…", Printable.Excerpt("ab🥪cd", 4));
    }

    /// <summary>Runs the program as a process of its own.</summary>
    private async Task<CliRun> StartAsync(string? input, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new System.Text.UTF8Encoding(false),
            StandardOutputEncoding = System.Text.Encoding.UTF8,
            Environment = { ["VEKTAGRAF_SERVER"] = cli.Address.ToString() },
        };
        foreach (var arg in new[] { "exec", typeof(VektagrafCli).Assembly.Location }.Concat(args))
        {
            start.ArgumentList.Add(arg);
        }

        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new CliRun(process.ExitCode, (await output).ReplaceLineEndings("\n"), (await error).ReplaceLineEndings("\n"));
    }
}
