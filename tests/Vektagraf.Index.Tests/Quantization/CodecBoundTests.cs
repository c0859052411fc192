using CsCheck;

namespace Vektagraf.Index.Tests.Quantization;

/// <summary>Estimates from codes beside exact distances: the bounds that re-ranking relies on.</summary>
public unsafe class CodecBoundTests
{
    private const int Rows = 200;

    /// <summary>float16 and 8-bit codes promise a bound for every pair, whatever the data.</summary>
    [Fact]
    public void LowerBound_OfHalfAndScalarCodes_IsNeverAboveTheDistance() =>
        Gen.Select(Gen.Enum<DistanceMetric>(), Gen.Bool, Gen.OneOf(1, 7, 32, 100), Gen.OneOf(1e-3f, 1f, 300f), Gen.Int).Sample((metric, isHalf, dimensions, size, seed) =>
        {
            FlatIndex vectors = Vectors(metric, dimensions, size, seed);
            float[] query = Vector(new Random(seed + 1), dimensions, size, 3);
            foreach (Estimate estimate in Estimates(vectors, isHalf ? VectorQuantization.Half : VectorQuantization.Scalar8, query, seed))
            {
                float rounding = 1e-4f * (Math.Abs(estimate.Distance) + Math.Abs(estimate.Estimated) + (size * size * 1e-2f));
                Assert.True(estimate.LowerBound <= estimate.Distance + rounding, $"{estimate}");
            }
        });

    /// <summary>Vectors of whole numbers that span less than 256 are encoded without loss.</summary>
    [Fact]
    public void ScalarCodec_OfBytes_IsExact()
    {
        var random = new Random(3);
        var vectors = new FlatIndex(24, DistanceMetric.Euclidean);
        vectors.AppendRange(Array.ConvertAll(new float[24 * Rows], _ => (float)random.Next(256)));
        float[] query = Array.ConvertAll(new float[24], _ => (float)random.Next(256));
        Assert.All(Estimates(vectors, VectorQuantization.Scalar8, query, 1), estimate =>
        {
            Assert.Equal(estimate.Distance, estimate.Estimated);
            Assert.Equal(estimate.Distance, estimate.LowerBound, estimate.Distance * 1e-6f);
        });
    }

    /// <summary>RaBitQ's error over many rotations has no mean, and passes three standard deviations in less than one case of a hundred.</summary>
    [Theory]
    [InlineData(VectorQuantization.Rabitq1, DistanceMetric.Euclidean, 128)]
    [InlineData(VectorQuantization.Rabitq1, DistanceMetric.Cosine, 96)]
    [InlineData(VectorQuantization.Rabitq1, DistanceMetric.Dot, 768)]
    [InlineData(VectorQuantization.Rabitq4, DistanceMetric.Euclidean, 100)]
    [InlineData(VectorQuantization.Rabitq4, DistanceMetric.Cosine, 384)]
    [InlineData(VectorQuantization.Rabitq4, DistanceMetric.Dot, 64)]
    public void Rabitq_OverManyRotations_IsUnbiasedAndWithinItsBound(VectorQuantization kind, DistanceMetric metric, int dimensions)
    {
        double sum = 0, squares = 0;
        int cases = 0, above = 0;
        FlatIndex vectors = Vectors(metric, dimensions, 1f, 11);
        float[] query = Vector(new Random(12), dimensions, 1f, 3);
        for (int seed = 0; seed < 40; seed++)
        {
            foreach (Estimate estimate in Estimates(vectors, kind, query, seed))
            {
                // In units of the bound's three standard deviations.
                double error = 3 * (estimate.Estimated - estimate.Distance) / (estimate.Estimated - estimate.LowerBound);
                sum += error;
                squares += error * error;
                above += estimate.LowerBound > estimate.Distance ? 1 : 0;
                cases++;
            }
        }

        double deviation = Math.Sqrt(squares / cases);
        Assert.InRange(deviation, 0.2, 1.15);
        Assert.True(above < cases / 100, $"{above} of {cases} beyond the bound");

        // Rows share the query and the rotations, so their errors are not independent: the mean of 40 rotations is what varies.
        Assert.True(Math.Abs(sum / cases) < 3 * deviation / Math.Sqrt(40), $"mean {sum / cases} at deviation {deviation}");
    }

    [Fact]
    public void NibbleSum_OnEveryPath_AgreesWithPlainLoops() => Gen.Select(Gen.Int[1, 20], Gen.Int).Sample((groups, seed) =>
    {
        var random = new Random(seed);
        int length = 64 * groups;
        byte[] code = new byte[length / 2];
        sbyte[] query = new sbyte[length];
        random.NextBytes(code);
        for (int i = 0; i < length; i++)
        {
            query[i] = (sbyte)(seed % 5 == 0 ? 127 : random.Next(-127, 128));
        }

        long expected = 0;
        for (int i = 0; i < length; i++)
        {
            expected += ((code[RabitqKernels.NibbleByte(i)] >> RabitqKernels.NibbleShift(i)) & 15) * query[i];
        }

        fixed (byte* codes = code)
        fixed (sbyte* queries = query)
        {
            Assert.Equal(expected, RabitqKernels.NibbleSumScalar(queries, codes, length));
            Assert.Equal(expected, RabitqKernels.NibbleSum(queries, codes, length));
        }
    });

    [Fact]
    public void PlaneSum_AgreesWithPlainLoops() => Gen.Select(Gen.Int[1, 12], Gen.Int).Sample((words, seed) =>
    {
        var random = new Random(seed);
        float[] query = Array.ConvertAll(new float[64 * words], _ => random.NextSingle() - 0.5f);
        ulong[] planes = new ulong[words * RabitqKernels.QueryBits];
        ulong[] code = Array.ConvertAll(new ulong[words], _ => (ulong)random.NextInt64() << 1);
        (float low, float step) = RabitqKernels.WritePlanes(query, planes);
        double expected = 0;
        int ones = 0;
        for (int i = 0; i < query.Length; i++)
        {
            bool set = ((code[i / 64] >> (i % 64)) & 1) != 0;
            expected += set ? query[i] : 0;
            ones += set ? 1 : 0;
        }

        fixed (ulong* first = planes, bits = code)
        {
            int sum = RabitqKernels.PlaneSum(first, bits, words, out int counted);
            Assert.Equal(ones, counted);

            // Each component was rounded by at most half a step.
            Assert.Equal(expected, (step * sum) + (low * ones), (step * 0.5001 * ones) + 1e-3);
        }
    });

    /// <summary>Vectors that leave the range a codec was trained on are noticed, and the next codec has room for them.</summary>
    [Theory]
    [InlineData(VectorQuantization.Scalar8)]
    [InlineData(VectorQuantization.Rabitq4)]
    [InlineData(VectorQuantization.Rabitq1)]
    public void IsOutgrown_WhenVectorsDrift_BecomesTrue(VectorQuantization kind)
    {
        FlatIndex vectors = Vectors(DistanceMetric.Euclidean, 64, 1f, 4);
        RowCodec codec = RowCodec.Train(kind, vectors.Metric, new TrainingSample(vectors), 1, isOutgrown: false);
        byte[] row = new byte[codec.RowBytes];
        EncodeAll(codec, vectors, row);
        codec.MarkTrained();
        EncodeAll(codec, vectors, row);
        Assert.False(codec.IsOutgrown(Rows));
        EncodeAll(codec, Vectors(DistanceMetric.Euclidean, 64, 10f, 5), row);
        Assert.True(codec.IsOutgrown(2 * Rows));
    }

    private static void EncodeAll(RowCodec codec, FlatIndex vectors, byte[] row)
    {
        for (int i = 0; i < vectors.Count; i++)
        {
            codec.Encode(vectors.RowAt(i), row);
        }
    }

    private static List<Estimate> Estimates(FlatIndex vectors, VectorQuantization kind, float[] query, int seed)
    {
        RowCodec codec = RowCodec.Train(kind, vectors.Metric, new TrainingSample(vectors), seed, isOutgrown: false);
        var rows = new ChunkedRows<byte>(codec.RowBytes, chunkBytes: 4096);
        rows.Reserve(vectors.Count);
        for (int i = 0; i < vectors.Count; i++)
        {
            codec.Encode(vectors.RowAt(i), rows.Row(i));
        }

        var scratch = new GraphScratch();
        RowView<byte> view = rows.Table.View;
        List<Estimate> estimates = (codec, vectors.Metric) switch
        {
            (ScalarCodec scalar, DistanceMetric.Dot) => Score(scalar.Scorer<ByteProduct>(query, scratch.Code(scalar.RowBytes), view), vectors, query),
            (ScalarCodec scalar, _) => Score(scalar.Scorer<ByteSquared>(query, scratch.Code(scalar.RowBytes), view), vectors, query),
            (HalfCodec half, DistanceMetric.Dot) => Score(half.Scorer<DotMetric>(query, scratch, view), vectors, query),
            (HalfCodec half, DistanceMetric.Cosine) => Score(half.Scorer<CosineMetric>(query, scratch, view), vectors, query),
            (HalfCodec half, _) => Score(half.Scorer<EuclideanMetric>(query, scratch, view), vectors, query),
            (RabitqCodec { Kind: VectorQuantization.Rabitq1 } signs, _) => Score(signs.SignScorer(query, scratch, view), vectors, query),
            _ => Score(((RabitqCodec)codec).NibbleScorer(query, scratch, view), vectors, query),
        };
        GC.KeepAlive(rows);
        GC.KeepAlive(scratch);
        return estimates;
    }

    private static List<Estimate> Score<TScorer>(TScorer scorer, FlatIndex vectors, float[] query)
        where TScorer : struct, IRowScorer =>
    [
        .. Enumerable.Range(0, vectors.Count).Select(row =>
        {
            float estimated = scorer.Score(row);
            return new Estimate(VectorMath.Distance(vectors.Metric, query, vectors.RowAt(row)), estimated, scorer.LowerBound(row, estimated));
        }),
    ];

    private static FlatIndex Vectors(DistanceMetric metric, int dimensions, float size, int seed)
    {
        var random = new Random(seed);
        var vectors = new FlatIndex(dimensions, metric);
        for (int row = 0; row < Rows; row++)
        {
            vectors.Append(Vector(random, dimensions, size, row % 5));
        }

        return vectors;
    }

    /// <summary>Some clusters off the origin, components of different ranges.</summary>
    private static float[] Vector(Random random, int dimensions, float size, int cluster) =>
        [.. Enumerable.Range(0, dimensions).Select(i => size * (((random.NextSingle() - 0.5f) * (1 + (i % 3))) + (0.3f * ((cluster + i) % 4))))];

    private readonly record struct Estimate(float Distance, float Estimated, float LowerBound);
}
