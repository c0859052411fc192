using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

/// <summary>
/// Exact sums over 8-bit components in 32-bit lanes. The largest term is 255² = 65,025, so the total stays below 2³¹ up to 33,025
/// components; <see cref="MaxLength"/> keeps half of that in reserve. No order of additions changes an integer sum.
/// </summary>
internal static unsafe partial class IntegerReduction<TSource, TOperation>
    where TSource : struct, IIntegerSource
    where TOperation : struct, IIntegerOperation
{
    /// <summary>The longest vector whose sums are guaranteed not to overflow.</summary>
    public const int MaxLength = VectorMath.MaxIntegerDimensions;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Reduce(void* a, void* b, nint length)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Reduce512(a, b, length);
        }

        return Vector256.IsHardwareAccelerated ? Reduce256(a, b, length) : Reduce128(a, b, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Reduce512(void* a, void* b, nint length)
    {
        Vector512<int> sum0 = Vector512<int>.Zero;
        Vector512<int> sum1 = Vector512<int>.Zero;
        nint i = 0;
        for (; i <= length - 64; i += 64)
        {
            sum0 += TOperation.PairSums(TSource.Widen512(a, i), TSource.Widen512(b, i));
            sum1 += TOperation.PairSums(TSource.Widen512(a, i + 32), TSource.Widen512(b, i + 32));
        }

        if (i <= length - 32)
        {
            sum0 += TOperation.PairSums(TSource.Widen512(a, i), TSource.Widen512(b, i));
            i += 32;
        }

        Vector512<int> sums = sum0 + sum1;
        Vector256<int> half = sums.GetLower() + sums.GetUpper();
        if (i <= length - 16)
        {
            half += TOperation.PairSums(TSource.Widen256(a, i), TSource.Widen256(b, i));
            i += 16;
        }

        return Finish(a, b, i, length, half.GetLower() + half.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Reduce256(void* a, void* b, nint length)
    {
        Vector256<int> sum0 = Vector256<int>.Zero;
        Vector256<int> sum1 = Vector256<int>.Zero;
        nint i = 0;
        for (; i <= length - 32; i += 32)
        {
            sum0 += TOperation.PairSums(TSource.Widen256(a, i), TSource.Widen256(b, i));
            sum1 += TOperation.PairSums(TSource.Widen256(a, i + 16), TSource.Widen256(b, i + 16));
        }

        if (i <= length - 16)
        {
            sum0 += TOperation.PairSums(TSource.Widen256(a, i), TSource.Widen256(b, i));
            i += 16;
        }

        Vector256<int> sums = sum0 + sum1;
        return Finish(a, b, i, length, sums.GetLower() + sums.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Reduce128(void* a, void* b, nint length)
    {
        Vector128<int> sum0 = Vector128<int>.Zero;
        Vector128<int> sum1 = Vector128<int>.Zero;
        nint i = 0;
        for (; i <= length - 16; i += 16)
        {
            sum0 += TOperation.PairSums(TSource.Widen128(a, i), TSource.Widen128(b, i));
            sum1 += TOperation.PairSums(TSource.Widen128(a, i + 8), TSource.Widen128(b, i + 8));
        }

        return Finish(a, b, i, length, sum0 + sum1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Finish(void* a, void* b, nint i, nint length, Vector128<int> sums)
    {
        if (i <= length - 8)
        {
            sums += TOperation.PairSums(TSource.Widen128(a, i), TSource.Widen128(b, i));
            i += 8;
        }

        int total = Vector128.Sum(sums);
        for (; i < length; i++)
        {
            total += TOperation.Term(TSource.Component(a, i), TSource.Component(b, i));
        }

        return total;
    }
}
