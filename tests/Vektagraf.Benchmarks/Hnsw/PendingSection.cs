using System.Diagnostics;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>What vectors cost a search that are not linked yet.</summary>
internal static class PendingSection
{
    private const int Linked = 100_000, Dimensions = 128, Queries = 200;

    private static readonly int[] Pending = [0, 256, 10_000, 50_000];

    /// <summary>Measures and prints.</summary>
    public static void Run(HnswBenchmarkOptions options, TextWriter output)
    {
        int linked = Math.Min(Linked, options.Sizes[^1]);
        VectorSet set = ClusteredVectors.Make("pending", linked + Pending[^1], Queries, Dimensions, seed: 11);
        var vectors = new FlatIndex(Dimensions, DistanceMetric.Euclidean, set.Rows);
        vectors.AppendRange(set.Base.AsSpan(0, linked * Dimensions));
        var index = new HnswIndex(vectors, new HnswOptions { M = options.M, EfConstruction = options.EfConstruction, Quantization = options.Kinds[0] });
        index.IndexPending(int.MaxValue, Environment.ProcessorCount);
        vectors.AppendRange(set.Base.AsSpan(linked * Dimensions));
        var scratch = new SearchScratch();
        var walk = new SearchParameters(MeasuredSet.K) { EfSearch = 40 };
        double[] byVectors = Medians();
        long start = Stopwatch.GetTimestamp();
        index.IndexPending(1);
        double encoding = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        double[] byCodes = Medians();
        output.WriteLine(Text.Of($"\n### Vectors that are not linked yet: {linked:N0} × {Dimensions} linked, {options.Kinds[0]}, ef 40, one thread\n"));
        output.WriteLine(Text.Of($"Making codes of {Pending[^1]:N0} took {encoding:F0} ms, once.\n"));
        output.WriteLine("| Pending | µs/query, not seen by the thread that links | µs/query, encoded |");
        output.WriteLine("|---|---|---|");
        for (int i = 0; i < Pending.Length; i++)
        {
            output.WriteLine(Text.Of($"| {Pending[i]:N0} | {byVectors[i]:F1} | {byCodes[i]:F1} |"));
        }

        double[] Medians() => [.. Turns.Medians(options.Rounds, [.. Pending.Select(pending => (Func<double>)(() => Time(walk with { RowLimit = linked + pending })))]).Select(seconds => 1e6 * seconds / Queries)];

        double Time(SearchParameters parameters)
        {
            long began = Stopwatch.GetTimestamp();
            for (int query = 0; query < Queries; query++)
            {
                index.Search(set.Query(query), parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch);
            }

            return Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
    }
}
