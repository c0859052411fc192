using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>What both scorers over RaBitQ codes share.</summary>
internal static unsafe class RabitqScoring
{
    /// <summary>
    /// Standard deviations that a bound leaves room for: the paper's ε. At 1.9, its choice, 3 of 100 true neighbours would be ruled out; at 3, one in
    /// a thousand.
    /// </summary>
    public const float Epsilon = 3f;

    /// <summary>The least distance, but for one row in a thousand.</summary>
    public static float LowerBound(float estimate, float* factors, in RabitqQuery query) =>
        estimate - (Epsilon * ((query.Norm * factors[2]) + (MathF.Abs(factors[1]) * query.Rounding)));

    /// <summary>Asks for a row's lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* row, nint bytes)
    {
        if (Sse.IsSupported)
        {
            for (nint at = 0; at < bytes; at += PinnedBuffer<byte>.Alignment)
            {
                Sse.Prefetch0(row + at);
            }
        }
    }
}

/// <summary>Estimates over 1-bit codes.</summary>
internal readonly unsafe struct SignScorer(ulong* planes, RowView<byte> rows, int words, float step, float low, RabitqQuery query) : IRowScorer
{
    public bool InFours => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Score(int row)
    {
        byte* code = rows[row];
        float* factors = (float*)(code + (words * sizeof(ulong)));
        float product = (step * RabitqKernels.PlaneSum(planes, (ulong*)code, words, out int ones)) + (low * ones)
            - (RabitqKernels.SignMagnitude * query.Sum);
        return query.Constant + factors[0] + (factors[1] * product);
    }

    public Vector128<float> Score4(int row0, int row1, int row2, int row3) => Vector128.Create(Score(row0), Score(row1), Score(row2), Score(row3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int row) => RabitqScoring.Prefetch(rows[row], words * sizeof(ulong));

    public bool IsExact(float estimate) => false;

    public float LowerBound(int row, float estimate) => RabitqScoring.LowerBound(estimate, (float*)(rows[row] + (words * sizeof(ulong))), query);
}

/// <summary>Estimates over 4-bit codes.</summary>
internal readonly unsafe struct NibbleScorer(sbyte* codes, RowView<byte> rows, int length, float step, RabitqQuery query) : IRowScorer
{
    public bool InFours => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Score(int row)
    {
        byte* code = rows[row];
        float* factors = (float*)(code + (length / 2));
        float product = (step * RabitqKernels.NibbleSum(codes, code, length)) - (RabitqKernels.MaxNibbleMagnitude * query.Sum);
        return query.Constant + factors[0] + (factors[1] * product);
    }

    public Vector128<float> Score4(int row0, int row1, int row2, int row3) => Vector128.Create(Score(row0), Score(row1), Score(row2), Score(row3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int row) => RabitqScoring.Prefetch(rows[row], length / 2);

    public bool IsExact(float estimate) => false;

    public float LowerBound(int row, float estimate) => RabitqScoring.LowerBound(estimate, (float*)(rows[row] + (length / 2)), query);
}
