using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Index;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>A vector set with the exact answers to its queries.</summary>
internal sealed class MeasuredSet
{
    /// <summary>Rows asked for.</summary>
    public const int K = 10;

    /// <summary>Distances of equal rows are sums in another order.</summary>
    private const float Rounding = 1e-5f;

    /// <summary>Rows of so many dimensions are searched for with half of the queries.</summary>
    private const int LongRow = 512;

    private readonly float[] _farthest;

    private MeasuredSet(VectorSet set)
    {
        Set = set;
        _farthest = Farthest(set);
    }

    /// <summary>The vectors.</summary>
    public VectorSet Set { get; }

    /// <summary>The set of a name; null when it is not there. Names that begin with "clustered" are made from a seed.</summary>
    public static MeasuredSet? Load(string name, HnswBenchmarkOptions options)
    {
        VectorSet? set = name == "clustered768"
            ? ClusteredVectors.Make(name, options.WideRows, options.MostQueries, 768, seed: 12)
            : name == "clustered128" ? ClusteredVectors.Make(name, Math.Min(options.MostRows, 100_000), options.MostQueries, 128, seed: 11) : VectorSet.Load(name);
        return set is null ? null : Of(Cut(set, options), name, isWhole: set.Rows <= options.MostRows);
    }

    /// <summary>A set with its answers.</summary>
    public static MeasuredSet Of(VectorSet set) => new(set);

    /// <summary>The share of the ten nearest that was found; rows as near as the tenth nearest count whichever they are.</summary>
    public double Recall(int[][] found)
    {
        double sum = 0;
        for (int query = 0; query < found.Length; query++)
        {
            sum += Math.Min(K, found[query].Distinct().Count(row => Distance(Set, query, row) <= _farthest[query] * (1 + Rounding)));
        }

        return sum / (K * found.Length);
    }

    /// <summary>Writes base.fbin and query.fbin for the peers, unless they are there.</summary>
    /// <returns>Their folder, which is for this set alone.</returns>
    public string WriteTo(string work)
    {
        string folder = Path.Combine(work, $"{Set.Name}-{Set.Rows}x{Set.Dimensions}-{Set.QueryCount}");
        Directory.CreateDirectory(folder);
        Write(Path.Combine(folder, "query.fbin"), Set.Queries);
        Write(Path.Combine(folder, "base.fbin"), Set.Base);
        return folder;
    }

    private static MeasuredSet Of(VectorSet set, string name, bool isWhole)
    {
        var measured = new MeasuredSet(set);
        if (isWhole)
        {
            measured.RequireAgreement(name);
        }

        return measured;
    }

    private static VectorSet Cut(VectorSet set, HnswBenchmarkOptions options) => set with
    {
        Base = set.Base[..(Math.Min(set.Rows, options.MostRows) * set.Dimensions)],
        Queries = set.Queries[..(Math.Min(set.QueryCount, set.Dimensions < LongRow ? options.MostQueries : options.MostQueries / 2) * set.Dimensions)],
    };

    /// <summary>Distances of the tenth nearest, by exact search.</summary>
    private static float[] Farthest(VectorSet set)
    {
        var index = new FlatIndex(set.Dimensions, DistanceMetric.Euclidean, set.Rows);
        index.AppendRange(set.Base);
        var found = new Neighbor[set.QueryCount * K];
        int[] counts = new int[set.QueryCount];
        var parameters = new SearchParameters(K) { DegreeOfParallelism = Environment.ProcessorCount };
        index.SearchBatch(set.Queries, parameters, default(AcceptAll), default(OrdinalTieBreaker), new SearchScratch(), found, counts);
        return [.. Enumerable.Range(0, set.QueryCount).Select(query => found[(query * K) + counts[query] - 1].Distance)];
    }

    /// <summary>Where a set came with answers of its own, ours must be as near.</summary>
    private void RequireAgreement(string name)
    {
        string path = Path.Combine(Environment.GetEnvironmentVariable("VEKTAGRAF_DATA") ?? Path.Combine("..", "shared", "data"), name, "groundtruth.ibin");
        if (!File.Exists(path))
        {
            return;
        }

        ReadOnlySpan<byte> file = File.ReadAllBytes(path);
        int width = BinaryPrimitives.ReadInt32LittleEndian(file[4..]);
        for (int query = 0; query < Set.QueryCount; query++)
        {
            int tenth = BinaryPrimitives.ReadInt32LittleEndian(file[(8 + (((query * width) + K - 1) * sizeof(int)))..]);
            float theirs = Distance(Set, query, tenth);
            if (Math.Abs(theirs - _farthest[query]) > Rounding * theirs)
            {
                throw new InvalidDataException($"{name}, query {query}: the tenth nearest is at {_farthest[query]} by exact search, at {theirs} by {path}.");
            }
        }
    }

    private static float Distance(VectorSet set, int query, int row) =>
        (uint)row < (uint)set.Rows ? VectorMath.SquaredEuclidean(set.Query(query), set.Base.AsSpan(row * set.Dimensions, set.Dimensions)) : float.NaN;

    private void Write(string path, float[] vectors)
    {
        long length = 8 + ((long)vectors.Length * sizeof(float));
        if (File.Exists(path) && new FileInfo(path).Length == length)
        {
            return;
        }

        using FileStream file = File.Create(path);
        file.Write(MemoryMarshal.AsBytes<int>([vectors.Length / Set.Dimensions, Set.Dimensions]));
        file.Write(MemoryMarshal.AsBytes(vectors.AsSpan()));
    }
}
