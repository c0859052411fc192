using System.Diagnostics;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>
/// Whether the way that a filtered search takes is the best there is: each way is also taken by force, at every selectivity and k, and the fastest counts of
/// those that find as much.
/// </summary>
internal sealed class PathSection(MeasuredSet measured, HnswBenchmarkOptions options, TextWriter output)
{
    private const int Queries = 40;
    private const double GoodRatio = 1.3, SameRecall = 0.005;

    /// <summary>A longer pool is slower than any scan.</summary>
    private const int LongestPool = 10_000;

    private static readonly double[] Shares = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99, 1];
    private static readonly int[] Ks = [1, 10, 100];

    private readonly VectorSet _set = measured.Set;
    private readonly SearchScratch _scratch = new();
    private HnswIndex _index = null!;

    /// <summary>Measures and prints.</summary>
    public static void Run(MeasuredSet set, HnswBenchmarkOptions options, TextWriter output) => new PathSection(set, options, output).Run();

    private void Run()
    {
        HnswIndex built = OwnContender.Built(_set, options.Kinds[0], options);
        _index = HnswIndex.Load(built.Serialize(), default(ReadOnlySpan<float>), built.Options with { ExactRowsPerCandidate = new HnswOptions().ExactRowsPerCandidate });
        output.WriteLine(Text.Of($"\n### The way chosen for a filtered search against the best: {_set.Name}, {_index.ActiveQuantization}, ef {options.FilterEf} or k, one thread\n"));
        output.WriteLine("µs of the way chosen, of scanning the matches, of walking with the filter, of filtering afterwards (recall@k); the last column is the chosen over the best that finds as much.\n");
        output.WriteLine("| Accepted | Filter | k | chosen | scan | inside | after | chosen / best |");
        output.WriteLine("|---|---|---|---|---|---|---|---|");
        float[] pivot = _set.Query(0).ToArray();
        int[] byPivot = [.. Enumerable.Range(0, _set.Rows).OrderBy(row => VectorMath.SquaredEuclidean(pivot, _set.Base.AsSpan(row * _set.Dimensions, _set.Dimensions)))];
        int[] queries = [.. Enumerable.Range(1, _set.QueryCount - 1).OrderBy(query => VectorMath.SquaredEuclidean(pivot, _set.Query(query)))];
        int[] anywhere = [.. Enumerable.Range(0, _set.Rows)];
        new Random(5).Shuffle(anywhere);
        var ratios = new List<double>();
        foreach (double share in Shares)
        {
            int matches = Math.Max(1, (int)(share * _set.Rows));
            foreach (int k in Ks)
            {
                ratios.Add(Measure("random", share, k, anywhere.AsSpan(0, matches), queries[..Queries]));
                ratios.Add(Measure("correlated", share, k, byPivot.AsSpan(0, matches), queries[..Queries]));
                ratios.Add(Measure("anti-correlated", share, k, byPivot.AsSpan(0, matches), queries[^Queries..]));
            }
        }

        output.WriteLine(Text.Of($"\nWithin {GoodRatio} times the best: {100.0 * ratios.Count(ratio => ratio <= GoodRatio) / ratios.Count:F1} % of {ratios.Count}; the median is {ratios.Order().ElementAt(ratios.Count / 2):F2}, the worst {ratios.Max():F2}."));
    }

    private double Measure(string name, double share, int k, ReadOnlySpan<int> accepted, int[] queries)
    {
        ulong[] words = new ulong[(_set.Rows + 63) / 64];
        foreach (int row in accepted)
        {
            words[row / 64] |= 1UL << (row % 64);
        }

        var filter = new BitmapFilter(words);
        var parameters = new SearchParameters(k) { EfSearch = Math.Max(k, options.FilterEf) };
        int[][] truth = Found(queries, parameters with { Exact = true }, filter);
        FilterAccess[] ways = share >= 1.4 * k / LongestPool ? [FilterAccess.Auto, FilterAccess.Scan, FilterAccess.Inside, FilterAccess.After] : [FilterAccess.Auto, FilterAccess.Scan, FilterAccess.Inside];
        double[] recalls = [.. ways.Select(way => Recall(Found(queries, parameters with { FilterAccess = way }, filter), truth))];
        double[] micros = [.. Turns.Medians(options.Rounds, [.. ways.Select(way => (Func<double>)(() => Time(queries, parameters with { FilterAccess = way }, filter)))]).Select(seconds => 1e6 * seconds / queries.Length)];
        double best = Enumerable.Range(0, ways.Length).Where(way => recalls[way] >= recalls[0] - SameRecall).Min(way => micros[way]);
        string Cell(int way) => way < ways.Length ? Text.Of($"{micros[way]:F1} ({recalls[way]:F3})") : "–";
        output.WriteLine(Text.Of($"| {share:P2} | {name} | {k} | {Cell(0)} | {Cell(1)} | {Cell(2)} | {Cell(3)} | {micros[0] / best:F2} |"));
        return micros[0] / best;
    }

    private int[][] Found(int[] queries, SearchParameters parameters, BitmapFilter filter) =>
        [.. queries.Select(query => OwnContender.Ids(_index.Search(_set.Query(query), parameters, filter, default(OrdinalTieBreaker), _scratch)))];

    private double Time(int[] queries, SearchParameters parameters, BitmapFilter filter)
    {
        Pass(queries, parameters, filter);
        long start = Stopwatch.GetTimestamp();
        Pass(queries, parameters, filter);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private void Pass(int[] queries, SearchParameters parameters, BitmapFilter filter)
    {
        foreach (int query in queries)
        {
            _index.Search(_set.Query(query), parameters, filter, default(OrdinalTieBreaker), _scratch);
        }
    }

    private static double Recall(int[][] found, int[][] truth) => found.Zip(truth, (ids, nearest) => ids.Intersect(nearest).Count() / (double)nearest.Length).Average();
}
