namespace Vektagraf.Index.Tests.Flat;

public class FlatIndexAllocationTests
{
    private const int Dimensions = 48;
    private const int Rows = 10_000;
    private const int Queries = 6;
    private const int K = 10;

    [Theory]
    [InlineData(DistanceMetric.Cosine)]
    [InlineData(DistanceMetric.Dot)]
    [InlineData(DistanceMetric.Euclidean)]
    public void Search_WithUsedScratch_AllocatesNothing(DistanceMetric metric)
    {
        IVectorIndex index = Build(metric);
        var scratch = new SearchScratch();
        float[] query = Vectors(1, 3);
        var filter = new BitmapFilter(Array.ConvertAll(new ulong[(Rows + 63) / 64], _ => 0x1111UL));
        AssertFree(() =>
        {
            index.Search(query, new SearchParameters(K), default(AcceptAll), default(OrdinalTieBreaker), scratch);
            index.Search(query, new SearchParameters(K), filter, default(OrdinalTieBreaker), scratch);
            index.Search(query, new SearchParameters(K), null, null, scratch);
        });
    }

    [Fact]
    public void SearchBatch_WithUsedScratch_AllocatesNothing()
    {
        FlatIndex index = Build(DistanceMetric.Cosine);
        var scratch = new SearchScratch();
        float[] queries = Vectors(Queries, 3);
        var results = new Neighbor[Queries * K];
        int[] counts = new int[Queries];
        AssertFree(() => index.SearchBatch(
            queries, new SearchParameters(K), default(AcceptAll), default(OrdinalTieBreaker), scratch, results, counts));
    }

    /// <summary>
    /// The runtime itself was seen to allocate a few kilobytes once, within the first calls. What a search allocates, it allocates in every
    /// round, so the least of several rounds tells.
    /// </summary>
    private static void AssertFree(Action search)
    {
        search();
        long least = long.MaxValue;
        for (int round = 0; round < 8; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
            {
                search();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static FlatIndex Build(DistanceMetric metric)
    {
        var index = new FlatIndex(Dimensions, metric);
        index.AppendRange(Vectors(Rows, 2));
        return index;
    }

    private static float[] Vectors(int count, int seed)
    {
        var random = new Random(seed);
        return Array.ConvertAll(new float[count * Dimensions], _ => random.NextSingle());
    }
}
