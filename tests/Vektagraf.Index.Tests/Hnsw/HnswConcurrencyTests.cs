using System.Collections.Concurrent;

namespace Vektagraf.Index.Tests.Hnsw;

public class HnswConcurrencyTests
{
    private const int Rows = 3000;

    /// <summary>
    /// While rows are appended (one by one and in batches on two threads) and deleted, every answer lies within the reader's snapshot, holds no row
    /// deleted before it began, has exact distances in order, and is as long as it can be. Afterwards recall is that of a graph nobody read.
    /// </summary>
    [Theory]
    [InlineData(VectorQuantization.None)]
    [InlineData(VectorQuantization.Scalar8)]
    [InlineData(VectorQuantization.Rabitq1)]
    public void Search_WhileAnotherThreadWrites_SeesAWholeIndex(VectorQuantization quantization)
    {
        var data = new GraphCase(DistanceMetric.Euclidean, Rows, dimensions: 16);
        var options = new HnswOptions { M = 8, EfConstruction = 60, Quantization = quantization, TrainingRows = 700, ExactRowsPerCandidate = 0 };
        var index = new HnswIndex(new FlatIndex(new FlatLayout(16, 1 << 14), data.Metric), options, 1 << 14);
        var failures = new ConcurrentQueue<Exception>();
        bool[] deleted = new bool[Rows];
        using var ready = new Barrier(3);
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(seed => new Thread(() => Read(index, data, deleted, ready, new Random(seed), failures)))];
        Array.ForEach(readers, reader => reader.Start());
        ready.SignalAndWait();
        Write(index, data, deleted);
        Array.ForEach(readers, reader => reader.Join());
        Assert.Empty(failures);
        double recall = data.Recall(index, default(AcceptAll), new SearchParameters(10) { EfSearch = 100 });
        Assert.True(recall >= 0.93, $"recall {recall}");
    }

    private static void Write(HnswIndex index, GraphCase data, bool[] deleted)
    {
        var random = new Random(5);
        while (index.Count < Rows)
        {
            int batch = Math.Min(Rows - index.Count, random.Next(4) == 0 ? random.Next(1, 200) : 1);
            index.AppendRange(data.Vectors.Skip(index.Count).Take(batch).SelectMany(vector => vector).ToArray(), 1 + random.Next(2));
            int victim = random.Next(index.Count);
            if (random.Next(5) == 0 && index.Delete(victim))
            {
                Volatile.Write(ref deleted[victim], true);
            }
        }
    }

    private static void Read(HnswIndex index, GraphCase data, bool[] deleted, Barrier ready, Random random, ConcurrentQueue<Exception> failures)
    {
        var scratch = new SearchScratch();
        ready.SignalAndWait();
        try
        {
            int count;
            do
            {
                count = index.Count;
                bool[] before = [.. deleted];
                float[] query = data.Queries[random.Next(data.Queries.Length)];
                bool half = random.Next(2) == 0;
                var filter = new ParityFilter(half ? 2 : 1);
                Neighbor[] found = index.Search(query, new SearchParameters(10) { RowLimit = count }, filter, default(OrdinalTieBreaker), scratch).ToArray();
                Assert.All(found, neighbor => Assert.True(neighbor.Ordinal < count && !before[neighbor.Ordinal] && filter.Accepts(neighbor.Ordinal)));
                Assert.All(found, neighbor => Assert.Equal(VectorMath.SquaredEuclidean(query, data.Vectors[neighbor.Ordinal]), neighbor.Distance, 1e-3f));
                Assert.Equal(found.OrderBy(neighbor => neighbor.Distance).Select(neighbor => neighbor.Ordinal), found.Select(neighbor => neighbor.Ordinal));
                Assert.True(count < 200 || found.Length == 10, $"{found.Length} of {count}");
            }
            while (count < Rows);
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
