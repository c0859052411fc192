using System.Collections.Concurrent;
using Vektagraf.Index.Tests.Hnsw;

namespace Vektagraf.Index.Tests.Ivf;

public class IvfConcurrencyTests
{
    private const int Rows = 3000;

    /// <summary>One thread appends, one indexes and retrains, two read: every answer is whole, within its snapshot, exact in its distances.</summary>
    [Theory]
    [InlineData(VectorQuantization.None, 2)]
    [InlineData(VectorQuantization.Scalar8, 1)]
    [InlineData(VectorQuantization.Rabitq1, 2)]
    public void Search_WhileOthersAppendAndIndex_SeesAWholeIndex(VectorQuantization quantization, int spill)
    {
        var data = new GraphCase(DistanceMetric.Euclidean, Rows, dimensions: 16);
        var vectors = new FlatIndex(new FlatLayout(16, 1 << 14), data.Metric);
        var index = new IvfIndex(vectors, new IvfOptions { Quantization = quantization, Spill = spill });
        var failures = new ConcurrentQueue<Exception>();
        using var ready = new Barrier(4);
        Thread[] threads =
        [
            new(() => Guard(() => Append(vectors, data, ready), failures)),
            new(() => Guard(() => IndexAll(index, ready), failures)),
            .. Enumerable.Range(0, 2).Select(seed => new Thread(() => Guard(() => Read(index, data, ready, new Random(seed)), failures))),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Empty(failures);
        Assert.Equal(Rows, index.IndexedCount);
        Assert.Equal(Rows, vectors.Count);
    }

    [Theory]
    [InlineData(VectorQuantization.None)]
    [InlineData(VectorQuantization.Half)]
    [InlineData(VectorQuantization.Scalar8)]
    [InlineData(VectorQuantization.Rabitq4)]
    [InlineData(VectorQuantization.Rabitq1)]
    public void Search_WithUsedScratch_AllocatesNothing(VectorQuantization quantization)
    {
        var data = new ListCase(DistanceMetric.Cosine, 1500);
        IvfIndex index = data.Build(quantization, spill: 2);
        data.Vectors.Append(data.Data.Queries[0]);
        var scratch = new SearchScratch();
        BitmapFilter filter = GraphCase.Where(1501, row => row % 4 == 0);
        float[] query = data.Data.Queries[0];
        long least = long.MaxValue;
        for (int round = 0; round < 8; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
            {
                index.Search(query, new SearchParameters(10), default(AcceptAll), default(OrdinalTieBreaker), scratch);
                index.Search(query, new SearchParameters(10) { NProbe = 2 }, filter, default(OrdinalTieBreaker), scratch);
            }

            // The runtime allocates by itself now and then; what a search allocates, it allocates in every round.
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static void Append(FlatIndex vectors, GraphCase data, Barrier ready)
    {
        ready.SignalAndWait();
        var random = new Random(5);
        while (vectors.Count < Rows)
        {
            int batch = Math.Min(Rows - vectors.Count, random.Next(4) == 0 ? random.Next(1, 200) : 1);
            vectors.AppendRange(data.Vectors.Skip(vectors.Count).Take(batch).SelectMany(vector => vector).ToArray());
        }
    }

    private static void IndexAll(IvfIndex index, Barrier ready)
    {
        ready.SignalAndWait();
        var random = new Random(6);
        while (index.IndexedCount < Rows)
        {
            index.IndexPending(random.Next(1, 300), 1 + random.Next(2));
        }
    }

    private static void Read(IvfIndex index, GraphCase data, Barrier ready, Random random)
    {
        var scratch = new SearchScratch();
        ready.SignalAndWait();
        int count;
        int indexed;
        do
        {
            indexed = index.IndexedCount;
            count = index.Count;
            float[] query = data.Queries[random.Next(data.Queries.Length)];
            var filter = new ParityFilter(1 + random.Next(2));
            Neighbor[] found = index.Search(query, new SearchParameters(10) { RowLimit = count }, filter, default(OrdinalTieBreaker), scratch).ToArray();
            Assert.All(found, neighbor => Assert.True(neighbor.Ordinal < count && filter.Accepts(neighbor.Ordinal)));
            Assert.All(found, neighbor => Assert.Equal(VectorMath.SquaredEuclidean(query, data.Vectors[neighbor.Ordinal]), neighbor.Distance, 1e-3f));
            Assert.Equal(found.Length, found.Select(neighbor => neighbor.Ordinal).Distinct().Count());
            Assert.True(count < 20 || found.Length == 10, $"{found.Length} of {count}");
        }
        while (indexed < Rows);
    }

    private static void Guard(Action work, ConcurrentQueue<Exception> failures)
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

    private readonly struct ParityFilter(int divisor) : IOrdinalFilter
    {
        public bool Accepts(int ordinal) => ordinal % divisor == 0;
    }
}
