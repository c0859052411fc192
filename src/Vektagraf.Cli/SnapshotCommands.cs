using System.CommandLine;
using System.Globalization;
using Vektagraf.Client;

namespace Vektagraf.Cli;

/// <summary>snapshot create, list, drop; branch.</summary>
internal static class SnapshotCommands
{
    public static Command Create(Connection connection) =>
        new("snapshot", "Create, list and drop snapshots: states of a collection that stay readable.") { NewCommand(connection), ListCommand(connection), DropCommand(connection) };

    public static Command CreateBranch(Connection connection)
    {
        var collection = Flags.Collection();
        var name = new Argument<string>("name") { Description = "Name of the new collection." };
        var asOf = new Option<string>("--as-of") { Description = "Session token, or name of a snapshot, to begin at. Default: now", HelpName = "session" };
        var command = new Command("branch", "Create a collection that begins as another one is, without copying it.") { collection, name, asOf };
        connection.SetAction(command, async (client, parsed, cancellationToken) =>
        {
            var parent = parsed.GetRequiredValue(collection);
            var session = parsed.GetValue(asOf) is { } given ? await SessionOfAsync(client, parent, given, cancellationToken) : null;
            var branch = await client.CreateBranchAsync(parent, parsed.GetRequiredValue(name), session, cancellationToken);
            await connection.Terminal.Out.WriteLineAsync($"Collection '{branch.Name}' is created, a branch of '{branch.BranchOf}'.");
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The session token of a snapshot, or what is one already.</summary>
    public static async Task<string> SessionOfAsync(VektagrafClient client, string collection, string given, CancellationToken cancellationToken)
    {
        var snapshots = await client.ListSnapshotsAsync(collection, cancellationToken);
        return snapshots.FirstOrDefault(s => string.Equals(s.Name, given, StringComparison.Ordinal))?.Session ?? given;
    }

    private static Command NewCommand(Connection connection)
    {
        var collection = Flags.Collection();
        var name = new Argument<string?>("name") { Description = "The snapshot's name; left out, one is drawn.", Arity = ArgumentArity.ZeroOrOne };
        var hours = new Option<double?>("--hours") { Description = "Hours until it expires. Default: 24", HelpName = "n" };
        var json = Flags.Json();
        var command = new Command("create", "Keep the present state readable, and print its session token.") { collection, name, hours, json };
        connection.SetAction(command, async (client, parsed, cancellationToken) =>
        {
            var snapshot = await client.CreateSnapshotAsync(parsed.GetRequiredValue(collection), parsed.GetValue(name), EndOf(parsed.GetValue(hours)), cancellationToken);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(connection.Terminal, snapshot, JsonOutput.Snapshot);
            }
            else
            {
                Write(connection, [snapshot]);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static DateTimeOffset? EndOf(double? hours)
    {
        const double MostHours = 100 * 366 * 24;
        return hours switch
        {
            null => null,
            > 0 and < MostHours => TimeProvider.System.GetUtcNow().AddHours(hours.Value),
            _ => throw new UsageException("--hours is a number above 0."),
        };
    }

    private static Command ListCommand(Connection connection)
    {
        var collection = Flags.Collection();
        var json = Flags.Json();
        var command = new Command("list", "The snapshots of a collection, oldest first.") { collection, json };
        connection.SetAction(command, async (client, parsed, cancellationToken) =>
        {
            var snapshots = await client.ListSnapshotsAsync(parsed.GetRequiredValue(collection), cancellationToken);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(connection.Terminal, [.. snapshots], JsonOutput.Snapshots);
            }
            else
            {
                Write(connection, snapshots);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static Command DropCommand(Connection connection)
    {
        var collection = Flags.Collection();
        var name = new Argument<string>("name") { Description = "The snapshot's name." };
        var command = new Command("drop", "Drop a snapshot; the collection stays as it is.") { collection, name };
        connection.SetAction(command, async (client, parsed, cancellationToken) =>
        {
            var (from, snapshot) = (parsed.GetRequiredValue(collection), parsed.GetRequiredValue(name));
            if (!await client.DeleteSnapshotAsync(from, snapshot, cancellationToken))
            {
                throw new VektagrafClientException($"Collection '{from}' has no snapshot '{snapshot}'.") { Status = System.Net.HttpStatusCode.NotFound };
            }

            await connection.Terminal.Out.WriteLineAsync($"Snapshot '{snapshot}' is dropped.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Connection connection, IReadOnlyList<Snapshot> snapshots)
    {
        var listing = new Listing("Snapshot", "Session", "Created", "Expires");
        foreach (var snapshot in snapshots)
        {
            listing.Add(snapshot.Name, snapshot.Session, Time(snapshot.CreatedAt), Time(snapshot.ExpiresAt));
        }

        listing.Write(connection.Terminal, "There are no snapshots.");
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
