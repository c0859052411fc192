using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;

namespace Vektagraf.Benchmarks.Text;

/// <summary>BM25 top 10 beside SQLite's FTS5 in the same process: time of queries, size of the index, rate of indexing.</summary>
internal sealed class TextCommand : IBenchmarkCommand
{
    private const int Passes = 5;
    private const int Seed = 7;

    private static readonly (string Name, int Words, Func<string[], string> Ours, Func<string[], string> Theirs)[] Kinds =
    [
        ("1 word", 1, static w => w[0], static w => w[0]),
        ("2 words, any", 2, static w => string.Join(' ', w), static w => string.Join(" OR ", w)),
        ("4 words, any", 4, static w => string.Join(' ', w), static w => string.Join(" OR ", w)),
        ("2 words, all", 2, static w => string.Join(' ', w.Select(x => "+" + x)), static w => string.Join(' ', w)),
        ("4 words, all", 4, static w => string.Join(' ', w.Select(x => "+" + x)), static w => string.Join(' ', w)),
        ("prefix of 4 letters", 1, static w => w[0][..Math.Min(4, w[0].Length)] + "*", static w => w[0][..Math.Min(4, w[0].Length)] + "*"),
    ];

    /// <inheritdoc/>
    public string Verb => "text";

    /// <inheritdoc/>
    public string Description => "BM25 top 10 beside SQLite FTS5: [--corpus docs|synthetic] [--documents 1000000] [--queries 30]";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        string[] given = arguments.ToArray();
        string? Value(string name) => Array.IndexOf(given, name) is int at and >= 0 && at + 1 < given.Length ? given[at + 1] : null;
        int documents = int.Parse(Value("--documents") ?? "1000000", CultureInfo.InvariantCulture);
        int queries = int.Parse(Value("--queries") ?? "30", CultureInfo.InvariantCulture);
        output.WriteLine(RunHeader.Describe(Verb, given));
        if (Value("--corpus") is null or "docs")
        {
            RunAsync(TextCorpus.DotnetDocs(), queries, output).GetAwaiter().GetResult();
        }

        if (Value("--corpus") is null or "synthetic")
        {
            RunAsync(TextCorpus.Synthetic(documents, Seed), queries, output).GetAwaiter().GetResult();
        }

        return 0;
    }

    private static async Task RunAsync(TextCorpus corpus, int queries, TextWriter output)
    {
        MemoryObjectStore store = new();
        await using VektagrafDatabase database = new(store);
        double untokenized = await MeasureImportAsync(database, "other", "{}", corpus);
        string fields = string.Join(',', corpus.Fields.Select(f => $$"""{{JsonSerializer.Serialize(f)}}:{"type":"text"}"""));
        long start = Stopwatch.GetTimestamp();
        double imported = await MeasureImportAsync(database, "docs", $$"""{"fields":{{{fields}}} }""", corpus);
        Collection collection = await database.GetCollectionAsync("docs", default);
        while ((await collection.GetStatisticsAsync(default)).TextPending >= 2048)
        {
            await Task.Delay(20);
        }

        double merged = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await SearchAsync(collection, "warm");
        double indexing = await MeasureIndexingAsync(store);
        start = Stopwatch.GetTimestamp();
        using Fts5 peer = new(corpus);
        double peerIndexing = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int count = corpus.Documents.Length;
        long bytes = (await collection.GetStatisticsAsync(default)).TextBytes;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{corpus.Name}: {count:N0} documents, {queries} queries of each kind, medians of {Passes} passes in turns\n"));
        output.WriteLine("| | Vektagraf | FTS5 | FTS5 / Vektagraf |");
        output.WriteLine("|---|---|---|---|");
        Row(output, "indexing, documents/s", count / indexing, count / peerIndexing, peerIndexing / indexing, "N0");
        Row(output, "bytes of index per document", bytes / (double)count, peer.Bytes / (double)count, peer.Bytes / (double)bytes, "N1");
        foreach (var kind in Kinds)
        {
            await MeasureAsync(corpus, collection, peer, kind, queries, output);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nImport into a store in memory with the index built beside: {count / imported:N0} objects/s acknowledged, all indexed and merged after {merged:F1} s; without text fields {count / untokenized:N0} objects/s."));
    }

    private static async Task<double> MeasureImportAsync(VektagrafDatabase database, string name, string definition, TextCorpus corpus)
    {
        (Collection collection, _) = await database.PutCollectionAsync(name, CollectionJson.Read(Encoding.UTF8.GetBytes(definition)), default);
        long start = Stopwatch.GetTimestamp();
        await collection.ImportAsync(Enumerable.Range(0, corpus.Documents.Length).Select(i => Draft(corpus, i)), progress: null, default);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>What loading costs: the first search of a loaded collection takes all texts in.</summary>
    private static async Task<double> MeasureIndexingAsync(IObjectStore store)
    {
        await using VektagrafDatabase database = new(store, new VektagrafOptions { IndexesInBackground = false });
        Collection collection = await database.GetCollectionAsync("docs", default);
        await collection.WarmAsync(default);
        long start = Stopwatch.GetTimestamp();
        await SearchAsync(collection, "warm");
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task MeasureAsync(
        TextCorpus corpus, Collection collection, Fts5 peer, (string Name, int Words, Func<string[], string> Ours, Func<string[], string> Theirs) kind, int queries, TextWriter output)
    {
        List<string[]> drawn = corpus.Queries(queries, kind.Words, Seed);
        double[][] ours = [.. drawn.Select(_ => new double[Passes])];
        double[][] theirs = [.. drawn.Select(_ => new double[Passes])];
        await WarmUpAsync(collection, kind.Ours, drawn);
        for (int pass = -1; pass < Passes; pass++)
        {
            for (int i = 0; i < drawn.Count; i++)
            {
                string query = kind.Ours(drawn[i]);
                long start = Stopwatch.GetTimestamp();
                int found = (await SearchAsync(collection, query)).Hits.Count;
                double took = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
                string peerQuery = kind.Theirs(drawn[i]);
                start = Stopwatch.GetTimestamp();
                int peerFound = peer.Search(peerQuery);
                double peerTook = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
                if (found == 0 || peerFound == 0)
                {
                    throw new InvalidOperationException($"'{query}' finds {found} here and {peerFound} there: its words are from a document.");
                }

                if (pass >= 0)
                {
                    (ours[i][pass], theirs[i][pass]) = (took, peerTook);
                }
            }
        }

        double[] our = Array.ConvertAll(ours, Median);
        double[] their = Array.ConvertAll(theirs, Median);
        double worst = our.Zip(their, (a, b) => b / a).Min();
        Row(output, kind.Name + ", median µs", Median(our), Median(their), Median([.. our.Zip(their, (a, b) => b / a)]), "N0");
        Row(output, kind.Name + ", mean µs; least ratio of a query", our.Average(), their.Average(), worst, "N0");
    }

    /// <summary>Long enough for the JIT to recompile what is hot.</summary>
    private static async Task WarmUpAsync(Collection collection, Func<string[], string> query, List<string[]> drawn)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(0.7); i++)
        {
            await SearchAsync(collection, query(drawn[i % drawn.Count]));
        }
    }

    private static Task<SearchResponse> SearchAsync(Collection collection, string query) =>
        collection.SearchAsync(new SearchRequest { Text = new TextQuery { Query = query }, Consistency = ReadConsistency.Eventual }, default);

    private static ObjectDraft Draft(TextCorpus corpus, int number) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"d{number}"),
        Properties = JsonSerializer.SerializeToUtf8Bytes(corpus.Fields.Zip(corpus.Documents[number]).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal)),
        Vectors = [],
    };

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static void Row(TextWriter output, string what, double ours, double theirs, double ratio, string format) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"| {what} | {ours.ToString(format, CultureInfo.InvariantCulture)} | {theirs.ToString(format, CultureInfo.InvariantCulture)} | {ratio:F1} × |"));
}
