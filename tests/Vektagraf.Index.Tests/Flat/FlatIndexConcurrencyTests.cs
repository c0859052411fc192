namespace Vektagraf.Index.Tests.Flat;

public class FlatIndexConcurrencyTests
{
    private const int Dimensions = 24;
    private const int Rows = 60_000;

    /// <summary>
    /// Row n has n in every component, so whoever searches for n within a snapshot knows the answer: the row n, or the snapshot's last. The
    /// index grows from nothing through its first chunk's doublings into further chunks meanwhile.
    /// </summary>
    [Fact]
    public void Search_WhileAnotherThreadAppends_SeesExactlyItsSnapshot()
    {
        var index = new FlatIndex(new FlatLayout(Dimensions, chunkBytes: 1 << 20), DistanceMetric.Euclidean);
        using var ready = new Barrier(3);
        var failures = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(seed => new Thread(() => Read(index, ready, new Random(seed), failures)))];
        Array.ForEach(readers, reader => reader.Start());
        float[] row = new float[Dimensions];
        ready.SignalAndWait();
        for (int i = 0; i < Rows; i++)
        {
            Array.Fill(row, i);
            index.Append(row);
        }

        Array.ForEach(readers, reader => reader.Join());
        Assert.Empty(failures);
        Assert.Equal(Rows, index.Count);
    }

    private static void Read(FlatIndex index, Barrier ready, Random random, System.Collections.Concurrent.ConcurrentQueue<Exception> failures)
    {
        var scratch = new SearchScratch();
        float[] query = new float[Dimensions];
        ready.SignalAndWait();
        try
        {
            int count;
            do
            {
                count = index.Count;
                int wanted = random.Next(Rows);
                Array.Fill(query, wanted);
                ReadOnlySpan<Neighbor> found = index.Search(
                    query, new SearchParameters(1) { RowLimit = count }, default(AcceptAll), default(OrdinalTieBreaker), scratch);
                Assert.Equal(count == 0 ? [] : [Math.Min(wanted, count - 1)], found.ToArray().Select(neighbor => neighbor.Ordinal));
                Assert.Equal(count, scratch.Statistics.Scored);
                if (count > 0)
                {
                    int ordinal = random.Next(count);
                    Assert.Equal(-1, index.RowAt(ordinal).IndexOfAnyExcept((float)ordinal));
                }
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
}
