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

    [Fact]
    public void FourRowKernels_OnEveryPath_AgreeWithSingleRows() => Gen.Select(Gen.Int[0, 200], Gen.Int).Sample((length, seed) =>
    {
        byte[] bytes = new byte[(5 * length) + 1];
        new Random(seed).NextBytes(bytes);
        fixed (byte* query = bytes)
        {
            return FoursEqual<ByteSource, IntegerSquaredDifference>(query, length) && FoursEqual<SByteSource, IntegerDot>(query, length);
        }
    });

    private static bool FoursEqual<TSource, TOperation>(byte* query, int length)
        where TSource : struct, IIntegerSource
        where TOperation : struct, IIntegerOperation
    {
        byte* row0 = query + length, row1 = row0 + length, row2 = row1 + length, row3 = row2 + length;
        var expected = System.Runtime.Intrinsics.Vector128.Create(
            IntegerReduction<TSource, TOperation>.Reduce(query, row0, length),
            IntegerReduction<TSource, TOperation>.Reduce(query, row1, length),
            IntegerReduction<TSource, TOperation>.Reduce(query, row2, length),
            IntegerReduction<TSource, TOperation>.Reduce(query, row3, length));
        return IntegerReduction<TSource, TOperation>.Reduce4(query, row0, row1, row2, row3, length) == expected
            && IntegerReduction<TSource, TOperation>.Reduce4Vectors256(query, row0, row1, row2, row3, length) == expected
            && IntegerReduction<TSource, TOperation>.Reduce4Vectors512(query, row0, row1, row2, row3, length) == expected;
    }

    private static bool AllEqual<TSource, TOperation>(void* a, void* b, int length, long expected)
        where TSource : struct, IIntegerSource
        where TOperation : struct, IIntegerOperation =>
        IntegerReduction<TSource, TOperation>.Reduce512(a, b, length) == expected
        && IntegerReduction<TSource, TOperation>.Reduce256(a, b, length) == expected
        && IntegerReduction<TSource, TOperation>.Reduce128(a, b, length) == expected;
}
