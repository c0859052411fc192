using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// One byte a component. Component i is low[i] + step · code, with one step for all dimensions, so that a distance is a sum of integers
/// times one number. Euclidean and cosine (of vectors made unit length) use codes 0 to 255; the dot product uses −127 to 127 and no lows.
/// </summary>
/// <remarks>
/// Errors are bounded by what was seen: with e the greatest ‖x − x̂‖ among encoded rows and e_q that of the query, the triangle inequality
/// gives |‖q − x‖ − ‖q̂ − x̂‖| ≤ e + e_q, and the Cauchy-Schwarz inequality |q·x − q̂·x̂| ≤ ‖q‖ · e + e_q · max‖x̂‖. Vectors of whole numbers
/// that span less than 256, such as those born as bytes, are encoded without error; squared Euclidean distances between them are then integers
/// that float32 holds, and no vector needs to be read to know them.
/// </remarks>
internal sealed class ScalarCodec : RowCodec
{
    private const float MaxCode = 255f, MaxSignedCode = 127f;

    /// <summary>Sums of squares of whole numbers up to this are the same in float32, in any order, as in integers.</summary>
    private const float WholeFloats = 1 << 24;

    /// <summary>Its square is no subnormal number.</summary>
    private const float SmallestStep = 1e-18f;

    /// <summary>Steps tried, as shares of the one that reaches every value: clipping a few outliers can make all others finer.</summary>
    private static readonly float[] Shares = [1f, 0.7f, 0.5f, 0.35f, 0.25f];

    private readonly DistanceMetric _metric;
    private readonly float[] _lows;
    private float _maxNorm;

    private ScalarCodec(DistanceMetric metric, float[] lows, float step)
    {
        _metric = metric;
        _lows = lows;
        Step = step;
    }

    /// <inheritdoc/>
    public override VectorQuantization Kind => VectorQuantization.Scalar8;

    /// <inheritdoc/>
    public override int RowBytes => _lows.Length;

    /// <inheritdoc/>
    public override int ParameterBytes => CommonBytes + ((3 + _lows.Length) * sizeof(float));

    /// <summary>What one code unit stands for.</summary>
    public float Step { get; }

    /// <summary>The greatest ‖x̂‖ among the rows encoded.</summary>
    public float MaxNorm => Volatile.Read(ref _maxNorm);

    /// <summary>
    /// Whether errors are small beside the distances between near neighbours, so that these can be told apart by their codes. False for
    /// data with a few values so far out that all others share a code.
    /// </summary>
    public bool TellsApart { get; private init; }

    /// <summary>What an integer sum over a row's code and one of the given step is multiplied by.</summary>
    public float Scale(float step) => _metric switch
    {
        DistanceMetric.Cosine => 0.5f * Step * step,
        DistanceMetric.Dot => -Step * step,
        _ => Step * step,
    };

    /// <summary>Chooses lows and step by the least squared error over the sample.</summary>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="isOutgrown">Whether to make room for values further out.</param>
    public static ScalarCodec Train(DistanceMetric metric, TrainingSample sample, bool isOutgrown)
    {
        float[] lows = new float[sample.Dimensions];
        float[] highs = new float[sample.Dimensions];
        bool isWhole = Ranges(metric, sample, lows, highs);
        if (isOutgrown)
        {
            Widen(lows, highs, isWhole);
        }

        float widest = 0;
        for (int i = 0; i < lows.Length; i++)
        {
            float range = metric == DistanceMetric.Dot ? Math.Max(Math.Abs(lows[i]), Math.Abs(highs[i])) : highs[i] - lows[i];
            widest = Math.Max(widest, float.IsFinite(range) ? range : 0f);
        }

        float codes = metric == DistanceMetric.Dot ? MaxSignedCode : MaxCode;
        if (widest == 0 || (isWhole && widest <= codes))
        {
            if (isWhole)
            {
                PlaceWhole(lows, highs);
            }

            return Make(metric, lows, highs, 1f).Judged(sample);
        }

        if (isOutgrown)
        {
            return Make(metric, lows, highs, Math.Max(widest / codes, SmallestStep)).Judged(sample);
        }

        ScalarCodec[] tried = Array.ConvertAll(Shares, share => Make(metric, lows, highs, Math.Max(widest * share / codes, SmallestStep)));
        return tried.MinBy(codec => codec.SquaredErrors(sample))!.Judged(sample);
    }

    /// <summary>Reads what <see cref="WriteOwnParameters"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The parameters are not finite or negative where they may not be.</exception>
    public static ScalarCodec Read(DistanceMetric metric, int dimensions, ReadOnlySpan<byte> source)
    {
        float[] values = MemoryMarshal.Cast<byte, float>(source[..((3 + dimensions) * sizeof(float))]).ToArray();
        if (values.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue) || values[0] <= 0 || values[1] < 0 || values[2] is not (0f or 1f))
        {
            throw new InvalidDataException("The parameters of the scalar quantizer are out of range.");
        }

        return new ScalarCodec(metric, values[3..], values[0]) { _maxNorm = values[1], TellsApart = values[2] == 1f };
    }

    /// <inheritdoc/>
    protected override void WriteOwnParameters(Span<byte> destination)
    {
        BinaryPrimitives.WriteSingleLittleEndian(destination, Step);
        BinaryPrimitives.WriteSingleLittleEndian(destination[4..], MaxNorm);
        BinaryPrimitives.WriteSingleLittleEndian(destination[8..], TellsApart ? 1f : 0f);
        MemoryMarshal.AsBytes(_lows.AsSpan()).CopyTo(destination[12..]);
    }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<float> vector, Span<byte> row)
    {
        (float error, float norm) = EncodeWith(Step, vector, row);

        // What is not finite says nothing about the others' errors, but it is not encoded without loss.
        Observe(float.IsFinite(error) ? error : float.Epsilon);
        if (float.IsFinite(norm))
        {
            Raise(ref _maxNorm, norm);
        }
    }

    /// <summary>Encodes a query; the dot product's gets a step of its own.</summary>
    /// <returns>The step and ‖q − q̂‖.</returns>
    public (float Step, float Error) EncodeQuery(ReadOnlySpan<float> query, Span<byte> row)
    {
        float step = Step;
        if (_metric == DistanceMetric.Dot)
        {
            float largest = 0;
            foreach (float component in query)
            {
                largest = Math.Max(largest, Math.Abs(component));
            }

            step = largest > 0 && float.IsFinite(largest) ? Math.Max(largest / MaxSignedCode, SmallestStep) : 1f;
        }

        return (step, EncodeWith(step, query, row).Error);
    }

    /// <summary>Estimates from a query.</summary>
    /// <param name="query">As it was given.</param>
    /// <param name="code">Room for its code; to be kept reachable.</param>
    /// <param name="rows">The codes of the rows.</param>
    public unsafe ByteScorer<TMetric> Scorer<TMetric>(ReadOnlySpan<float> query, PinnedBuffer<byte> code, RowView<byte> rows)
        where TMetric : struct, IByteMetric
    {
        (float step, float error) = EncodeQuery(query, code.Slice(0, RowBytes));
        float bound = _metric == DistanceMetric.Dot
            ? (MathF.Sqrt(VectorMath.Dot(query, query)) * MaxError) + (error * MaxNorm)
            : (error + MaxError) / Step;
        bool isLossless = _metric == DistanceMetric.Euclidean && Step == 1f && error == 0 && MaxError == 0;
        return new ByteScorer<TMetric>(code.Pointer, rows, RowBytes, Scale(step), Scale(Step), bound, isLossless ? WholeFloats : float.NaN);
    }

    private static ScalarCodec Make(DistanceMetric metric, float[] lows, float[] highs, float step)
    {
        float[] placed = new float[lows.Length];
        for (int i = 0; metric != DistanceMetric.Dot && i < lows.Length; i++)
        {
            float span = MaxCode * step;
            float low = highs[i] - lows[i] <= span ? lows[i] : ((lows[i] + highs[i]) / 2) - (span / 2);
            placed[i] = float.IsFinite(low) ? low : 0f;
        }

        return new ScalarCodec(metric, placed, step);
    }

    /// <summary>
    /// Spreads what codes are left to rows and queries that the sample did not show: over all bytes where it looks like bytes, else evenly
    /// where float32 holds whole numbers around.
    /// </summary>
    private static void PlaceWhole(float[] lows, float[] highs)
    {
        for (int i = 0; i < lows.Length; i++)
        {
            (float low, float high) = (lows[i], highs[i]);
            lows[i] = low >= 0f && high <= MaxCode ? 0f
                : low >= sbyte.MinValue && high <= sbyte.MaxValue ? sbyte.MinValue
                : Math.Max(Math.Abs(low), Math.Abs(high)) <= WholeFloats / 2 ? low - MathF.Floor((MaxCode - (high - low)) / 2)
                : low;
        }
    }

    /// <summary>By a quarter of each range on both sides; whole numbers stay whole.</summary>
    private static void Widen(float[] lows, float[] highs, bool isWhole)
    {
        for (int i = 0; i < lows.Length; i++)
        {
            float margin = (highs[i] - lows[i]) / 4;
            margin = float.IsFinite(margin) ? margin : 0f;
            margin = isWhole ? MathF.Ceiling(margin) : margin;
            lows[i] -= margin;
            highs[i] += margin;
        }
    }

    private static bool Ranges(DistanceMetric metric, TrainingSample sample, float[] lows, float[] highs)
    {
        bool isWhole = true;
        Array.Fill(lows, float.MaxValue);
        Array.Fill(highs, float.MinValue);
        for (int number = 0; number < sample.Count; number++)
        {
            ReadOnlySpan<float> vector = sample[number];
            float scale = metric == DistanceMetric.Cosine ? VectorMath.InverseNorm(vector) : 1f;
            for (int i = 0; i < lows.Length; i++)
            {
                float value = vector[i] * scale;
                lows[i] = Math.Min(lows[i], value);
                highs[i] = Math.Max(highs[i], value);
                isWhole &= value == MathF.Floor(value);
            }
        }

        return isWhole;
    }

    /// <summary>The sum over up to 1,024 vectors of the sample.</summary>
    private double SquaredErrors(TrainingSample sample)
    {
        const int Enough = 1024;
        byte[] row = new byte[RowBytes];
        double sum = 0;
        foreach (int number in sample.Spread(Enough))
        {
            float error = EncodeWith(Step, sample[number], row).Error;
            sum += (double)error * error;
        }

        return sum;
    }

    /// <summary>The same codec with its verdict: the median, over some vectors, of the nearest of some others is several errors away.</summary>
    private ScalarCodec Judged(TrainingSample sample)
    {
        const int Judges = 32, Others = 512;
        const double NearestToError = 8;
        double error = Math.Sqrt(SquaredErrors(sample) / Math.Max(1, Math.Min(sample.Count, 1024)));
        var nearest = new List<double>();
        foreach (int judge in sample.Spread(Judges))
        {
            double least = double.MaxValue;
            foreach (int other in sample.Spread(Others))
            {
                double distance = other == judge ? 0 : Length(sample[judge], sample[other]);
                least = distance > 0 ? Math.Min(least, distance) : least;
            }

            nearest.Add(least);
        }

        nearest.Sort();
        bool tellsApart = nearest.Count > 0 && nearest[nearest.Count / 2] >= NearestToError * error;
        return new ScalarCodec(_metric, _lows, Step) { TellsApart = tellsApart };
    }

    /// <summary>The length of the difference of two vectors, made unit length first for cosine.</summary>
    private double Length(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => _metric == DistanceMetric.Cosine
        ? Math.Sqrt(2.0 * VectorMath.Distance(_metric, a, b))
        : Math.Sqrt(VectorMath.SquaredEuclidean(a, b));

    private (float Error, float Norm) EncodeWith(float step, ReadOnlySpan<float> vector, Span<byte> row)
    {
        bool isSigned = _metric == DistanceMetric.Dot;
        float scale = _metric == DistanceMetric.Cosine ? VectorMath.InverseNorm(vector) : 1f;
        float least = isSigned ? -MaxSignedCode : 0f;
        float most = isSigned ? MaxSignedCode : MaxCode;
        float inverse = 1f / step;
        double squaredError = 0;
        double squaredNorm = 0;
        for (int i = 0; i < vector.Length; i++)
        {
            float value = vector[i] * scale;
            float code = MathF.Round((value - _lows[i]) * inverse);
            code = code >= least ? Math.Min(code, most) : least;
            row[i] = unchecked((byte)(int)code);
            double decoded = (double)_lows[i] + ((double)step * code);
            squaredError += (value - decoded) * (value - decoded);
            squaredNorm += decoded * decoded;
        }

        return ((float)Math.Sqrt(squaredError), (float)Math.Sqrt(squaredNorm));
    }
}
