using System.Net;
using Vektagraf.Storage.Log;

namespace Vektagraf.Server;

/// <summary>What the server was asked to do.</summary>
public sealed record ServerSettings
{
    /// <summary>Port that `func start` uses as well, so clients need no change.</summary>
    public const int DefaultPort = 7071;

    /// <summary>Where the objects are kept.</summary>
    public StoreLocation Store { get; init; } = new();

    /// <summary>Host name or address to listen on.</summary>
    public string Host { get; init; } = "localhost";

    /// <summary>Port to listen on; 0 for a free one.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Name of a sample to load; null for none.</summary>
    public string? Sample { get; init; }

    /// <summary>Time between two runs of the background maintenance; zero for none.</summary>
    public TimeSpan MaintenanceInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Age below which garbage collection spares what nothing refers to. All processes on one store must have the same.</summary>
    public TimeSpan CollectionGrace { get; init; } = new ShardLogOptions().CollectionGrace;

    /// <summary>Megabytes (MiB) of memory that indexes may take; 0 for 60 % of what the machine or its container gives.</summary>
    public int MemoryBudgetMegabytes { get; init; }

    /// <summary>A directory on a disk for original vectors, which searches by codes rarely read; null keeps them in memory.</summary>
    public string? ScratchDirectory { get; init; }

    /// <summary>Megabytes (MiB) of memory for what is kept near; 0 for a share of what the machine or its container gives.</summary>
    public int CacheMegabytes { get; init; }

    /// <summary>A directory on a local disk, of this process alone, for what is kept near over restarts; null for none.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>Megabytes (MiB) of files in that directory; 0 for the default.</summary>
    public int DiskCacheMegabytes { get; init; }

    /// <summary>File of recorded plans and measurements; null for <c>insights.db</c> in the data directory, or for memory where blob storage is named.</summary>
    public string? InsightsFile { get; init; }

    /// <summary>The file in force; null for memory.</summary>
    public string? InsightsFileInForce => InsightsFile ?? (Store.DirectoryInForce is { } directory ? Path.Combine(directory, "insights.db") : null);

    /// <summary>The keys in force.</summary>
    public AccessKeys Keys { get; init; } = new(null, null, null);

    /// <summary>Whether only this machine can reach the server.</summary>
    public bool IsLoopback => string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>What stands in the way of starting; null where nothing does.</summary>
    /// <returns>The problem, and what to change.</returns>
    public string? Problem()
    {
        if (Port is < 0 or > ushort.MaxValue)
        {
            return $"Port {Port} does not exist: 0 (any free one) to {ushort.MaxValue}.";
        }

        if (Store.Problem() is { } problem)
        {
            return problem;
        }

        if (MaintenanceInterval != TimeSpan.Zero && (MaintenanceInterval < TimeSpan.FromSeconds(0.1) || MaintenanceInterval > TimeSpan.FromDays(1)))
        {
            return "--maintenance-seconds is out of range: pass 0.1 to 86,400 seconds, 0 for no maintenance by this server, or leave it out.";
        }

        if (CollectionGrace < TimeSpan.FromSeconds(1) || CollectionGrace > TimeSpan.FromDays(365))
        {
            return "--collection-grace-seconds is out of range: pass 1 to 31,536,000 seconds, or leave it out.";
        }

        if (MemoryBudgetMegabytes < 0)
        {
            return "--memory-budget-mb is out of range: pass the megabytes that indexes may take, at least 1, or leave it out.";
        }

        if (CacheMegabytes < 0 || DiskCacheMegabytes < 0)
        {
            return "--cache-mb and --disk-cache-mb are out of range: pass megabytes, at least 1, or leave them out.";
        }

        if (DiskCacheMegabytes > 0 && CacheDirectory is null)
        {
            return "--disk-cache-mb belongs to --cache-directory: pass a directory, or leave it out.";
        }

        if (!IsLoopback && !Keys.AreComplete)
        {
            return $"On '{Host}' others can reach the server, so it needs keys: pass --read-key, --write-key and --admin-key "
                + "(or set VEKTAGRAF_READ_KEY, VEKTAGRAF_WRITE_KEY and VEKTAGRAF_ADMIN_KEY), or listen on localhost.";
        }

        return Sample is null or Samples.DotnetDocsCollection.Name ? null : $"There is no sample '{Sample}'. Available: {Samples.DotnetDocsCollection.Name}.";
    }
}
