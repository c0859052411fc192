using System.Diagnostics;
using System.Globalization;
using Vektagraf.Collections;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>Commits of one shard by clients that each wait for their answer before they write again.</summary>
internal sealed class CommitPart : IStoragePart
{
    private const double LeastGain = 20;
    private const int ObjectsPerClient = 100;
    private static readonly int[] Clients = [1, 16, 64];

    public string Name => "commits";

    public async Task RunAsync(StorageContext context)
    {
        foreach (string kind in context.Stores.Kinds)
        {
            var store = new CountingObjectStore(await context.Stores.OpenAsync(kind));
            await using var database = new VektagrafDatabase(store);
            await MeasureAsync(database, store, "warm-up", Clients[^1], context.Options.Seconds);
            var passes = Clients.ToDictionary(c => c, _ => new List<Pass>());
            for (int pass = 0; pass < context.Options.Passes; pass++)
            {
                foreach (int clients in Clients)
                {
                    string name = string.Create(CultureInfo.InvariantCulture, $"c{clients}-{pass}");
                    passes[clients].Add(await MeasureAsync(database, store, name, clients, context.Options.Seconds));
                }
            }

            Report(context.Report, kind, passes);
        }
    }

    private void Report(StorageReport report, string kind, Dictionary<int, List<Pass>> passes)
    {
        foreach ((int clients, List<Pass> measured) in passes)
        {
            string who = clients == 1 ? "1 client" : $"{clients} clients";
            double Median(Func<Pass, double> value) => StorageContext.Median(measured.Select(value));
            report.Add(Name, kind, $"{who}: commits", Median(p => p.CommitsPerSecond), "/s");
            report.Add(Name, kind, $"{who}: latency p50", Median(p => p.P50), "ms");
            report.Add(Name, kind, $"{who}: latency p99", Median(p => p.P99), "ms");
            report.Add(Name, kind, $"{who}: PUTs per commit", Median(p => p.PutsPerCommit), string.Empty);
        }

        // Pass by pass: a slow moment of the machine strikes both.
        int most = Clients[^1];
        double gain = StorageContext.Median(passes[most].Zip(passes[1], (many, one) => many.CommitsPerSecond / one.CommitsPerSecond));
        report.AddAtLeast(Name, kind, $"{most} clients against 1", gain, "×", LeastGain);
    }

    private static async Task<Pass> MeasureAsync(VektagrafDatabase database, CountingObjectStore store, string name, int clients, double seconds)
    {
        Collection collection = await StorageContext.CreateAsync(database, name);
        await collection.WarmAsync(CancellationToken.None);

        // Made beforehand: making them is not what is measured.
        ObjectDraft[][] articles = [.. Enumerable.Range(0, clients)
            .Select(client => Enumerable.Range(client * ObjectsPerClient, ObjectsPerClient).Select(n => Articles.Make(n)).ToArray())];
        StoreCounts before = store.Snapshot();
        long startedAt = Stopwatch.GetTimestamp();
        Latencies[] latencies = await Task.WhenAll(articles
            .Select(own => Task.Run(() => WriteAsync(collection, own, startedAt, seconds))));
        double elapsed = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        long puts = store.Snapshot().Since(before).Put.Requests;
        var all = new Latencies();
        Array.ForEach(latencies, all.Add);
        return new Pass(all.Count / elapsed, all.Milliseconds(50), all.Milliseconds(99), (double)puts / all.Count);
    }

    private static async Task<Latencies> WriteAsync(Collection collection, ObjectDraft[] articles, long startedAt, double seconds)
    {
        var latencies = new Latencies();
        for (int number = 0; Stopwatch.GetElapsedTime(startedAt).TotalSeconds < seconds; number++)
        {
            long sentAt = Stopwatch.GetTimestamp();
            await collection.SaveAsync(articles[number % articles.Length], default, CancellationToken.None);
            latencies.RecordSince(sentAt);
        }

        return latencies;
    }

    private sealed record Pass(double CommitsPerSecond, double P50, double P99, double PutsPerCommit);
}
