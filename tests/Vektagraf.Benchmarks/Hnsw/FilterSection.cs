using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>
/// Filtered search at several selectivities beside the plain ways: scanning the matches, searching unfiltered for more rows and dropping
/// those that do not match, and hnswlib's callback. Filters accept rows at random, or those nearest to a pivot, for queries near it or far from it.
/// </summary>
internal sealed class FilterSection : IDisposable
{
    private const int Queries = 30;
    private const int K = MeasuredSet.K;

    private static readonly double[] Shares = [0.0001, 0.001, 0.01, 0.1, 0.5, 0.99];

    private readonly VectorSet _set;
    private readonly HnswIndex _index;
    private readonly HnswBenchmarkOptions _options;
    private readonly TextWriter _output;
    private readonly PeerProcess? _peer;
    private readonly string _maskFile;

    private FilterSection(MeasuredSet set, HnswBenchmarkOptions options, TextWriter output)
    {
        _set = set.Set;
        _options = options;
        _output = output;
        HnswIndex built = OwnContender.Built(_set, options.Kinds[0], options);

        // The same index with the plan that chooses between walk and scan.
        _index = HnswIndex.Load(built.Serialize(), default(ReadOnlySpan<float>), built.Options with { ExactRowsPerCandidate = new HnswOptions().ExactRowsPerCandidate });
        string data = set.WriteTo(options.Work);
        _maskFile = Path.Combine(data, "mask.bin");
        if (options.Peers is { } peers)
        {
            PeerKind kind = PeerKind.All[0];
            PeerContender.BuildMissing([kind], data, options);
            _peer = new PeerProcess(peers, data, kind, options.EfConstruction);
            _peer.Ask(new JsonObject { ["name"] = "load", ["file"] = kind.FileIn(data, options.EfConstruction) });
        }
    }

    /// <summary>Measures and prints.</summary>
    public static void Run(MeasuredSet set, HnswBenchmarkOptions options, TextWriter output)
    {
        using var section = new FilterSection(set, options, output);
        section.Run();
    }

    /// <inheritdoc/>
    public void Dispose() => _peer?.Dispose();

    private void Run()
    {
        _output.WriteLine(Text.Of($"\n### Filtered search: {_set.Name}, {_index.ActiveQuantization}, ef {_options.FilterEf}, one thread\n"));
        _output.WriteLine(Text.Of($"Speeds are ours as a multiple of: scanning the matches exactly; an unfiltered search for k/share rows, filtered afterwards; hnswlib M16 with a filter callback at the same ef. In brackets their recall. Medians of {_options.Rounds} turns of {Queries} queries.\n"));
        _output.WriteLine("| Accepted | Filter | recall@10 | queries/s | × exact over matches | × filtered afterwards (recall) | × hnswlib callback (recall) |");
        _output.WriteLine("|---|---|---|---|---|---|---|");
        float[] pivot = _set.Query(0).ToArray();
        int[] byPivot = [.. Enumerable.Range(0, _set.Rows).OrderBy(row => VectorMath.SquaredEuclidean(pivot, _set.Base.AsSpan(row * _set.Dimensions, _set.Dimensions)))];
        int[] queries = [.. Enumerable.Range(1, _set.QueryCount - 1).OrderBy(query => VectorMath.SquaredEuclidean(pivot, _set.Query(query)))];
        int[] anywhere = [.. Enumerable.Range(0, _set.Rows)];
        new Random(5).Shuffle(anywhere);
        foreach (double share in Shares)
        {
            int matches = Math.Max(1, (int)(share * _set.Rows));
            Measure("random", share, anywhere.AsSpan(0, matches), queries[..Queries]);
            Measure("correlated", share, byPivot.AsSpan(0, matches), queries[..Queries]);
            Measure("anti-correlated", share, byPivot.AsSpan(0, matches), queries[^Queries..]);
        }
    }

    private void Measure(string name, double share, ReadOnlySpan<int> accepted, int[] queries)
    {
        ulong[] words = new ulong[(_set.Rows + 63) / 64];
        byte[] mask = new byte[_set.Rows];
        foreach (int row in accepted)
        {
            words[row / 64] |= 1UL << (row % 64);
            mask[row] = 1;
        }

        var filter = new BitmapFilter(words);
        SearchParameters walk = new(K) { EfSearch = _options.FilterEf };
        SearchParameters exact = walk with { Exact = true };
        int wide = (int)Math.Min(_set.Rows, Math.Ceiling(K / share));
        SearchParameters after = new(wide) { EfSearch = Math.Max(_options.FilterEf, wide) };
        int[][] truth = Found(queries, exact, filter);
        int[][] dropped = [.. Found(queries, after, default(AcceptAll)).Select(ids => ids.Where(filter.Accepts).Take(K).ToArray())];
        double recall = Recall(Found(queries, walk, filter), truth);
        var works = new List<Func<double>>
        {
            () => Time(queries, walk, filter),
            () => Time(queries, exact, filter),
            () => Time(queries, after, default(AcceptAll)),
        };
        string peer = "–";
        if (_peer is not null)
        {
            File.WriteAllBytes(_maskFile, mask);
            peer = Text.Of($" ({Recall(Ask(queries), truth):F3})");
            works.Add(() => _peer.Ask(new JsonObject { ["name"] = "filtered" }).GetProperty("seconds").GetDouble());
        }

        double[] seconds = Turns.Medians(_options.Rounds, [.. works]);
        peer = works.Count > 3 ? Text.Of($"{seconds[3] / seconds[0]:F1}{peer}") : peer;
        _output.WriteLine(Text.Of($"| {share:P2} | {name} | {recall:F3} | {queries.Length / seconds[0]:N0} | {seconds[1] / seconds[0]:F2} | {seconds[2] / seconds[0]:F2} ({Recall(dropped, truth):F3}) | {peer} |"));
    }

    private int[][] Ask(int[] queries)
    {
        var command = new JsonObject
        {
            ["name"] = "filter",
            ["file"] = Path.GetFullPath(_maskFile),
            ["queries"] = JsonSerializer.SerializeToNode(queries),
            ["ef"] = _options.FilterEf,
        };
        return _peer!.Ask(command).GetProperty("ids").Deserialize<int[][]>()!;
    }

    private int[][] Found<TFilter>(int[] queries, SearchParameters parameters, TFilter filter)
        where TFilter : struct, IOrdinalFilter
    {
        var scratch = new SearchScratch();
        return [.. queries.Select(query => OwnContender.Ids(_index.Search(_set.Query(query), parameters, filter, default(OrdinalTieBreaker), scratch)))];
    }

    /// <summary>Seconds of a pass, after one that brings what it reads into the caches: else the first of two ways to read the same rows would pay for both.</summary>
    private double Time<TFilter>(int[] queries, SearchParameters parameters, TFilter filter)
        where TFilter : struct, IOrdinalFilter
    {
        Pass(queries, parameters, filter);
        long start = Stopwatch.GetTimestamp();
        Pass(queries, parameters, filter);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private void Pass<TFilter>(int[] queries, SearchParameters parameters, TFilter filter)
        where TFilter : struct, IOrdinalFilter
    {
        foreach (int query in queries)
        {
            _index.Search(_set.Query(query), parameters, filter, default(OrdinalTieBreaker), _scratch);
        }
    }

    private readonly SearchScratch _scratch = new();

    private static double Recall(int[][] found, int[][] truth) => found.Zip(truth, (ids, nearest) => ids.Intersect(nearest).Count() / (double)nearest.Length).Average();
}
