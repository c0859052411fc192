using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>How long building takes, one index at a time with the machine to itself, and what recall the index has.</summary>
internal static class BuildSection
{
    private const int Ef = 64;

    /// <summary>Measures and prints.</summary>
    public static void Run(MeasuredSet set, HnswBenchmarkOptions options, TextWriter output)
    {
        output.WriteLine(Text.Of($"\n### Building: {set.Set.Name}, {set.Set.Rows:N0} × {set.Set.Dimensions}, efConstruction {options.EfConstruction}\n"));
        output.WriteLine(Text.Of($"| Index | threads | seconds | vectors/s | recall@10 at ef {Ef} |"));
        output.WriteLine("|---|---|---|---|---|");
        foreach (VectorQuantization kind in options.Kinds)
        {
            foreach (int threads in (int[])[1, 2])
            {
                (HnswIndex index, double seconds) = OwnContender.Build(set.Set, kind, options, threads);
                using var contender = new OwnContender(set.Set, index, threads: 1);
                Print(output, Text.Of($"{contender.Name} M{options.M}"), threads, seconds, set, contender);
            }
        }

        if (options.Peers is null)
        {
            return;
        }

        string data = set.WriteTo(options.Work);
        foreach (PeerKind kind in PeerKind.All)
        {
            foreach (int threads in kind.Engine == "hnswlib" ? (int[])[1] : [1, 2])
            {
                double seconds = PeerContender.Build(kind, data, options, threads).Seconds;
                using var contender = new PeerContender(kind, data, options with { Threads = 1 });
                Print(output, kind.Engine == "usearch" ? $"{kind.Name} M{kind.M}" : kind.Name, threads, seconds, set, contender);
            }
        }

        output.WriteLine("\nhnswlib-node builds on one thread; usearch's binding adds a batch on as many as asked.");
    }

    private static void Print(TextWriter output, string name, int threads, double seconds, MeasuredSet set, IContender contender) =>
        output.WriteLine(Text.Of($"| {name} | {threads} | {seconds:F1} | {set.Set.Rows / seconds:N0} | {set.Recall(contender.SetEf(Ef)):F4} |"));
}
