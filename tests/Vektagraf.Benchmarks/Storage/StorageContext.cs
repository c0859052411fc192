using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>What the parts of the benchmark share.</summary>
internal sealed record StorageContext(StorageOptions Options, BenchmarkStores Stores, StorageReport Report)
{
    public const string CollectionName = "articles";

    /// <summary>Takes the middle value; the higher of two.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    public static async Task<Collection> CreateAsync(VektagrafDatabase database, string name = CollectionName) =>
        (await database.PutCollectionAsync(name, Articles.ReadDefinition(), CancellationToken.None)).Collection;

    /// <summary>Maintains until only what is needed is left, with the default thresholds and grace.</summary>
    public static async Task CompactAsync(Collection collection, ShiftedTime time)
    {
        await collection.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, CancellationToken.None);

        // The floor is named, becomes the floor, and then what it allows is removed.
        for (int run = 0; run < 3; run++)
        {
            time.Advance(new ShardLogOptions().CollectionGrace + TimeSpan.FromMinutes(1));
            await collection.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, CancellationToken.None);
        }
    }

    /// <summary>Bytes and count of all objects of a store.</summary>
    public static async Task<(long Bytes, long Count)> SizeAsync(IObjectStore store)
    {
        (long bytes, long count) = (0, 0);
        string? continuation = null;
        do
        {
            ListPage page = await store.ListAsync(string.Empty, continuation);
            bytes += page.Entries.Sum(e => e.Length);
            count += page.Entries.Count;
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return (bytes, count);
    }
}

/// <summary>One part of the benchmark.</summary>
internal interface IStoragePart
{
    /// <summary>What the user types.</summary>
    string Name { get; }

    /// <summary>Measures and reports.</summary>
    Task RunAsync(StorageContext context);
}
