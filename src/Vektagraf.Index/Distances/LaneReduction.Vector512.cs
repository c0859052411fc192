using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

internal static unsafe partial class LaneReduction<TQuery, TRow, TOperation>
{
    /// <summary>AVX-512: partial sums 0–15 and 16–31.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Reduce512(void* query, void* row, nint length)
    {
        Vector512<float> sum0 = Vector512<float>.Zero;
        Vector512<float> sum1 = Vector512<float>.Zero;
        nint i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            sum0 = TOperation.Accumulate(TQuery.Load512(query, i), TRow.Load512(row, i), sum0);
            sum1 = TOperation.Accumulate(TQuery.Load512(query, i + 16), TRow.Load512(row, i + 16), sum1);
        }

        if (i < length)
        {
            Tail512(query, row, i, length, ref sum0, ref sum1);
        }

        return Fold(Fold(sum0, sum1));
    }

    /// <summary>AVX-512, four rows: eight partial sums in flight, each half of the query loaded once.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static Vector128<float> Reduce4Vectors512(void* query, void* row0, void* row1, void* row2, void* row3, nint length)
    {
        Vector512<float> sum00 = Vector512<float>.Zero, sum01 = Vector512<float>.Zero;
        Vector512<float> sum10 = Vector512<float>.Zero, sum11 = Vector512<float>.Zero;
        Vector512<float> sum20 = Vector512<float>.Zero, sum21 = Vector512<float>.Zero;
        Vector512<float> sum30 = Vector512<float>.Zero, sum31 = Vector512<float>.Zero;
        nint i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            Vector512<float> query0 = TQuery.Load512(query, i);
            Vector512<float> query1 = TQuery.Load512(query, i + 16);
            sum00 = TOperation.Accumulate(query0, TRow.Load512(row0, i), sum00);
            sum01 = TOperation.Accumulate(query1, TRow.Load512(row0, i + 16), sum01);
            sum10 = TOperation.Accumulate(query0, TRow.Load512(row1, i), sum10);
            sum11 = TOperation.Accumulate(query1, TRow.Load512(row1, i + 16), sum11);
            sum20 = TOperation.Accumulate(query0, TRow.Load512(row2, i), sum20);
            sum21 = TOperation.Accumulate(query1, TRow.Load512(row2, i + 16), sum21);
            sum30 = TOperation.Accumulate(query0, TRow.Load512(row3, i), sum30);
            sum31 = TOperation.Accumulate(query1, TRow.Load512(row3, i + 16), sum31);
        }

        if (i < length)
        {
            Tail512(query, row0, i, length, ref sum00, ref sum01);
            Tail512(query, row1, i, length, ref sum10, ref sum11);
            Tail512(query, row2, i, length, ref sum20, ref sum21);
            Tail512(query, row3, i, length, ref sum30, ref sum31);
        }

        return Fold(Fold(sum00, sum01), Fold(sum10, sum11), Fold(sum20, sum21), Fold(sum30, sum31));
    }

    /// <summary>AVX-512, two vectors against four: sixteen partial sums in flight, each lane loaded once, so that multiplications and not loads are the limit.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static Vector128<float> Reduce2By4Vectors512(
        void* first, void* second, void* row0, void* row1, void* row2, void* row3, nint length, out Vector128<float> ofSecond)
    {
        Vector512<float> sum00 = Vector512<float>.Zero, sum01 = Vector512<float>.Zero;
        Vector512<float> sum10 = Vector512<float>.Zero, sum11 = Vector512<float>.Zero;
        Vector512<float> sum20 = Vector512<float>.Zero, sum21 = Vector512<float>.Zero;
        Vector512<float> sum30 = Vector512<float>.Zero, sum31 = Vector512<float>.Zero;
        Vector512<float> next00 = Vector512<float>.Zero, next01 = Vector512<float>.Zero;
        Vector512<float> next10 = Vector512<float>.Zero, next11 = Vector512<float>.Zero;
        Vector512<float> next20 = Vector512<float>.Zero, next21 = Vector512<float>.Zero;
        Vector512<float> next30 = Vector512<float>.Zero, next31 = Vector512<float>.Zero;
        nint i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            Vector512<float> a = TQuery.Load512(first, i);
            Vector512<float> b = TQuery.Load512(second, i);
            Vector512<float> lanes = TRow.Load512(row0, i);
            sum00 = TOperation.Accumulate(a, lanes, sum00);
            next00 = TOperation.Accumulate(b, lanes, next00);
            lanes = TRow.Load512(row1, i);
            sum10 = TOperation.Accumulate(a, lanes, sum10);
            next10 = TOperation.Accumulate(b, lanes, next10);
            lanes = TRow.Load512(row2, i);
            sum20 = TOperation.Accumulate(a, lanes, sum20);
            next20 = TOperation.Accumulate(b, lanes, next20);
            lanes = TRow.Load512(row3, i);
            sum30 = TOperation.Accumulate(a, lanes, sum30);
            next30 = TOperation.Accumulate(b, lanes, next30);
            a = TQuery.Load512(first, i + 16);
            b = TQuery.Load512(second, i + 16);
            lanes = TRow.Load512(row0, i + 16);
            sum01 = TOperation.Accumulate(a, lanes, sum01);
            next01 = TOperation.Accumulate(b, lanes, next01);
            lanes = TRow.Load512(row1, i + 16);
            sum11 = TOperation.Accumulate(a, lanes, sum11);
            next11 = TOperation.Accumulate(b, lanes, next11);
            lanes = TRow.Load512(row2, i + 16);
            sum21 = TOperation.Accumulate(a, lanes, sum21);
            next21 = TOperation.Accumulate(b, lanes, next21);
            lanes = TRow.Load512(row3, i + 16);
            sum31 = TOperation.Accumulate(a, lanes, sum31);
            next31 = TOperation.Accumulate(b, lanes, next31);
        }

        if (i < length)
        {
            Tail512(first, row0, i, length, ref sum00, ref sum01);
            Tail512(first, row1, i, length, ref sum10, ref sum11);
            Tail512(first, row2, i, length, ref sum20, ref sum21);
            Tail512(first, row3, i, length, ref sum30, ref sum31);
            Tail512(second, row0, i, length, ref next00, ref next01);
            Tail512(second, row1, i, length, ref next10, ref next11);
            Tail512(second, row2, i, length, ref next20, ref next21);
            Tail512(second, row3, i, length, ref next30, ref next31);
        }

        ofSecond = Fold(Fold(next00, next01), Fold(next10, next11), Fold(next20, next21), Fold(next30, next31));
        return Fold(Fold(sum00, sum01), Fold(sum10, sum11), Fold(sum20, sum21), Fold(sum30, sum31));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tail512(void* query, void* row, nint i, nint length, ref Vector512<float> sum0, ref Vector512<float> sum1)
    {
        nint left = length - i;
        if (left < 16)
        {
            sum0 = TOperation.Accumulate(TQuery.LoadPartial512(query, i, left), TRow.LoadPartial512(row, i, left), sum0);
            return;
        }

        sum0 = TOperation.Accumulate(TQuery.Load512(query, i), TRow.Load512(row, i), sum0);
        left -= 16;
        if (left > 0)
        {
            sum1 = TOperation.Accumulate(TQuery.LoadPartial512(query, i + 16, left), TRow.LoadPartial512(row, i + 16, left), sum1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fold(Vector512<float> sum0, Vector512<float> sum1)
    {
        Vector512<float> sums = sum0 + sum1;
        return Fold(sums.GetLower() + sums.GetUpper());
    }
}
