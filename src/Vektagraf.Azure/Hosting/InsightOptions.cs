using Vektagraf.Insights;

namespace Vektagraf.Hosting;

/// <summary>Where a host keeps what it records of requests and of itself.</summary>
public sealed class InsightOptions
{
    private const string FileInDirectory = "insights.db";

    /// <summary>A file of SQLite; null for one in the database's directory, or memory where there is none.</summary>
    public string? File { get; set; }

    /// <summary>What stands in the way of using it.</summary>
    /// <param name="store">Where the objects are kept.</param>
    /// <returns>Each problem, and what to change.</returns>
    public IEnumerable<string> Problems(StoreOptions store)
    {
        if (FileInForce(store) is { } file && Directory.Exists(file))
        {
            yield return $"{SettingTable.Of("Insights:File")} is '{file}', a directory: name a file.";
        }
    }

    /// <summary>Makes the store; nothing has been asked of it yet.</summary>
    /// <param name="store">Where the objects are kept.</param>
    /// <param name="time">Clock of times to live.</param>
    /// <returns>The store.</returns>
    public IInsightStore Open(StoreOptions store, TimeProvider time) =>
        FileInForce(store) is { } file ? new SqliteInsightStore(file, time) : new MemoryInsightStore(time);

    private string? FileInForce(StoreOptions store) => !string.IsNullOrEmpty(File) ? File
        : !store.IsBlobStorage && store.Directory is { } directory ? Path.Combine(directory, FileInDirectory)
        : null;
}
