using Vektagraf.Collections;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>Bytes written to the store for each byte of user data, while objects are overwritten at random and maintenance runs.</summary>
internal sealed class AmplificationPart : IStoragePart
{
    private const int OverwritesPerObject = 10;
    private const int WritesBetweenMaintenance = 10_000;
    private const int Seed = 1;

    public string Name => "amplification";

    public async Task RunAsync(StorageContext context)
    {
        // The same bytes on every store.
        var time = new ShiftedTime();
        var store = new CountingObjectStore(await context.Stores.OpenAsync(BenchmarkStores.Directory, time));
        await using var database = new VektagrafDatabase(store, new VektagrafOptions { Time = time });
        Collection collection = await StorageContext.CreateAsync(database);
        var random = new Random(Seed);
        int objects = Math.Max(1, context.Options.Overwrites / OverwritesPerObject);
        long userBytes = 0;
        for (int written = 0; written < context.Options.Overwrites; written += WritesBetweenMaintenance)
        {
            int from = written;
            int count = Math.Min(WritesBetweenMaintenance, context.Options.Overwrites - written);
            var articles = Enumerable.Range(0, count).Select(i =>
            {
                ObjectDraft article = Articles.Make(random.Next(objects), from + i);
                userBytes += Articles.Bytes(article);
                return article;
            });
            await collection.ImportAsync(articles, progress: null, CancellationToken.None);
            await collection.MaintainAsync(new() { FoldEntries = 1 }, CancellationToken.None);
        }

        StoreCounts counts = store.Snapshot();
        string what = FormattableString.Invariant($"{context.Options.Overwrites:N0} writes to {objects:N0} objects, uniformly at random");
        context.Report.Add(Name, BenchmarkStores.Directory, $"{what}: user data", userBytes / 1e6, "MB");
        context.Report.Add(Name, BenchmarkStores.Directory, $"{what}: bytes put", counts.Put.Bytes / 1e6, "MB");
        context.Report.Add(Name, BenchmarkStores.Directory, $"{what}: write amplification, log included", (double)counts.Put.Bytes / userBytes, "×");
        await StorageContext.CompactAsync(collection, time);
        (long bytes, _) = await StorageContext.SizeAsync(store);
        long live = (await collection.ExportAsync(asOf: null, CancellationToken.None)).Sum(o => (long)o.Id.Length + o.Properties.Length);
        context.Report.Add(Name, BenchmarkStores.Directory, $"{what}: stored after collection, against live raw data", (double)bytes / live, "×");
    }
}
