using Vektagraf.Index.Tests.Hnsw;

namespace Vektagraf.Index.Tests.Ivf;

public class IvfRecallTests
{
    private const int Rows = 6000;

    public static TheoryData<DistanceMetric, VectorQuantization, int> Combinations()
    {
        var data = new TheoryData<DistanceMetric, VectorQuantization, int>();
        foreach (DistanceMetric metric in Enum.GetValues<DistanceMetric>())
        {
            foreach (VectorQuantization quantization in Enum.GetValues<VectorQuantization>())
            {
                data.Add(metric, quantization, 1);
            }

            data.Add(metric, VectorQuantization.Scalar8, 2);
            data.Add(metric, VectorQuantization.None, 2);
        }

        return data;
    }

    /// <summary>Unfiltered, filtered at every selectivity and reloaded, with the number of lists measured at training: one floor.</summary>
    [Theory]
    [MemberData(nameof(Combinations))]
    public void Search_InEveryState_KeepsItsRecall(DistanceMetric metric, VectorQuantization quantization, int spill)
    {
        var data = new ListCase(metric, Rows);
        IvfIndex index = data.Build(quantization, spill, threads: 2);
        Assert.InRange(index.DefaultNProbe, 1, index.ListCount / 2);
        AssertRecalls(data, index, "built");
        AssertRecalls(data, IvfIndex.Load(index.SerializeStructure(), data.Vectors), "reloaded");
    }

    /// <summary>Rows that were appended after the last indexing are found like all others, and then also from lists.</summary>
    [Theory]
    [InlineData(VectorQuantization.None)]
    [InlineData(VectorQuantization.Scalar8)]
    [InlineData(VectorQuantization.Rabitq4)]
    public void Search_WhileRowsArePending_FindsThem(VectorQuantization quantization)
    {
        var data = new ListCase(DistanceMetric.Euclidean, 2000);
        IvfIndex index = data.Build(quantization);
        var random = new Random(3);
        for (int i = 0; i < 300; i++)
        {
            data.Data.Vectors.Add(data.Data.Vector(random, i % 20));
            data.Vectors.Append(data.Data.Vectors[^1]);
            Neighbor self = index.Search(data.Data.Vectors[^1], new SearchParameters(1), default(AcceptAll), default(OrdinalTieBreaker), new SearchScratch())[0];
            Assert.Equal((2000 + i, 0f), (self.Ordinal, self.Distance));
        }

        Assert.Equal(2000, index.IndexedCount);
        AssertRecalls(data, index, "pending");
        Assert.Equal(100, index.IndexPending(100, 1));
        Assert.Equal(2100, index.IndexedCount);
        Assert.Equal(200, index.IndexPending(int.MaxValue, 2));
        Assert.Equal(0, index.IndexPending(int.MaxValue, 2));
        AssertRecalls(data, index, "indexed");
    }

    /// <summary>Lists of a hundred vectors would be too few and too long for thousands: they are trained anew as the index grows.</summary>
    [Fact]
    public void IndexPending_WhenVectorsGrow_TrainsAnew()
    {
        var all = new ListCase(DistanceMetric.Cosine, 5000);
        var growing = new FlatIndex(all.Vectors.Dimensions, DistanceMetric.Cosine);
        var index = new IvfIndex(growing, new IvfOptions { Quantization = VectorQuantization.Scalar8 });
        int lists = 0;
        foreach (float[] vector in all.Data.Vectors)
        {
            growing.Append(vector);
            if (growing.Count % 50 == 0)
            {
                Assert.True(index.IndexPending(50, 1) <= 50);
                Assert.True(index.ListCount >= lists);
                lists = index.ListCount;
            }
        }

        Assert.Equal(5000, index.IndexedCount);
        Assert.InRange(lists, 70, 140);
        double recall = all.Recall(index, default(AcceptAll));
        Assert.True(recall >= 0.93, $"recall {recall}");
    }

    [Fact]
    public void Search_WithMoreProbes_FindsMore()
    {
        var data = new ListCase(DistanceMetric.Euclidean, Rows);
        IvfIndex index = data.Build(VectorQuantization.Scalar8);
        double[] recalls = [.. new[] { 1, 4, 16, index.ListCount }.Select(probes => data.Recall(index, default(AcceptAll), new SearchParameters(ListCase.K) { NProbe = probes }))];
        Assert.True(recalls.Zip(recalls.Skip(1)).All(pair => pair.First <= pair.Second), string.Join(' ', recalls));
        Assert.True(recalls[0] < 0.9, string.Join(' ', recalls));
        Assert.True(recalls[^1] >= 0.999, string.Join(' ', recalls));
    }

    /// <summary>The second list is worth its place: at as many rows scored, fewer are missed than with one list each.</summary>
    [Fact]
    public void Search_OfSpilledLists_FindsMoreInAsManyLists()
    {
        var data = new ListCase(DistanceMetric.Euclidean, Rows);
        double Recall(int spill) => data.Recall(data.Build(spill: spill, nList: 100), default(AcceptAll), new SearchParameters(ListCase.K) { NProbe = 4 });
        Assert.True(Recall(2) > Recall(1) + 0.02, $"{Recall(1)} {Recall(2)}");
    }

    [Theory]
    [InlineData(VectorQuantization.None)]
    [InlineData(VectorQuantization.Rabitq4)]
    public void Search_WithinARange_FindsTheRowsInIt(VectorQuantization quantization)
    {
        var data = new ListCase(DistanceMetric.Euclidean, Rows);
        IvfIndex index = data.Build(quantization);
        var scratch = new SearchScratch();
        float radius = data.Vectors.Search(data.Data.Queries[0], new SearchParameters(40), default(AcceptAll), default(OrdinalTieBreaker), scratch)[^1].Distance;
        double recall = data.Recall(index, default(AcceptAll), new SearchParameters(200) { MaxDistance = radius });
        Assert.True(recall >= 0.9, $"recall {recall}");
    }

    [Fact]
    public void Search_WhenExactOrLimited_IsExactAndWithinItsLimit()
    {
        var data = new ListCase(DistanceMetric.Dot, 3000);
        IvfIndex index = data.Build(VectorQuantization.Rabitq1);
        BitmapFilter filter = GraphCase.Where(3000, row => row % 3 != 0);
        Assert.Equal(1, data.Recall(index, filter, new SearchParameters(25) { Exact = true, RowLimit = 1000 }));
        double recall = data.Recall(index, default(AcceptAll), new SearchParameters(ListCase.K) { RowLimit = 1500 });
        Assert.True(recall >= 0.9, $"recall {recall}");
    }

    /// <summary>What a search says it did.</summary>
    [Fact]
    public void Search_CountsItsWork()
    {
        var data = new ListCase(DistanceMetric.Euclidean, Rows);
        IvfIndex index = data.Build(VectorQuantization.Scalar8);
        var scratch = new SearchScratch();
        index.Search(data.Data.Queries[0], new SearchParameters(10) { NProbe = 3 }, default(AcceptAll), default(OrdinalTieBreaker), scratch);
        Assert.Equal(3, scratch.Statistics.ListsProbed);
        Assert.InRange(scratch.Statistics.Scored, 10, Rows / 5);
        Assert.InRange(scratch.Statistics.Reranked, 10, 31);

        // As many rows match as a few lists hold: scanning those is exact and no slower.
        BitmapFilter few = GraphCase.Where(Rows, row => row % 500 == 0);
        index.Search(data.Data.Queries[0], new SearchParameters(10), few, default(OrdinalTieBreaker), scratch);
        Assert.Equal(0, scratch.Statistics.ListsProbed);
        Assert.Equal(1, data.Recall(index, few));
    }

    /// <summary>No row of the lists near the query matches: the search goes on until it meets some.</summary>
    [Fact]
    public void Search_WhereNothingNearMatches_GoesOn()
    {
        var data = new ListCase(DistanceMetric.Euclidean, Rows);
        IvfIndex index = data.Build(VectorQuantization.Scalar8);
        BitmapFilter far = GraphCase.Where(Rows, row => GraphCase.ClusterOf(row) is 3 or 4 or 5 or 6);
        double recall = data.Recall(index, far);
        Assert.True(recall >= 0.93, $"recall {recall}");
    }

    private static void AssertRecalls(ListCase data, IvfIndex index, string state)
    {
        const double Floor = 0.93;
        int rows = data.Vectors.Count;
        var random = new Random(3);
        Assert.True(data.Recall(index, default(AcceptAll)) is var all && all >= Floor, $"{state}: {all}");
        foreach (int percent in new[] { 1, 5, 10, 50, 90 })
        {
            BitmapFilter filter = GraphCase.Where(rows, _ => random.Next(100) < percent);
            Assert.True(data.Recall(index, filter) is var recall && recall >= Floor, $"{state}, {percent} % accepted: {recall}");
            Assert.True(data.Recall(index, new VirtualFilter(filter)) is var unknown && unknown >= Floor, $"{state}, {percent} % accepted, not counted: {unknown}");
        }

        // Query n lies in cluster n mod 20, so half of the queries are in the midst of these rows and half are far away from all of them.
        BitmapFilter clusters = GraphCase.Where(rows, row => GraphCase.ClusterOf(row) < 10);
        Assert.True(data.Recall(index, clusters) is var correlated && correlated >= Floor, $"{state}, correlated: {correlated}");
    }
}
