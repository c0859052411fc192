using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>Sums over packed codes. All are exact integer sums, so that every path gives the same.</summary>
internal static unsafe class RabitqKernels
{
    /// <summary>Bits that each component of a query keeps where rows keep one.</summary>
    public const int QueryBits = 4;

    /// <summary>Points of the 1-bit grid are ± this.</summary>
    public const float SignMagnitude = 0.5f;

    /// <summary>The 4-bit grid's last point.</summary>
    public const float MaxNibbleMagnitude = 7.5f;

    private const int MaxPlaneLevel = (1 << QueryBits) - 1;

    /// <summary>Components whose nibbles share 32 bytes: the first 32 in the low halves, the next 32 in the high ones.</summary>
    private const int NibbleGroup = 64;

    /// <summary>Where the nibble of a component is.</summary>
    public static int NibbleByte(int component) => (component / NibbleGroup * (NibbleGroup / 2)) + (component % (NibbleGroup / 2));

    /// <summary>0 for the low half of the byte, 4 for the high one.</summary>
    public static int NibbleShift(int component) => component % NibbleGroup < NibbleGroup / 2 ? 0 : 4;

    /// <summary>The nearest point of the 4-bit grid; NaN counts as the lowest.</summary>
    public static float GridPoint(float value)
    {
        float point = MathF.Floor(value) + 0.5f;
        return point >= -MaxNibbleMagnitude ? Math.Min(point, MaxNibbleMagnitude) : -MaxNibbleMagnitude;
    }

    /// <summary>Rounds a query to levels 0 to 15 and writes them as bit planes: for each 64 components four words, lowest bit first.</summary>
    /// <returns>Component ≈ Low + Step · level.</returns>
    public static (float Low, float Step) WritePlanes(ReadOnlySpan<float> query, Span<ulong> planes)
    {
        float low = float.MaxValue, high = float.MinValue;
        foreach (float component in query)
        {
            low = Math.Min(low, component);
            high = Math.Max(high, component);
        }

        float step = (high - low) / MaxPlaneLevel;
        float inverse = step > 0 ? 1f / step : 0f;
        planes[..(query.Length / 64 * QueryBits)].Clear();
        for (int i = 0; i < query.Length; i++)
        {
            ulong level = (ulong)Math.Clamp((int)(((query[i] - low) * inverse) + 0.5f), 0, MaxPlaneLevel);
            for (int bit = 0; bit < QueryBits; bit++)
            {
                planes[(i / 64 * QueryBits) + bit] |= ((level >> bit) & 1) << (i % 64);
            }
        }

        return (low, step);
    }

    /// <summary>Rounds a query to −127 to 127.</summary>
    /// <returns>Component ≈ step · code.</returns>
    public static float WriteSigned(ReadOnlySpan<float> query, Span<sbyte> codes)
    {
        float largest = 0;
        foreach (float component in query)
        {
            largest = Math.Max(largest, MathF.Abs(component));
        }

        float step = largest / sbyte.MaxValue;
        float inverse = step > 0 ? 1f / step : 0f;
        for (int i = 0; i < query.Length; i++)
        {
            codes[i] = (sbyte)Math.Clamp((int)MathF.Round(query[i] * inverse), -sbyte.MaxValue, sbyte.MaxValue);
        }

        return step;
    }

    /// <summary>Σ bit · level over the planes, and the count of set bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PlaneSum(ulong* planes, ulong* code, nint words, out int ones)
    {
        int sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0, set = 0;
        for (nint word = 0; word < words; word++)
        {
            ulong bits = code[word];
            set += BitOperations.PopCount(bits);
            sum0 += BitOperations.PopCount(bits & planes[4 * word]);
            sum1 += BitOperations.PopCount(bits & planes[(4 * word) + 1]);
            sum2 += BitOperations.PopCount(bits & planes[(4 * word) + 2]);
            sum3 += BitOperations.PopCount(bits & planes[(4 * word) + 3]);
        }

        ones = set;
        return sum0 + (2 * sum1) + (4 * sum2) + (8 * sum3);
    }

    /// <summary>Σ nibble · code of the query; the length is a multiple of 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NibbleSum(sbyte* query, byte* code, nint length) =>
        Avx2.IsSupported ? NibbleSum256(query, code, length) : NibbleSumScalar(query, code, length);

    /// <summary>The sum in plain loops.</summary>
    internal static int NibbleSumScalar(sbyte* query, byte* code, nint length)
    {
        int sum = 0;
        for (nint group = 0; group < length; group += NibbleGroup)
        {
            for (nint i = 0; i < NibbleGroup / 2; i++)
            {
                byte pair = code[(group / 2) + i];
                sum += ((pair & 15) * query[group + i]) + ((pair >> 4) * query[group + (NibbleGroup / 2) + i]);
            }
        }

        return sum;
    }

    /// <summary>AVX2: a pair of products is at most 2 · 15 · 127, so even four pairs fit 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int NibbleSum256(sbyte* query, byte* code, nint length)
    {
        Vector256<byte> low = Vector256.Create((byte)15);
        Vector256<short> ones = Vector256<short>.One;
        Vector256<int> sums = Vector256<int>.Zero;
        for (nint group = 0; group < length; group += NibbleGroup)
        {
            Vector256<byte> pairs = Vector256.Load(code + (group / 2));
            Vector256<short> first = Avx2.MultiplyAddAdjacent(pairs & low, Vector256.Load(query + group));
            Vector256<short> second = Avx2.MultiplyAddAdjacent(
                Avx2.ShiftRightLogical(pairs.AsUInt16(), 4).AsByte() & low, Vector256.Load(query + group + (NibbleGroup / 2)));
            sums += Avx2.MultiplyAddAdjacent(first + second, ones);
        }

        return Vector256.Sum(sums);
    }
}
