using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>import.</summary>
internal static class ImportCommand
{
    // The server reports a thousand; a screenful says what is wrong.
    private const int MaxFailuresShown = 20;

    public static Command Create(Connection connection)
    {
        var collection = Flags.Collection();
        var file = new Argument<string>("file") { Description = "File of objects, one JSON object a line; - for standard input." };
        var json = Flags.Json();
        var command = new Command("import", "Save objects from a file. Good lines are kept, bad ones reported; later ones win over earlier ones of the same id.")
        {
            collection, file, json,
        };
        connection.SetAction(command, isTransfer: true, run: async (client, parsed, cancellationToken) =>
        {
            var terminal = connection.Terminal;
            await using var input = Files.OpenInput(terminal, parsed.GetRequiredValue(file));
            var result = await ImportAsync(client, terminal, parsed.GetRequiredValue(collection), input, cancellationToken);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(terminal, result, JsonOutput.Import);
            }
            else
            {
                Report(terminal, result);
            }

            return result.FailedCount == 0 ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static async Task<ImportResult> ImportAsync(VektagrafClient client, Terminal terminal, string collection, Stream input, CancellationToken cancellationToken)
    {
        if (!terminal.ErrorIsTerminal)
        {
            return await client.ImportAsync(collection, input, progress: null, cancellationToken);
        }

        return await terminal.Progress().Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask("Importing", maxValue: input.CanSeek && input.Length > 0 ? input.Length : 1);
                task.IsIndeterminate = !input.CanSeek;
                return await client.ImportAsync(collection, input, new SentBytes(task), cancellationToken);
            });
    }

    private static void Report(Terminal terminal, ImportResult result)
    {
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Imported:N0} imported, {result.FailedCount:N0} failed."));
        foreach (var failure in result.Failed.Take(MaxFailuresShown))
        {
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Line {failure.Line}: {Printable.Line(failure.Detail)}"));
        }

        if (result.FailedCount > MaxFailuresShown)
        {
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"… and {result.FailedCount - MaxFailuresShown:N0} more; --json shows the first 1,000."));
        }
    }

    private sealed class SentBytes(ProgressTask task) : IProgress<long>
    {
        public void Report(long value) => task.Value = value;
    }
}
