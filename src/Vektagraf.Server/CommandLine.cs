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
        var data = new Option<DirectoryInfo>("--data") { Description = $"Directory of the database. Default: {StoreLocation.DefaultDirectory}" };
        var blobs = new Option<string>("--blobs") { Description = "Connection string of a storage account to keep the database in, instead of --data. Better set VEKTAGRAF_BLOBS: command lines are visible to others." };
        var azurite = new Option<bool>("--azurite") { Description = "Keep the database in Azurite on its usual port, instead of --data. Start it with --skipApiVersionCheck." };
        var container = new Option<string>("--container") { Description = $"Container of --blobs or --azurite; made where missing. Default: {StoreLocation.DefaultContainer}" };
        var host = new Option<string>("--host") { Description = "Host name or address to listen on. Default: localhost" };
        var port = new Option<int?>("--port") { Description = $"Port to listen on; 0 for a free one. Default: {ServerSettings.DefaultPort}" };
        var maintenance = new Option<double?>("--maintenance-seconds") { Description = $"Time between two runs of the background maintenance, 0.1 to 86,400; 0 leaves it to other servers. Default: {defaults.MaintenanceInterval.TotalSeconds}" };
        var grace = new Option<double?>("--collection-grace-seconds") { Description = $"Age below which garbage collection spares what nothing refers to; the same for all servers on one database. Default: {defaults.CollectionGrace.TotalSeconds}" };
        var budget = new Option<int?>("--memory-budget-mb") { Description = "Megabytes of memory that indexes may take. Default: 60 % of what the machine or its container gives" };
        var scratch = new Option<DirectoryInfo>("--scratch") { Description = "Directory on a disk for original vectors, which searches by codes rarely read. Default: they are kept in memory" };
        var cache = new Option<int?>("--cache-mb") { Description = "Megabytes of memory for what is kept near: two thirds as it is, one compressed. Default: 9 % of what the machine or its container gives" };
        var cacheDirectory = new Option<DirectoryInfo>("--cache-directory") { Description = "Directory on a local disk, of this server alone, that keeps what was read over restarts. Worthwhile with --blobs. Default: none" };
        var diskCache = new Option<int?>("--disk-cache-mb") { Description = "Megabytes of files in --cache-directory. Default: 1,024" };
        var insights = new Option<FileInfo>("--insights") { Description = "File of recorded plans and measurements. Default: insights.db in the data directory; memory with --blobs or --azurite" };
        var sample = new Option<string>("--sample") { Description = $"Load a sample: {Samples.DotnetDocsCollection.Name} (the .NET class library's documentation)." };
        var readKey = new Option<string>("--read-key") { Description = "Key for reading. Better set VEKTAGRAF_READ_KEY: command lines are visible to others." };
        var writeKey = new Option<string>("--write-key") { Description = "Key for writing objects, or VEKTAGRAF_WRITE_KEY." };
        var adminKey = new Option<string>("--admin-key") { Description = "Key for collections and settings, or VEKTAGRAF_ADMIN_KEY." };
        var root = new RootCommand("Vektagraf: an object and vector database on blob storage. Serves its HTTP API and search page.")
        {
            data, blobs, azurite, container, host, port, maintenance, grace, budget, scratch, cache, cacheDirectory, diskCache, insights, sample, readKey, writeKey, adminKey,
        };
        root.SetAction((parsed, cancellationToken) =>
        {
            var settings = new ServerSettings
            {
                Store = LocationOf(parsed.GetValue(data), parsed.GetValue(blobs), parsed.GetValue(azurite), parsed.GetValue(container)),
                Host = parsed.GetValue(host) ?? defaults.Host,
                Port = parsed.GetValue(port) ?? defaults.Port,
                InsightsFile = parsed.GetValue(insights)?.FullName,
                Sample = parsed.GetValue(sample),
                MaintenanceInterval = Seconds(parsed.GetValue(maintenance)) ?? defaults.MaintenanceInterval,
                CollectionGrace = Seconds(parsed.GetValue(grace)) ?? defaults.CollectionGrace,
                MemoryBudgetMegabytes = parsed.GetValue(budget) ?? defaults.MemoryBudgetMegabytes,
                ScratchDirectory = parsed.GetValue(scratch)?.FullName,
                CacheMegabytes = parsed.GetValue(cache) ?? defaults.CacheMegabytes,
                CacheDirectory = parsed.GetValue(cacheDirectory)?.FullName,
                DiskCacheMegabytes = parsed.GetValue(diskCache) ?? defaults.DiskCacheMegabytes,
                Keys = new AccessKeys(
                    parsed.GetValue(readKey) ?? FromEnvironment("READ_KEY"),
                    parsed.GetValue(writeKey) ?? FromEnvironment("WRITE_KEY"),
                    parsed.GetValue(adminKey) ?? FromEnvironment("ADMIN_KEY")),
            };
            return run(settings, cancellationToken);
        });
        // The web host stops gracefully by itself; the command line's own two seconds would cut off requests in progress.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    // The environment counts where the command line names no place at all.
    private static StoreLocation LocationOf(DirectoryInfo? data, string? blobs, bool azurite, string? container) => new()
    {
        DataDirectory = data?.FullName,
        Blobs = blobs ?? (data is null && !azurite ? FromEnvironment("BLOBS") : null),
        Azurite = azurite,
        Container = container,
    };

    private static TimeSpan? Seconds(double? seconds) => seconds is { } given ? TimeSpan.FromSeconds(Math.Clamp(given, -MaxSeconds, MaxSeconds)) : null;

    private static string? FromEnvironment(string name) =>
        Environment.GetEnvironmentVariable("VEKTAGRAF_" + name) is { Length: > 0 } value ? value : null;
}
