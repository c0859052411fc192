using System.Diagnostics;
using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Storage;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>How long after its answer a write is read, on the node that wrote it and on another one that hears of it from the store only.</summary>
internal sealed class ReadYourWritePart : IStoragePart
{
    private const int WritesPerPass = 200;

    public string Name => "reads";

    public async Task RunAsync(StorageContext context)
    {
        foreach (string kind in context.Stores.Kinds)
        {
            IObjectStore store = await context.Stores.OpenAsync(kind);
            await using var writer = new VektagrafDatabase(store);
            await using var reader = new VektagrafDatabase(store);
            Collection written = await StorageContext.CreateAsync(writer);
            Collection other = await reader.GetCollectionAsync(StorageContext.CollectionName, CancellationToken.None);
            await MeasureAsync(written, other, strong: true);
            var (same, strong, session) = (new List<Latencies>(), new List<Latencies>(), new List<Latencies>());
            for (int pass = 0; pass < context.Options.Passes; pass++)
            {
                same.Add(await MeasureAsync(written, written, strong: true));
                strong.Add(await MeasureAsync(written, other, strong: true));
                session.Add(await MeasureAsync(written, other, strong: false));
            }

            Report(context.Report, kind, "strong read, same node", same);
            Report(context.Report, kind, "strong read, another node", strong);
            Report(context.Report, kind, "session read, another node", session);
        }
    }

    private void Report(StorageReport report, string kind, string what, List<Latencies> passes)
    {
        report.Add(Name, kind, $"{what} of what was just written: p50", StorageContext.Median(passes.Select(p => p.Milliseconds(50))), "ms");
        report.Add(Name, kind, $"{what} of what was just written: p99", StorageContext.Median(passes.Select(p => p.Milliseconds(99))), "ms");
    }

    private static async Task<Latencies> MeasureAsync(Collection writer, Collection reader, bool strong)
    {
        var latencies = new Latencies();
        for (int number = 0; number < WritesPerPass; number++)
        {
            WriteResult result = await writer.SaveAsync(Articles.Make(number), default, CancellationToken.None);
            ReadConsistency consistency = strong ? ReadConsistency.Strong : new ReadConsistency(ConsistencyLevel.Session, Session: result.Session);
            long startedAt = Stopwatch.GetTimestamp();
            StoredObject read = await reader.GetAsync(Articles.Id(number), withVectors: false, consistency, CancellationToken.None);
            latencies.RecordSince(startedAt);
            if (read.ETag != result.ETag)
            {
                throw new InvalidOperationException($"{read.Id} was read as {read.ETag} after it was written as {result.ETag}.");
            }
        }

        return latencies;
    }
}
