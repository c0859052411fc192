using System.Diagnostics;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>Exact search against what the machine can multiply and read, in turns.</summary>
internal static class FlatSection
{
    private const int K = 10;
    private const int BatchQueries = 64;
    private const int SingleQueries = 8;

    /// <summary>Measures and prints.</summary>
    public static void Run(HnswBenchmarkOptions options, TextWriter output)
    {
        output.WriteLine("\n### Exact search against the machine's limits, one thread\n");
        output.WriteLine(Text.Of($"A batch reads each block of rows once for all {BatchQueries} queries and is bound by arithmetic, at 2 operations a component; one query is bound by reading memory. Limits are measured in the same turns: fused multiply-adds on registers, and the sum of an array of the index's size.\n"));
        output.WriteLine("| Rows × dim | Metric | batch GFLOP/s | multiply limit | share | one query GB/s | streaming limit | share |");
        output.WriteLine("|---|---|---|---|---|---|---|---|");
        bool isQuick = options.MostRows < int.MaxValue;
        foreach ((int rows, int dimensions) in isQuick ? [(5000, 128)] : (ReadOnlySpan<(int, int)>)[(100_000, 128), (30_000, 768)])
        {
            VectorSet set = VectorSet.Synthetic(rows, dimensions, seed: 2);
            foreach (DistanceMetric metric in Enum.GetValues<DistanceMetric>())
            {
                Measure(set, metric, options.Rounds, output);
            }
        }
    }

    private static void Measure(VectorSet set, DistanceMetric metric, int rounds, TextWriter output)
    {
        var index = new FlatIndex(set.Dimensions, metric, set.Rows);
        index.AppendRange(set.Base);
        var stream = new StreamingRead(set.Base.Length);
        var scratch = new SearchScratch();
        var found = new Neighbor[BatchQueries * K];
        int[] counts = new int[BatchQueries];
        float[] batch = set.Queries[..(BatchQueries * set.Dimensions)];
        double[] seconds = Turns.Medians(
            rounds,
            MultiplyLimit.Run,
            () => Timed(() => index.SearchBatch(batch, new SearchParameters(K), default(AcceptAll), default(OrdinalTieBreaker), scratch, found, counts)),
            () => Timed(() => stream.Read(SingleQueries, 1)),
            () => Timed(() =>
            {
                for (int i = 0; i < SingleQueries; i++)
                {
                    index.Search(set.Query(i), new SearchParameters(K), default(AcceptAll), default(OrdinalTieBreaker), scratch);
                }
            }));
        double multiplied = 2.0 * BatchQueries * set.Base.Length / seconds[1] / 1e9;
        double multiplyLimit = MultiplyLimit.Operations / seconds[0] / 1e9;
        double gigabytes = (double)set.Base.Length * sizeof(float) * SingleQueries / 1e9;
        output.WriteLine(Text.Of($"| {set.Rows:N0} × {set.Dimensions} | {metric} | {multiplied:F1} | {multiplyLimit:F1} | {multiplied / multiplyLimit:P0} | {gigabytes / seconds[3]:F1} | {gigabytes / seconds[2]:F1} | {seconds[2] / seconds[3]:P0} |"));
    }

    private static double Timed(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
