using System.Collections.Concurrent;

namespace Vektagraf.Index.Tests.Hnsw;

/// <summary>An index over vectors that someone else appends: rows are found from the moment they are appended.</summary>
public class HnswPendingTests
{
    private const int Rows = 2000;

    [Theory]
    [InlineData(VectorQuantization.None, 0)]
    [InlineData(VectorQuantization.None, 700)]
    [InlineData(VectorQuantization.Scalar8, 700)]
    [InlineData(VectorQuantization.Rabitq4, 1500)]
    [InlineData(VectorQuantization.Scalar8, Rows)]
    public void Search_WithPendingRows_FindsThemAsIfLinked(VectorQuantization quantization, int indexed)
    {
        var data = new GraphCase(DistanceMetric.Cosine, Rows);
        FlatIndex vectors = Flat(data, Rows);
        var index = new HnswIndex(vectors, Options(quantization));
        Assert.Equal(indexed, index.IndexPending(indexed));
        Assert.Equal((Rows, indexed), (index.Count, index.IndexedCount));
        Assert.True(data.Recall(index, default(AcceptAll), new SearchParameters(10) { EfSearch = 200 }) >= 0.97);
        Assert.True(data.Recall(index, new Every(3), new SearchParameters(10) { EfSearch = 200 }) >= 0.97);
        Assert.Equal(1, data.Recall(index, new Every(3), new SearchParameters(10) { RowLimit = 1100, Exact = true }));
        Assert.True(data.Recall(index, default(AcceptAll), new SearchParameters(10) { RowLimit = 1100, EfSearch = 200 }) >= 0.97);
    }

    /// <summary>The pending rows alone: exact, whatever the linked ones are.</summary>
    [Fact]
    public void Search_WhereAllMatchesArePending_IsExact()
    {
        var data = new GraphCase(DistanceMetric.Euclidean, Rows);
        var index = new HnswIndex(Flat(data, Rows), Options(VectorQuantization.Scalar8));
        index.IndexPending(1200);
        Assert.Equal(1, data.Recall(index, new From(1200)));
    }

    /// <summary>What waits is scanned by codes where these are bounded, and by vectors where it came after: in both cases exact, filtered or not.</summary>
    [Theory]
    [InlineData(DistanceMetric.Euclidean, VectorQuantization.Scalar8)]
    [InlineData(DistanceMetric.Cosine, VectorQuantization.Half)]
    [InlineData(DistanceMetric.Dot, VectorQuantization.Scalar8)]
    [InlineData(DistanceMetric.Dot, VectorQuantization.Rabitq1)]
    public void Search_WherePartOfThePendingRowsIsEncoded_IsExactOverThem(DistanceMetric metric, VectorQuantization quantization)
    {
        var data = new GraphCase(metric, Rows);
        FlatIndex vectors = Flat(data, 1500);
        var index = new HnswIndex(vectors, Options(quantization));
        index.IndexPending(600);
        for (int row = 1500; row < Rows; row++)
        {
            vectors.Append(data.Vectors[row]);
        }

        Assert.Equal((Rows, 600), (index.Count, index.IndexedCount));
        Assert.Equal(1, data.Recall(index, new From(600)));
        Assert.Equal(1, data.Recall(index, new From(1300), new SearchParameters(10) { RowLimit = 1700 }));
        index.IndexPending(1);
        Assert.Equal(1, data.Recall(index, new From(601)));
        Assert.True(data.Recall(index, default(AcceptAll), new SearchParameters(10) { EfSearch = 200 }) >= 0.97);
    }

    [Fact]
    public void IndexPending_InSteps_GivesTheGraphOfOneAppendAtATime()
    {
        var data = new GraphCase(DistanceMetric.Dot, 900);
        FlatIndex vectors = Flat(data, 900);
        var index = new HnswIndex(vectors, Options(VectorQuantization.None));
        while (index.IndexPending(100) > 0)
        {
            // Until nothing is pending.
        }

        var one = new HnswIndex(vectors, Options(VectorQuantization.None));
        one.IndexPending(int.MaxValue);
        Assert.Equal(one.SerializeStructure().Length, index.SerializeStructure().Length);
        var loaded = HnswIndex.Load(index.SerializeStructure(), vectors);
        Assert.Equal(900, loaded.IndexedCount);
        Assert.Equal(index.SerializeStructure(), loaded.SerializeStructure());
    }

    [Fact]
    public void Load_OverVectorsOfAnotherKind_SaysSo()
    {
        var data = new GraphCase(DistanceMetric.Dot, 50);
        var index = new HnswIndex(Flat(data, 50), Options(VectorQuantization.None));
        index.IndexPending(50);
        byte[] bytes = index.SerializeStructure();
        Assert.Throws<InvalidDataException>(() => HnswIndex.Load(bytes, Flat(data, 49)));
        Assert.Throws<InvalidDataException>(() => HnswIndex.Load(bytes, new FlatIndex(data.Dimensions, DistanceMetric.Cosine)));
        Assert.Throws<InvalidDataException>(() => HnswIndex.Load(index.Serialize(), Flat(data, 50)));
    }

    /// <summary>A filter that says it refuses almost nothing and then refuses much is still answered rightly.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    public void Search_ByAFilterWhoseHintIsWrong_FindsAsManyAsExist(int divisor)
    {
        var data = new GraphCase(DistanceMetric.Euclidean, Rows);
        HnswIndex index = data.Build(VectorQuantization.Scalar8);
        double recall = data.Recall(index, new Wrong(divisor), new SearchParameters(10) { EfSearch = 200 });
        Assert.True(recall >= 0.95, $"recall {recall}");
    }

    /// <summary>One thread appends, one links, two search; each answer lies within its snapshot, in order, with exact distances.</summary>
    [Fact]
    public void Search_WhileOthersAppendAndLink_SeesAllRowsOfItsSnapshot()
    {
        var data = new GraphCase(DistanceMetric.Euclidean, 4000, dimensions: 16);
        var vectors = new FlatIndex(new FlatLayout(16, 1 << 14), data.Metric);
        var index = new HnswIndex(vectors, Options(VectorQuantization.Scalar8), 1 << 14);
        var failures = new ConcurrentQueue<Exception>();
        Thread[] threads =
        [
            new(() => Guarded(failures, () => data.Vectors.ForEach(vector => vectors.Append(vector)))),
            new(() => Guarded(failures, () =>
            {
                while (index.IndexedCount < data.Vectors.Count)
                {
                    index.IndexPending(64);
                }
            })),
            new(() => Guarded(failures, () => Read(index, data, seed: 1))),
            new(() => Guarded(failures, () => Read(index, data, seed: 2))),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Empty(failures);
        Assert.True(data.Recall(index, default(AcceptAll), new SearchParameters(10) { EfSearch = 150 }) >= 0.95);
    }

    private static void Read(HnswIndex index, GraphCase data, int seed)
    {
        var random = new Random(seed);
        var scratch = new SearchScratch();
        int count;
        do
        {
            count = index.Count;
            // A row that was just appended is its own nearest neighbour, whether it is linked by now or not.
            int newest = count - 1;
            float[] query = newest < 0 ? data.Queries[0] : data.Vectors[newest];
            Neighbor[] found = index.Search(query, new SearchParameters(10) { RowLimit = count }, default(AcceptAll), default(OrdinalTieBreaker), scratch).ToArray();
            Assert.Equal(Math.Min(10, count), found.Length);
            Assert.Equal(found.Length, found.Select(neighbor => neighbor.Ordinal).Distinct().Count());
            Assert.All(found, neighbor => Assert.True(neighbor.Ordinal < count));
            Assert.Equal(found.OrderBy(neighbor => neighbor.Distance).Select(neighbor => neighbor.Distance), found.Select(neighbor => neighbor.Distance));
            Assert.All(found, neighbor => Assert.Equal(VectorMath.SquaredEuclidean(query, data.Vectors[neighbor.Ordinal]), neighbor.Distance, 1e-3f));
        }
        while (count < data.Vectors.Count || random.Next(20) != 0);
    }

    private static void Guarded(ConcurrentQueue<Exception> failures, Action work)
    {
        try
        {
            work();
        }
#pragma warning disable CA1031 // An exception must reach the test's thread, whatever it is.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            failures.Enqueue(failure);
        }
    }

    private static FlatIndex Flat(GraphCase data, int rows)
    {
        var vectors = new FlatIndex(data.Dimensions, data.Metric);
        vectors.AppendRange(data.Vectors.Take(rows).SelectMany(vector => vector).ToArray());
        return vectors;
    }

    private static HnswOptions Options(VectorQuantization quantization) =>
        new() { M = 12, EfConstruction = 100, EfSearch = 80, Quantization = quantization, TrainingRows = 500, ExactRowsPerCandidate = 0 };

    private readonly struct Every(int divisor) : IOrdinalFilter
    {
        public bool Accepts(int ordinal) => ordinal % divisor == 0;
    }

    private readonly struct From(int first) : IOrdinalFilter
    {
        public bool Accepts(int ordinal) => ordinal >= first;
    }

    private readonly struct Wrong(int divisor) : IOrdinalFilter
    {
        public static bool AcceptsNearlyAll => true;

        public bool Accepts(int ordinal) => ordinal % divisor == 0;
    }
}
