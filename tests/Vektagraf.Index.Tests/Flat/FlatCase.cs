using CsCheck;

namespace Vektagraf.Index.Tests.Flat;

/// <summary>One random index and one random search of it, with the answer by brute force over scalar arithmetic.</summary>
internal sealed record FlatCase(DistanceMetric Metric, int Dimensions, int Rows, int ChunkBytes, int Density, SearchParameters Parameters, int Seed)
{
    private static readonly Gen<(int Dimensions, int Rows)> Shape = Gen.OneOf(
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 400]),
        Gen.Select(Gen.OneOf(64, 100, 128, 300, 784), Gen.Int[0, 300]),
        Gen.Select(Gen.Const(1), Gen.Int[4000, 9000]),
        Gen.Select(Gen.Const(4096), Gen.Int[0, 40]));

    public static readonly Gen<FlatCase> Any = Gen.Select(
        Gen.Enum<DistanceMetric>(),
        Shape,
        Gen.OneOf(1, 4 << 10, 64 << 10, 16 << 20),
        Gen.OneOf(0, 1, 10, 40, 60, 90, 100),
        Gen.OneOf(Gen.Const(1), Gen.Int[1, 30], Gen.Const(500)),
        Gen.OneOf(Gen.Const(int.MaxValue), Gen.Int[0, 300]),
        Gen.OneOf(float.PositiveInfinity, float.PositiveInfinity, 0.7f),
        Gen.Int[0, 3],
        Gen.Int,
        (metric, shape, chunkBytes, density, k, limit, max, threads, seed) => new FlatCase(
            metric,
            shape.Dimensions,
            shape.Rows,
            chunkBytes,
            density,
            new SearchParameters(k) { RowLimit = limit, MaxDistance = max, DegreeOfParallelism = threads },
            seed));

    /// <summary>Accepts a share of the rows, in percent.</summary>
    public BitmapFilter Filter
    {
        get
        {
            var random = new Random(Seed + 1);
            ulong[] words = new ulong[(Rows + 63) / 64];
            for (int row = 0; row < Rows; row++)
            {
                words[row / 64] |= random.Next(100) < Density ? 1UL << (row % 64) : 0;
            }

            return new BitmapFilter(words);
        }
    }

    /// <summary>Ranks equal distances against the order of insertion.</summary>
    public KeyTieBreaker Tie => new(Array.ConvertAll([.. Enumerable.Range(0, Rows)], row => -(long)row));

    public FlatIndex Build()
    {
        var index = new FlatIndex(new FlatLayout(Dimensions, ChunkBytes), Metric, capacity: Seed % 2 == 0 ? 0 : Rows);
        for (int row = 0; row < Rows; row++)
        {
            Assert.Equal(row, index.Append(Row(row)));
        }

        Assert.Equal(Rows, index.Count);
        return index;
    }

    public float[] Query(int number) => Vector(new Random(Seed ^ (number << 20) ^ 0x5a5a5a));

    public Neighbor[] BruteForce(float[] query)
    {
        BitmapFilter filter = Filter;
        KeyTieBreaker tie = Tie;
        return
        [
            .. Enumerable.Range(0, Math.Min(Rows, Parameters.RowLimit))
                .Where(filter.Accepts)
                .Select(row => new Neighbor(row, Distance(query, Row(row))))
                .Where(neighbor => neighbor.Distance <= Parameters.MaxDistance)
                .Order(Comparer<Neighbor>.Create((a, b) => a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : tie.Compare(a.Ordinal, b.Ordinal)))
                .Take(Parameters.K),
        ];
    }

    private float Distance(float[] a, float[] b) => Metric switch
    {
        DistanceMetric.Dot => -ScalarReference.Dot(a, b),
        DistanceMetric.Euclidean => ScalarReference.SquaredEuclidean(a, b),
        _ => Math.Clamp(1f - (ScalarReference.Dot(a, b) * VectorMath.InverseNorm(a) * VectorMath.InverseNorm(b)), 0f, 2f),
    };

    /// <summary>Every third row repeats an earlier one: ties in plenty.</summary>
    private float[] Row(int row) => Vector(new Random(Seed + (row % 3 == 0 ? row / 2 : row)));

    /// <summary>Half of the cases have components of small whole numbers, whose distances tie too.</summary>
    private float[] Vector(Random random)
    {
        bool whole = Seed % 3 != 0;
        return Array.ConvertAll(new float[Dimensions], _ => whole ? random.Next(-2, 3) : random.NextSingle() - 0.5f);
    }
}
