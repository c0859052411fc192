using System.Globalization;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Flat;

/// <summary>Flat search beside the memory bandwidth that bounds it, in the same rounds.</summary>
internal sealed class FlatCommand : IBenchmarkCommand
{
    private const int K = 10;
    private const int Passes = 31;
    private const int QueriesPerPass = 8;
    private const int BatchQueries = 64;

    private static readonly double[] Selectivities = [0.001, 0.01, 0.1, 0.5, 0.9, 0.99];

    /// <inheritdoc/>
    public string Verb => "flat";

    /// <inheritdoc/>
    public string Description => "exact search: time per query, and bytes per second as a share of the machine's streaming bandwidth";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        output.WriteLine("| Rows × dim | Metric | Streaming GB/s, 1 · 2 threads | Query ms, 1 · 2 threads | Query GB/s, 1 · 2 threads | Share of streaming, 1 · 2 threads | Batch of 64, 1 thread: ms per query |");
        output.WriteLine("|---|---|---|---|---|---|---|");
        foreach (VectorSet set in Sets())
        {
            foreach (DistanceMetric metric in Enum.GetValues<DistanceMetric>())
            {
                Measure(set, metric, output);
            }
        }

        output.WriteLine();
        MeasureFilters(VectorSet.Synthetic(100_000, 128, seed: 2), output);
        return 0;
    }

    private static IEnumerable<VectorSet> Sets()
    {
        yield return VectorSet.Synthetic(61_000, 256, seed: 1);
        yield return VectorSet.Synthetic(100_000, 128, seed: 2);
        if (VectorSet.Load("sift100k") is { } sift)
        {
            yield return sift;
        }
    }

    private static void Measure(VectorSet set, DistanceMetric metric, TextWriter output)
    {
        FlatIndex index = Fill(set, metric);
        var stream = new StreamingRead(set.Base.Length);
        var scratch = new SearchScratch();
        var found = new Neighbor[BatchQueries * K];
        int[] counts = new int[BatchQueries];
        float[] batch = set.Queries[..(BatchQueries * set.Dimensions)];
        Measurement times = Measurement.InTurns(
            Passes,
            () => stream.Read(QueriesPerPass, 1),
            () => Search(index, set, scratch, 1),
            () => stream.Read(QueriesPerPass, 2),
            () => Search(index, set, scratch, 2),
            () => index.SearchBatch(batch, new SearchParameters(K), default(AcceptAll), default(OrdinalTieBreaker), scratch, found, counts));
        double gigabytes = (double)set.Base.Length * sizeof(float) * QueriesPerPass / 1e9;
        double[] rates = [.. Enumerable.Range(0, 4).Select(work => gigabytes / times.Seconds(work))];
        double[] milliseconds = [.. Enumerable.Range(0, 4).Select(work => times.Seconds(work) / QueriesPerPass * 1e3)];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {set.Rows:N0} × {set.Dimensions} ({set.Name}) | {metric} | {rates[0]:F1} · {rates[2]:F1} | {milliseconds[1]:F2} · {milliseconds[3]:F2} | {rates[1]:F1} · {rates[3]:F1} | {times.Ratio(0, 1):P0} · {times.Ratio(2, 3):P0} | {times.Seconds(4) / BatchQueries * 1e3:F3} |"));
    }

    private static void MeasureFilters(VectorSet set, TextWriter output)
    {
        FlatIndex index = Fill(set, DistanceMetric.Euclidean);
        var scratch = new SearchScratch();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {set.Rows:N0} × {set.Dimensions}, random bitmap accepting | Query ms | Share of unfiltered time |"));
        output.WriteLine("|---|---|---|");
        foreach (double selectivity in Selectivities)
        {
            BitmapFilter filter = RandomBitmap(set.Rows, selectivity);
            Measurement times = Measurement.InTurns(
                Passes,
                () => Search(index, set, scratch, 1),
                () => Search(index, set, scratch, 1, filter));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {selectivity:P1} | {times.Seconds(1) / QueriesPerPass * 1e3:F2} | {times.Ratio(1, 0):P0} |"));
        }
    }

    private static FlatIndex Fill(VectorSet set, DistanceMetric metric)
    {
        var index = new FlatIndex(set.Dimensions, metric, set.Rows);
        index.AppendRange(set.Base);
        return index;
    }

    private static BitmapFilter RandomBitmap(int rows, double selectivity)
    {
        var random = new Random(3);
        ulong[] words = new ulong[(rows + 63) / 64];
        for (int row = 0; row < rows; row++)
        {
            words[row / 64] |= random.NextDouble() < selectivity ? 1UL << (row % 64) : 0;
        }

        return new BitmapFilter(words);
    }

    private static void Search(FlatIndex index, VectorSet set, SearchScratch scratch, int threads) =>
        Search(index, set, scratch, threads, default(AcceptAll));

    private static void Search<TFilter>(FlatIndex index, VectorSet set, SearchScratch scratch, int threads, TFilter filter)
        where TFilter : struct, IOrdinalFilter
    {
        var parameters = new SearchParameters(K) { DegreeOfParallelism = threads };
        for (int i = 0; i < QueriesPerPass; i++)
        {
            index.Search(set.Query(i), parameters, filter, default(OrdinalTieBreaker), scratch);
        }
    }
}
