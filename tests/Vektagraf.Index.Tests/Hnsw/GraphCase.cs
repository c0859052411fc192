namespace Vektagraf.Index.Tests.Hnsw;

/// <summary>Seeded vectors like those of embedding models (clusters on a surface of few dimensions), and the exact answers beside a graph's.</summary>
internal sealed class GraphCase
{
    public const int K = 10;

    private const int Clusters = 20;
    private const int IntrinsicDimensions = 10;

    private readonly float[][] _axes;
    private readonly float[][] _centers;

    public GraphCase(DistanceMetric metric, int rows, int dimensions = 32, int seed = 1)
    {
        Metric = metric;
        Dimensions = dimensions;
        var random = new Random(seed);
        _axes = Gaussians(random, IntrinsicDimensions, dimensions, 1);
        _centers = Gaussians(random, Clusters, dimensions, 2);
        Vectors = [.. Enumerable.Range(0, rows).Select(row => Vector(random, row % Clusters))];
        Queries = [.. Enumerable.Range(0, 60).Select(query => Vector(random, query % Clusters))];
    }

    public DistanceMetric Metric { get; }

    public int Dimensions { get; }

    /// <summary>Row n is of cluster n mod 20.</summary>
    public List<float[]> Vectors { get; }

    public float[][] Queries { get; }

    public static int ClusterOf(int row) => row % Clusters;

    public float[] Vector(Random random, int cluster)
    {
        float[] vector = [.. _centers[cluster]];
        foreach (float[] axis in _axes)
        {
            float amount = Gaussian(random);
            for (int i = 0; i < vector.Length; i++)
            {
                vector[i] += (amount * axis[i]) + (0.05f * Gaussian(random));
            }
        }

        return vector;
    }

    /// <summary>An index that walks its graph however few the rows are.</summary>
    public HnswIndex Build(VectorQuantization quantization = VectorQuantization.None, int threads = 1, int m = 12, int chunkBytes = 1 << 15)
    {
        var options = new HnswOptions { M = m, EfConstruction = 100, EfSearch = 80, Quantization = quantization, TrainingRows = 500, ExactRowsPerCandidate = 0 };
        var index = new HnswIndex(new FlatIndex(new FlatLayout(Dimensions, chunkBytes), Metric), options, chunkBytes);
        index.AppendRange(Vectors.SelectMany(vector => vector).ToArray(), threads);
        return index;
    }

    /// <summary>
    /// The average share of k rows returned that are as near as the k-th nearest, which counts any of several equally near ones. Fails when a row
    /// is refused, repeated or out of order, or its distance is not the exact one.
    /// </summary>
    public double Recall<TFilter>(HnswIndex index, TFilter filter, SearchParameters? parameters = null)
        where TFilter : struct, IOrdinalFilter
    {
        SearchParameters chosen = parameters ?? new SearchParameters(K);
        var scratch = new SearchScratch();
        double sum = 0;
        foreach (float[] query in Queries)
        {
            Neighbor[] exact = Exact(query, chosen, filter, index.IsDeleted);
            Neighbor[] found = index.Search(query, chosen, filter, default(OrdinalTieBreaker), scratch).ToArray();
            Check(query, found, filter, index);
            sum += exact.Length == 0 ? 1 : found.Count(neighbor => neighbor.Distance <= exact[^1].Distance) / (double)exact.Length;
            Assert.Equal(exact.Length, float.IsFinite(chosen.MaxDistance) ? exact.Length : found.Length);
        }

        return sum / Queries.Length;
    }

    public Neighbor[] Exact<TFilter>(float[] query, SearchParameters parameters, TFilter filter, Func<int, bool> isDeleted)
        where TFilter : struct, IOrdinalFilter =>
    [
        .. Enumerable.Range(0, Math.Min(parameters.RowLimit, Vectors.Count))
            .Where(row => filter.Accepts(row) && !isDeleted(row))
            .Select(row => new Neighbor(row, VectorMath.Distance(Metric, query, Vectors[row])))
            .Where(neighbor => neighbor.Distance <= parameters.MaxDistance)
            .OrderBy(neighbor => neighbor.Distance)
            .ThenBy(neighbor => neighbor.Ordinal)
            .Take(parameters.K),
    ];

    private void Check<TFilter>(float[] query, Neighbor[] found, TFilter filter, HnswIndex index)
        where TFilter : struct, IOrdinalFilter
    {
        Assert.Equal(found.Length, found.Select(neighbor => neighbor.Ordinal).Distinct().Count());
        for (int i = 0; i < found.Length; i++)
        {
            int row = found[i].Ordinal;
            Assert.True(filter.Accepts(row) && !index.IsDeleted(row));
            Assert.Equal(VectorMath.Distance(Metric, query, Vectors[row]), found[i].Distance, 1e-4f * Math.Max(1f, Math.Abs(found[i].Distance)));
            Assert.True(i == 0 || found[i - 1].Distance <= found[i].Distance);
        }
    }

    public static BitmapFilter Where(int rows, Func<int, bool> accepts)
    {
        ulong[] words = new ulong[(rows + 63) / 64];
        for (int row = 0; row < rows; row++)
        {
            words[row / 64] |= accepts(row) ? 1UL << (row % 64) : 0;
        }

        return new BitmapFilter(words);
    }

    private static float[][] Gaussians(Random random, int count, int dimensions, float deviation) =>
        [.. Enumerable.Range(0, count).Select(_ => Array.ConvertAll(new float[dimensions], _ => deviation * Gaussian(random)))];

    private static float Gaussian(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
