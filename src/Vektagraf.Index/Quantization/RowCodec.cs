using System.Buffers.Binary;

namespace Vektagraf.Index;

/// <summary>Turns vectors into codes of equal length. Immutable but for what <see cref="Encode"/> learns about its own errors.</summary>
/// <remarks>
/// Vectors may come to differ from those that the codec was trained on, and be encoded ever worse. A row whose error is more than twice the
/// worst there was at training is an outlier; after some outliers the codec is outgrown, and the index trains another one. Each training
/// makes room for more, so that there are few.
/// </remarks>
internal abstract class RowCodec
{
    /// <summary>Bytes before the parameters of each kind: greatest error now and at training, outliers since.</summary>
    protected const int CommonBytes = 3 * sizeof(float);

    private const float OutlierFactor = 2f;

    /// <summary>Outliers that are borne with, and one more for so many rows.</summary>
    private const int OutliersBorne = 8, RowsPerOutlier = 256;

    private float _maxError;
    private float _trainedError = float.PositiveInfinity;
    private int _outliers;

    /// <summary>The greatest error among the rows encoded: ‖x − x̂‖, or a quantity that grows with it.</summary>
    public float MaxError => Volatile.Read(ref _maxError);

    /// <summary>What kind of codes these are.</summary>
    public abstract VectorQuantization Kind { get; }

    /// <summary>Bytes of a code.</summary>
    public abstract int RowBytes { get; }

    /// <summary>Bytes of the parameters.</summary>
    public abstract int ParameterBytes { get; }

    /// <summary>Says that all rows there were at training are encoded.</summary>
    public void MarkTrained() => _trainedError = MaxError;

    /// <summary>Whether too many of the rows encoded since training were encoded badly.</summary>
    public bool IsOutgrown(int rows) => Volatile.Read(ref _outliers) > OutliersBorne + (rows / RowsPerOutlier);

    /// <summary>Encodes a vector; several threads may at once.</summary>
    /// <param name="vector">As it was inserted.</param>
    /// <param name="row">Where the code goes, all of which is written.</param>
    public abstract void Encode(ReadOnlySpan<float> vector, Span<byte> row);

    /// <summary>Learns from a sample of the vectors.</summary>
    /// <param name="kind">What kind of codes to make.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="seed">What a rotation is drawn from.</param>
    /// <param name="isOutgrown">Whether an earlier codec was outgrown, so that more of the kind is to be expected.</param>
    public static RowCodec Train(VectorQuantization kind, DistanceMetric metric, TrainingSample sample, long seed, bool isOutgrown) => kind switch
    {
        VectorQuantization.Half => new HalfCodec(metric, sample.Dimensions),
        VectorQuantization.Scalar8 => ScalarCodec.Train(metric, sample, isOutgrown),
        VectorQuantization.Rabitq4 => RabitqCodec.Train(metric, 4, sample, seed),
        VectorQuantization.Rabitq1 => RabitqCodec.Train(metric, 1, sample, seed),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No codes of this kind."),
    };

    /// <summary>Reads what <see cref="WriteParameters"/> wrote for this kind.</summary>
    /// <exception cref="InvalidDataException">The bytes are too few or hold impossible numbers, or the kind has no codes.</exception>
    public static RowCodec Read(VectorQuantization kind, DistanceMetric metric, int dimensions, ReadOnlySpan<byte> source)
    {
        int expected = kind switch
        {
            VectorQuantization.Half => CommonBytes,
            VectorQuantization.Scalar8 => CommonBytes + ((3 + dimensions) * sizeof(float)),
            VectorQuantization.Rabitq4 or VectorQuantization.Rabitq1 => CommonBytes + sizeof(long) + (dimensions * sizeof(float)),
            _ => throw new InvalidDataException($"There are no codes of kind {kind}."),
        };
        if (source.Length != expected)
        {
            throw new InvalidDataException($"The quantizer's parameters take {expected} bytes, not {source.Length}.");
        }

        RowCodec codec = kind switch
        {
            VectorQuantization.Half => new HalfCodec(metric, dimensions),
            VectorQuantization.Scalar8 => ScalarCodec.Read(metric, dimensions, source[CommonBytes..]),
            _ => RabitqCodec.Read(metric, kind == VectorQuantization.Rabitq1 ? 1 : 4, dimensions, source[CommonBytes..]),
        };
        codec._maxError = BinaryPrimitives.ReadSingleLittleEndian(source);
        codec._trainedError = BinaryPrimitives.ReadSingleLittleEndian(source[4..]);
        codec._outliers = BinaryPrimitives.ReadInt32LittleEndian(source[8..]);
        return float.IsFinite(codec._maxError) && codec._maxError >= 0 && codec._trainedError >= 0 && codec._outliers >= 0
            ? codec
            : throw new InvalidDataException("The quantizer's errors are out of range.");
    }

    /// <summary>Writes what <see cref="Read"/> needs.</summary>
    public void WriteParameters(Span<byte> destination)
    {
        BinaryPrimitives.WriteSingleLittleEndian(destination, MaxError);
        BinaryPrimitives.WriteSingleLittleEndian(destination[4..], _trainedError);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], _outliers);
        WriteOwnParameters(destination[CommonBytes..]);
    }

    /// <summary>Writes the parameters of this kind.</summary>
    protected abstract void WriteOwnParameters(Span<byte> destination);

    /// <summary>Takes note of a row's error; what is not finite says nothing.</summary>
    protected void Observe(float error)
    {
        if (!float.IsFinite(error))
        {
            return;
        }

        Raise(ref _maxError, error);
        if (error > OutlierFactor * _trainedError)
        {
            Interlocked.Increment(ref _outliers);
        }
    }

    /// <summary>Raises a shared maximum.</summary>
    protected static void Raise(ref float maximum, float value)
    {
        float seen = Volatile.Read(ref maximum);
        while (value > seen)
        {
            float before = Interlocked.CompareExchange(ref maximum, value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }
}

/// <summary>Vectors to learn from, evenly spread over those there are.</summary>
/// <param name="index">The vectors.</param>
internal sealed class TrainingSample(FlatIndex index)
{
    /// <summary>More rows than this do not change a mean or a range by much.</summary>
    private const int MaxRows = 16_384;

    private readonly int _step = Math.Max(1, index.Count / MaxRows);

    /// <summary>Components of each.</summary>
    public int Dimensions => index.Dimensions;

    /// <summary>Vectors in the sample.</summary>
    public int Count => index.Count / _step;

    /// <summary>At most so many of the sample's numbers, evenly spread.</summary>
    public IEnumerable<int> Spread(int most)
    {
        int numbers = Math.Min(most, Count);
        for (int i = 0; i < numbers; i++)
        {
            yield return (int)((long)i * Count / numbers);
        }
    }

    /// <summary>One of them.</summary>
    public ReadOnlySpan<float> this[int number] => index.RowAt(number * _step);
}

/// <summary>The codes of an index.</summary>
/// <param name="Codec">How they are made.</param>
/// <param name="Rows">Where they are.</param>
internal sealed record CodedRows(RowCodec Codec, ChunkedRows<byte> Rows);
