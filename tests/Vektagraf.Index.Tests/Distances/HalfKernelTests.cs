using CsCheck;
using Dot = Vektagraf.Index.LaneReduction<Vektagraf.Index.HalfSource, Vektagraf.Index.HalfSource, Vektagraf.Index.DotOperation>;
using SquaredDifference = Vektagraf.Index.LaneReduction<Vektagraf.Index.HalfSource, Vektagraf.Index.HalfSource, Vektagraf.Index.SquaredDifferenceOperation>;

namespace Vektagraf.Index.Tests.Distances;

public unsafe class HalfKernelTests
{
    [Fact]
    public void Kernels_OnEveryPath_HaveTheBitsOfTheScalarReference() => VectorPair.Any.Sample(pair =>
    {
        (ArraySegment<Half> a, ArraySegment<Half> b) = pair.Make(random => (Half)(random.NextSingle() - 0.5f), Half.NaN);
        float dot = ScalarReference.Dot(a, b);
        float square = ScalarReference.SquaredEuclidean(a, b);
        fixed (Half* pa = a.AsSpan(), pb = b.AsSpan())
        {
            return dot.Equals(Dot.Reduce512(pa, pb, pair.Length))
                && dot.Equals(Dot.Reduce256(pa, pb, pair.Length))
                && dot.Equals(Dot.Reduce128(pa, pb, pair.Length))
                && dot.Equals(VectorMath.Dot(a, b))
                && square.Equals(SquaredDifference.Reduce512(pa, pb, pair.Length))
                && square.Equals(SquaredDifference.Reduce256(pa, pb, pair.Length))
                && square.Equals(SquaredDifference.Reduce128(pa, pb, pair.Length))
                && square.Equals(VectorMath.SquaredEuclidean(a, b));
        }
    });

    /// <summary>Lengths 1 and 33 go through a partial load and a whole one.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(33, 7)]
    [InlineData(33, 32)]
    public void Dot_WithEveryHalf_WidensExactly(int length, int position)
    {
        Half[] a = new Half[length];
        Half[] b = new Half[length];
        b[position] = (Half)1f;
        fixed (Half* pa = a, pb = b)
        {
            for (int bits = 0; bits <= ushort.MaxValue; bits++)
            {
                a[position] = BitConverter.UInt16BitsToHalf((ushort)bits);
                float expected = (float)a[position];
                if (!Same(expected, Dot.Reduce512(pa, pb, length))
                    || !Same(expected, Dot.Reduce256(pa, pb, length))
                    || !Same(expected, Dot.Reduce128(pa, pb, length)))
                {
                    Assert.Fail($"half 0x{bits:X4} does not widen to {expected}");
                }
            }
        }
    }

    [Fact]
    public void Kernels_WhenLengthsDiffer_Throw()
    {
        Assert.Throws<ArgumentException>(() => VectorMath.Dot(new Half[3], new Half[4]));
        Assert.Throws<ArgumentException>(() => VectorMath.SquaredEuclidean(new Half[3], new Half[4]));
    }

    /// <summary>Equal, NaN with NaN; the sign of zero is lost in any sum that starts at zero.</summary>
    private static bool Same(float expected, float actual) => expected.Equals(actual);
}
