using System.Diagnostics;
using System.Globalization;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>Recall and speed of graph search on real vectors, beside the peers that are installed, in turns within one run.</summary>
internal sealed class HnswCommand : IBenchmarkCommand
{
    private static readonly double[] Recalls = [0.90, 0.95, 0.99];

    /// <inheritdoc/>
    public string Verb => "hnsw";

    /// <inheritdoc/>
    public string Description =>
        "graph search: build time, recall against queries per second, bytes; [--sets sift100k,fashion] [--peers <folder with node_modules>] [--rounds 7] [--m 16] [--efc 200] [--threads 1] [--kinds None,Scalar8] [--pools 10,100] [--filters <ef of a grid of filtered searches>]";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        HnswBenchmarkOptions options = HnswBenchmarkOptions.Parse(arguments);
        foreach (string name in options.Sets)
        {
            if (GroundTruth.Load(name) is { } truth && VectorSet.Load(name) is { } set)
            {
                Run(set, truth, options, output);
            }
            else
            {
                output.WriteLine($"{name}: not here, skipped. Set VEKTAGRAF_DATA to the folder of vector sets.");
            }
        }

        return 0;
    }

    private static void Run(VectorSet set, GroundTruth truth, HnswBenchmarkOptions options, TextWriter output)
    {
        var contenders = new List<IContender>();
        foreach (VectorQuantization kind in options.Kinds)
        {
            contenders.Add(new OwnContender(set, kind, options));
        }

        if (options.Peers is { } peers)
        {
            contenders.Add(new PeerContender("hnswlib", peers, set.Name, options));
            contenders.Add(new PeerContender("usearch", peers, set.Name, options));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{set.Name}: {set.Rows:N0} × {set.Dimensions}, M {options.M}, efConstruction {options.EfConstruction}, building with {options.Threads} thread(s), searching with one\n"));
        Curve[] curves = Measure(contenders, set, truth, options);
        Curve? reference = Array.Find(curves, curve => curve.Name == "hnswlib");
        output.WriteLine("| Index | build s | bytes/vector: all · walked | " + string.Join(" | ", Recalls.Select(recall => string.Create(CultureInfo.InvariantCulture, $"queries/s @{recall:F2} (ef, × hnswlib)"))) + " |");
        output.WriteLine("|---|---|---|---|---|---|");
        foreach (Curve curve in curves)
        {
            string cells = string.Join(" | ", Recalls.Select(recall => curve.Describe(recall, reference)));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {curve.Name} | {curve.BuildSeconds:F1} | {curve.Bytes} | {cells} |"));
        }

        output.WriteLine();
        foreach (Curve curve in curves)
        {
            output.WriteLine($"{curve.Name}: {string.Join(", ", curve.Points.Select(point => point.ToString()))}");
        }

        if (options.FilterEf > 0)
        {
            contenders.OfType<OwnContender>().ToList().ForEach(own => FilterGrid.Run(set, own.WithDefaultPlan(), options.FilterEf, output));
        }

        contenders.ForEach(contender => contender.Dispose());
    }

    private static Curve[] Measure(List<IContender> contenders, VectorSet set, GroundTruth truth, HnswBenchmarkOptions options)
    {
        Curve[] curves = [.. contenders.Select(contender => new Curve(contender.Name, contender.Build(), contender.Bytes))];
        foreach (int ef in options.Pools)
        {
            double[] recalls = [.. contenders.Select(contender => truth.Recall(contender.SetEf(ef)))];
            double[][] seconds = [.. contenders.Select(_ => new double[options.Rounds])];
            contenders.ForEach(contender => contender.Time());
            for (int round = 0; round < options.Rounds; round++)
            {
                for (int i = 0; i < contenders.Count; i++)
                {
                    seconds[i][round] = contenders[i].Time();
                }
            }

            for (int i = 0; i < contenders.Count; i++)
            {
                Array.Sort(seconds[i]);
                curves[i].Points.Add(new CurvePoint(ef, recalls[i], set.QueryCount / seconds[i][options.Rounds / 2], contenders[i].Scored));
            }
        }

        return curves;
    }
}

/// <summary>What was asked for.</summary>
internal sealed record HnswBenchmarkOptions(
    string[] Sets, string? Peers, int Rounds, int M, int EfConstruction, int Threads, VectorQuantization[] Kinds, int[] Pools, int FilterEf)
{
    /// <summary>Reads <c>--name value</c> pairs.</summary>
    public static HnswBenchmarkOptions Parse(ReadOnlySpan<string> arguments)
    {
        string[] given = arguments.ToArray();
        string Value(string name, string otherwise) => Array.IndexOf(given, name) is int at and >= 0 && at + 1 < given.Length ? given[at + 1] : otherwise;
        int Number(string name, string otherwise) => int.Parse(Value(name, otherwise), CultureInfo.InvariantCulture);
        string peers = Value("--peers", "");
        return new HnswBenchmarkOptions(
            Value("--sets", "sift100k,fashion,mnist60k").Split(','),
            peers.Length == 0 ? null : peers,
            Number("--rounds", "7"),
            Number("--m", "16"),
            Number("--efc", "200"),
            Number("--threads", "1"),
            [.. Value("--kinds", string.Join(',', Enum.GetNames<VectorQuantization>())).Split(',').Select(Enum.Parse<VectorQuantization>)],
            [.. Value("--pools", "10,16,24,32,48,64,96,128,192,256,384,512").Split(',').Select(pool => int.Parse(pool, CultureInfo.InvariantCulture))],
            Number("--filters", "0"));
    }
}

/// <summary>One index under measurement.</summary>
internal interface IContender : IDisposable
{
    /// <summary>What to call it in a table.</summary>
    string Name { get; }

    /// <summary>Bytes per vector, after building.</summary>
    string Bytes { get; }

    /// <summary>Distances computed for a query with the pool set last; 0 if that is not known.</summary>
    double Scored { get; }

    /// <summary>Builds; returns seconds.</summary>
    double Build();

    /// <summary>Sets the length of the candidate pool; returns ten ids for each query.</summary>
    int[][] SetEf(int ef);

    /// <summary>Searches for every query once; returns seconds.</summary>
    double Time();
}

/// <summary>Vektagraf's index.</summary>
internal sealed class OwnContender(VectorSet set, VectorQuantization kind, HnswBenchmarkOptions options) : IContender
{
    private readonly HnswIndex _index = new(
        set.Dimensions,
        DistanceMetric.Euclidean,
        new HnswOptions { M = options.M, EfConstruction = options.EfConstruction, Quantization = kind, ExactRowsPerCandidate = 0 });

    private readonly SearchScratch _scratch = new();
    private SearchParameters _parameters;

    /// <inheritdoc/>
    public string Name => $"Vektagraf {kind}";

    /// <inheritdoc/>
    public double Scored { get; private set; }

    /// <inheritdoc/>
    public string Bytes
    {
        get
        {
            double walked = _index.GraphBytes + (kind == VectorQuantization.None ? _index.MemoryBytes - _index.GraphBytes : _index.CodeBytes);
            return string.Create(CultureInfo.InvariantCulture, $"{_index.MemoryBytes / (double)set.Rows:F0} · {walked / set.Rows:F0}");
        }
    }

    /// <summary>The same index, which now scans instead of walking where that is quicker.</summary>
    public HnswIndex WithDefaultPlan() => HnswIndex.Load(_index.Serialize(), default, _index.Options with { ExactRowsPerCandidate = new HnswOptions().ExactRowsPerCandidate });

    /// <inheritdoc/>
    public double Build()
    {
        long start = Stopwatch.GetTimestamp();
        _index.AppendRange(set.Base, options.Threads);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <inheritdoc/>
    public int[][] SetEf(int ef)
    {
        _parameters = new SearchParameters(GroundTruth.K) { EfSearch = ef };
        int[][] ids = new int[set.QueryCount][];
        long scored = 0;
        for (int query = 0; query < ids.Length; query++)
        {
            ids[query] = Array.ConvertAll(Search(query).ToArray(), neighbor => neighbor.Ordinal);
            scored += _scratch.Statistics.Scored;
        }

        Scored = (double)scored / ids.Length;
        return ids;
    }

    /// <inheritdoc/>
    public double Time()
    {
        long start = Stopwatch.GetTimestamp();
        for (int query = 0; query < set.QueryCount; query++)
        {
            Search(query);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private ReadOnlySpan<Neighbor> Search(int query) =>
        _index.Search(set.Query(query), _parameters, default(AcceptAll), default(OrdinalTieBreaker), _scratch);
}

/// <summary>A peer in its process.</summary>
internal sealed class PeerContender(string name, string modules, string set, HnswBenchmarkOptions options) : IContender
{
    private readonly PeerProcess _process = new(modules, GroundTruth.Folder(set), name, options.M, options.EfConstruction);

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Bytes => "";

    /// <inheritdoc/>
    public double Scored => 0;

    /// <inheritdoc/>
    public double Build() => _process.Build();

    /// <inheritdoc/>
    public int[][] SetEf(int ef) => _process.SetEf(ef);

    /// <inheritdoc/>
    public double Time() => _process.Time();

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}
