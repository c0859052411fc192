namespace Vektagraf.Index.Tests.Hnsw;

public class HnswAllocationTests
{
    [Theory]
    [InlineData(VectorQuantization.None)]
    [InlineData(VectorQuantization.Half)]
    [InlineData(VectorQuantization.Scalar8)]
    [InlineData(VectorQuantization.Rabitq4)]
    [InlineData(VectorQuantization.Rabitq1)]
    public void Search_WithUsedScratch_AllocatesNothing(VectorQuantization quantization)
    {
        var data = new GraphCase(DistanceMetric.Cosine, 1500);
        HnswIndex index = data.Build(quantization);
        var scratch = new SearchScratch();
        BitmapFilter filter = GraphCase.Where(1500, row => row % 4 == 0);
        float[] query = data.Queries[0];
        long least = long.MaxValue;
        for (int round = 0; round < 8; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
            {
                index.Search(query, new SearchParameters(10), default(AcceptAll), default(OrdinalTieBreaker), scratch);
                index.Search(query, new SearchParameters(10), filter, default(OrdinalTieBreaker), scratch);
            }

            // The runtime allocates by itself now and then; what a search allocates, it allocates in every round.
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
