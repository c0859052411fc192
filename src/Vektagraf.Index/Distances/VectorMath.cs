using System.Numerics;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// Products, norms and distances of whole vectors. Every method checks lengths and accepts any alignment; none throws on NaN or infinity,
/// which propagate. Float results are the same bits as those of the indexes; their error bounds are stated at <see cref="Dot(ReadOnlySpan{float}, ReadOnlySpan{float})"/>
/// and <see cref="SquaredEuclidean(ReadOnlySpan{float}, ReadOnlySpan{float})"/>.
/// </summary>
public static unsafe class VectorMath
{
    /// <summary>The most components an 8-bit vector may have: its sums are exact in 32 bits.</summary>
    public const int MaxIntegerDimensions = 16_384;

    /// <summary>Below this a float sum of squares has lost digits to underflow.</summary>
    private const float SmallestExactSquaredNorm = 1e-30f;

    /// <summary>
    /// The dot product Σ aᵢ·bᵢ. For n components it differs from the exact value by at most γₙ · Σ|aᵢ·bᵢ|, with γₙ = n·u / (1 − n·u) and
    /// u = 2⁻²⁴, as long as nothing overflows (Higham 2002, section 3.1).
    /// </summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        RequireEqualLengths(a.Length, b.Length);
        fixed (float* first = a, second = b)
        {
            return DotMetric.Reduce(first, second, a.Length);
        }
    }

    /// <summary>The squared Euclidean distance Σ (aᵢ − bᵢ)²; it differs from the exact value by at most γₙ₊₂ times that value.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static float SquaredEuclidean(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        RequireEqualLengths(a.Length, b.Length);
        fixed (float* first = a, second = b)
        {
            return EuclideanMetric.Reduce(first, second, a.Length);
        }
    }

    /// <summary>The dot product of float16 vectors, widened exactly and summed in float32; bound as for float32.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static float Dot(ReadOnlySpan<Half> a, ReadOnlySpan<Half> b)
    {
        RequireEqualLengths(a.Length, b.Length);
        fixed (Half* first = a, second = b)
        {
            return LaneReduction<HalfSource, HalfSource, DotOperation>.Reduce(first, second, a.Length);
        }
    }

    /// <summary>The squared Euclidean distance of float16 vectors, widened exactly and summed in float32; bound as for float32.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static float SquaredEuclidean(ReadOnlySpan<Half> a, ReadOnlySpan<Half> b)
    {
        RequireEqualLengths(a.Length, b.Length);
        fixed (Half* first = a, second = b)
        {
            return LaneReduction<HalfSource, HalfSource, SquaredDifferenceOperation>.Reduce(first, second, a.Length);
        }
    }

    /// <summary>The exact dot product of uint8 vectors.</summary>
    /// <exception cref="ArgumentException">The lengths differ or exceed <see cref="MaxIntegerDimensions"/>.</exception>
    public static int Dot(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => Reduce<byte, ByteSource, IntegerDot>(a, b);

    /// <summary>The exact squared Euclidean distance of uint8 vectors.</summary>
    /// <exception cref="ArgumentException">The lengths differ or exceed <see cref="MaxIntegerDimensions"/>.</exception>
    public static int SquaredEuclidean(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) =>
        Reduce<byte, ByteSource, IntegerSquaredDifference>(a, b);

    /// <summary>The exact dot product of int8 vectors.</summary>
    /// <exception cref="ArgumentException">The lengths differ or exceed <see cref="MaxIntegerDimensions"/>.</exception>
    public static int Dot(ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b) => Reduce<sbyte, SByteSource, IntegerDot>(a, b);

    /// <summary>The exact squared Euclidean distance of int8 vectors.</summary>
    /// <exception cref="ArgumentException">The lengths differ or exceed <see cref="MaxIntegerDimensions"/>.</exception>
    public static int SquaredEuclidean(ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b) =>
        Reduce<sbyte, SByteSource, IntegerSquaredDifference>(a, b);

    /// <summary>The distance by a metric, smaller is nearer; Euclidean is squared. The same bits as an index reports for the pair.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The metric is not one of the enumeration's.</exception>
    public static float Distance(DistanceMetric metric, ReadOnlySpan<float> a, ReadOnlySpan<float> b) => metric switch
    {
        DistanceMetric.Cosine => CosineMetric.Distance(Dot(a, b), InverseNorm(a), InverseNorm(b)),
        DistanceMetric.Dot => -Dot(a, b),
        DistanceMetric.Euclidean => SquaredEuclidean(a, b),
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "Unknown distance metric."),
    };

    /// <summary>
    /// 1/‖vector‖, or 0 for a zero vector. Summed again in double when the float sum of squares overflows or loses digits to underflow, so it
    /// holds for every finite vector; NaN when a component is NaN. (Dot products, unlike norms, do overflow beyond about 10¹⁹ per component.)
    /// </summary>
    public static float InverseNorm(ReadOnlySpan<float> vector)
    {
        float squares = Dot(vector, vector);
        if (squares >= SmallestExactSquaredNorm && float.IsFinite(squares))
        {
            return 1f / MathF.Sqrt(squares);
        }

        double exact = 0;
        foreach (float component in vector)
        {
            exact += (double)component * component;
        }

        // The inverse of a norm below 2⁻¹²⁸ is no finite float: such a vector counts as zero.
        float inverse = exact == 0 ? 0f : (float)(1 / Math.Sqrt(exact));
        return float.IsPositiveInfinity(inverse) ? 0f : inverse;
    }

    /// <summary>Scales a vector to unit length; source and destination may be the same memory.</summary>
    /// <returns>False if the vector is zero, and is then copied as it is.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static bool Normalize(ReadOnlySpan<float> source, Span<float> destination)
    {
        RequireEqualLengths(source.Length, destination.Length);
        float scale = InverseNorm(source);
        if (scale == 0f)
        {
            source.CopyTo(destination);
            return false;
        }

        int i = 0;
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(source[i..]) * scale).CopyTo(destination[i..]);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = source[i] * scale;
        }

        return true;
    }

    private static int Reduce<T, TSource, TOperation>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : unmanaged
        where TSource : struct, IIntegerSource
        where TOperation : struct, IIntegerOperation
    {
        RequireEqualLengths(a.Length, b.Length);
        if (a.Length > MaxIntegerDimensions)
        {
            throw new ArgumentException($"8-bit vectors have at most {MaxIntegerDimensions} components, not {a.Length}.", nameof(a));
        }

        fixed (T* first = &MemoryMarshal.GetReference(a), second = &MemoryMarshal.GetReference(b))
        {
            return IntegerReduction<TSource, TOperation>.Reduce(first, second, a.Length);
        }
    }

    private static void RequireEqualLengths(int first, int second)
    {
        if (first != second)
        {
            throw new ArgumentException($"The vectors have {first} and {second} components; they must have equally many.");
        }
    }
}
