using System.Diagnostics;
using Vektagraf.Collections;
using Vektagraf.Compaction;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>How fast a log becomes a segment.</summary>
internal sealed class FoldPart : IStoragePart
{
    public string Name => "fold";

    public async Task RunAsync(StorageContext context)
    {
        var options = new CompactionOptions { FoldEntries = 1, TierWidth = int.MaxValue };
        foreach (string kind in context.Stores.Kinds)
        {
            await using var database = new VektagrafDatabase(await context.Stores.OpenAsync(kind));
            Collection collection = await StorageContext.CreateAsync(database);
            var rates = new List<double>();
            for (int pass = 0; pass <= context.Options.Passes; pass++)
            {
                long bytes = 0;
                int first = pass * context.Options.ColdObjects;
                await collection.ImportAsync(
                    Enumerable.Range(first, context.Options.ColdObjects).Select(n => Count(Articles.Make(n), ref bytes)), progress: null, CancellationToken.None);
                long startedAt = Stopwatch.GetTimestamp();
                MaintenanceReport report = await collection.MaintainAsync(options, CancellationToken.None);
                double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
                if (report is not { Folds: 1, Merges: 0 })
                {
                    throw new InvalidOperationException($"Not one fold alone: {report}.");
                }

                rates.Add(bytes / 1e6 / seconds);
            }

            // The first pass was the compiler's.
            context.Report.Add(Name, kind, FormattableString.Invariant($"fold of {context.Options.ColdObjects:N0} objects, JSON"), StorageContext.Median(rates.Skip(1)), "MB/s");
        }
    }

    private static ObjectDraft Count(ObjectDraft article, ref long bytes)
    {
        bytes += Articles.Bytes(article);
        return article;
    }
}
