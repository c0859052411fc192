using System.Globalization;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>What was asked for.</summary>
internal sealed record HnswBenchmarkOptions
{
    /// <summary>The parts there are, in the order in which they run.</summary>
    public static readonly string[] AllSections = ["build", "curves", "memory", "filters", "paths", "growth", "pending", "flat", "allocation"];

    /// <summary>The parts to run.</summary>
    public required string[] Sections { get; init; }

    /// <summary>Sets to draw curves of.</summary>
    public required string[] Sets { get; init; }

    /// <summary>Where npm installed the peers; null for none.</summary>
    public string? Peers { get; init; }

    /// <summary>Where sets and the peers' indexes lie while running.</summary>
    public required string Work { get; init; }

    /// <summary>Where plots go; null for nowhere.</summary>
    public string? Plots { get; init; }

    /// <summary>Turns that medians are taken of.</summary>
    public int Rounds { get; init; }

    /// <summary>Links of our nodes.</summary>
    public int M { get; init; }

    /// <summary>Length of the candidate pool while building, ours and theirs.</summary>
    public int EfConstruction { get; init; }

    /// <summary>Threads that search at once.</summary>
    public int Threads { get; init; }

    /// <summary>What our index walks on.</summary>
    public required VectorQuantization[] Kinds { get; init; }

    /// <summary>Pool lengths of a curve.</summary>
    public required int[] Pools { get; init; }

    /// <summary>Rows of the set that grows.</summary>
    public required int[] Sizes { get; init; }

    /// <summary>Pool length of filtered searches.</summary>
    public int FilterEf { get; init; }

    /// <summary>Rows of the synthetic set of 768 dimensions.</summary>
    public int WideRows { get; init; }

    /// <summary>The most rows taken from a set.</summary>
    public int MostRows { get; init; }

    /// <summary>The most queries taken from a set.</summary>
    public int MostQueries { get; init; }

    /// <summary>Reads sections and <c>--name value</c> pairs.</summary>
    /// <exception cref="FormatException">An argument is unknown.</exception>
    public static HnswBenchmarkOptions Parse(string[] arguments)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        var sections = new List<string>();
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--quick")
            {
                given["--quick"] = "";
            }
            else if (arguments[i].StartsWith("--", StringComparison.Ordinal) && i + 1 < arguments.Length)
            {
                given[arguments[i]] = arguments[++i];
            }
            else
            {
                sections.Add(AllSections.Contains(arguments[i]) ? arguments[i] : throw new FormatException($"There is no section '{arguments[i]}'."));
            }
        }

        HnswBenchmarkOptions options = From(given, sections);
        return given.Keys.Except(Known).FirstOrDefault() is { } unknown ? throw new FormatException($"There is no option '{unknown}'.") : options;
    }

    private static readonly string[] Known =
        ["--quick", "--sets", "--peers", "--work", "--plots", "--rounds", "--m", "--efc", "--threads", "--kinds", "--pools", "--sizes", "--filter-ef", "--wide-rows"];

    private static HnswBenchmarkOptions From(Dictionary<string, string> given, List<string> sections)
    {
        bool isQuick = given.ContainsKey("--quick");
        string Value(string name, string otherwise) => given.GetValueOrDefault(name, otherwise);
        int Number(string name, string otherwise) => int.Parse(Value(name, otherwise), CultureInfo.InvariantCulture);
        int[] Numbers(string name, string otherwise) => [.. Value(name, otherwise).Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        return new HnswBenchmarkOptions
        {
            Sections = sections.Count == 0 ? AllSections : [.. AllSections.Where(sections.Contains)],
            Sets = Value("--sets", "sift100k,fashion,mnist60k,clustered768").Split(','),
            Peers = given.GetValueOrDefault("--peers"),
            Work = Value("--work", Path.Combine(Path.GetTempPath(), "vektagraf-benchmark-hnsw")),
            Plots = given.GetValueOrDefault("--plots"),
            Rounds = Number("--rounds", isQuick ? "3" : "5"),
            M = Number("--m", "16"),
            EfConstruction = Number("--efc", isQuick ? "60" : "200"),
            Threads = Number("--threads", "1"),
            Kinds = [.. Value("--kinds", "Scalar8,None,Rabitq4").Split(',').Select(Enum.Parse<VectorQuantization>)],
            Pools = Numbers("--pools", isQuick ? "10,24,64,200" : "10,14,20,28,40,64,100,160,280"),
            Sizes = Numbers("--sizes", isQuick ? "2000,5000,10000" : "10000,100000,1000000"),
            FilterEf = Number("--filter-ef", "64"),
            WideRows = Number("--wide-rows", isQuick ? "3000" : "30000"),
            MostRows = isQuick ? 5000 : int.MaxValue,
            MostQueries = isQuick ? 200 : 1000,
        };
    }
}
