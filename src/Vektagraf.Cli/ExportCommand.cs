using System.CommandLine;
using System.Globalization;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>export.</summary>
internal static class ExportCommand
{
    public static Command Create(Connection connection)
    {
        var collection = Flags.Collection();
        var file = new Argument<string>("file")
        {
            Description = "File to write, one JSON object a line; - for standard output, the default.",
            DefaultValueFactory = _ => Files.Standard,
        };
        var asOf = new Option<string>("--as-of") { Description = "Session token, or name of a snapshot: the data as it was then. Default: now", HelpName = "session" };
        var command = new Command("export", "Write all objects of one consistent snapshot, vectors included.") { collection, file, asOf };
        connection.SetAction(command, isTransfer: true, run: async (client, parsed, cancellationToken) =>
        {
            var (terminal, name, path) = (connection.Terminal, parsed.GetRequiredValue(collection), parsed.GetRequiredValue(file));
            var session = parsed.GetValue(asOf) is { } given ? await SnapshotCommands.SessionOfAsync(client, name, given, cancellationToken) : null;
            if (path == Files.Standard)
            {
                await terminal.Out.FlushAsync(cancellationToken);
                await client.ExportAsync(name, terminal.Output, session, cancellationToken: cancellationToken);
                await terminal.Output.FlushAsync(cancellationToken);
                return ExitCode.Ok;
            }

            var count = await ExportAsync(client, name, path, session, cancellationToken);
            await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count:N0} exported."));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>By way of another name, so that a file of this name is always a whole export.</summary>
    private static async Task<long> ExportAsync(VektagrafClient client, string collection, string path, string? asOf, CancellationToken cancellationToken)
    {
        var partial = path + ".partial";
        try
        {
            long count;
            await using (var output = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous))
            {
                count = await client.ExportAsync(collection, output, asOf, cancellationToken: cancellationToken);
            }

            File.Move(partial, path, overwrite: true);
            return count;
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
