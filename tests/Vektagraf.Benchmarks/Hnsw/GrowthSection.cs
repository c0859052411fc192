using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>Time for a query at recall 0.95 as the index grows, all sizes in turns.</summary>
internal static class GrowthSection
{
    private const int Dimensions = 128;
    private const int Queries = 500;
    private const double Recall = 0.95;

    /// <summary>Measures and prints.</summary>
    public static void Run(HnswBenchmarkOptions options, TextWriter output)
    {
        VectorQuantization kind = options.Kinds[0];
        VectorSet largest = ClusteredVectors.Make("growth", options.Sizes[^1], Math.Min(Queries, options.MostQueries), Dimensions, seed: 11);
        var sets = new List<MeasuredSet>();
        var contenders = new List<OwnContender>();
        var builds = new List<double>();
        foreach (int size in options.Sizes)
        {
            sets.Add(MeasuredSet.Of(largest with { Base = largest.Base[..(size * Dimensions)] }));
            (HnswIndex index, double seconds) = OwnContender.Build(sets[^1].Set, kind, options, Environment.ProcessorCount);
            contenders.Add(new OwnContender(sets[^1].Set, index, threads: 1));
            builds.Add(seconds);
        }

        Curve[] curves = [.. contenders.Select(contender => new Curve(contender.Name, 0))];
        foreach (int ef in options.Pools)
        {
            double[] recalls = [.. contenders.Select((contender, i) => sets[i].Recall(contender.SetEf(ef)))];
            double[] seconds = Turns.Medians(options.Rounds, [.. contenders.Select(contender => (Func<double>)contender.Time)]);
            for (int i = 0; i < curves.Length; i++)
            {
                curves[i].Points.Add(new CurvePoint(ef, recalls[i], largest.QueryCount / seconds[i]));
            }
        }

        // Where the recall is reached, and what memory alone takes for as many reads.
        SearchStatistics[] work = [.. contenders.Select((contender, i) => contender.WorkAt((int)Math.Round(curves[i].EfAt(Recall) ?? options.Pools[^1])))];
        double[] reads = Turns.Medians(options.Rounds, [.. work.Select((w, i) =>
        {
            var random = new RandomReads(sets[i].Set.Rows, Dimensions, (int)(w.Hops / largest.QueryCount), (int)(w.Scored / largest.QueryCount));
            return (Func<double>)(() => random.Time(largest.QueryCount));
        })]);
        Print(curves, builds, [.. reads.Select(seconds => 1e6 * seconds / largest.QueryCount)], work, largest.QueryCount, options, output);
    }

    private static void Print(Curve[] curves, List<double> builds, double[] reads, SearchStatistics[] work, int queries, HnswBenchmarkOptions options, TextWriter output)
    {
        output.WriteLine(Text.Of($"\n### Growth: clustered vectors × {Dimensions}, seed 11, {options.Kinds[0]}, one thread, recall {Recall}\n"));
        output.WriteLine(Text.Of($"| Rows | build s, {Environment.ProcessorCount} threads | ef | rows scored | µs/query | × {options.Sizes[0]:N0} rows | the same reads at random, µs | × {options.Sizes[0]:N0} rows |"));
        output.WriteLine("|---|---|---|---|---|---|---|---|");
        for (int i = 0; i < curves.Length; i++)
        {
            output.WriteLine(curves[i].At(Recall) is { } speed
                ? Text.Of($"| {options.Sizes[i]:N0} | {builds[i]:F1} | {curves[i].EfAt(Recall):F0} | {work[i].Scored / queries} | {1e6 / speed:F1} | {curves[0].At(Recall) / speed:F2} | {reads[i]:F1} | {reads[i] / reads[0]:F2} |")
                : Text.Of($"| {options.Sizes[i]:N0} | {builds[i]:F1} | – | | recall {curves[i].Points[^1].Recall:F3} at most | | | |"));
        }
    }
}
