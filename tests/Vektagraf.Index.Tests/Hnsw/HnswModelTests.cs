namespace Vektagraf.Index.Tests.Hnsw;

/// <summary>Long random sequences of inserts, deletions, updates, reloads and searches beside brute force.</summary>
public class HnswModelTests
{
    private const int Steps = 2500;
    private const int Dimensions = 12;
    private const int K = 8;

    private static readonly VectorQuantization[] Kinds = [VectorQuantization.None, VectorQuantization.Scalar8, VectorQuantization.Half];

    /// <summary>Each metric with each kind of code, eight times over with other seeds.</summary>
    public static TheoryData<int, DistanceMetric, VectorQuantization> Cases { get; } = new(
        from seed in Enumerable.Range(1, 24)
        select (seed, (DistanceMetric)(seed % 3), Kinds[seed / 3 % Kinds.Length]));

    [Theory]
    [MemberData(nameof(Cases))]
    public void RandomOperations_AgreeWithBruteForce(int seed, DistanceMetric metric, VectorQuantization quantization)
    {
        var random = new Random(seed);
        var options = new HnswOptions { M = 8, EfConstruction = 60, EfSearch = 60, Quantization = quantization, TrainingRows = 200, ExactRowsPerCandidate = 0, Seed = seed };
        var index = new HnswIndex(Dimensions, metric, options);
        var model = new List<float[]?>();
        int wanted = 0;
        int found = 0;
        for (int step = 0; step < Steps; step++)
        {
            switch (random.Next(20))
            {
                case < 10:
                    model.Add(Vector(random));
                    Assert.Equal(model.Count - 1, index.Append(model[^1]!));
                    break;
                case < 14 when model.Count > 0:
                    int row = random.Next(model.Count);
                    Assert.Equal(model[row] is not null, index.Delete(row));
                    model[row] = null;
                    break;
                case 14 when random.Next(20) == 0:
                    index = HnswIndex.Load(index.Serialize());
                    break;
                case 15 when random.Next(20) == 0:
                    index.Consolidate();
                    break;
                default:
                    Compare(index, model, metric, random, ref wanted, ref found);
                    break;
            }
        }

        // Of greatest products most vectors have the same few as neighbours, and graphs find them less surely.
        Assert.True(found >= (metric == DistanceMetric.Dot ? 0.93 : 0.97) * wanted, $"seed {seed}: {found} of {wanted}");
    }

    private static void Compare(HnswIndex index, List<float[]?> model, DistanceMetric metric, Random random, ref int wanted, ref int found)
    {
        float[] query = Vector(random);
        int divisor = random.Next(1, 4);
        BitmapFilter filter = GraphCase.Where(model.Count, row => row % divisor == 0);
        Neighbor[] exact =
        [
            .. model.Select((vector, row) => (vector, row))
                .Where(pair => pair.vector is not null && pair.row % divisor == 0)
                .Select(pair => new Neighbor(pair.row, VectorMath.Distance(metric, query, pair.vector)))
                .OrderBy(neighbor => neighbor.Distance)
                .Take(K),
        ];
        Neighbor[] answer = index.Search(query, new SearchParameters(K), filter, default(OrdinalTieBreaker), new SearchScratch()).ToArray();
        Assert.Equal(exact.Length, answer.Length);
        Assert.All(answer, neighbor => Assert.Equal(VectorMath.Distance(metric, query, model[neighbor.Ordinal]), neighbor.Distance, 1e-5f));
        wanted += exact.Length;
        found += answer.Count(neighbor => neighbor.Distance <= exact[^1].Distance + 1e-6f);
    }

    private static float[] Vector(Random random) => Array.ConvertAll(new float[Dimensions], _ => random.NextSingle() - 0.4f);
}
