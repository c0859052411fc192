namespace Vektagraf.Index;

/// <summary>
/// The kernels in plain loops, for tests and for readers. The float sums here take the very order of additions that the vector kernels take
/// (see <see cref="LaneReduction{TQuery, TRow, TOperation}"/>), so a test may ask for equal bits and, against <see cref="double"/>, for the
/// bound that follows from the order.
/// </summary>
/// <remarks>
/// With u = 2⁻²⁴ and γₙ = n·u / (1 − n·u), each term passes at most n roundings, fused multiply-adds included, so by Higham, Accuracy and
/// Stability of Numerical Algorithms (2002), section 3.1: |dot − exact| ≤ γₙ · Σ|aᵢ·bᵢ|. A difference rounds once before it is squared, which
/// adds two factors: |squared Euclidean − exact| ≤ γₙ₊₂ · Σ(aᵢ − bᵢ)². Each rounding may also underflow, by at most 2⁻¹⁴⁹.
/// </remarks>
internal static class ScalarReference
{
    private const int Lanes = 32;

    /// <summary>Σ aᵢ·bᵢ in the kernels' order.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Reduce<DotOperation>(a, b);

    /// <summary>Σ (aᵢ − bᵢ)² in the kernels' order.</summary>
    public static float SquaredEuclidean(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Reduce<SquaredDifferenceOperation>(a, b);

    /// <summary>Σ aᵢ·bᵢ in the kernels' order.</summary>
    public static float Dot(ReadOnlySpan<Half> a, ReadOnlySpan<Half> b) => Reduce<DotOperation>(Widen(a), Widen(b));

    /// <summary>Σ (aᵢ − bᵢ)² in the kernels' order.</summary>
    public static float SquaredEuclidean(ReadOnlySpan<Half> a, ReadOnlySpan<Half> b) =>
        Reduce<SquaredDifferenceOperation>(Widen(a), Widen(b));

    /// <summary>Σ aᵢ·bᵢ, exact.</summary>
    public static long Dot(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        long sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>Σ (aᵢ − bᵢ)², exact.</summary>
    public static long SquaredEuclidean(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        long sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return sum;
    }

    /// <summary>Σ aᵢ·bᵢ, exact.</summary>
    public static long Dot(ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b)
    {
        long sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>Σ (aᵢ − bᵢ)², exact.</summary>
    public static long SquaredEuclidean(ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b)
    {
        long sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return sum;
    }

    private static float Reduce<TOperation>(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        where TOperation : struct, ILaneOperation
    {
        Span<float> sums = stackalloc float[Lanes];
        sums.Clear();
        for (int i = 0; i < a.Length; i++)
        {
            sums[i % Lanes] = TOperation.Accumulate(a[i], b[i], sums[i % Lanes]);
        }

        for (int distance = Lanes / 2; distance > 0; distance /= 2)
        {
            for (int lane = 0; lane < distance; lane++)
            {
                sums[lane] += sums[lane + distance];
            }
        }

        return sums[0];
    }

    private static float[] Widen(ReadOnlySpan<Half> vector)
    {
        float[] widened = new float[vector.Length];
        for (int i = 0; i < widened.Length; i++)
        {
            widened[i] = (float)vector[i];
        }

        return widened;
    }
}
