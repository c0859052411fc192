using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

internal static unsafe partial class IntegerReduction<TSource, TOperation>
{
    /// <summary>Reduces one vector against four, anywhere in memory: its lanes are widened once for all, and four chains of additions run at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Reduce4(void* query, void* row0, void* row1, void* row2, void* row3, nint length)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Reduce4Vectors512(query, row0, row1, row2, row3, length);
        }

        return Vector256.IsHardwareAccelerated
            ? Reduce4Vectors256(query, row0, row1, row2, row3, length)
            : Vector128.Create(Reduce(query, row0, length), Reduce(query, row1, length), Reduce(query, row2, length), Reduce(query, row3, length));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static Vector128<int> Reduce4Vectors512(void* query, void* row0, void* row1, void* row2, void* row3, nint length)
    {
        Vector512<int> sums0 = Vector512<int>.Zero, sums1 = Vector512<int>.Zero, sums2 = Vector512<int>.Zero, sums3 = Vector512<int>.Zero;
        nint i = 0;
        for (; i <= length - 32; i += 32)
        {
            Vector512<short> lanes = TSource.Widen512(query, i);
            sums0 += TOperation.PairSums(lanes, TSource.Widen512(row0, i));
            sums1 += TOperation.PairSums(lanes, TSource.Widen512(row1, i));
            sums2 += TOperation.PairSums(lanes, TSource.Widen512(row2, i));
            sums3 += TOperation.PairSums(lanes, TSource.Widen512(row3, i));
        }

        Vector128<int> sums = Fold(
            sums0.GetLower() + sums0.GetUpper(), sums1.GetLower() + sums1.GetUpper(), sums2.GetLower() + sums2.GetUpper(), sums3.GetLower() + sums3.GetUpper());
        return i == length ? sums : sums + Rest(query, row0, row1, row2, row3, i, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static Vector128<int> Reduce4Vectors256(void* query, void* row0, void* row1, void* row2, void* row3, nint length)
    {
        Vector256<int> sums0 = Vector256<int>.Zero, sums1 = Vector256<int>.Zero, sums2 = Vector256<int>.Zero, sums3 = Vector256<int>.Zero;
        nint i = 0;
        for (; i <= length - 16; i += 16)
        {
            Vector256<short> lanes = TSource.Widen256(query, i);
            sums0 += TOperation.PairSums(lanes, TSource.Widen256(row0, i));
            sums1 += TOperation.PairSums(lanes, TSource.Widen256(row1, i));
            sums2 += TOperation.PairSums(lanes, TSource.Widen256(row2, i));
            sums3 += TOperation.PairSums(lanes, TSource.Widen256(row3, i));
        }

        Vector128<int> sums = Fold(sums0, sums1, sums2, sums3);
        return i == length ? sums : sums + Rest(query, row0, row1, row2, row3, i, length);
    }

    /// <summary>What is left of four rows, fewer than 32 components.</summary>
    private static Vector128<int> Rest(void* query, void* row0, void* row1, void* row2, void* row3, nint i, nint length) => Vector128.Create(
        Reduce128((byte*)query + i, (byte*)row0 + i, length - i),
        Reduce128((byte*)query + i, (byte*)row1 + i, length - i),
        Reduce128((byte*)query + i, (byte*)row2 + i, length - i),
        Reduce128((byte*)query + i, (byte*)row3 + i, length - i));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Fold(Vector256<int> sums0, Vector256<int> sums1, Vector256<int> sums2, Vector256<int> sums3)
    {
        Vector128<int> half0 = sums0.GetLower() + sums0.GetUpper();
        Vector128<int> half1 = sums1.GetLower() + sums1.GetUpper();
        Vector128<int> half2 = sums2.GetLower() + sums2.GetUpper();
        Vector128<int> half3 = sums3.GetLower() + sums3.GetUpper();
        return Ssse3.IsSupported
            ? Ssse3.HorizontalAdd(Ssse3.HorizontalAdd(half0, half1), Ssse3.HorizontalAdd(half2, half3))
            : Vector128.Create(Vector128.Sum(half0), Vector128.Sum(half1), Vector128.Sum(half2), Vector128.Sum(half3));
    }
}
