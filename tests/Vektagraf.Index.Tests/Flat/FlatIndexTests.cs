using CsCheck;

namespace Vektagraf.Index.Tests.Flat;

public class FlatIndexTests
{
    [Fact]
    public void Search_InAnyIndex_EqualsBruteForceToTheBit() => FlatCase.Any.Sample(
        sample =>
        {
            FlatIndex index = sample.Build();
            Neighbor[] expected = sample.BruteForce(sample.Query(0));
            ReadOnlySpan<Neighbor> found = index.Search(
                sample.Query(0), sample.Parameters, sample.Filter, sample.Tie, new SearchScratch(), CancellationToken.None);
            Assert.Equal(expected, found.ToArray());
        },
        iter: 400);

    [Fact]
    public void Search_ThroughTheInterface_EqualsTheGenericSearch() => FlatCase.Any.Sample(
        sample =>
        {
            IVectorIndex index = sample.Build();
            var scratch = new SearchScratch();
            Neighbor[] expected = sample.BruteForce(sample.Query(0));
            Assert.Equal(expected, index.Search(sample.Query(0), sample.Parameters, (IOrdinalFilter)sample.Filter, (ITieBreaker)sample.Tie, scratch).ToArray());
            Neighbor[] all = index.Search(sample.Query(0), sample.Parameters, default(AcceptAll), sample.Tie, scratch).ToArray();
            Assert.Equal(all, index.Search(sample.Query(0), sample.Parameters, null, sample.Tie, scratch).ToArray());
            Neighbor[] plain = index.Search(sample.Query(0), sample.Parameters, sample.Filter, default(OrdinalTieBreaker), scratch).ToArray();
            Assert.Equal(plain, index.Search(sample.Query(0), sample.Parameters, sample.Filter, null, scratch).ToArray());
        },
        iter: 100);

    [Fact]
    public void SearchBatch_OfAnyQueries_EqualsOneSearchEach() => FlatCase.Any.Sample(
        sample =>
        {
            FlatIndex index = sample.Build();
            int queries = sample.Seed & 15;
            float[] all = [.. Enumerable.Range(0, queries).SelectMany(sample.Query)];
            var results = new Neighbor[queries * sample.Parameters.K];
            int[] counts = new int[queries];
            var scratch = new SearchScratch();
            index.SearchBatch(all, sample.Parameters, sample.Filter, sample.Tie, scratch, results, counts);
            for (int i = 0; i < queries; i++)
            {
                Assert.Equal(sample.BruteForce(sample.Query(i)), results.AsSpan(i * sample.Parameters.K, counts[i]).ToArray());
            }

            Assert.Equal((long)queries * Math.Min(sample.Rows, sample.Parameters.RowLimit), scratch.Statistics.Considered);
        },
        iter: 150);

    [Theory]
    [InlineData(DistanceMetric.Cosine)]
    [InlineData(DistanceMetric.Dot)]
    [InlineData(DistanceMetric.Euclidean)]
    public void GetVector_OfAnyBits_ReturnsThemUnchanged(DistanceMetric metric)
    {
        const int Dimensions = 21;
        const int Rows = 500;
        var random = new Random(5);
        var index = new FlatIndex(Dimensions, metric);
        uint[] bits = new uint[Rows * Dimensions];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = (uint)random.NextInt64(1L << 32);
        }

        ReadOnlySpan<float> vectors = System.Runtime.InteropServices.MemoryMarshal.Cast<uint, float>(bits);
        Assert.Equal(0, index.Append(vectors[..Dimensions]));
        Assert.Equal(1, index.AppendRange(vectors[Dimensions..]));
        float[] row = new float[Dimensions];
        for (int ordinal = 0; ordinal < Rows; ordinal++)
        {
            index.GetVector(ordinal, row);
            for (int i = 0; i < Dimensions; i++)
            {
                Assert.Equal(bits[(ordinal * Dimensions) + i], BitConverter.SingleToUInt32Bits(row[i]));
                Assert.Equal(bits[(ordinal * Dimensions) + i], BitConverter.SingleToUInt32Bits(index.RowAt(ordinal)[i]));
            }
        }

        // Whatever those bits mean, a search over them ends, and finds no NaN.
        ReadOnlySpan<Neighbor> found = index.Search(row, new SearchParameters(Rows), default(AcceptAll), default(OrdinalTieBreaker), new SearchScratch());
        Assert.DoesNotContain(found.ToArray(), neighbor => float.IsNaN(neighbor.Distance));
    }

    [Fact]
    public void Search_WithMaxDistance_FindsAllWithinInclusively()
    {
        var index = new FlatIndex(1, DistanceMetric.Euclidean);
        index.AppendRange([0f, 5f, 1f, -2f, 2f, 3f]);
        var parameters = new SearchParameters(int.MaxValue) { MaxDistance = 4f };
        ReadOnlySpan<Neighbor> found = index.Search([0f], parameters, default(AcceptAll), default(OrdinalTieBreaker), new SearchScratch());
        Assert.Equal([new Neighbor(0, 0f), new(2, 1f), new(3, 4f), new(4, 4f)], found.ToArray());
    }

    [Fact]
    public void Search_OfZeroOrNaNByCosine_IsDefined()
    {
        var index = new FlatIndex(2, DistanceMetric.Cosine);
        index.AppendRange([0f, 0f, 1f, 1f, float.NaN, 1f]);
        var scratch = new SearchScratch();
        Assert.Equal(
            [new Neighbor(0, 1f), new(1, 1f)],
            index.Search([0f, 0f], new SearchParameters(9), default(AcceptAll), default(OrdinalTieBreaker), scratch).ToArray());
        Assert.True(index.Search([float.NaN, 1f], new SearchParameters(9), default(AcceptAll), default(OrdinalTieBreaker), scratch).IsEmpty);
    }

    [Fact]
    public void Search_WhenDone_CountsItsWork()
    {
        var index = new FlatIndex(4, DistanceMetric.Dot);
        index.AppendRange(new float[4 * 1000]);
        var scratch = new SearchScratch();
        index.Search(new float[4], new SearchParameters(3) { RowLimit = 640 }, default(AcceptAll), default(OrdinalTieBreaker), scratch);
        Assert.Equal(new SearchStatistics { Considered = 640, Scored = 640 }, scratch.Statistics);

        // One row in 64 is worth skipping the others for, three of four are not.
        index.Search(new float[4], new SearchParameters(3) { RowLimit = 640 }, new BitmapFilter([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), default(OrdinalTieBreaker), scratch);
        Assert.Equal(new SearchStatistics { Considered = 640, Filtered = 630, Scored = 10 }, scratch.Statistics);
        index.Search(new float[4], new SearchParameters(3) { RowLimit = 64 }, new BitmapFilter([0x7777_7777_7777_7777]), default(OrdinalTieBreaker), scratch);
        Assert.Equal(new SearchStatistics { Considered = 64, Filtered = 16, Scored = 64 }, scratch.Statistics);
    }

    [Fact]
    public void Search_WithWrongArguments_Throws()
    {
        var index = new FlatIndex(3, DistanceMetric.Dot);
        index.Append([1f, 2f, 3f]);
        var scratch = new SearchScratch();
        Assert.Throws<ArgumentException>(() => { index.Search(new float[2], new SearchParameters(1), null, null, scratch); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { index.Search(new float[3], default, null, null, scratch); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { index.Search(new float[3], new SearchParameters(1) { RowLimit = -1 }, null, null, scratch); });
        Assert.Throws<ArgumentException>(() => index.Append(new float[4]));
        Assert.Throws<ArgumentException>(() => index.AppendRange(new float[4]));
        Assert.Throws<ArgumentException>(() => index.GetVector(0, new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => { index.RowAt(1); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { index.RowAt(-1); });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlatIndex(0, DistanceMetric.Dot));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlatIndex(FlatIndex.MaxDimensions + 1, DistanceMetric.Dot));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlatIndex(3, (DistanceMetric)7));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Search_WhenCancelled_Throws(int threads)
    {
        var index = new FlatIndex(1, DistanceMetric.Dot);
        index.AppendRange(new float[20_000]);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            index.Search([1f], new SearchParameters(1) { DegreeOfParallelism = threads }, null, null, new SearchScratch(), source.Token);
        });
    }

    [Fact]
    public void MemoryBytes_OfASmallIndex_IsSmall()
    {
        var index = new FlatIndex(128, DistanceMetric.Cosine);
        Assert.Equal(0, index.MemoryBytes);
        index.Append(new float[128]);
        Assert.InRange(index.MemoryBytes, 128 * 4, 16 * 1024);
        index.AppendRange(new float[128 * 1000]);
        Assert.InRange(index.MemoryBytes, 128 * 4 * 1000, 128 * 4 * 2200);
    }
}
