using CsCheck;

namespace Vektagraf.Index.Tests.Distances;

public unsafe class IntegerKernelTests
{
    [Fact]
    public void ByteKernels_OnEveryPath_AreExact() => VectorPair.Any.Sample(pair =>
    {
        (ArraySegment<byte> a, ArraySegment<byte> b) = pair.Make(random => (byte)random.Next(256), (byte)255);
        fixed (byte* pa = a.AsSpan(), pb = b.AsSpan())
        {
            return AllEqual<ByteSource, IntegerDot>(pa, pb, pair.Length, ScalarReference.Dot(a, b))
                && AllEqual<ByteSource, IntegerSquaredDifference>(pa, pb, pair.Length, ScalarReference.SquaredEuclidean(a, b))
                && VectorMath.Dot(a, b) == ScalarReference.Dot(a, b)
                && VectorMath.SquaredEuclidean(a, b) == ScalarReference.SquaredEuclidean(a, b);
        }
    });

    [Fact]
    public void SByteKernels_OnEveryPath_AreExact() => VectorPair.Any.Sample(pair =>
    {
        (ArraySegment<sbyte> a, ArraySegment<sbyte> b) = pair.Make(random => (sbyte)random.Next(-128, 128), (sbyte)-128);
        fixed (sbyte* pa = a.AsSpan(), pb = b.AsSpan())
        {
            return AllEqual<SByteSource, IntegerDot>(pa, pb, pair.Length, ScalarReference.Dot(a, b))
                && AllEqual<SByteSource, IntegerSquaredDifference>(pa, pb, pair.Length, ScalarReference.SquaredEuclidean(a, b))
                && VectorMath.Dot(a, b) == ScalarReference.Dot(a, b)
                && VectorMath.SquaredEuclidean(a, b) == ScalarReference.SquaredEuclidean(a, b);
        }
    });

    [Fact]
    public void Kernels_WithTheLargestTermsAtTheLargestLength_DoNotOverflow()
    {
        byte[] high = new byte[VectorMath.MaxIntegerDimensions];
        byte[] zero = new byte[VectorMath.MaxIntegerDimensions];
        Array.Fill(high, byte.MaxValue);
        sbyte[] lowest = new sbyte[VectorMath.MaxIntegerDimensions];
        sbyte[] highest = new sbyte[VectorMath.MaxIntegerDimensions];
        Array.Fill(lowest, sbyte.MinValue);
        Array.Fill(highest, sbyte.MaxValue);
        const int Largest = 255 * 255 * VectorMath.MaxIntegerDimensions;
        Assert.Equal(Largest, VectorMath.Dot(high, high));
        Assert.Equal(Largest, VectorMath.SquaredEuclidean(high, zero));
        Assert.Equal(Largest, VectorMath.SquaredEuclidean(lowest, highest));
        Assert.Equal(128 * 128 * VectorMath.MaxIntegerDimensions, VectorMath.Dot(lowest, lowest));
        Assert.Equal(-128 * 127 * VectorMath.MaxIntegerDimensions, VectorMath.Dot(lowest, highest));
    }

    [Fact]
    public void Kernels_WhenLengthsDifferOrAreTooLong_Throw()
    {
        Assert.Throws<ArgumentException>(() => VectorMath.Dot(new byte[3], new byte[4]));
        Assert.Throws<ArgumentException>(() => VectorMath.SquaredEuclidean(new sbyte[3], new sbyte[4]));
        byte[] tooLong = new byte[VectorMath.MaxIntegerDimensions + 1];
        Assert.Throws<ArgumentException>(() => VectorMath.Dot(tooLong, tooLong));
    }

    private static bool AllEqual<TSource, TOperation>(void* a, void* b, int length, long expected)
        where TSource : struct, IIntegerSource
        where TOperation : struct, IIntegerOperation =>
        IntegerReduction<TSource, TOperation>.Reduce512(a, b, length) == expected
        && IntegerReduction<TSource, TOperation>.Reduce256(a, b, length) == expected
        && IntegerReduction<TSource, TOperation>.Reduce128(a, b, length) == expected;
}
