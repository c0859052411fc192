using Microsoft.Azure.Cosmos;
using Vektagraf.Azure;
using Vektagraf.Insights;

namespace Vektagraf.Hosting;

/// <summary>Where a host keeps what it records of requests and of itself: a file of SQLite, a container of Cosmos DB, or memory.</summary>
public sealed class InsightOptions
{
    private const string FileInDirectory = "insights.db";

    /// <summary>A file of SQLite; null for one in the database's directory, or memory where there is none.</summary>
    public string? File { get; set; }

    /// <summary>Connection string of a Cosmos DB account; null for none.</summary>
    public string? CosmosConnection { get; set; }

    /// <summary>Endpoint of a Cosmos DB account, for the host's own identity; null for none.</summary>
    public string? CosmosEndpoint { get; set; }

    /// <summary>Whether to use the emulator of Cosmos DB, on the port that it takes by default.</summary>
    public bool CosmosEmulator { get; set; }

    /// <summary>Database of the account; null for the default.</summary>
    public string? CosmosDatabase { get; set; }

    /// <summary>Container of the database; null for the default.</summary>
    public string? CosmosContainer { get; set; }

    /// <summary>How the account is reached, <c>Gateway</c> or <c>Direct</c>; null for the default.</summary>
    public string? CosmosMode { get; set; }

    private bool IsCosmos => CosmosEmulator || !string.IsNullOrEmpty(CosmosConnection) || !string.IsNullOrEmpty(CosmosEndpoint);

    /// <summary>What stands in the way of using it.</summary>
    /// <param name="store">Where the objects are kept.</param>
    /// <returns>Each problem, and what to change. The connection string, which holds a secret, is never quoted.</returns>
    public IEnumerable<string> Problems(StoreOptions store)
    {
        bool[] places = [!string.IsNullOrEmpty(File), !string.IsNullOrEmpty(CosmosConnection), !string.IsNullOrEmpty(CosmosEndpoint), CosmosEmulator];
        if (places.Count(p => p) > 1)
        {
            yield return "What is recorded is kept in one place: set only one of "
                + $"{SettingTable.Of("Insights:File")}, {SettingTable.Of("Insights:CosmosConnection")}, {SettingTable.Of("Insights:CosmosEndpoint")} and --cosmos.";
        }
        else if (!string.IsNullOrEmpty(CosmosMode) && CosmosMode is not (nameof(ConnectionMode.Gateway) or nameof(ConnectionMode.Direct)))
        {
            yield return $"{SettingTable.Of("Insights:CosmosMode")} is '{CosmosMode}'; it must be Gateway or Direct.";
        }
        else if (IsCosmos && CosmosProblem() is { } problem)
        {
            yield return $"{SettingTable.Of(string.IsNullOrEmpty(CosmosEndpoint) ? "Insights:CosmosConnection" : "Insights:CosmosEndpoint")}: {problem}";
        }
        else if (FileInForce(store) is { } file && Directory.Exists(file))
        {
            yield return $"{SettingTable.Of("Insights:File")} is '{file}', a directory: name a file.";
        }
    }

    /// <summary>Makes the store; nothing has been asked of it yet.</summary>
    /// <param name="store">Where the objects are kept.</param>
    /// <param name="time">Clock of times to live.</param>
    /// <returns>The store.</returns>
    public IInsightStore Open(StoreOptions store, TimeProvider time) =>
        IsCosmos ? CosmosStore(time) : FileInForce(store) is { } file ? new SqliteInsightStore(file, time) : new MemoryInsightStore(time);

    // Methods of their own, so that a host without Cosmos DB starts without loading its libraries.
    private CosmosInsightStore CosmosStore(TimeProvider time) => new(Cosmos(), time);

    private string? CosmosProblem() => Cosmos().Problem();

    private CosmosInsightOptions Cosmos() => new()
    {
        ConnectionString = CosmosEmulator ? CosmosInsightOptions.EmulatorConnectionString : string.IsNullOrEmpty(CosmosConnection) ? null : CosmosConnection,
        Endpoint = string.IsNullOrEmpty(CosmosEndpoint) ? null : new Uri(CosmosEndpoint, UriKind.RelativeOrAbsolute),
        Database = string.IsNullOrEmpty(CosmosDatabase) ? CosmosInsightOptions.DefaultDatabase : CosmosDatabase,
        Container = string.IsNullOrEmpty(CosmosContainer) ? CosmosInsightOptions.DefaultContainer : CosmosContainer,
        Mode = CosmosMode is nameof(ConnectionMode.Direct) ? ConnectionMode.Direct : ConnectionMode.Gateway,
    };

    private string? FileInForce(StoreOptions store) => IsCosmos ? null
        : !string.IsNullOrEmpty(File) ? File
        : !store.IsBlobStorage && store.Directory is { } directory ? Path.Combine(directory, FileInDirectory)
        : null;
}
