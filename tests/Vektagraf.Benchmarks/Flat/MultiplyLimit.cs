using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Benchmarks.Flat;

/// <summary>The machine's limit for a scan from cache: fused multiply-adds on registers, as many in flight as hide their latency.</summary>
internal static class MultiplyLimit
{
    private const int Steps = 4_000_000;

    /// <summary>The last result; kept so that no compiler may drop the work.</summary>
    public static float Sink { get; private set; }

    /// <summary>Floating point operations in one run of <see cref="Run"/>, two for each multiply-add.</summary>
    public static double Operations => 2.0 * 12 * Steps * (Vector512.IsHardwareAccelerated ? 16 : 8);

    /// <summary>Does them; returns seconds.</summary>
    public static double Run()
    {
        long start = Stopwatch.GetTimestamp();
        Sink += Vector512.IsHardwareAccelerated ? Wide() : Narrow();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Wide()
    {
        Vector512<float> a = Vector512.Create(0.999f), b = Vector512.Create(Sink + 0.001f);
        Vector512<float> s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
        for (int i = 0; i < Steps; i++)
        {
            s0 = Vector512.FusedMultiplyAdd(s0, a, b);
            s1 = Vector512.FusedMultiplyAdd(s1, a, b);
            s2 = Vector512.FusedMultiplyAdd(s2, a, b);
            s3 = Vector512.FusedMultiplyAdd(s3, a, b);
            s4 = Vector512.FusedMultiplyAdd(s4, a, b);
            s5 = Vector512.FusedMultiplyAdd(s5, a, b);
            s6 = Vector512.FusedMultiplyAdd(s6, a, b);
            s7 = Vector512.FusedMultiplyAdd(s7, a, b);
            s8 = Vector512.FusedMultiplyAdd(s8, a, b);
            s9 = Vector512.FusedMultiplyAdd(s9, a, b);
            s10 = Vector512.FusedMultiplyAdd(s10, a, b);
            s11 = Vector512.FusedMultiplyAdd(s11, a, b);
        }

        return Vector512.Sum((s0 + s1) + (s2 + s3) + ((s4 + s5) + (s6 + s7)) + ((s8 + s9) + (s10 + s11))) * 1e-12f;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Narrow()
    {
        Vector256<float> a = Vector256.Create(0.999f), b = Vector256.Create(Sink + 0.001f);
        Vector256<float> s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
        for (int i = 0; i < Steps; i++)
        {
            s0 = Vector256.FusedMultiplyAdd(s0, a, b);
            s1 = Vector256.FusedMultiplyAdd(s1, a, b);
            s2 = Vector256.FusedMultiplyAdd(s2, a, b);
            s3 = Vector256.FusedMultiplyAdd(s3, a, b);
            s4 = Vector256.FusedMultiplyAdd(s4, a, b);
            s5 = Vector256.FusedMultiplyAdd(s5, a, b);
            s6 = Vector256.FusedMultiplyAdd(s6, a, b);
            s7 = Vector256.FusedMultiplyAdd(s7, a, b);
            s8 = Vector256.FusedMultiplyAdd(s8, a, b);
            s9 = Vector256.FusedMultiplyAdd(s9, a, b);
            s10 = Vector256.FusedMultiplyAdd(s10, a, b);
            s11 = Vector256.FusedMultiplyAdd(s11, a, b);
        }

        return Vector256.Sum((s0 + s1) + (s2 + s3) + ((s4 + s5) + (s6 + s7)) + ((s8 + s9) + (s10 + s11))) * 1e-12f;
    }
}
