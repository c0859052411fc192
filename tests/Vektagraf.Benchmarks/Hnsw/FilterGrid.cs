using System.Diagnostics;
using System.Globalization;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>
/// Filtered search at several selectivities beside the two plain ways: scanning the matches, and searching unfiltered for more rows and
/// dropping those that do not match. Filters accept rows at random, or those nearest to a pivot, for queries near it or far from it.
/// </summary>
internal static class FilterGrid
{
    private const int Queries = 100;
    private const int Passes = 5;
    private const int K = GroundTruth.K;

    private static readonly double[] Shares = [0.0001, 0.001, 0.01, 0.1, 0.5, 0.99];

    /// <summary>Measures and prints.</summary>
    public static void Run(VectorSet set, HnswIndex index, int ef, TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nFiltered, {index.ActiveQuantization}, ef {ef}, {Queries} queries, one thread\n"));
        output.WriteLine("| Accepted | Filter | recall@10 | hops | µs/query | exact over matches, µs | unfiltered with k/share, µs (recall) |");
        output.WriteLine("|---|---|---|---|---|---|---|");
        float[] pivot = set.Query(0).ToArray();
        int[] byPivot = [.. Enumerable.Range(0, set.Rows).OrderBy(row => VectorMath.SquaredEuclidean(pivot, set.Base.AsSpan(row * set.Dimensions, set.Dimensions)))];
        int[] queries = [.. Enumerable.Range(1, set.QueryCount - 1).OrderBy(query => VectorMath.SquaredEuclidean(pivot, set.Query(query)))];
        foreach (double share in Shares)
        {
            int matches = Math.Max(1, (int)(share * set.Rows));
            var random = new Random(5);
            int[] anywhere = [.. Enumerable.Range(0, set.Rows)];
            random.Shuffle(anywhere);
            Measure("random", share, anywhere.AsSpan(0, matches), queries[..Queries], set, index, ef, output);
            Measure("correlated", share, byPivot.AsSpan(0, matches), queries[..Queries], set, index, ef, output);
            Measure("anti-correlated", share, byPivot.AsSpan(0, matches), queries[^Queries..], set, index, ef, output);
        }
    }

    private static void Measure(string name, double share, ReadOnlySpan<int> accepted, int[] queries, VectorSet set, HnswIndex index, int ef, TextWriter output)
    {
        ulong[] words = new ulong[(set.Rows + 63) / 64];
        foreach (int row in accepted)
        {
            words[row / 64] |= 1UL << (row % 64);
        }

        var filter = new BitmapFilter(words);
        var scratch = new SearchScratch();
        var walk = new SearchParameters(K) { EfSearch = ef };
        SearchParameters exact = walk with { Exact = true };
        int[][] truth = [.. queries.Select(query => Ids(index.Search(set.Query(query), exact, filter, default(OrdinalTieBreaker), scratch)))];
        long hops = 0;
        int[][] found = [.. queries.Select(query =>
        {
            int[] ids = Ids(index.Search(set.Query(query), walk, filter, default(OrdinalTieBreaker), scratch));
            hops += scratch.Statistics.Hops;
            return ids;
        })];
        int wide = (int)Math.Min(set.Rows, Math.Ceiling(K / share));
        SearchParameters after = new SearchParameters(wide) { EfSearch = Math.Max(ef, wide) };
        int[][] dropped = [.. queries.Select(query => Ids(index.Search(set.Query(query), after, default(AcceptAll), default(OrdinalTieBreaker), scratch)).Where(filter.Accepts).Take(K).ToArray())];
        double Time(Action<int> search) => Median(queries, search);
        double walked = Time(query => index.Search(set.Query(query), walk, filter, default(OrdinalTieBreaker), scratch));
        double scanned = Time(query => index.Search(set.Query(query), exact, filter, default(OrdinalTieBreaker), scratch));
        double filteredAfter = Time(query => index.Search(set.Query(query), after, default(AcceptAll), default(OrdinalTieBreaker), scratch));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {share:P2} | {name} | {Recall(found, truth):F3} | {hops / (double)queries.Length:F0} | {walked:F0} | {scanned:F0} | {filteredAfter:F0} ({Recall(dropped, truth):F3}) |"));
    }

    private static double Median(int[] queries, Action<int> search)
    {
        double[] times = new double[Passes];
        for (int pass = 0; pass < Passes; pass++)
        {
            long start = Stopwatch.GetTimestamp();
            Array.ForEach(queries, search);
            times[pass] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / queries.Length;
        }

        Array.Sort(times);
        return times[Passes / 2];
    }

    private static int[] Ids(ReadOnlySpan<Neighbor> found) => Array.ConvertAll(found.ToArray(), neighbor => neighbor.Ordinal);

    private static double Recall(int[][] found, int[][] truth) => found.Zip(truth, (ids, nearest) => ids.Intersect(nearest).Count() / (double)nearest.Length).Average();
}
