using System.Runtime.CompilerServices;

namespace Vektagraf.Index.Tests.Flat;

public class VectorMemoryTests
{
    private const int Dimensions = 20;
    private const int ChunkBytes = 16 << 10;

    [Theory]
    [InlineData(DistanceMetric.Cosine)]
    [InlineData(DistanceMetric.Dot)]
    [InlineData(DistanceMetric.Euclidean)]
    public void Search_InAMemory_IsTheSameAsOnTheHeap(DistanceMetric metric)
    {
        var memory = new PoisonedMemory();
        var heap = new FlatIndex(new FlatLayout(Dimensions, ChunkBytes), metric);
        var mapped = new FlatIndex(new FlatLayout(Dimensions, ChunkBytes), metric, memory: memory);
        var random = new Random(1);
        var scratch = new SearchScratch();
        float[] read = new float[Dimensions];
        for (int row = 0; row < 2000; row++)
        {
            float[] vector = Vector(random);
            Assert.Equal(heap.Append(vector), mapped.Append(vector));
            if (row % 97 == 0)
            {
                float[] query = Vector(random);
                Neighbor[] expected = heap.Search(query, new SearchParameters(5), null, null, scratch).ToArray();
                Assert.Equal(expected, mapped.Search(query, new SearchParameters(5), null, null, scratch).ToArray());
                mapped.GetVector(row, read);
                Assert.Equal(vector, read);
                Assert.Equal(vector, mapped.RowAt(row));
            }
        }

        Assert.True(memory.Allocated > 10);
        Assert.Equal(metric == DistanceMetric.Cosine, mapped.MemoryBytes > 0);
        Assert.True(mapped.MappedBytes >= 2000 * Dimensions * sizeof(float));
        Assert.Equal(0, heap.MappedBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => mapped.GetVector(2000, read));
    }

    [Fact]
    public void Settle_ConcernsEveryBlockOfTheIndex()
    {
        var memory = new PoisonedMemory();
        var index = new FlatIndex(new FlatLayout(Dimensions, ChunkBytes), DistanceMetric.Dot, memory: memory);
        index.AppendRange(new float[1000 * Dimensions]);
        index.Settle();
        Assert.Equal(index.Chunks.Length, memory.Settled);
        Assert.True(memory.Settled > 1);
    }

    [Fact]
    public void Blocks_OfAnIndexThatIsUnreachable_AreReleased()
    {
        var memory = new PoisonedMemory();
        FillAndForget(memory);
        Collect(() => memory.Released == memory.Allocated);
        Assert.Equal(memory.Allocated, memory.Released);
    }

    /// <summary>A span that shows a row of a first chunk outgrown since, and one of an index that is gone, still show the row.</summary>
    [Fact]
    public void RowAt_WhenTheIndexIsGone_StillShowsTheRow()
    {
        var memory = new PoisonedMemory();
        ReadOnlySpan<float> row = RowOfForgotten(memory);
        Collect(() => memory.Released == memory.Allocated);
        Assert.Equal(-1, row.IndexOfAnyExcept(7f));
    }

    /// <summary>
    /// Readers search snapshots, flat and by graph, of indexes that another thread grows, drops and makes anew, with the collector at work:
    /// a distance that is not what the row's number says, or a missing row, has read released memory.
    /// </summary>
    [Fact]
    public void Search_WhileIndexesAreDroppedAndCollected_ReadsNoReleasedMemory()
    {
        var memory = new PoisonedMemory();
        var shared = new Holder(Growing(memory));
        bool isOver = false;
        var failures = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(seed => new Thread(() => Read(shared, new Random(seed), () => Volatile.Read(ref isOver), failures)))];
        Array.ForEach(readers, reader => reader.Start());
        float[] row = new float[Dimensions];
        for (int generation = 0; generation < 60 && failures.IsEmpty; generation++)
        {
            FlatIndex index = Growing(memory);
            Volatile.Write(ref shared.Index, index);
            for (int n = 0; n < 700; n++)
            {
                Array.Fill(row, n);
                index.Append(row);
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Volatile.Write(ref isOver, true);
        Array.ForEach(readers, reader => reader.Join());
        Assert.Empty(failures);
        Assert.True(memory.Released > 60);
    }

    [Fact]
    public void WalkOnBytes_InAMemory_FindsWhatIsThereAndReadsNoOriginals()
    {
        var memory = new PoisonedMemory();
        var vectors = new FlatIndex(new FlatLayout(Dimensions, ChunkBytes), DistanceMetric.Euclidean, memory: memory);
        var index = new HnswIndex(vectors, new HnswOptions { Quantization = VectorQuantization.Scalar8, TrainingRows = 100, ExactRowsPerCandidate = 0 }, 1 << 15);
        var random = new Random(3);
        float[] rows = Array.ConvertAll(new float[3000 * Dimensions], _ => (float)random.Next(256));
        index.AppendRange(rows);
        var scratch = new SearchScratch();
        for (int n = 0; n < 50; n++)
        {
            float[] query = Array.ConvertAll(new float[Dimensions], _ => (float)random.Next(256));
            Neighbor[] exact = index.Search(query, new SearchParameters(10) { Exact = true }, null, null, scratch).ToArray();
            Neighbor[] found = index.Search(query, new SearchParameters(10) { EfSearch = 400 }, null, null, scratch).ToArray();
            Assert.Equal(0, scratch.Statistics.Reranked);
            Assert.True(exact.Intersect(found).Count() >= 9, $"query {n}: the same rows with the same distances, to the bit");
            index.Search(Array.ConvertAll(query, component => component + 0.5f), new SearchParameters(10) { EfSearch = 50 }, null, null, scratch);
            Assert.NotEqual(0, scratch.Statistics.Reranked);
        }
    }

    /// <summary>The rows that the codes are learned from do not show every value; bytes are recognised as bytes nevertheless.</summary>
    [Theory]
    [InlineData(0, 256)]
    [InlineData(-128, 128)]
    [InlineData(1000, 1200)]
    public void WalkOnWholeNumbers_BeyondWhatTrainingSaw_ReadsNoOriginals(int least, int end)
    {
        var index = new HnswIndex(Dimensions, DistanceMetric.Euclidean, new HnswOptions { Quantization = VectorQuantization.Scalar8, TrainingRows = 100, ExactRowsPerCandidate = 0 });
        var random = new Random(5);
        int margin = (end - least) / 10;
        index.AppendRange(Array.ConvertAll(new float[200 * Dimensions], _ => (float)random.Next(least + margin, end - margin)));
        index.AppendRange(Array.ConvertAll(new float[200 * Dimensions], _ => (float)random.Next(least, end)));
        var scratch = new SearchScratch();
        for (int n = 0; n < 20; n++)
        {
            float[] query = Array.ConvertAll(new float[Dimensions], _ => (float)random.Next(least, end));
            Neighbor[] found = index.Search(query, new SearchParameters(10) { EfSearch = 400 }, null, null, scratch).ToArray();
            Assert.Equal(0, scratch.Statistics.Reranked);
            Assert.Equal(index.Search(query, new SearchParameters(10) { Exact = true }, null, null, scratch).ToArray(), found);
        }
    }

    /// <summary>The codes of such a row say a distance; its vector says that there is none.</summary>
    [Fact]
    public void WalkOnBytes_WhenARowIsNotFinite_DoesNotFindIt()
    {
        var index = new HnswIndex(Dimensions, DistanceMetric.Euclidean, new HnswOptions { Quantization = VectorQuantization.Scalar8, TrainingRows = 100, ExactRowsPerCandidate = 0 });
        var random = new Random(4);
        index.AppendRange(Array.ConvertAll(new float[1000 * Dimensions], _ => (float)random.Next(256)));
        float[] broken = new float[Dimensions];
        broken[3] = float.NaN;
        int row = index.Append(broken);
        var scratch = new SearchScratch();
        ReadOnlySpan<Neighbor> found = index.Search(new float[Dimensions], new SearchParameters(10) { EfSearch = 1001 }, null, null, scratch);
        Assert.Equal(10, found.Length);
        Assert.DoesNotContain(found.ToArray(), neighbor => neighbor.Ordinal == row);
    }

    private static void Read(Holder shared, Random random, Func<bool> isOver, System.Collections.Concurrent.ConcurrentQueue<Exception> failures)
    {
        var scratch = new SearchScratch();
        float[] query = new float[Dimensions];
        try
        {
            while (!isOver())
            {
                FlatIndex index = Volatile.Read(ref shared.Index);
                int count = index.Count;
                if (count == 0)
                {
                    continue;
                }

                int wanted = random.Next(count);
                Array.Fill(query, wanted);
                Neighbor[] found = index.Search(query, new SearchParameters(1) { RowLimit = count }, default(AcceptAll), default(OrdinalTieBreaker), scratch).ToArray();
                Assert.Equal([new Neighbor(wanted, 0f)], found);
                Assert.Equal(-1, index.RowAt(wanted).IndexOfAnyExcept((float)wanted));
                index.GetVector(wanted, query);
                Assert.Equal(-1, query.AsSpan().IndexOfAnyExcept((float)wanted));
            }
        }
#pragma warning disable CA1031 // An exception must reach the test's thread, whatever it is.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            failures.Enqueue(failure);
        }
    }

    private static FlatIndex Growing(VectorMemory memory) => new(new FlatLayout(Dimensions, ChunkBytes), DistanceMetric.Euclidean, memory: memory);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FillAndForget(VectorMemory memory) => Growing(memory).AppendRange(new float[1000 * Dimensions]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<float> RowOfForgotten(VectorMemory memory)
    {
        FlatIndex index = Growing(memory);
        float[] row = new float[Dimensions];
        Array.Fill(row, 7f);
        index.Append(row);
        return index.RowAt(0);
    }

    /// <summary>Finalizers run when the runtime likes; asking for it a few times is enough.</summary>
    private static void Collect(Func<bool> isDone)
    {
        for (int attempt = 0; attempt < 20 && !isDone(); attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static float[] Vector(Random random) => Array.ConvertAll(new float[Dimensions], _ => random.NextSingle() - 0.5f);

    private sealed class Holder(FlatIndex index)
    {
        public FlatIndex Index = index;
    }
}
