namespace Vektagraf.Index.Tests.Ivf;

public class ListPartitionTests
{
    [Theory]
    [InlineData(DistanceMetric.Cosine)]
    [InlineData(DistanceMetric.Dot)]
    [InlineData(DistanceMetric.Euclidean)]
    public void Train_PutsEveryVectorIntoOneListNearIt(DistanceMetric metric)
    {
        var data = new ListCase(metric, 3000);
        var partition = ListPartition.Train(data.Vectors, 60, seed: 5);
        int[] rows = [.. Enumerable.Range(0, 60).SelectMany(list => partition.RowsOf(list).ToArray())];
        Assert.Equal(Enumerable.Range(0, 3000), rows.Order());
        Assert.All(Enumerable.Range(0, 60), list => Assert.InRange(partition.RowsOf(list).Length, 0, 4 * 3000 / 60));

        // Lists are searched in the order of their centres: the measured number of them holds the wanted share of neighbours of new vectors.
        int probes = ListPartition.ProbesFor(partition.NeighborsByRank, 0.95);
        Assert.InRange(probes, 1, 30);
        Assert.True(ListPartition.ProbesFor(partition.NeighborsByRank, 0.5) < ListPartition.ProbesFor(partition.NeighborsByRank, 0.99));
        int found = data.Data.Queries.Sum(query => InNearest(data, partition, query, probes));
        Assert.True(found >= 0.92 * 10 * data.Data.Queries.Length, $"{found} of {10 * data.Data.Queries.Length} in {probes} lists");
    }

    [Fact]
    public void Train_WithRoundedCentres_KeepsThoseAsTheyAre()
    {
        var data = new ListCase(DistanceMetric.Euclidean, 500);
        var partition = ListPartition.Train(data.Vectors, 10, 1, made => new Centroids(made.Metric, made.Dimensions, [.. Enumerable.Range(0, 10).SelectMany(i => made.At(i).ToArray()).Select(component => MathF.Round(component))]));
        Assert.All(Enumerable.Range(0, 10), list => Assert.All(partition.Centroids.At(list).ToArray(), component => Assert.Equal(MathF.Round(component), component)));
        Assert.Equal(500, Enumerable.Range(0, 10).Sum(list => partition.RowsOf(list).Length));
    }

    /// <summary>Estimates from codes that lie anywhere are those of an index, and their bounds hold.</summary>
    [Theory]
    [InlineData(DistanceMetric.Cosine, VectorQuantization.Scalar8)]
    [InlineData(DistanceMetric.Dot, VectorQuantization.Scalar8)]
    [InlineData(DistanceMetric.Euclidean, VectorQuantization.Scalar8)]
    [InlineData(DistanceMetric.Cosine, VectorQuantization.Half)]
    [InlineData(DistanceMetric.Dot, VectorQuantization.Half)]
    [InlineData(DistanceMetric.Euclidean, VectorQuantization.Half)]
    [InlineData(DistanceMetric.Dot, VectorQuantization.Rabitq4)]
    [InlineData(DistanceMetric.Euclidean, VectorQuantization.Rabitq1)]
    public void Score_OfStoredCodes_EstimatesWithinBounds(DistanceMetric metric, VectorQuantization kind)
    {
        var data = new ListCase(metric, 400);
        var trained = VectorCodec.Train(data.Vectors, kind, seed: 2);
        byte[] codes = new byte[400 * trained.CodeBytes];
        for (int row = 0; row < 400; row++)
        {
            trained.Encode(data.Vectors.RowAt(row), codes.AsSpan(row * trained.CodeBytes, trained.CodeBytes));
        }

        byte[] parameters = new byte[trained.ParameterBytes];
        trained.WriteParameters(parameters);
        var codec = VectorCodec.Read(trained.Kind, metric, 32, parameters);
        float[] estimates = new float[400];
        float[] bounds = new float[400];
        var scratch = new SearchScratch();
        int outside = 0;
        foreach (float[] query in data.Data.Queries)
        {
            codec.Score(query, codes, estimates, bounds, scratch);
            for (int row = 0; row < 400; row++)
            {
                float distance = VectorMath.Distance(metric, query, data.Vectors.RowAt(row));
                outside += bounds[row] > distance + (1e-4f * Math.Max(1, Math.Abs(distance))) ? 1 : 0;
            }
        }

        // RaBitQ's bounds hold with high probability only.
        Assert.InRange(outside, 0, kind is VectorQuantization.Rabitq1 or VectorQuantization.Rabitq4 ? 400 * data.Data.Queries.Length / 200 : 0);
        Assert.Throws<InvalidDataException>(() => VectorCodec.Read(trained.Kind, metric, 32, parameters.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => codec.Score(new float[31], codes, estimates, bounds, scratch));
        Assert.Throws<ArgumentException>(() => codec.Score(data.Data.Queries[0], codes.AsSpan(1), estimates, bounds, scratch));
    }

    private static int InNearest(ListCase data, ListPartition partition, float[] query, int probes)
    {
        float[] distances = new float[partition.Centroids.Count];
        partition.Centroids.Rank(query, distances);
        int[] lists = [.. Enumerable.Range(0, distances.Length).OrderBy(list => distances[list]).Take(probes)];
        var rows = lists.SelectMany(list => partition.RowsOf(list).ToArray()).ToHashSet();
        return data.Vectors.Search(query, new SearchParameters(10), default(AcceptAll), default(OrdinalTieBreaker), new SearchScratch()).ToArray().Count(n => rows.Contains(n.Ordinal));
    }
}
