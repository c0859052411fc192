using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>How 8-bit components become 16-bit lanes.</summary>
internal unsafe interface IIntegerSource
{
    static abstract Vector512<short> Widen512(void* vector, nint index);

    static abstract Vector256<short> Widen256(void* vector, nint index);

    static abstract Vector128<short> Widen128(void* vector, nint index);

    static abstract int Component(void* vector, nint index);
}

/// <summary>uint8 components.</summary>
internal readonly unsafe struct ByteSource : IIntegerSource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Widen512(void* vector, nint index)
    {
        Vector256<byte> bytes = Vector256.Load((byte*)vector + index);
        return Avx512BW.IsSupported
            ? Avx512BW.ConvertToVector512Int16(bytes)
            : Vector512.Create(Vector256.WidenLower(bytes), Vector256.WidenUpper(bytes)).AsInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Widen256(void* vector, nint index)
    {
        Vector128<byte> bytes = Vector128.Load((byte*)vector + index);
        return Avx2.IsSupported
            ? Avx2.ConvertToVector256Int16(bytes)
            : Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes)).AsInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Widen128(void* vector, nint index) =>
        Vector128.WidenLower(Vector64.Load((byte*)vector + index).ToVector128Unsafe()).AsInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Component(void* vector, nint index) => ((byte*)vector)[index];
}

/// <summary>int8 components.</summary>
internal readonly unsafe struct SByteSource : IIntegerSource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Widen512(void* vector, nint index)
    {
        Vector256<sbyte> bytes = Vector256.Load((sbyte*)vector + index);
        return Avx512BW.IsSupported
            ? Avx512BW.ConvertToVector512Int16(bytes)
            : Vector512.Create(Vector256.WidenLower(bytes), Vector256.WidenUpper(bytes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Widen256(void* vector, nint index)
    {
        Vector128<sbyte> bytes = Vector128.Load((sbyte*)vector + index);
        return Avx2.IsSupported
            ? Avx2.ConvertToVector256Int16(bytes)
            : Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Widen128(void* vector, nint index) =>
        Vector128.WidenLower(Vector64.Load((sbyte*)vector + index).ToVector128Unsafe());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Component(void* vector, nint index) => ((sbyte*)vector)[index];
}

/// <summary>What a pair of 16-bit lanes is turned into before lanes are multiplied and adjacent products added.</summary>
internal interface IIntegerOperation
{
    static abstract Vector512<int> PairSums(Vector512<short> a, Vector512<short> b);

    static abstract Vector256<int> PairSums(Vector256<short> a, Vector256<short> b);

    static abstract Vector128<int> PairSums(Vector128<short> a, Vector128<short> b);

    static abstract int Term(int a, int b);
}

/// <summary>a·b.</summary>
internal readonly struct IntegerDot : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> PairSums(Vector512<short> a, Vector512<short> b) =>
        Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(a, b)
            : Vector512.Create(PairSums(a.GetLower(), b.GetLower()), PairSums(a.GetUpper(), b.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> PairSums(Vector256<short> a, Vector256<short> b) =>
        Avx2.IsSupported
            ? Avx2.MultiplyAddAdjacent(a, b)
            : Vector256.Create(PairSums(a.GetLower(), b.GetLower()), PairSums(a.GetUpper(), b.GetUpper()));

    /// <summary>Which products share a lane differs between platforms; their total does not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> PairSums(Vector128<short> a, Vector128<short> b) =>
        Sse2.IsSupported
            ? Sse2.MultiplyAddAdjacent(a, b)
            : (Vector128.WidenLower(a) * Vector128.WidenLower(b)) + (Vector128.WidenUpper(a) * Vector128.WidenUpper(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Term(int a, int b) => a * b;
}

/// <summary>(a − b)². The difference of 8-bit components always fits 16 bits.</summary>
internal readonly struct IntegerSquaredDifference : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> PairSums(Vector512<short> a, Vector512<short> b)
    {
        Vector512<short> difference = a - b;
        return IntegerDot.PairSums(difference, difference);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> PairSums(Vector256<short> a, Vector256<short> b)
    {
        Vector256<short> difference = a - b;
        return IntegerDot.PairSums(difference, difference);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> PairSums(Vector128<short> a, Vector128<short> b)
    {
        Vector128<short> difference = a - b;
        return IntegerDot.PairSums(difference, difference);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Term(int a, int b) => (a - b) * (a - b);
}
