using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>Bytes that a search allocates on its thread.</summary>
internal static class AllocationSection
{
    private const int Searches = 1000;

    /// <summary>Counts and prints.</summary>
    public static void Run(HnswBenchmarkOptions options, TextWriter output)
    {
        output.WriteLine(Text.Of($"\n### Allocation: bytes per search, {Searches} searches after warming\n"));
        output.WriteLine("| Index | plain | filtered 10 %, walked | filtered 0.1 %, scanned | exact |");
        output.WriteLine("|---|---|---|---|---|");
        VectorSet set = ClusteredVectors.Make("", 5000, 100, 64, seed: 3);
        foreach (VectorQuantization kind in Enum.GetValues<VectorQuantization>())
        {
            HnswIndex index = OwnContender.Build(set, kind, options with { EfConstruction = 60 }, threads: 1).Index;
            var walk = new SearchParameters(10) { EfSearch = 64 };
            output.WriteLine(Text.Of($"| Vektagraf {kind} | {Count(set, index, walk, Every(set, 1))} | {Count(set, index, walk, Every(set, 10))} | {Count(set, index, walk with { Exact = true }, Every(set, 1000))} | {Count(set, index, walk with { Exact = true }, Every(set, 1))} |"));
        }
    }

    private static BitmapFilter? Every(VectorSet set, int stride)
    {
        ulong[] words = new ulong[(set.Rows + 63) / 64];
        for (int row = 0; row < set.Rows; row += stride)
        {
            words[row / 64] |= 1UL << (row % 64);
        }

        return stride == 1 ? null : new BitmapFilter(words);
    }

    private static string Count(VectorSet set, HnswIndex index, SearchParameters parameters, BitmapFilter? filter)
    {
        var scratch = new SearchScratch();
        long before = 0;
        for (int search = -Searches; search < Searches; search++)
        {
            before = search == 0 ? GC.GetAllocatedBytesForCurrentThread() : before;
            ReadOnlySpan<float> query = set.Query(search + Searches);
            _ = filter is { } chosen
                ? index.Search(query, parameters, chosen, default(OrdinalTieBreaker), scratch)
                : index.Search(query, parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch);
        }

        double allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return Text.Of($"{allocated / Searches:F2}");
    }
}
