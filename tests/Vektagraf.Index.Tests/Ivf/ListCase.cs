using Vektagraf.Index.Tests.Hnsw;

namespace Vektagraf.Index.Tests.Ivf;

/// <summary>Inverted lists over the seeded vectors of <see cref="GraphCase"/>, with the exact answers of the flat index beside them.</summary>
internal sealed class ListCase
{
    public const int K = 10;

    public ListCase(DistanceMetric metric, int rows, int dimensions = 32, int chunkBytes = 1 << 15)
    {
        Data = new GraphCase(metric, rows, dimensions);
        Vectors = new FlatIndex(new FlatLayout(dimensions, chunkBytes), metric);
        Vectors.AppendRange(Data.Vectors.SelectMany(vector => vector).ToArray());
    }

    public GraphCase Data { get; }

    public FlatIndex Vectors { get; }

    /// <summary>An index with all rows in lists.</summary>
    public IvfIndex Build(VectorQuantization quantization = VectorQuantization.None, int spill = 1, int threads = 1, int nList = 0)
    {
        var index = new IvfIndex(Vectors, new IvfOptions { Quantization = quantization, Spill = spill, NList = nList });
        Assert.Equal(Vectors.Count, index.IndexPending(int.MaxValue, threads));
        Assert.Equal(Vectors.Count, index.IndexedCount);
        return index;
    }

    /// <summary>
    /// The average share of the rows returned that are as near as the k-th nearest. Fails when a row is refused, repeated or out of order, its
    /// distance is not the flat index's to the bit, or there are fewer than exist.
    /// </summary>
    public double Recall<TFilter>(IvfIndex index, TFilter filter, SearchParameters? parameters = null)
        where TFilter : struct, IOrdinalFilter
    {
        SearchParameters chosen = parameters ?? new SearchParameters(K);
        var scratch = new SearchScratch();
        double sum = 0;
        foreach (float[] query in Data.Queries)
        {
            Neighbor[] exact = Vectors.Search(query, chosen, filter, default(OrdinalTieBreaker), scratch).ToArray();
            Neighbor[] found = index.Search(query, chosen, filter, default(OrdinalTieBreaker), scratch).ToArray();
            Check(query, found, filter, chosen);
            sum += exact.Length == 0 ? 1 : found.Count(neighbor => neighbor.Distance <= exact[^1].Distance) / (double)exact.Length;
            Assert.Equal(exact.Length, float.IsFinite(chosen.MaxDistance) ? exact.Length : found.Length);
        }

        return sum / Data.Queries.Length;
    }

    private void Check<TFilter>(float[] query, Neighbor[] found, TFilter filter, SearchParameters parameters)
        where TFilter : struct, IOrdinalFilter
    {
        Assert.Equal(found.Length, found.Select(neighbor => neighbor.Ordinal).Distinct().Count());
        for (int i = 0; i < found.Length; i++)
        {
            int row = found[i].Ordinal;
            Assert.True(filter.Accepts(row) && row < parameters.RowLimit && found[i].Distance <= parameters.MaxDistance);
            Assert.Equal(VectorMath.Distance(Vectors.Metric, query, Vectors.RowAt(row)), found[i].Distance, 1e-4f * Math.Max(1f, Math.Abs(found[i].Distance)));
            Assert.True(i == 0 || found[i - 1].Distance < found[i].Distance || (found[i - 1].Distance.Equals(found[i].Distance) && found[i - 1].Ordinal < row));
        }
    }
}
