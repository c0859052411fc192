using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Benchmarks.Hnsw;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Storage;
using Vektagraf.TestKit;

namespace Vektagraf.Benchmarks.Ivf;

/// <summary>How fast vectors are taken in: acknowledged durable and searchable, and linked into the graph behind that.</summary>
internal sealed class IngestCommand : IBenchmarkCommand
{
    private const int Passes = 5;
    private const int LeftPending = 256;

    /// <inheritdoc/>
    public string Verb => "ingest";

    /// <inheritdoc/>
    public string Description => "vectors/s acknowledged on a directory store, with and without the graph built beside, and vectors/s linked; [--sets sift100k] [--peers <folder>]";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        string[] given = arguments.ToArray();
        string? Value(string name) => Array.IndexOf(given, name) is int at and >= 0 && at + 1 < given.Length ? given[at + 1] : null;
        string name = Value("--sets") ?? "sift100k";
        if (VectorSet.Load(name) is not { } set)
        {
            output.WriteLine($"{name}: not here, skipped. Set VEKTAGRAF_DATA to the folder of vector sets.");
            return 1;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{set.Name}: {set.Rows:N0} × {set.Dimensions}, directory store, every put flushed; medians of {Passes} passes\n"));
        output.WriteLine("| What | vectors/s |");
        output.WriteLine("|---|---|");
        ObjectDraft[] drafts = [.. Enumerable.Range(0, set.Rows).Select(row => Draft(set, row))];
        Pass[] alone = [.. Enumerable.Range(0, Passes + 1).Select(_ => MeasureAsync(set, drafts, inBackground: false).GetAwaiter().GetResult()).Skip(1)];
        Pass[] beside = [.. Enumerable.Range(0, Passes + 1).Select(_ => MeasureAsync(set, drafts, inBackground: true).GetAwaiter().GetResult()).Skip(1)];
        Print("acknowledged durable, the last of them found by the next search; no graph built beside", alone.Select(p => p.Acknowledged));
        Print("the same, the graph built beside it on the same cores", beside.Select(p => p.Acknowledged));
        Print("linked into the graph, from the first write to the last link", beside.Select(p => p.Linked));
        if (Value("--peers") is { } peers)
        {
            string work = Path.Combine(Path.GetTempPath(), "vektagraf-benchmark-ingest");
            using var peer = new PeerProcess(peers, MeasuredSet.Of(set).WriteTo(work), PeerKind.All[0], efConstruction: 200);
            double seconds = peer.Ask(new JsonObject { ["name"] = "build", ["threads"] = 1, ["file"] = Path.Combine(work, "ingest.index") }).GetProperty("seconds").GetDouble();
            Print("hnswlib M16, efConstruction 200, its binding on one thread: inserted, nothing durable", [set.Rows / seconds]);
        }

        return 0;

        void Print(string what, IEnumerable<double> rates) =>
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {rates.Order().ElementAt(rates.Count() / 2):N0} |"));
    }

    private static async Task<Pass> MeasureAsync(VectorSet set, ObjectDraft[] drafts, bool inBackground)
    {
        using var directory = new TemporaryDirectory();
        await using var node = new VektagrafDatabase(new DirectoryObjectStore(directory.Path), new VektagrafOptions { IndexesInBackground = inBackground });
        string definition = $$"""{"vectors":{"v":{"dimensions":{{set.Dimensions}},"metric":"euclidean","index":"hnsw"} } }""";
        (Collection things, _) = await node.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(definition)), default);
        long start = Stopwatch.GetTimestamp();
        await things.ImportAsync(drafts, progress: null, default);
        double acknowledged = Stopwatch.GetElapsedTime(start).TotalSeconds;
        SearchResponse found = await things.SearchAsync(new SearchRequest { Vector = new VectorQuery { Id = drafts[^1].Id }, K = 1, Params = new SearchParams { Exact = true } }, default);
        if (found.Hits.Count != 1)
        {
            throw new InvalidOperationException("What was acknowledged is not found.");
        }

        // Waits for the thread that links, which leaves the last few to be scanned.
        while (inBackground && (await things.GetStatisticsAsync(default)).Vectors["v"].Pending >= LeftPending)
        {
            await Task.Delay(20);
        }

        return new Pass(set.Rows / acknowledged, set.Rows / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static ObjectDraft Draft(VectorSet set, int row) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"o{row:d8}"),
        Properties = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{row}}}""")),
        Vectors = [new NamedVector("v", set.Base.AsMemory(row * set.Dimensions, set.Dimensions))],
    };

    private sealed record Pass(double Acknowledged, double Linked);
}
