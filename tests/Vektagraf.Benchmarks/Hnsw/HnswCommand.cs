using System.Diagnostics;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>Everything about the graph index in one run: markdown on standard output, ready for docs/benchmarks.md.</summary>
internal sealed class HnswCommand : IBenchmarkCommand
{
    private const string Help = """
        usage: hnsw [section …] [options]      (all sections without any)

        Sections, and about how many minutes on 2 cores with peers (25 in all; each says on standard error what it took):
          build        1 and 2 threads, beside the peers, first set                      6
          curves       recall against queries/s, every set                               12
          memory       bytes per vector by part; resident bytes of a process of its own  2
          filters      selectivity × correlation, first set                              2
          growth       10k → 100k → 1M rows at recall 0.95                               3
          flat         exact search against multiply and streaming limits                1
          allocation   bytes allocated by a search                                       1
        Indexes that peers built stay in the work folder and are used again, except by build.

        Options:
          --peers FOLDER      where `npm install hnswlib-node usearch` was run; without it there are no peers
          --plots FOLDER      where to draw curves as SVG, say docs/plots
          --work FOLDER       sets and the peers' indexes while running (temporary folder; up to 3 GB)
          --sets A,B          sift100k,fashion,mnist60k (in $VEKTAGRAF_DATA or ../shared/data), clustered768, clustered128
          --threads N         threads that search at once (1)
          --kinds A,B         Scalar8,None,Rabitq4,Half,Rabitq1; the first is the one of filters and growth
          --rounds N          turns that medians are taken of (5)
          --pools 10,100      pool lengths of curves
          --sizes 10000,…     rows of growth
          --wide-rows N       rows of clustered768 (30000)
          --filter-ef N       pool length of filtered searches (64)
          --m N, --efc N      M of our index (16), efConstruction of all (200)
          --quick             everything small, to see that it works; its numbers mean nothing
        """;

    /// <inheritdoc/>
    public string Verb => "hnsw";

    /// <inheritdoc/>
    public string Description => "graph search beside its peers: recall against speed, build, memory, filters, growth; --help says more";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        string[] given = arguments.ToArray();
        if (given.Contains("--help"))
        {
            output.WriteLine(Help);
            return 0;
        }

        HnswBenchmarkOptions options;
        try
        {
            options = HnswBenchmarkOptions.Parse(given);
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException)
        {
            Console.Error.WriteLine(wrong.Message);
            Console.Error.WriteLine(Help);
            return 2;
        }

        Directory.CreateDirectory(options.Work);
        output.WriteLine(RunHeader.Describe(Verb, given));
        foreach (string section in options.Sections)
        {
            long start = Stopwatch.GetTimestamp();
            Run(section, options, output);
            output.Flush();
            Console.Error.WriteLine(Text.Of($"{section}: {Stopwatch.GetElapsedTime(start).TotalMinutes:F1} min"));
        }

        return 0;
    }

    private static void Run(string section, HnswBenchmarkOptions options, TextWriter output)
    {
        switch (section)
        {
            case "build":
                WithSet(options.Sets[0], options, output, BuildSection.Run);
                break;
            case "curves":
                output.WriteLine("\n### Recall against queries per second");
                Array.ForEach(options.Sets, name => WithSet(name, options, output, CurveSection.Run));
                break;
            case "memory":
                output.WriteLine("\n### Memory");
                WithSet(options.Sets[0], options, output, (set, chosen, to) => MemorySection.Run(set, PeerKind.All, chosen, to));
                WithSet("clustered128", options, output, (set, chosen, to) => MemorySection.Run(set, [PeerKind.All[0]], chosen, to));
                break;
            case "filters":
                WithSet(options.Sets[0], options, output, FilterSection.Run);
                break;
            case "paths":
                WithSet(options.Sets[0], options, output, PathSection.Run);
                break;
            case "growth":
                GrowthSection.Run(options, output);
                break;
            case "pending":
                PendingSection.Run(options, output);
                break;
            case "flat":
                FlatSection.Run(options, output);
                break;
            default:
                AllocationSection.Run(options, output);
                break;
        }
    }

    private static void WithSet(string name, HnswBenchmarkOptions options, TextWriter output, Action<MeasuredSet, HnswBenchmarkOptions, TextWriter> run)
    {
        if (MeasuredSet.Load(name, options) is { } set)
        {
            run(set, options, output);
        }
        else
        {
            output.WriteLine($"\n{name}: not here, left out. VEKTAGRAF_DATA says where vector sets are.");
        }
    }
}
