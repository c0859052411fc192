using System.Text;
using Vektagraf.Server;

[assembly: AssemblyFixture(typeof(Vektagraf.Cli.Tests.CliFixture))]

namespace Vektagraf.Cli.Tests;

/// <summary>One real server over a temporary directory, and the command line run against it in this process.</summary>
public sealed class CliFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("vektagraf-cli-tests-");
    private VektagrafServer? _server;
    private int _names;

    public Uri Address => _server!.Address;

    public async ValueTask InitializeAsync() =>
        _server = await VektagrafServer.StartAsync(new ServerSettings { Store = new() { Directory = _directory.CreateSubdirectory("data").FullName }, Port = 0 }, CancellationToken.None);

    public string NewName() => $"c{Interlocked.Increment(ref _names)}";

    public string NewPath() => Path.Combine(_directory.FullName, $"file{Interlocked.Increment(ref _names)}.ndjson");

    /// <summary>Runs a command line; its words are split at spaces but for those in single quotes.</summary>
    public Task<CliRun> RunAsync(string line, string input = "", bool isTerminal = false, string? answer = null) => RunAsync(
        CliRun.Split(line),
        input,
        isTerminal,
        answer,
        variable => variable == "VEKTAGRAF_SERVER" ? Address.ToString() : null);

    public static async Task<CliRun> RunAsync(string[] args, string input, bool isTerminal, string? answer, Func<string, string?> variable)
    {
        var (output, error) = (new MemoryStream(), new StringWriter());
        // Not through a StreamWriter of the usual buffering: text and bytes must come out in order.
        var text = new StreamWriter(output, new UTF8Encoding(false)) { AutoFlush = true };
        var terminal = new Terminal
        {
            Input = new MemoryStream(Encoding.UTF8.GetBytes(input)),
            Output = output,
            Out = text,
            Error = error,
            OutIsTerminal = isTerminal,
            ErrorIsTerminal = isTerminal,
            ReadLine = answer is null ? null : () => answer,
            Variable = variable,
        };
        var code = await VektagrafCli.RunAsync(args, terminal);
        return new CliRun(code, Encoding.UTF8.GetString(output.ToArray()).ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}

/// <summary>What a run left behind.</summary>
public sealed record CliRun(int Code, string Out, string Error)
{
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public CliRun Ok()
    {
        Assert.True(Code == 0, $"Exit code {Code}: {Error}{Out}");
        return this;
    }

    internal static string[] Split(string line)
    {
        var parts = line.Split('\'');
        return [.. parts.SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }
}
