namespace Vektagraf.Index;

/// <summary>Codes of vectors for those who store them elsewhere than in an index, and estimates of distances from codes alone.</summary>
public sealed unsafe class VectorCodec
{
    private const int MinRabitqDimensions = 32;

    private readonly RowCodec _codec;

    private VectorCodec(RowCodec codec, DistanceMetric metric, int dimensions)
    {
        _codec = codec;
        Metric = metric;
        Dimensions = dimensions;
    }

    /// <summary>How vectors are compared.</summary>
    public DistanceMetric Metric { get; }

    /// <summary>Components of each vector.</summary>
    public int Dimensions { get; }

    /// <summary>What codes these are.</summary>
    public VectorQuantization Kind => _codec.Kind;

    /// <summary>Bytes of a code.</summary>
    public int CodeBytes => _codec.RowBytes;

    /// <summary>Bytes of the parameters.</summary>
    public int ParameterBytes => _codec.ParameterBytes;

    /// <summary>Learns from vectors. Codes of one or four bits need 32 components; shorter vectors get <see cref="VectorQuantization.Scalar8"/>.</summary>
    /// <param name="vectors">The vectors, at least one.</param>
    /// <param name="kind">What codes to make, not <see cref="VectorQuantization.None"/>.</param>
    /// <param name="seed">What a rotation is drawn from.</param>
    public static VectorCodec Train(FlatIndex vectors, VectorQuantization kind, long seed)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        RowCodec codec = RowCodec.Train(KindFor(kind, vectors.Dimensions), vectors.Metric, new TrainingSample(vectors), seed, isOutgrown: false);
        return new VectorCodec(codec, vectors.Metric, vectors.Dimensions);
    }

    /// <summary>Reads parameters.</summary>
    /// <param name="kind">What codes they are for.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="dimensions">Components of each vector, 1 to <see cref="FlatIndex.MaxDimensions"/>.</param>
    /// <param name="parameters">What <see cref="WriteParameters"/> wrote.</param>
    /// <exception cref="InvalidDataException">They are too few or too many, or hold impossible numbers.</exception>
    public static VectorCodec Read(VectorQuantization kind, DistanceMetric metric, int dimensions, ReadOnlySpan<byte> parameters)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, FlatIndex.MaxDimensions);
        return new VectorCodec(RowCodec.Read(kind, metric, dimensions, parameters), metric, dimensions);
    }

    /// <summary>The codes that vectors of a length get where some are asked for.</summary>
    internal static VectorQuantization KindFor(VectorQuantization asked, int dimensions) =>
        asked is VectorQuantization.Rabitq1 or VectorQuantization.Rabitq4 && dimensions < MinRabitqDimensions ? VectorQuantization.Scalar8 : asked;

    /// <summary>Writes the parameters. Call it after all vectors were encoded: bounds depend on the greatest error there was.</summary>
    /// <param name="destination"><see cref="ParameterBytes"/> bytes.</param>
    public void WriteParameters(Span<byte> destination) => _codec.WriteParameters(destination);

    /// <summary>Encodes a vector.</summary>
    /// <param name="vector">As many components as <see cref="Dimensions"/>.</param>
    /// <param name="code"><see cref="CodeBytes"/> bytes.</param>
    public void Encode(ReadOnlySpan<float> vector, Span<byte> code) => _codec.Encode(vector, code);

    /// <summary>Estimates distances from codes.</summary>
    /// <param name="query">As many components as <see cref="Dimensions"/>.</param>
    /// <param name="codes">Codes, one after the other.</param>
    /// <param name="estimates">Room for one number for each code: its distance as well as it can be told.</param>
    /// <param name="bounds">Room for one number for each code: the least that the distance can be; with RaBitQ, with high probability.</param>
    /// <param name="scratch">Where to work.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public void Score(ReadOnlySpan<float> query, ReadOnlySpan<byte> codes, Span<float> estimates, Span<float> bounds, SearchScratch scratch)
    {
        if (query.Length != Dimensions || codes.Length != (long)estimates.Length * CodeBytes || bounds.Length != estimates.Length)
        {
            throw new ArgumentException($"{codes.Length} bytes of codes of {CodeBytes} do not fit {estimates.Length} estimates, or {query.Length} components vectors of {Dimensions}.");
        }

        ListScratch work = scratch.Lists;
        GraphScratch prepared = scratch.Graph;
        RowView<byte> view = work.View(CodeBytes);
        fixed (byte* start = codes)
        {
            work.Codes.Pointer[0] = (nint)start;
            switch (_codec)
            {
                case ScalarCodec codec when Metric == DistanceMetric.Dot:
                    Score(codec.Scorer<ByteProduct>(query, prepared.Code(CodeBytes), view), estimates, bounds);
                    break;
                case ScalarCodec codec:
                    Score(codec.Scorer<ByteSquared>(query, prepared.Code(CodeBytes), view), estimates, bounds);
                    break;
                case HalfCodec codec when Metric == DistanceMetric.Cosine:
                    Score(codec.Scorer<CosineMetric>(query, prepared, view), estimates, bounds);
                    break;
                case HalfCodec codec when Metric == DistanceMetric.Dot:
                    Score(codec.Scorer<DotMetric>(query, prepared, view), estimates, bounds);
                    break;
                case HalfCodec codec:
                    Score(codec.Scorer<EuclideanMetric>(query, prepared, view), estimates, bounds);
                    break;
                case RabitqCodec { Kind: VectorQuantization.Rabitq1 } codec:
                    Score(codec.SignScorer(query, prepared, view), estimates, bounds);
                    break;
                default:
                    Score(((RabitqCodec)_codec).NibbleScorer(query, prepared, view), estimates, bounds);
                    break;
            }
        }

        GC.KeepAlive(work);
        GC.KeepAlive(prepared);
    }

    private static void Score<TScorer>(TScorer scorer, Span<float> estimates, Span<float> bounds)
        where TScorer : struct, IRowScorer
    {
        for (int i = 0; i < estimates.Length; i++)
        {
            estimates[i] = scorer.Score(i);
            bounds[i] = scorer.LowerBound(i, estimates[i]);
        }
    }
}
