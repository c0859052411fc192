namespace Vektagraf.Index;

/// <summary>Turns vectors into codes of equal length. Immutable but for what <see cref="Encode"/> learns about its own errors.</summary>
internal abstract class RowCodec
{
    /// <summary>What kind of codes these are.</summary>
    public abstract VectorQuantization Kind { get; }

    /// <summary>Bytes of a code.</summary>
    public abstract int RowBytes { get; }

    /// <summary>Bytes of the parameters.</summary>
    public abstract int ParameterBytes { get; }

    /// <summary>Encodes a vector; several threads may at once.</summary>
    /// <param name="vector">As it was inserted.</param>
    /// <param name="row">Where the code goes, all of which is written.</param>
    public abstract void Encode(ReadOnlySpan<float> vector, Span<byte> row);

    /// <summary>Writes what the reader of its kind needs.</summary>
    public abstract void WriteParameters(Span<byte> destination);

    /// <summary>Learns from a sample of the vectors.</summary>
    public static RowCodec Train(VectorQuantization kind, DistanceMetric metric, TrainingSample sample, long seed) => kind switch
    {
        VectorQuantization.Half => new HalfCodec(metric, sample.Dimensions),
        VectorQuantization.Scalar8 => ScalarCodec.Train(metric, sample),
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
            VectorQuantization.Half => sizeof(float),
            VectorQuantization.Scalar8 => (3 + dimensions) * sizeof(float),
            VectorQuantization.Rabitq4 or VectorQuantization.Rabitq1 => sizeof(long) + (dimensions * sizeof(float)),
            _ => throw new InvalidDataException($"There are no codes of kind {kind}."),
        };
        if (source.Length != expected)
        {
            throw new InvalidDataException($"The quantizer's parameters take {expected} bytes, not {source.Length}.");
        }

        return kind switch
        {
            VectorQuantization.Half => HalfCodec.Read(metric, dimensions, source),
            VectorQuantization.Scalar8 => ScalarCodec.Read(metric, dimensions, source),
            _ => RabitqCodec.Read(metric, kind == VectorQuantization.Rabitq1 ? 1 : 4, dimensions, source),
        };
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

    /// <summary>One of them.</summary>
    public ReadOnlySpan<float> this[int number] => index.RowAt(number * _step);
}

/// <summary>The codes of an index.</summary>
/// <param name="Codec">How they are made.</param>
/// <param name="Rows">Where they are.</param>
internal sealed record CodedRows(RowCodec Codec, ChunkedRows<byte> Rows);
