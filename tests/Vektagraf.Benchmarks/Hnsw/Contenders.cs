using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>One index under measurement.</summary>
internal interface IContender : IDisposable
{
    /// <summary>What to call it in a table.</summary>
    string Name { get; }

    /// <summary>Seconds that a call costs before the library does anything: what a binding adds.</summary>
    double CallSeconds { get; }

    /// <summary>Sets the length of the candidate pool; returns ten ids for each query.</summary>
    int[][] SetEf(int ef);

    /// <summary>Searches for every query once; returns seconds.</summary>
    double Time();
}

/// <summary>Vektagraf's index.</summary>
internal sealed class OwnContender : IContender
{
    private static readonly Dictionary<string, HnswIndex> BuiltIndexes = new(StringComparer.Ordinal);

    private readonly VectorSet _set;
    private readonly SearchScratch[] _scratches;
    private SearchParameters _parameters = new(MeasuredSet.K);

    /// <summary>Takes an index over a set.</summary>
    public OwnContender(VectorSet set, HnswIndex index, int threads)
    {
        _set = set;
        Index = index;
        _scratches = [.. Enumerable.Range(0, threads).Select(_ => new SearchScratch())];
    }

    /// <summary>The index.</summary>
    public HnswIndex Index { get; }

    /// <inheritdoc/>
    public string Name => $"Vektagraf {Index.Options.Quantization}";

    /// <inheritdoc/>
    public double CallSeconds => 0;

    /// <summary>An index over a set, built by all cores when it is first asked for.</summary>
    public static HnswIndex Built(VectorSet set, VectorQuantization kind, HnswBenchmarkOptions options)
    {
        string key = Text.Of($"{set.Name} {set.Rows} {kind}");
        if (!BuiltIndexes.TryGetValue(key, out HnswIndex? index))
        {
            BuiltIndexes.Add(key, index = Build(set, kind, options, Environment.ProcessorCount).Index);
        }

        return index;
    }

    /// <summary>Builds an index that always walks.</summary>
    /// <returns>The index and the seconds that took.</returns>
    public static (HnswIndex Index, double Seconds) Build(VectorSet set, VectorQuantization kind, HnswBenchmarkOptions options, int threads, FlatIndex? vectors = null)
    {
        var settings = new HnswOptions { M = options.M, EfConstruction = options.EfConstruction, Quantization = kind, ExactRowsPerCandidate = 0 };
        HnswIndex index = vectors is null ? new HnswIndex(set.Dimensions, DistanceMetric.Euclidean, settings) : new HnswIndex(vectors, settings, 16 << 20);
        long start = Stopwatch.GetTimestamp();
        index.AppendRange(set.Base, threads);
        return (index, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <inheritdoc/>
    public int[][] SetEf(int ef)
    {
        _parameters = new SearchParameters(MeasuredSet.K) { EfSearch = ef };
        return [.. Enumerable.Range(0, _set.QueryCount).Select(query => Ids(Search(query, _scratches[0])))];
    }

    /// <summary>What searching for every query once takes at a pool length.</summary>
    public SearchStatistics WorkAt(int ef)
    {
        _parameters = new SearchParameters(MeasuredSet.K) { EfSearch = ef };
        var work = default(SearchStatistics);
        for (int query = 0; query < _set.QueryCount; query++)
        {
            Search(query, _scratches[0]);
            work += _scratches[0].Statistics;
        }

        return work;
    }

    /// <inheritdoc/>
    /// <remarks>Of several threads the slowest counts, from when all are there, as with the peers' processes.</remarks>
    public double Time()
    {
        if (_scratches.Length == 1)
        {
            return Pass(0);
        }

        double[] seconds = new double[_scratches.Length];
        using var ready = new Barrier(_scratches.Length);
        Thread[] threads = [.. Enumerable.Range(0, _scratches.Length).Select(part => new Thread(() =>
        {
            ready.SignalAndWait();
            seconds[part] = Pass(part);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return seconds.Max();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>The rows of an answer.</summary>
    public static int[] Ids(ReadOnlySpan<Neighbor> found) => Array.ConvertAll(found.ToArray(), neighbor => neighbor.Ordinal);

    private double Pass(int part)
    {
        long start = Stopwatch.GetTimestamp();
        for (int query = part; query < _set.QueryCount; query += _scratches.Length)
        {
            Search(query, _scratches[part]);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private ReadOnlySpan<Neighbor> Search(int query, SearchScratch scratch) =>
        Index.Search(_set.Query(query), _parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch);
}

/// <summary>A peer: one process for each thread, since the bindings search on one.</summary>
internal sealed class PeerContender : IContender
{
    private readonly PeerProcess[] _processes;

    /// <summary>Starts the processes and loads the index into each.</summary>
    public PeerContender(PeerKind kind, string data, HnswBenchmarkOptions options)
    {
        Name = kind.Name;
        _processes = [.. Enumerable.Range(0, options.Threads).Select(part => new PeerProcess(options.Peers!, data, kind, options.EfConstruction, part, options.Threads))];
        string file = kind.FileIn(data, options.EfConstruction);
        AskAll(new JsonObject { ["name"] = "load", ["file"] = file });
        CallSeconds = _processes[0].Ask(new JsonObject { ["name"] = "call", ["file"] = file + ".tiny" }).GetProperty("seconds").GetDouble();
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public double CallSeconds { get; }

    /// <summary>Builds the indexes that are missing, two at a time: only the section "build" measures how long that takes.</summary>
    public static void BuildMissing(IEnumerable<PeerKind> kinds, string data, HnswBenchmarkOptions options) => Parallel.ForEach(
        kinds.Where(kind => !File.Exists(kind.FileIn(data, options.EfConstruction))),
        new ParallelOptions { MaxDegreeOfParallelism = 2 },
        kind => Build(kind, data, options, threads: 1));

    /// <summary>Builds an index and keeps it in a file beside the set.</summary>
    /// <returns>Seconds, and bytes of the file.</returns>
    public static (double Seconds, long Bytes) Build(PeerKind kind, string data, HnswBenchmarkOptions options, int threads)
    {
        using var process = new PeerProcess(options.Peers!, data, kind, options.EfConstruction);
        string file = kind.FileIn(data, options.EfConstruction);
        JsonElement answer = process.Ask(new JsonObject { ["name"] = "build", ["threads"] = threads, ["file"] = file + ".part" });
        File.Move(file + ".part", file, overwrite: true);
        return (answer.GetProperty("seconds").GetDouble(), answer.GetProperty("bytes").GetInt64());
    }

    /// <inheritdoc/>
    public int[][] SetEf(int ef)
    {
        JsonElement[] answers = AskAll(new JsonObject { ["name"] = "ef", ["ef"] = ef });
        var found = new SortedDictionary<int, int[]>();
        foreach (JsonElement answer in answers)
        {
            foreach ((int query, int[] ids) in answer.GetProperty("rows").Deserialize<int[]>()!.Zip(answer.GetProperty("ids").Deserialize<int[][]>()!))
            {
                found.Add(query, ids);
            }
        }

        return [.. found.Values];
    }

    /// <inheritdoc/>
    public double Time() => AskAll(new JsonObject { ["name"] = "time" }).Max(answer => answer.GetProperty("seconds").GetDouble());

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_processes, process => process.Dispose());

    private JsonElement[] AskAll(JsonObject command)
    {
        Array.ForEach(_processes, process => process.Send(command));
        return Array.ConvertAll(_processes, process => process.Answer());
    }
}

/// <summary>Text that does not depend on the machine's language.</summary>
internal static class Text
{
    /// <summary>Formats.</summary>
    public static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
