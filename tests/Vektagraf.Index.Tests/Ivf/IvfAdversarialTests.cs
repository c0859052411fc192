using CsCheck;
using Vektagraf.Index.Tests.Hnsw;

namespace Vektagraf.Index.Tests.Ivf;

public class IvfAdversarialTests
{
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

    /// <summary>Equal vectors, heaps of duplicates, zeros, huge and infinite numbers: every row can be found, and lists stay short.</summary>
    [Theory]
    [MemberData(nameof(Combinations))]
    public void Search_OfStrangeVectors_ReturnsAsManyAsThereAre(DistanceMetric metric, VectorQuantization quantization)
    {
        Func<int, float[]>[] kinds =
        [
            _ => [1, 2, 3],
            row => [row % 5, 1, -1],
            _ => [0, 0, 0],
            row => [row % 2 == 0 ? 0 : 1, 0, 0],
            row => [row * 1e30f, 1, 2],
            row => [row % 7 == 0 ? float.PositiveInfinity : row, 1, 2],
            row => [row, row, row],
        ];
        foreach ((int number, Func<int, float[]> make) in kinds.Index())
        {
            var vectors = new FlatIndex(3, metric);
            for (int row = 0; row < 900; row++)
            {
                vectors.Append(make(row));
            }

            foreach (int spill in new[] { 1, 2 })
            {
                var index = new IvfIndex(vectors, new IvfOptions { Quantization = quantization, Spill = spill });
                Assert.Equal(900, index.IndexPending(int.MaxValue, 1));
                Assert.InRange(index.LongestList, 1, (4 * 900 * spill / index.ListCount) + 16);
                AssertAsLong(vectors, index, [1, 2, 3], 20, $"{number}, spill {spill}");
                AssertAsLong(vectors, index, [0, 0, 0], 900, $"{number}, spill {spill}");
                AssertAsLong(vectors, index, [5, 1, 2], 2000, $"{number}, spill {spill}");
            }
        }
    }

    [Theory]
    [InlineData(1, VectorQuantization.Rabitq1)]
    [InlineData(1, VectorQuantization.None)]
    [InlineData(4096, VectorQuantization.Rabitq4)]
    [InlineData(4096, VectorQuantization.Scalar8)]
    public void Search_OfShortAndLongVectors_Works(int dimensions, VectorQuantization quantization)
    {
        var random = new Random(4);
        foreach (DistanceMetric metric in Enum.GetValues<DistanceMetric>())
        {
            var vectors = new FlatIndex(dimensions, metric);
            for (int row = 0; row < 400; row++)
            {
                vectors.Append(Array.ConvertAll(new float[dimensions], _ => random.NextSingle() - 0.5f));
            }

            var index = new IvfIndex(vectors, new IvfOptions { Quantization = quantization });
            index.IndexPending(int.MaxValue, 2);
            var scratch = new SearchScratch();
            for (int row = 0; row < 400; row += 40)
            {
                // By dot product a longer vector of the same direction is nearer than the vector itself.
                float best = vectors.Search(vectors.RowAt(row), new SearchParameters(1), default(AcceptAll), default(OrdinalTieBreaker), scratch)[0].Distance;
                float found = index.Search(vectors.RowAt(row), new SearchParameters(1), default(AcceptAll), default(OrdinalTieBreaker), scratch)[0].Distance;
                Assert.Equal(best, found);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Search_OfFewerRowsThanListsOrK_ReturnsAll(int rows)
    {
        var vectors = new FlatIndex(2, DistanceMetric.Euclidean);
        var index = new IvfIndex(vectors, new IvfOptions { NList = 50, NProbe = 1, Spill = 2 });
        for (int row = 0; row < rows; row++)
        {
            vectors.Append([row, 1]);
        }

        Assert.Equal(rows, index.IndexPending(int.MaxValue, 1));
        AssertAsLong(vectors, index, [3, 1], 10, $"{rows} rows");
        AssertAsLong(vectors, index, [3, 1], 1, $"{rows} rows");
        Assert.Equal(0, index.IndexPending(0, 1));
    }

    /// <summary>Rows, batches, filters and limits at random, all lists visited: what is returned is what the flat index returns, to the bit.</summary>
    [Fact]
    public void Search_OfAllLists_IsTheFlatIndexs() =>
        Gen.Select(Gen.Enum<DistanceMetric>(), Gen.Int[1, 12], Gen.Int[0, 400], Gen.Int[0, 1 << 30], Gen.Int[1, 2], Gen.Int[1, 20]).Sample(
            (metric, dimensions, rows, seed, spill, k) =>
            {
                var random = new Random(seed);
                var vectors = new FlatIndex(new FlatLayout(dimensions, 1 << 10), metric);
                var index = new IvfIndex(vectors, new IvfOptions { NList = random.Next(0, 30), Seed = seed, Spill = spill, Quantization = VectorQuantization.None });
                var scratch = new SearchScratch();
                for (int row = 0; row < rows; row++)
                {
                    // Few values, so that distances tie.
                    vectors.Append(Array.ConvertAll(new float[dimensions], _ => (float)random.Next(-2, 3)));
                    if (random.Next(30) == 0)
                    {
                        index.IndexPending(random.Next(1, 60), 1);
                    }
                }

                float[] query = Array.ConvertAll(new float[dimensions], _ => (float)random.Next(-2, 3));
                int share = random.Next(1, 5);
                BitmapFilter filter = GraphCase.Where(rows, _ => random.Next(share) == 0);
                var parameters = new SearchParameters(k) { NProbe = int.MaxValue, RowLimit = random.Next(2) == 0 ? int.MaxValue : random.Next(rows + 1) };
                Neighbor[] expected = vectors.Search(query, parameters, filter, default(OrdinalTieBreaker), scratch).ToArray();
                Assert.Equal(expected, index.Search(query, parameters, filter, default(OrdinalTieBreaker), scratch).ToArray());
                expected = vectors.Search(query, parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch).ToArray();
                Assert.Equal(expected, index.Search(query, parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch).ToArray());
            },
            iter: 300);

    [Fact]
    public void IndexPending_WithASeed_IsDeterministicForAnyThreads()
    {
        var data = new ListCase(DistanceMetric.Cosine, 3000);
        byte[] first = data.Build(VectorQuantization.Rabitq4, spill: 2).SerializeStructure();
        Assert.Equal(first, data.Build(VectorQuantization.Rabitq4, spill: 2, threads: 3).SerializeStructure());
        var other = new IvfIndex(data.Vectors, new IvfOptions { Quantization = VectorQuantization.Rabitq4, Spill = 2, Seed = 2 });
        other.IndexPending(int.MaxValue, 1);
        Assert.NotEqual(first, other.SerializeStructure());
    }

    [Fact]
    public void Constructor_WithOptionsOutOfRange_Throws()
    {
        var vectors = new FlatIndex(2, DistanceMetric.Dot);
        Assert.Throws<ArgumentOutOfRangeException>(() => new IvfIndex(vectors, new IvfOptions { Spill = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IvfIndex(vectors, new IvfOptions { NList = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IvfIndex(vectors, new IvfOptions { Recall = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IvfIndex(vectors, new IvfOptions { Quantization = (VectorQuantization)99 }));
        Assert.Throws<ArgumentException>(() => new IvfIndex(vectors).Search(new float[3], new SearchParameters(1), null, null, new SearchScratch()).ToArray());
    }

    private static void AssertAsLong(FlatIndex vectors, IvfIndex index, float[] query, int k, string what)
    {
        var scratch = new SearchScratch();
        int expected = vectors.Search(query, new SearchParameters(k), default(AcceptAll), default(OrdinalTieBreaker), scratch).Length;
        Neighbor[] found = index.Search(query, new SearchParameters(k), default(AcceptAll), default(OrdinalTieBreaker), scratch).ToArray();
        Assert.True(found.Length == expected, $"{what}, k {k}: {found.Length} of {expected}");
        Assert.Equal(found.Length, found.Select(neighbor => neighbor.Ordinal).Distinct().Count());
    }
}
