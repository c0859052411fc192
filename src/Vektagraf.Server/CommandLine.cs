using System.CommandLine;

namespace Vektagraf.Server;

/// <summary>The server's command line.</summary>
internal static class CommandLine
{
    // Keeps the conversion in range; what is out of the documented range is refused with the other settings.
    private const double MaxSeconds = 1e9;

    /// <summary>Parses the arguments and runs the server.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="run">Runs the server.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> InvokeAsync(string[] args, Func<ServerSettings, CancellationToken, Task<int>> run)
    {
        var defaults = new ServerSettings();
        var data = new Option<DirectoryInfo>("--data") { Description = $"Directory of the database. Default: {defaults.DataDirectory}" };
        var host = new Option<string>("--host") { Description = "Host name or address to listen on. Default: localhost" };
        var port = new Option<int?>("--port") { Description = $"Port to listen on; 0 for a free one. Default: {ServerSettings.DefaultPort}" };
        var maintenance = new Option<double?>("--maintenance-seconds") { Description = $"Time between two runs of the background maintenance, 0.1 to 86,400. Default: {defaults.MaintenanceInterval.TotalSeconds}" };
        var sample = new Option<string>("--sample") { Description = $"Load a sample: {Samples.DotnetDocsCollection.Name} (the .NET class library's documentation)." };
        var readKey = new Option<string>("--read-key") { Description = "Key for reading. Better set VEKTAGRAF_READ_KEY: command lines are visible to others." };
        var writeKey = new Option<string>("--write-key") { Description = "Key for writing objects, or VEKTAGRAF_WRITE_KEY." };
        var adminKey = new Option<string>("--admin-key") { Description = "Key for collections and settings, or VEKTAGRAF_ADMIN_KEY." };
        var root = new RootCommand("Vektagraf: an object and vector database on blob storage. Serves its HTTP API and search page.")
        {
            data, host, port, maintenance, sample, readKey, writeKey, adminKey,
        };
        root.SetAction((parsed, cancellationToken) =>
        {
            var settings = new ServerSettings
            {
                DataDirectory = parsed.GetValue(data)?.FullName ?? defaults.DataDirectory,
                Host = parsed.GetValue(host) ?? defaults.Host,
                Port = parsed.GetValue(port) ?? defaults.Port,
                Sample = parsed.GetValue(sample),
                MaintenanceInterval = parsed.GetValue(maintenance) is { } seconds ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, MaxSeconds)) : defaults.MaintenanceInterval,
                Keys = new AccessKeys(
                    parsed.GetValue(readKey) ?? FromEnvironment("READ"),
                    parsed.GetValue(writeKey) ?? FromEnvironment("WRITE"),
                    parsed.GetValue(adminKey) ?? FromEnvironment("ADMIN")),
            };
            return run(settings, cancellationToken);
        });
        // The web host stops gracefully by itself; the command line's own two seconds would cut off requests in progress.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static string? FromEnvironment(string level) =>
        Environment.GetEnvironmentVariable($"VEKTAGRAF_{level}_KEY") is { Length: > 0 } key ? key : null;
}
