using System.CommandLine;
using System.Globalization;

namespace Vektagraf.Cli;

/// <summary>health.</summary>
internal static class HealthCommand
{
    public static Command Create(Connection connection)
    {
        var json = Flags.Json();
        var command = new Command("health", "Ask whether the server can serve, and for its limits.") { json };
        connection.SetAction(command, async (client, parsed, cancellationToken) =>
        {
            var status = await client.GetReadinessAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(connection.Terminal, status, JsonOutput.Health);
                return ExitCode.Ok;
            }

            var listing = new Listing("Server", client.Server.ToString()).Numeric(1);
            listing.Add("status", status.Status);
            listing.Add("version", status.Version);
            foreach (var (name, value) in status.Limits)
            {
                listing.Add("limit of " + name, value.ToString(connection.Terminal.OutIsTerminal ? "N0" : "D", CultureInfo.InvariantCulture));
            }

            listing.Write(connection.Terminal, whenEmpty: string.Empty);
            return ExitCode.Ok;
        });
        return command;
    }
}
