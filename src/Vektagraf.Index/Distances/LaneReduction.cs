using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>
/// Sums an operation over the components of two vectors. The order of the additions is part of the contract: component i is added, with a
/// fused multiply-add, to partial sum i mod 32, and the 32 partial sums are folded in halves (16, 8, 4, 2, 1 apart). AVX-512 holds them in
/// 2 registers, AVX2 in 4, NEON and SSE in 8; one row or four at a time, padded or not: the bits of the result are the same. Hence a query
/// ranks alike on every node of a cluster and on every access path. <see cref="ScalarReference"/> states the same order in plain loops.
/// </summary>
/// <remarks>
/// 32 partial sums hide the latency of the multiply-add in cache and fill no more registers than AVX2 has. Where the hardware has no fused
/// multiply-add (x86 before 2013), .NET emulates it: the result is the same and slow.
/// </remarks>
internal static unsafe partial class LaneReduction<TQuery, TRow, TOperation>
    where TQuery : struct, ILaneSource
    where TRow : struct, ILaneSource
    where TOperation : struct, ILaneOperation
{
    /// <summary>Partial sums per vector.</summary>
    public const int Lanes = 32;

    /// <summary>Reduces one pair.</summary>
    /// <param name="query">First vector, of any alignment.</param>
    /// <param name="row">Second vector, of any alignment.</param>
    /// <param name="length">Components in each; 0 gives 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Reduce(void* query, void* row, nint length)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Reduce512(query, row, length);
        }

        return Vector256.IsHardwareAccelerated ? Reduce256(query, row, length) : Reduce128(query, row, length);
    }

    /// <summary>Reduces one query against four rows, anywhere in memory; the query's lanes are loaded once for all (AVX-512) or for two (AVX2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Reduce4(void* query, void* row0, void* row1, void* row2, void* row3, nint length)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Reduce4Vectors512(query, row0, row1, row2, row3, length);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            return Reduce4Vectors256(query, row0, row1, row2, row3, length);
        }

        return Vector128.Create(
            Reduce128(query, row0, length),
            Reduce128(query, row1, length),
            Reduce128(query, row2, length),
            Reduce128(query, row3, length));
    }

    /// <summary>Reduces two vectors against four; one after the other where there are too few registers for both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Reduce2By4(
        void* first, void* second, void* row0, void* row1, void* row2, void* row3, nint length, out Vector128<float> ofSecond)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Reduce2By4Vectors512(first, second, row0, row1, row2, row3, length, out ofSecond);
        }

        ofSecond = Reduce4(second, row0, row1, row2, row3, length);
        return Reduce4(first, row0, row1, row2, row3, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fold(Vector256<float> sums) => sums.GetLower() + sums.GetUpper();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Fold(Vector128<float> sums)
    {
        Vector128<float> pairs = sums + Vector128.Shuffle(sums, Vector128.Create(2, 3, 0, 1));
        return pairs[0] + pairs[1];
    }

    /// <summary>
    /// Folds four rows' last four partial sums at once: a transpose takes the place of four horizontal sums. Only the x86 paths come here;
    /// the portable way to join halves of registers goes through the stack and costs more than all the rest of a short row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fold(Vector128<float> row0, Vector128<float> row1, Vector128<float> row2, Vector128<float> row3)
    {
        Vector128<float> pairs01 = Sse.MoveLowToHigh(row0, row1) + Sse.MoveHighToLow(row1, row0);
        Vector128<float> pairs23 = Sse.MoveLowToHigh(row2, row3) + Sse.MoveHighToLow(row3, row2);
        return Sse.Shuffle(pairs01, pairs23, 0b10_00_10_00) + Sse.Shuffle(pairs01, pairs23, 0b11_01_11_01);
    }
}
