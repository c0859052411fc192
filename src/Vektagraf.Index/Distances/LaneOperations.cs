using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

/// <summary>What is added to a lane's sum for one pair of components; a struct, so that the JIT inlines it into the kernel's loop.</summary>
internal interface ILaneOperation
{
    /// <summary>16 lanes at once.</summary>
    static abstract Vector512<float> Accumulate(Vector512<float> a, Vector512<float> b, Vector512<float> sum);

    /// <summary>8 lanes at once.</summary>
    static abstract Vector256<float> Accumulate(Vector256<float> a, Vector256<float> b, Vector256<float> sum);

    /// <summary>4 lanes at once.</summary>
    static abstract Vector128<float> Accumulate(Vector128<float> a, Vector128<float> b, Vector128<float> sum);

    /// <summary>One lane.</summary>
    static abstract float Accumulate(float a, float b, float sum);
}

/// <summary>sum + a·b, rounded once.</summary>
internal readonly struct DotOperation : ILaneOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Accumulate(Vector512<float> a, Vector512<float> b, Vector512<float> sum) =>
        Vector512.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Accumulate(Vector256<float> a, Vector256<float> b, Vector256<float> sum) =>
        Vector256.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Accumulate(Vector128<float> a, Vector128<float> b, Vector128<float> sum) =>
        Vector128.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Accumulate(float a, float b, float sum) => MathF.FusedMultiplyAdd(a, b, sum);
}

/// <summary>sum + (a − b)², the difference rounded once, square and sum rounded together.</summary>
internal readonly struct SquaredDifferenceOperation : ILaneOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Accumulate(Vector512<float> a, Vector512<float> b, Vector512<float> sum)
    {
        Vector512<float> difference = a - b;
        return Vector512.FusedMultiplyAdd(difference, difference, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Accumulate(Vector256<float> a, Vector256<float> b, Vector256<float> sum)
    {
        Vector256<float> difference = a - b;
        return Vector256.FusedMultiplyAdd(difference, difference, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Accumulate(Vector128<float> a, Vector128<float> b, Vector128<float> sum)
    {
        Vector128<float> difference = a - b;
        return Vector128.FusedMultiplyAdd(difference, difference, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Accumulate(float a, float b, float sum)
    {
        float difference = a - b;
        return MathF.FusedMultiplyAdd(difference, difference, sum);
    }
}
