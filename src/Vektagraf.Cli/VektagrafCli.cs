using System.CommandLine;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>The command line.</summary>
internal static class VektagrafCli
{
    /// <summary>Parses the arguments and runs the command they name.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="terminal">Where to read from and write to.</param>
    /// <param name="cancellationToken">Ends the run; so does an interrupt of the process.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancellationToken = default)
    {
        // No response files: a search for "@home" is no file name.
        var parsed = Root(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var output = new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false };
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await terminal.Error.WriteLineAsync(error.Message);
            }

            await terminal.Error.WriteLineAsync("Add --help to see what can be written.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(output, cancellationToken);
        }
        catch (UsageException e)
        {
            return await FailAsync(terminal, ExitCode.Usage, e.Message);
        }
        catch (VektagrafClientException e)
        {
            return await FailAsync(terminal, ExitCode.Failed, Describe(e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await FailAsync(terminal, ExitCode.Failed, e.Message);
        }
        catch (OperationCanceledException)
        {
            return await FailAsync(terminal, ExitCode.Interrupted, "Interrupted.");
        }
    }

    private static RootCommand Root(Terminal terminal)
    {
        var connection = new Connection(terminal);
        var root = new RootCommand("Vektagraf: an object and vector database on blob storage. Works on a server, from a terminal or a script.");
        foreach (var option in connection.Options)
        {
            root.Add(option);
        }

        root.Add(CollectionCommands.Create(connection));
        root.Add(SnapshotCommands.Create(connection));
        root.Add(SnapshotCommands.CreateBranch(connection));
        root.Add(ImportCommand.Create(connection));
        root.Add(ExportCommand.Create(connection));
        root.Add(SearchCommand.Create(connection));
        root.Add(QueryCommand.Create(connection));
        root.Add(HealthCommand.Create(connection));
        root.Add(SimCommand.Create(terminal));
        return root;
    }

    private static string Describe(VektagrafClientException error)
    {
        // The detail tells of all places already where there is one only.
        var lines = new List<string> { error.Detail };
        lines.AddRange(error.Errors.Where(e => !error.Detail.Contains(e.Value, StringComparison.Ordinal)).Select(e => $"  {e.Key}: {e.Value}"));
        if (error.Status is null)
        {
            lines.Add("Is a server running there? Name another one with --server or VEKTAGRAF_SERVER.");
        }
        else if (error.Status == System.Net.HttpStatusCode.Unauthorized)
        {
            lines.Add("Pass a key with --key or VEKTAGRAF_KEY.");
        }

        return string.Join('\n', lines);
    }

    private static async Task<int> FailAsync(Terminal terminal, int code, string message)
    {
        foreach (var line in message.Split('\n'))
        {
            await terminal.Error.WriteLineAsync(Printable.Line(line));
        }

        return code;
    }
}
