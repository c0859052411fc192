using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

internal static unsafe partial class LaneReduction<TQuery, TRow, TOperation>
{
    /// <summary>NEON (and SSE): eight registers of partial sums. The JIT turns each step into the platform's own load and fused multiply-add.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Reduce128(void* query, void* row, nint length)
    {
        Vector128<float> sum0 = Vector128<float>.Zero, sum1 = Vector128<float>.Zero;
        Vector128<float> sum2 = Vector128<float>.Zero, sum3 = Vector128<float>.Zero;
        Vector128<float> sum4 = Vector128<float>.Zero, sum5 = Vector128<float>.Zero;
        Vector128<float> sum6 = Vector128<float>.Zero, sum7 = Vector128<float>.Zero;
        nint i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            sum0 = TOperation.Accumulate(TQuery.Load128(query, i), TRow.Load128(row, i), sum0);
            sum1 = TOperation.Accumulate(TQuery.Load128(query, i + 4), TRow.Load128(row, i + 4), sum1);
            sum2 = TOperation.Accumulate(TQuery.Load128(query, i + 8), TRow.Load128(row, i + 8), sum2);
            sum3 = TOperation.Accumulate(TQuery.Load128(query, i + 12), TRow.Load128(row, i + 12), sum3);
            sum4 = TOperation.Accumulate(TQuery.Load128(query, i + 16), TRow.Load128(row, i + 16), sum4);
            sum5 = TOperation.Accumulate(TQuery.Load128(query, i + 20), TRow.Load128(row, i + 20), sum5);
            sum6 = TOperation.Accumulate(TQuery.Load128(query, i + 24), TRow.Load128(row, i + 24), sum6);
            sum7 = TOperation.Accumulate(TQuery.Load128(query, i + 28), TRow.Load128(row, i + 28), sum7);
        }

        nint left = length - i;
        sum0 = Step128(query, row, i, left, sum0);
        sum1 = Step128(query, row, i + 4, left - 4, sum1);
        sum2 = Step128(query, row, i + 8, left - 8, sum2);
        sum3 = Step128(query, row, i + 12, left - 12, sum3);
        sum4 = Step128(query, row, i + 16, left - 16, sum4);
        sum5 = Step128(query, row, i + 20, left - 20, sum5);
        sum6 = Step128(query, row, i + 24, left - 24, sum6);
        sum7 = Step128(query, row, i + 28, left - 28, sum7);
        return Fold(((sum0 + sum4) + (sum2 + sum6)) + ((sum1 + sum5) + (sum3 + sum7)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Step128(void* query, void* row, nint i, nint left, Vector128<float> sum)
    {
        if (left >= 4)
        {
            return TOperation.Accumulate(TQuery.Load128(query, i), TRow.Load128(row, i), sum);
        }

        return left > 0
            ? TOperation.Accumulate(TQuery.LoadPartial128(query, i, left), TRow.LoadPartial128(row, i, left), sum)
            : sum;
    }
}
