using System.Diagnostics;
using System.Globalization;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Benchmarks.Hnsw;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Ivf;

/// <summary>Recall, lists and speed of inverted lists on real vectors.</summary>
internal sealed class IvfCommand : IBenchmarkCommand
{
    /// <inheritdoc/>
    public string Verb => "ivf";

    /// <inheritdoc/>
    public string Description =>
        "inverted lists: build time, recall against queries per second and rows scored; [--sets sift100k,fashion] [--kinds None,Scalar8,Rabitq4,Rabitq1] [--nlists 0] [--spills 1,2] [--probes 0,4,8,16,32,64] [--threads 1] [--rounds 5]";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        string[] given = arguments.ToArray();
        string Value(string name, string otherwise) => Array.IndexOf(given, name) is int at and >= 0 && at + 1 < given.Length ? given[at + 1] : otherwise;
        int[] Numbers(string name, string otherwise) => [.. Value(name, otherwise).Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        foreach (string name in Value("--sets", "sift100k,fashion").Split(','))
        {
            if (VectorSet.Load(name) is not { } set)
            {
                output.WriteLine($"{name}: not here, skipped. Set VEKTAGRAF_DATA to the folder of vector sets.");
                continue;
            }

            var truth = MeasuredSet.Of(set);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{set.Name}: {set.Rows:N0} × {set.Dimensions}\n"));
            output.WriteLine("| Lists of | nlist | spill | build s | bytes/vector | longest/average | nprobe: recall@10, rows scored, ranked, queries/s |");
            output.WriteLine("|---|---|---|---|---|---|---|");
            var vectors = new FlatIndex(set.Dimensions, DistanceMetric.Euclidean);
            vectors.AppendRange(set.Base);
            foreach (string kind in Value("--kinds", "None,Scalar8,Rabitq4,Rabitq1").Split(','))
            {
                foreach (int lists in Numbers("--nlists", "0"))
                {
                    foreach (int spill in Numbers("--spills", "1"))
                    {
                        var options = new IvfOptions { NList = lists, Spill = spill, Quantization = Enum.Parse<VectorQuantization>(kind) };
                        Measure(set, truth, vectors, options, Numbers("--probes", "0,4,8,16,32,64"), Numbers("--threads", "1")[0], Numbers("--rounds", "5")[0], output);
                    }
                }
            }
        }

        return 0;
    }

    private static void Measure(VectorSet set, MeasuredSet truth, FlatIndex vectors, IvfOptions options, int[] probes, int threads, int rounds, TextWriter output)
    {
        var index = new IvfIndex(vectors, options);
        long start = Stopwatch.GetTimestamp();
        index.IndexPending(int.MaxValue, threads);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double average = (double)set.Rows * options.Spill / index.ListCount;
        output.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"| {options.Quantization} | {index.ListCount} | {options.Spill} | {seconds:F1} | {index.MemoryBytes / (double)set.Rows:F0} | {index.LongestList / average:F1} |"));
        var scratch = new SearchScratch();
        foreach (int probe in probes)
        {
            var parameters = new SearchParameters(MeasuredSet.K) { NProbe = probe };
            int[][] ids = new int[set.QueryCount][];
            SearchStatistics sum = default;
            for (int query = 0; query < ids.Length; query++)
            {
                ids[query] = Array.ConvertAll(
                    index.Search(set.Query(query), parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch).ToArray(), neighbor => neighbor.Ordinal);
                sum += scratch.Statistics;
            }

            double[] times = [.. Enumerable.Range(0, rounds).Select(_ => Time(index, set, parameters, scratch)).Order()];
            output.Write(string.Create(
                CultureInfo.InvariantCulture,
                $" {(probe > 0 ? probe : index.DefaultNProbe)}: {truth.Recall(ids):F4}, {sum.Scored / ids.Length}, {sum.Reranked / ids.Length}, {set.QueryCount / times[rounds / 2]:F0};"));
        }

        output.WriteLine(" |");
    }

    private static double Time(IvfIndex index, VectorSet set, SearchParameters parameters, SearchScratch scratch)
    {
        long start = Stopwatch.GetTimestamp();
        for (int query = 0; query < set.QueryCount; query++)
        {
            index.Search(set.Query(query), parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
