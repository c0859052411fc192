using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CsCheck;
using Dot = Vektagraf.Index.LaneReduction<Vektagraf.Index.SingleSource, Vektagraf.Index.SingleSource, Vektagraf.Index.DotOperation>;
using SquaredDifference = Vektagraf.Index.LaneReduction<Vektagraf.Index.SingleSource, Vektagraf.Index.SingleSource, Vektagraf.Index.SquaredDifferenceOperation>;

namespace Vektagraf.Index.Tests.Distances;

public unsafe class FloatKernelTests
{
    private const double U = 1.0 / (1 << 24);

    [Fact]
    public void Dot_OnEveryPath_HasTheBitsOfTheScalarReference() => VectorPair.Any.Sample(pair =>
    {
        (ArraySegment<float> a, ArraySegment<float> b) = pair.Make(VectorPair.WideSingle, float.NaN);
        float expected = ScalarReference.Dot(a, b);
        fixed (float* pa = a.AsSpan(), pb = b.AsSpan())
        {
            return SameBits(expected, Dot.Reduce512(pa, pb, pair.Length))
                && SameBits(expected, Dot.Reduce256(pa, pb, pair.Length))
                && SameBits(expected, Dot.Reduce128(pa, pb, pair.Length))
                && SameBits(expected, VectorMath.Dot(a, b));
        }
    });

    [Fact]
    public void SquaredEuclidean_OnEveryPath_HasTheBitsOfTheScalarReference() => VectorPair.Any.Sample(pair =>
    {
        (ArraySegment<float> a, ArraySegment<float> b) = pair.Make(VectorPair.WideSingle, float.NaN);
        float expected = ScalarReference.SquaredEuclidean(a, b);
        fixed (float* pa = a.AsSpan(), pb = b.AsSpan())
        {
            return SameBits(expected, SquaredDifference.Reduce512(pa, pb, pair.Length))
                && SameBits(expected, SquaredDifference.Reduce256(pa, pb, pair.Length))
                && SameBits(expected, SquaredDifference.Reduce128(pa, pb, pair.Length))
                && SameBits(expected, VectorMath.SquaredEuclidean(a, b));
        }
    });

    [Fact]
    public void Reduce4_OnEveryPath_HasTheBitsOfFourSingleReductions() => VectorPair.Any.Sample(pair =>
    {
        var random = new Random(pair.Seed);
        float[] query = Fill(random, pair.Length);
        float[][] rows = [Fill(random, pair.Length), Fill(random, pair.Length), Fill(random, pair.Length), Fill(random, pair.Length)];
        fixed (float* q = query, row0 = rows[0], row1 = rows[1], row2 = rows[2], row3 = rows[3])
        {
            var dots = new List<Vector128<float>> { Dot.Reduce4(q, row0, row1, row2, row3, pair.Length) };
            var squares = new List<Vector128<float>> { SquaredDifference.Reduce4(q, row0, row1, row2, row3, pair.Length) };
            if (Sse.IsSupported)
            {
                dots.Add(Dot.Reduce4Vectors512(q, row0, row1, row2, row3, pair.Length));
                dots.Add(Dot.Reduce4Vectors256(q, row0, row1, row2, row3, pair.Length));
                squares.Add(SquaredDifference.Reduce4Vectors512(q, row0, row1, row2, row3, pair.Length));
                squares.Add(SquaredDifference.Reduce4Vectors256(q, row0, row1, row2, row3, pair.Length));
            }

            for (int i = 0; i < 4; i++)
            {
                float dot = ScalarReference.Dot(query.AsSpan(0, pair.Length), rows[i].AsSpan(0, pair.Length));
                float square = ScalarReference.SquaredEuclidean(query.AsSpan(0, pair.Length), rows[i].AsSpan(0, pair.Length));
                Assert.All(dots, found => Assert.True(SameBits(dot, found[i])));
                Assert.All(squares, found => Assert.True(SameBits(square, found[i])));
            }
        }
    });

    [Fact]
    public void Reduce2By4_OnEveryPath_HasTheBitsOfEightSingleReductions() => VectorPair.Any.Sample(pair =>
    {
        var random = new Random(pair.Seed);
        float[][] pairs = [Fill(random, pair.Length), Fill(random, pair.Length)];
        float[][] rows = [Fill(random, pair.Length), Fill(random, pair.Length), Fill(random, pair.Length), Fill(random, pair.Length)];
        fixed (float* first = pairs[0], second = pairs[1], row0 = rows[0], row1 = rows[1], row2 = rows[2], row3 = rows[3])
        {
            Vector128<float> dots = Dot.Reduce2By4(first, second, row0, row1, row2, row3, pair.Length, out Vector128<float> nextDots);
            Vector128<float> squares = SquaredDifference.Reduce2By4(first, second, row0, row1, row2, row3, pair.Length, out Vector128<float> nextSquares);
            Vector128<float>[][] found = [[dots, nextDots], [squares, nextSquares]];
            if (Sse.IsSupported)
            {
                dots = Dot.Reduce2By4Vectors512(first, second, row0, row1, row2, row3, pair.Length, out nextDots);
                squares = SquaredDifference.Reduce2By4Vectors512(first, second, row0, row1, row2, row3, pair.Length, out nextSquares);
                found = [[.. found[0], dots, nextDots], [.. found[1], squares, nextSquares]];
            }

            for (int i = 0; i < 8; i++)
            {
                ReadOnlySpan<float> one = pairs[i / 4].AsSpan(0, pair.Length);
                ReadOnlySpan<float> row = rows[i % 4].AsSpan(0, pair.Length);
                float dot = ScalarReference.Dot(one, row);
                float square = ScalarReference.SquaredEuclidean(one, row);
                for (int path = i / 4; path < found[0].Length; path += 2)
                {
                    Assert.True(SameBits(dot, found[0][path][i % 4]));
                    Assert.True(SameBits(square, found[1][path][i % 4]));
                }
            }
        }
    });

    [Fact]
    public void Dot_AgainstExactSum_StaysWithinTheStatedBound() => VectorPair.Any.Sample(pair =>
    {
        (ArraySegment<float> a, ArraySegment<float> b) = pair.Make(VectorPair.WideSingle, float.NaN);
        double exact = a.Zip(b, (x, y) => (double)x * y).Sum();
        double magnitude = a.Zip(b, (x, y) => Math.Abs((double)x * y)).Sum();
        return Math.Abs(VectorMath.Dot(a, b) - exact) <= Bound(pair.Length, magnitude);
    });

    [Fact]
    public void SquaredEuclidean_AgainstExactSum_StaysWithinTheStatedBound() => VectorPair.Any.Sample(pair =>
    {
        (ArraySegment<float> a, ArraySegment<float> b) = pair.Make(VectorPair.WideSingle, float.NaN);
        double exact = a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum();
        return Math.Abs(VectorMath.SquaredEuclidean(a, b) - exact) <= Bound(pair.Length + 2, exact);
    });

    /// <summary>
    /// To first order: the dot product errs by n·u · Σ|aᵢbᵢ| ≤ n·u · ‖a‖‖b‖, each inverse norm by (n/2 + 2)·u (half of the sum's error, root,
    /// quotient), two products by u each and the difference by u · |1 − cos| ≤ 2u: (2n + 8)·u in all.
    /// </summary>
    [Fact]
    public void Cosine_AgainstExactValue_StaysWithinTheDerivedBound() => VectorPair.Any.Where(pair => pair.Length > 0).Sample(pair =>
    {
        (ArraySegment<float> a, ArraySegment<float> b) = pair.Make(random => VectorPair.WideSingle(random) + 1e-7f, float.NaN);
        double dot = a.Zip(b, (x, y) => (double)x * y).Sum();
        double norms = Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(y => (double)y * y));
        float found = VectorMath.Distance(DistanceMetric.Cosine, a, b);
        return found is >= 0 and <= 2 && Math.Abs(found - (1 - (dot / norms))) <= Bound((2 * pair.Length) + 8, 1);
    });

    [Fact]
    public void Kernels_WithNaNOrInfinity_PropagateAndDoNotThrow()
    {
        float[] a = new float[100];
        float[] b = new float[100];
        Array.Fill(b, 1f);
        foreach (int position in (int[])[0, 31, 32, 95, 99])
        {
            a[position] = float.NaN;
            Assert.True(float.IsNaN(VectorMath.Dot(a, b)));
            Assert.True(float.IsNaN(VectorMath.SquaredEuclidean(a, b)));
            Assert.True(float.IsNaN(VectorMath.Distance(DistanceMetric.Cosine, a, b)));
            a[position] = float.PositiveInfinity;
            Assert.Equal(float.PositiveInfinity, VectorMath.Dot(a, b));
            Assert.Equal(float.PositiveInfinity, VectorMath.SquaredEuclidean(a, b));
            a[position] = 0f;
        }
    }

    [Fact]
    public void Distance_WhenLengthsDiffer_Throws()
    {
        Assert.Throws<ArgumentException>(() => VectorMath.Dot(new float[3], new float[4]));
        Assert.Throws<ArgumentException>(() => VectorMath.SquaredEuclidean(new float[3], new float[4]));
        Assert.Throws<ArgumentException>(() => VectorMath.Distance(DistanceMetric.Cosine, new float[3], new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorMath.Distance((DistanceMetric)9, new float[3], new float[3]));
    }

    private static double Bound(int roundings, double magnitude) =>
        (roundings * U / (1 - (roundings * U)) * magnitude) + (roundings * (double)float.Epsilon);

    private static float[] Fill(Random random, int length)
    {
        // One component more than the kernels may read, and poisoned; also lets an empty vector have an address.
        float[] values = new float[length + 1];
        for (int i = 0; i < length; i++)
        {
            values[i] = VectorPair.WideSingle(random);
        }

        values[length] = float.NaN;
        return values;
    }

    private static bool SameBits(float expected, float actual) =>
        BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual);
}
