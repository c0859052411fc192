namespace Vektagraf.Index.Tests.Hnsw;

public class HnswRecallTests
{
    private const int Rows = 3000;

    public static TheoryData<DistanceMetric, VectorQuantization> Combinations()
    {
        var data = new TheoryData<DistanceMetric, VectorQuantization>();
        foreach (DistanceMetric metric in Enum.GetValues<DistanceMetric>())
        {
            foreach (VectorQuantization quantization in Enum.GetValues<VectorQuantization>())
            {
                data.Add(metric, quantization);
            }
        }

        return data;
    }

    /// <summary>Built, filtered at every selectivity, a third deleted, updated and reloaded: recall stays above one floor.</summary>
    [Theory]
    [MemberData(nameof(Combinations))]
    public void Search_InEveryState_KeepsItsRecall(DistanceMetric metric, VectorQuantization quantization)
    {
        var data = new GraphCase(metric, Rows);
        HnswIndex index = data.Build(quantization);
        double floor = Floor(quantization);
        Assert.Equal(quantization, index.ActiveQuantization);
        AssertRecalls(data, index, floor, "built");

        var random = new Random(7);
        for (int row = 0; row < Rows; row++)
        {
            if (random.Next(3) == 0)
            {
                Assert.True(index.Delete(row));
                Assert.False(index.Delete(row));
            }
        }

        AssertRecalls(data, index, floor, "a third deleted");
        for (int i = 0; i < 600; i++)
        {
            data.Vectors.Add(data.Vector(random, data.Vectors.Count % 20));
            Assert.Equal(data.Vectors.Count - 1, index.Append(data.Vectors[^1]));
        }

        AssertRecalls(data, index, floor, "updated");
        index.Consolidate();
        AssertRecalls(data, index, floor, "consolidated");
        AssertRecalls(data, HnswIndex.Load(index.Serialize()), floor, "reloaded");
    }

    [Theory]
    [InlineData(VectorQuantization.None)]
    [InlineData(VectorQuantization.Scalar8)]
    public void AppendRange_WithTwoThreads_BuildsAsGoodAGraph(VectorQuantization quantization)
    {
        var data = new GraphCase(DistanceMetric.Euclidean, 4000);
        HnswIndex index = data.Build(quantization, threads: 2);
        AssertRecalls(data, index, Floor(quantization), "two threads");
    }

    [Fact]
    public void AppendRange_WithOneThreadAndASeed_IsDeterministic()
    {
        var data = new GraphCase(DistanceMetric.Cosine, 800);
        byte[] first = data.Build(VectorQuantization.Rabitq1).Serialize();
        Assert.Equal(first, data.Build(VectorQuantization.Rabitq1, chunkBytes: 1 << 22).Serialize());
    }

    [Theory]
    [InlineData(VectorQuantization.None)]
    [InlineData(VectorQuantization.Rabitq4)]
    public void Search_WithinARange_FindsTheRowsInIt(VectorQuantization quantization)
    {
        var data = new GraphCase(DistanceMetric.Euclidean, Rows);
        HnswIndex index = data.Build(quantization);
        float radius = data.Exact(data.Queries[0], new SearchParameters(40), default(AcceptAll), _ => false)[^1].Distance;
        double recall = data.Recall(index, default(AcceptAll), new SearchParameters(200) { MaxDistance = radius });
        Assert.True(recall >= 0.98, $"recall {recall}");
    }

    [Fact]
    public void Search_WhenExact_IsExact()
    {
        var data = new GraphCase(DistanceMetric.Dot, 1200);
        HnswIndex index = data.Build(VectorQuantization.Rabitq1);
        index.Delete(5);
        BitmapFilter filter = GraphCase.Where(1200, row => row % 3 != 0);
        Assert.Equal(1, data.Recall(index, filter, new SearchParameters(25) { Exact = true, RowLimit = 1000 }));
    }

    [Fact]
    public void Search_WithARowLimit_ReturnsNothingBeyondIt()
    {
        var data = new GraphCase(DistanceMetric.Euclidean, Rows);
        HnswIndex index = data.Build(VectorQuantization.Scalar8);
        double recall = data.Recall(index, default(AcceptAll), new SearchParameters(GraphCase.K) { RowLimit = 1500 });
        Assert.True(recall >= 0.95, $"recall {recall}");
    }

    /// <summary>Three of four clusters vanish, with most queries in the midst of them.</summary>
    [Fact]
    public void Search_WhenWholeRegionsAreDeleted_FindsTheRest()
    {
        var data = new GraphCase(DistanceMetric.Euclidean, Rows);
        HnswIndex index = data.Build(VectorQuantization.Scalar8);
        for (int row = 0; row < Rows; row++)
        {
            if (GraphCase.ClusterOf(row) >= 5)
            {
                index.Delete(row);
            }
        }

        double recall = data.Recall(index, default(AcceptAll));
        Assert.True(recall >= 0.95, $"recall {recall}");
    }

    /// <summary>A longer pool never costs recall beyond chance, and one as long as the index finds nearly everything.</summary>
    [Fact]
    public void Search_WithALongerPool_FindsMore()
    {
        var data = new GraphCase(DistanceMetric.Euclidean, Rows);
        HnswIndex index = data.Build(m: 6);
        double[] recalls = [.. new[] { 10, 40, 160, 640 }.Select(ef => data.Recall(index, default(AcceptAll), new SearchParameters(GraphCase.K) { EfSearch = ef }))];
        Assert.True(recalls.Zip(recalls.Skip(1)).All(pair => pair.First <= pair.Second + 0.01), string.Join(' ', recalls));
        Assert.True(recalls[^1] >= 0.995, string.Join(' ', recalls));
    }

    /// <summary>Where a scan of what may be returned is no slower, the search is exact: that is what it says it did.</summary>
    [Fact]
    public void Search_WhenFewRowsMatch_IsExact()
    {
        var data = new GraphCase(DistanceMetric.Euclidean, Rows);
        var index = new HnswIndex(data.Dimensions, data.Metric, new HnswOptions { EfSearch = 16 });
        index.AppendRange(data.Vectors.SelectMany(vector => vector).ToArray());
        var scratch = new SearchScratch();
        index.Search(data.Queries[0], new SearchParameters(10), default(AcceptAll), default(OrdinalTieBreaker), scratch);
        Assert.True(scratch.Statistics.Hops > 0);
        BitmapFilter few = GraphCase.Where(Rows, row => row % 20 == 0);
        Assert.Equal(1, data.Recall(index, few));
        index.Search(data.Queries[0], new SearchParameters(10), few, default(OrdinalTieBreaker), scratch);
        Assert.Equal(0, scratch.Statistics.Hops);
    }

    /// <summary>
    /// Here the graph is walked even where an index would by default scan the few rows that match; by dot product, which obeys no triangle
    /// inequality, some of those are then out of reach.
    /// </summary>
    private static void AssertRecalls(GraphCase data, HnswIndex index, double floor, string state)
    {
        int rows = data.Vectors.Count;
        var random = new Random(3);
        Assert.True(data.Recall(index, default(AcceptAll)) is var all && all >= floor, $"{state}: {all}");
        floor -= data.Metric == DistanceMetric.Dot ? 0.05 : 0;
        foreach (int percent in new[] { 5, 10, 50, 90 })
        {
            BitmapFilter filter = GraphCase.Where(rows, _ => random.Next(100) < percent);
            Assert.True(data.Recall(index, filter) is var recall && recall >= floor, $"{state}, {percent} % accepted: {recall}");
        }

        // Query n lies in cluster n mod 20, so half of the queries are in the midst of these rows and half are far away from all of them.
        BitmapFilter clusters = GraphCase.Where(rows, row => GraphCase.ClusterOf(row) < 10);
        Assert.True(data.Recall(index, clusters) is var correlated && correlated >= floor, $"{state}, correlated: {correlated}");
    }

    private static double Floor(VectorQuantization quantization) => quantization == VectorQuantization.Rabitq1 ? 0.90 : 0.95;
}
