using System.Diagnostics;
using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>What the first answer of a node costs that knows nothing yet.</summary>
internal sealed class ColdOpenPart : IStoragePart
{
    private const double MostRequests = 4;

    public string Name => "cold";

    public async Task RunAsync(StorageContext context)
    {
        foreach (string kind in context.Stores.Kinds)
        {
            // Azurite dates objects itself, so that nothing there is old enough to be removed; it is not in the way of opening.
            var time = new ShiftedTime();
            IObjectStore store = await context.Stores.OpenAsync(kind, time);
            await using (var database = new VektagrafDatabase(store, new VektagrafOptions { Time = time }))
            {
                Collection collection = await StorageContext.CreateAsync(database);
                await collection.ImportAsync(Enumerable.Range(0, context.Options.ColdObjects).Select(n => Articles.Make(n)), progress: null, CancellationToken.None);
                await StorageContext.CompactAsync(collection, time);
            }

            var passes = new List<Pass>();
            for (int pass = 0; pass <= context.Options.Passes; pass++)
            {
                passes.Add(await OpenAsync(store, time, context.Options.ColdObjects, pass));
            }

            Report(context, kind, [.. passes.Skip(1)]);
        }
    }

    private void Report(StorageContext context, string kind, IReadOnlyList<Pass> passes)
    {
        string what = FormattableString.Invariant($"first GET from a cold shard of {context.Options.ColdObjects:N0} objects");
        double Median(Func<Pass, double> value) => StorageContext.Median(passes.Select(value));
        context.Report.AddAtMost(Name, kind, $"{what}: requests", Median(p => p.Requests), string.Empty, MostRequests);
        context.Report.Add(Name, kind, $"{what}: before that, for the collection's definition", Median(p => p.Catalog), string.Empty);
        context.Report.Add(Name, kind, $"{what}: of these, for things that do not exist", Median(p => p.Missing), string.Empty);
        context.Report.Add(Name, kind, $"{what}: bytes", Median(p => p.Bytes / 1e6), "MB");
        context.Report.Add(Name, kind, $"{what}: time", Median(p => p.Milliseconds), "ms");
    }

    private static async Task<Pass> OpenAsync(IObjectStore store, TimeProvider time, int objects, int pass)
    {
        var counting = new CountingObjectStore(store);
        await using var database = new VektagrafDatabase(counting, new VektagrafOptions { Time = time });
        long startedAt = Stopwatch.GetTimestamp();
        Collection collection = await database.GetCollectionAsync(StorageContext.CollectionName, CancellationToken.None);
        long catalog = counting.Snapshot().Requests;
        string id = Articles.Id((int)((long)objects * (pass + 1) / 13 % objects));
        await collection.GetAsync(id, withVectors: false, ReadConsistency.Strong, CancellationToken.None);

        // What it reads on in the background is not part of the first answer.
        double milliseconds = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
        StoreCounts counts = counting.Snapshot();
        return new Pass(catalog, counts.Requests - catalog, counts.Missing, counts.Get.Bytes, milliseconds);
    }

    private sealed record Pass(long Catalog, long Requests, long Missing, long Bytes, double Milliseconds);
}
