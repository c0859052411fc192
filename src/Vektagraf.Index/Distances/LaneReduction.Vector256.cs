using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

internal static unsafe partial class LaneReduction<TQuery, TRow, TOperation>
{
    /// <summary>AVX2 with FMA: four registers of partial sums.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Reduce256(void* query, void* row, nint length)
    {
        Vector256<float> sum0 = Vector256<float>.Zero, sum1 = Vector256<float>.Zero;
        Vector256<float> sum2 = Vector256<float>.Zero, sum3 = Vector256<float>.Zero;
        nint i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            sum0 = TOperation.Accumulate(TQuery.Load256(query, i), TRow.Load256(row, i), sum0);
            sum1 = TOperation.Accumulate(TQuery.Load256(query, i + 8), TRow.Load256(row, i + 8), sum1);
            sum2 = TOperation.Accumulate(TQuery.Load256(query, i + 16), TRow.Load256(row, i + 16), sum2);
            sum3 = TOperation.Accumulate(TQuery.Load256(query, i + 24), TRow.Load256(row, i + 24), sum3);
        }

        if (i < length)
        {
            Tail256(query, row, i, length, ref sum0, ref sum1, ref sum2, ref sum3);
        }

        return Fold(Fold((sum0 + sum2) + (sum1 + sum3)));
    }

    /// <summary>AVX2 has 16 registers: two rows at a time leave room for the query's lanes, four would spill.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static Vector128<float> Reduce4Vectors256(void* query, void* row0, void* row1, void* row2, void* row3, nint length)
    {
        Reduce2Vectors256(query, row0, row1, length, out Vector128<float> sums0, out Vector128<float> sums1);
        Reduce2Vectors256(query, row2, row3, length, out Vector128<float> sums2, out Vector128<float> sums3);
        return Fold(sums0, sums1, sums2, sums3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce2Vectors256(
        void* query, void* row0, void* row1, nint length, out Vector128<float> sums0, out Vector128<float> sums1)
    {
        Vector256<float> sum00 = Vector256<float>.Zero, sum01 = Vector256<float>.Zero;
        Vector256<float> sum02 = Vector256<float>.Zero, sum03 = Vector256<float>.Zero;
        Vector256<float> sum10 = Vector256<float>.Zero, sum11 = Vector256<float>.Zero;
        Vector256<float> sum12 = Vector256<float>.Zero, sum13 = Vector256<float>.Zero;
        nint i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            Vector256<float> lanes = TQuery.Load256(query, i);
            sum00 = TOperation.Accumulate(lanes, TRow.Load256(row0, i), sum00);
            sum10 = TOperation.Accumulate(lanes, TRow.Load256(row1, i), sum10);
            lanes = TQuery.Load256(query, i + 8);
            sum01 = TOperation.Accumulate(lanes, TRow.Load256(row0, i + 8), sum01);
            sum11 = TOperation.Accumulate(lanes, TRow.Load256(row1, i + 8), sum11);
            lanes = TQuery.Load256(query, i + 16);
            sum02 = TOperation.Accumulate(lanes, TRow.Load256(row0, i + 16), sum02);
            sum12 = TOperation.Accumulate(lanes, TRow.Load256(row1, i + 16), sum12);
            lanes = TQuery.Load256(query, i + 24);
            sum03 = TOperation.Accumulate(lanes, TRow.Load256(row0, i + 24), sum03);
            sum13 = TOperation.Accumulate(lanes, TRow.Load256(row1, i + 24), sum13);
        }

        if (i < length)
        {
            Tail256(query, row0, i, length, ref sum00, ref sum01, ref sum02, ref sum03);
            Tail256(query, row1, i, length, ref sum10, ref sum11, ref sum12, ref sum13);
        }

        sums0 = Fold((sum00 + sum02) + (sum01 + sum03));
        sums1 = Fold((sum10 + sum12) + (sum11 + sum13));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tail256(
        void* query, void* row, nint i, nint length,
        ref Vector256<float> sum0, ref Vector256<float> sum1, ref Vector256<float> sum2, ref Vector256<float> sum3)
    {
        nint left = length - i;
        sum0 = Step256(query, row, i, left, sum0);
        if (left > 8)
        {
            sum1 = Step256(query, row, i + 8, left - 8, sum1);
        }

        if (left > 16)
        {
            sum2 = Step256(query, row, i + 16, left - 16, sum2);
        }

        if (left > 24)
        {
            sum3 = Step256(query, row, i + 24, left - 24, sum3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Step256(void* query, void* row, nint i, nint left, Vector256<float> sum) => left >= 8
        ? TOperation.Accumulate(TQuery.Load256(query, i), TRow.Load256(row, i), sum)
        : TOperation.Accumulate(TQuery.LoadPartial256(query, i, left), TRow.LoadPartial256(row, i, left), sum);
}
