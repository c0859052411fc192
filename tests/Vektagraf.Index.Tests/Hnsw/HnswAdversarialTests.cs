namespace Vektagraf.Index.Tests.Hnsw;

public class HnswAdversarialTests
{
    public static TheoryData<VectorQuantization> Quantizations() => new(Enum.GetValues<VectorQuantization>());

    [Theory]
    [MemberData(nameof(Quantizations))]
    public void Search_WhenAllVectorsAreEqual_ReturnsAsManyAsAsked(VectorQuantization quantization)
    {
        foreach (DistanceMetric metric in Enum.GetValues<DistanceMetric>())
        {
            HnswIndex index = Build(metric, quantization, 600, 8, (_, _) => 0.5f);
            AssertAgrees(index, 600, Enumerable.Repeat(0.5f, 8).ToArray(), k: 50);
        }
    }

    [Theory]
    [MemberData(nameof(Quantizations))]
    public void Search_WhenAllVectorsAreZero_ReturnsAsManyAsAsked(VectorQuantization quantization)
    {
        foreach (DistanceMetric metric in Enum.GetValues<DistanceMetric>())
        {
            HnswIndex index = Build(metric, quantization, 300, 8, (_, _) => 0f);
            AssertAgrees(index, 300, new float[8], k: 20);
            AssertAgrees(index, 300, Enumerable.Repeat(1f, 8).ToArray(), k: 20);
        }
    }

    /// <summary>Heaps of 100 equal vectors: the nearest heap is found, and the way from each heap to the others.</summary>
    [Theory]
    [MemberData(nameof(Quantizations))]
    public void Search_AmongManyDuplicates_FindsTheNearestHeaps(VectorQuantization quantization)
    {
        HnswIndex index = Build(DistanceMetric.Euclidean, quantization, 2000, 6, (row, i) => Hash(row % 20, i));
        for (int heap = 0; heap < 20; heap++)
        {
            float[] query = [.. Enumerable.Range(0, 6).Select(i => Hash(heap, i))];
            ReadOnlySpan<Neighbor> found = index.Search(query, new SearchParameters(10), default(AcceptAll), default(OrdinalTieBreaker), new SearchScratch());
            Assert.Equal(10, found.Length);
            Assert.All(found.ToArray(), neighbor => Assert.Equal(0f, neighbor.Distance));
        }
    }

    [Theory]
    [MemberData(nameof(Quantizations))]
    public void Search_InOneDimension_FindsTheNearest(VectorQuantization quantization)
    {
        // Increasing inserts: every new row is beyond all others.
        HnswIndex index = Build(DistanceMetric.Euclidean, quantization, 2000, 1, (row, _) => row);
        foreach (int row in new[] { 0, 1, 999, 1500, 1999 })
        {
            ReadOnlySpan<Neighbor> found = index.Search([row + 0.25f], new SearchParameters(1), default(AcceptAll), default(OrdinalTieBreaker), new SearchScratch());
            Assert.Equal(row, found[0].Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Quantizations))]
    public void Search_In4096Dimensions_FindsTheNearest(VectorQuantization quantization)
    {
        HnswIndex index = Build(DistanceMetric.Cosine, quantization, 300, 4096, Hash);
        for (int row = 0; row < 300; row += 37)
        {
            float[] query = new float[4096];
            index.GetVector(row, query);
            ReadOnlySpan<Neighbor> found = index.Search(query, new SearchParameters(3), default(AcceptAll), default(OrdinalTieBreaker), new SearchScratch());
            Assert.Equal(row, found[0].Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Quantizations))]
    public void Search_OfFewerRowsThanK_ReturnsThemAll(VectorQuantization quantization)
    {
        for (int rows = 0; rows < 6; rows++)
        {
            HnswIndex index = Build(DistanceMetric.Euclidean, quantization, rows, 5, Hash, trainingRows: 2);
            AssertAgrees(index, rows, [1, 2, 3, 4, 5], k: 10);
        }
    }

    /// <summary>One cluster far from the origin, all of it within a thousandth: components lose digits, order must not.</summary>
    [Theory]
    [InlineData(VectorQuantization.None)]
    [InlineData(VectorQuantization.Scalar8)]
    [InlineData(VectorQuantization.Rabitq4)]
    [InlineData(VectorQuantization.Rabitq1)]
    public void Search_InOneTightCluster_KeepsItsRecall(VectorQuantization quantization)
    {
        HnswIndex index = Build(DistanceMetric.Euclidean, quantization, 1500, 24, (row, i) => 10f + (0.001f * Hash(row, i)));
        float[] query = [.. Enumerable.Range(0, 24).Select(i => 10f + (0.001f * Hash(-7, i)))];
        var scratch = new SearchScratch();
        Neighbor[] exact = index.Search(query, new SearchParameters(10) { Exact = true }, null, null, scratch).ToArray();
        Neighbor[] found = index.Search(query, new SearchParameters(10) { EfSearch = 100 }, null, null, scratch).ToArray();
        Assert.True(found.Intersect(exact).Count() >= 9);
    }

    [Theory]
    [MemberData(nameof(Quantizations))]
    public void Search_WithVectorsThatAreNotFinite_FindsTheOthers(VectorQuantization quantization)
    {
        HnswIndex index = Build(
            DistanceMetric.Euclidean, quantization, 700, 8, (row, i) => (row % 7) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => Hash(row, i) });
        var scratch = new SearchScratch();
        float[] query = [.. Enumerable.Range(0, 8).Select(i => Hash(9, i))];
        Neighbor[] found = index.Search(query, new SearchParameters(5), null, null, scratch).ToArray();
        Assert.Equal(new Neighbor(9, 0f), found[0]);
        Assert.Equal(5, found.Length);
        Assert.All(found, neighbor => Assert.True(float.IsFinite(neighbor.Distance)));
    }

    [Fact]
    public void Delete_OfEveryRowInTurn_LeavesTheOthersToBeFound()
    {
        HnswIndex index = Build(DistanceMetric.Euclidean, VectorQuantization.Scalar8, 500, 6, Hash);
        var scratch = new SearchScratch();
        float[] query = [.. Enumerable.Range(0, 6).Select(i => Hash(3, i))];
        for (int left = 500; left > 0; left--)
        {
            Neighbor[] found = index.Search(query, new SearchParameters(5), null, null, scratch).ToArray();
            Assert.Equal(Math.Min(5, left), found.Length);
            Assert.DoesNotContain(found, neighbor => index.IsDeleted(neighbor.Ordinal));
            Assert.True(index.Delete(found[0].Ordinal));
        }

        Assert.Equal(500, index.DeletedCount);
        Assert.Empty(index.Search(query, new SearchParameters(5), null, null, scratch).ToArray());
        index.Consolidate();
        Assert.Equal(500, index.Append(query));
        Assert.Equal([new Neighbor(500, 0f)], index.Search(query, new SearchParameters(5), null, null, scratch).ToArray());
    }

    [Fact]
    public void Members_WithImpossibleArguments_Throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HnswIndex(0, DistanceMetric.Dot));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HnswIndex(4, DistanceMetric.Dot, new HnswOptions { M = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HnswIndex(4, DistanceMetric.Dot, new HnswOptions { EfConstruction = 0 }));
        var index = new HnswIndex(4, DistanceMetric.Dot);
        Assert.Throws<ArgumentException>(() => index.Append(new float[3]));
        Assert.Throws<ArgumentException>(() => index.AppendRange(new float[7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.AppendRange(new float[8], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Delete(0));
        Assert.Throws<ArgumentException>(() => index.Search(new float[3], new SearchParameters(1), null, null, new SearchScratch()).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search(new float[4], new SearchParameters(0), null, null, new SearchScratch()).Length);
    }

    private static HnswIndex Build(
        DistanceMetric metric, VectorQuantization quantization, int rows, int dimensions, Func<int, int, float> component, int trainingRows = 100)
    {
        var options = new HnswOptions { Quantization = quantization, TrainingRows = trainingRows, EfConstruction = 60, ExactRowsPerCandidate = 0 };
        var index = new HnswIndex(dimensions, metric, options);
        for (int row = 0; row < rows; row++)
        {
            Assert.Equal(row, index.Append([.. Enumerable.Range(0, dimensions).Select(i => component(row, i))]));
        }

        return index;
    }

    /// <summary>As many rows as the exact search returns, at the same distances.</summary>
    private static void AssertAgrees(HnswIndex index, int rows, float[] query, int k)
    {
        var scratch = new SearchScratch();
        Neighbor[] exact = index.Search(query, new SearchParameters(k) { Exact = true }, null, null, scratch).ToArray();
        Neighbor[] found = index.Search(query, new SearchParameters(k), null, null, scratch).ToArray();
        Assert.Equal(Math.Min(k, rows), found.Length);
        Assert.Equal(exact.Select(neighbor => neighbor.Distance), found.Select(neighbor => neighbor.Distance));
    }

    private static float Hash(int row, int component) => ((SplitMix.Mix(((ulong)(uint)row << 32) + (uint)component) >> 40) / (float)(1 << 24)) - 0.5f;
}
