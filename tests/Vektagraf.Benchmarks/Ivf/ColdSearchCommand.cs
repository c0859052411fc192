using System.Globalization;
using System.Text;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Benchmarks.Hnsw;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Benchmarks.Ivf;

/// <summary>What the first search of a shard costs that is only on the object store: rounds, requests, bytes, and the recall of the answer.</summary>
internal sealed class ColdSearchCommand : IBenchmarkCommand
{
    /// <inheritdoc/>
    public string Verb => "cold";

    /// <inheritdoc/>
    public string Description =>
        "first searches by range: sequential rounds, requests, share of the shard's bytes, recall@10; [--sets sift100k,fashion] [--queries 100] [--folds 1] [--recalls 0.9,0.95,0.99]; --time instead measures milliseconds on a directory and on Azurite, beside LanceDB where --peers <folder> has @lancedb/lancedb";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        string[] given = arguments.ToArray();
        string Value(string name, string otherwise) => Array.IndexOf(given, name) is int at and >= 0 && at + 1 < given.Length ? given[at + 1] : otherwise;
        int Number(string name, string otherwise) => int.Parse(Value(name, otherwise), CultureInfo.InvariantCulture);
        foreach (string name in Value("--sets", "sift100k,fashion").Split(','))
        {
            if (VectorSet.Load(name) is not { } set)
            {
                output.WriteLine($"{name}: not here, skipped. Set VEKTAGRAF_DATA to the folder of vector sets.");
                continue;
            }

            var truth = MeasuredSet.Of(set);
            if (given.Contains("--time"))
            {
                var times = new ColdTimes(truth, Math.Min(Number("--queries", "100"), set.QueryCount), Array.IndexOf(given, "--peers") >= 0 ? Value("--peers", "") : null, output);
                foreach (string recall in Value("--recalls", "0.95").Split(','))
                {
                    times.MeasureAsync(recall, store => FillAsync(store, set, recall, Number("--folds", "1"))).GetAwaiter().GetResult();
                }

                continue;
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{set.Name}: {set.Rows:N0} × {set.Dimensions}, {Number("--folds", "1")} run(s)\n"));
            output.WriteLine("| wanted recall | recall@10 | rounds: median, most | requests: median, most | bytes: median, most | share of the shard | rows scored |");
            output.WriteLine("|---|---|---|---|---|---|---|");
            foreach (string recall in Value("--recalls", "0.9,0.95,0.99").Split(','))
            {
                MeasureAsync(set, truth, recall, Number("--queries", "100"), Number("--folds", "1"), output).GetAwaiter().GetResult();
            }
        }

        return 0;
    }

    private static async Task MeasureAsync(VectorSet set, MeasuredSet truth, string recall, int queries, int folds, TextWriter output)
    {
        var store = new MemoryObjectStore();
        var (bytes, segments) = await FillAsync(store, set, recall, folds);
        var costs = new List<(int Rounds, long Requests, long Bytes)>();
        int[][] ids = new int[set.QueryCount][];
        long scored = 0;
        for (int query = 0; query < Math.Min(queries, set.QueryCount); query++)
        {
            var rounds = new RoundCountingStore(store);
            var counting = new CountingObjectStore(rounds);
            float[] vector = set.Query(query).ToArray();
            SearchResponse found = rounds.Run(async () =>
            {
                await using var node = new VektagrafDatabase(counting, new VektagrafOptions { LoadsInBackground = false });
                Collection things = await node.GetCollectionAsync("things", default);

                // The catalog is read once by a process, not once by a shard.
                StoreCounts before = counting.Snapshot();
                int roundsBefore = rounds.Rounds;
                SearchResponse response = await things.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = vector }, K = MeasuredSet.K }, default);
                StoreCounts cost = counting.Snapshot().Since(before);
                costs.Add((rounds.Rounds - roundsBefore, cost.Requests, cost.Get.Bytes));
                return response;
            });
            ids[query] = [.. found.Hits.Select(hit => int.Parse(hit.Object.Id.AsSpan(1), CultureInfo.InvariantCulture))];
            scored += found.Plan.Scored;
        }

        int asked = costs.Count;
        for (int query = asked; query < ids.Length; query++)
        {
            ids[query] = [];
        }

        double reached = truth.Recall(ids) * ids.Length / asked;
        long Median(Func<(int Rounds, long Requests, long Bytes), long> part) => costs.Select(part).Order().ElementAt(asked / 2);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {recall} | {reached:F4} | {Median(c => c.Rounds)}, {costs.Max(c => c.Rounds)} ({costs.Count(c => c.Rounds > 4)} above 4) | {Median(c => c.Requests)}, {costs.Max(c => c.Requests)} | {Median(c => c.Bytes):N0}, {costs.Max(c => c.Bytes):N0} | {100.0 * Median(c => c.Bytes) / bytes:F2} % of {bytes:N0} in {segments} | {scored / asked} |"));
    }

    private static async Task<(long Bytes, int Segments)> FillAsync(IObjectStore store, VectorSet set, string recall, int folds)
    {
        await using var node = new VektagrafDatabase(store);
        string definition = $$"""{"objective":{"recall":{{recall}},"k":10},"vectors":{"v":{"dimensions":{{set.Dimensions}},"metric":"euclidean"} } }""";
        (Collection things, _) = await node.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(definition)), default);
        for (int fold = 0; fold < folds; fold++)
        {
            int from = (int)((long)fold * set.Rows / folds);
            int to = (int)((fold + 1L) * set.Rows / folds);
            await things.ImportAsync(Enumerable.Range(from, to - from).Select(row => Draft(set, row)), progress: null, default);
            await things.MaintainAsync(new CompactionOptions { FoldEntries = 1, TierWidth = 1000 }, default);
        }

        long bytes = 0;
        int segments = 0;
        string? continuation = null;
        do
        {
            ListPage page = await store.ListAsync("c/", continuation);
            foreach (ListEntry entry in page.Entries.Where(entry => entry.Key.Contains("/seg/", StringComparison.Ordinal) && entry.Key.EndsWith("/data", StringComparison.Ordinal)))
            {
                bytes += entry.Length;
                segments++;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return (bytes, segments);
    }

    /// <summary>Ids do not go with the place of vectors, nor does what objects say.</summary>
    private static ObjectDraft Draft(VectorSet set, int row)
    {
        var random = new Random(row);
        string text = string.Join(' ', Enumerable.Range(0, 12).Select(_ => random.Next(10_000)));
        return new ObjectDraft
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"o{row:d8}"),
            Properties = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{row}},"text":"{{text}}"}""")),
            Vectors = [new NamedVector("v", set.Base.AsMemory(row * set.Dimensions, set.Dimensions))],
        };
    }
}
