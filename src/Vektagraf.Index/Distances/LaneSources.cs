using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>How components of one storage type become float lanes. Partial loads read <c>count</c> components and no byte more; the other lanes are zero.</summary>
internal unsafe interface ILaneSource
{
    static abstract Vector512<float> Load512(void* vector, nint index);

    static abstract Vector256<float> Load256(void* vector, nint index);

    static abstract Vector128<float> Load128(void* vector, nint index);

    /// <summary>1 to 15 components.</summary>
    static abstract Vector512<float> LoadPartial512(void* vector, nint index, nint count);

    /// <summary>1 to 7 components.</summary>
    static abstract Vector256<float> LoadPartial256(void* vector, nint index, nint count);

    /// <summary>1 to 3 components.</summary>
    static abstract Vector128<float> LoadPartial128(void* vector, nint index, nint count);
}

/// <summary>float32 components.</summary>
internal readonly unsafe struct SingleSource : ILaneSource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(void* vector, nint index) => Vector512.Load((float*)vector + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(void* vector, nint index) => Vector256.Load((float*)vector + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(void* vector, nint index) => Vector128.Load((float*)vector + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadPartial512(void* vector, nint index, nint count)
    {
        float* source = (float*)vector + index;
        if (Avx512F.IsSupported)
        {
            Vector512<float> mask = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create((int)count)).AsSingle();
            return Avx512F.MaskLoad(source, mask, Vector512<float>.Zero);
        }

        Vector512<float> lanes = Vector512<float>.Zero;
        Unsafe.CopyBlockUnaligned(&lanes, source, (uint)count * sizeof(float));
        return lanes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadPartial256(void* vector, nint index, nint count)
    {
        float* source = (float*)vector + index;
        if (Avx.IsSupported)
        {
            // The instruction suppresses faults of masked lanes, so a vector may end at the end of a page.
            return Avx.MaskLoad(source, Vector256.LessThan(Vector256<int>.Indices, Vector256.Create((int)count)).AsSingle());
        }

        Vector256<float> lanes = Vector256<float>.Zero;
        Unsafe.CopyBlockUnaligned(&lanes, source, (uint)count * sizeof(float));
        return lanes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadPartial128(void* vector, nint index, nint count)
    {
        float* source = (float*)vector + index;
        return Vector128.Create(source[0], count > 1 ? source[1] : 0f, count > 2 ? source[2] : 0f, 0f);
    }
}

/// <summary>
/// float16 components. .NET has no intrinsic for the hardware's conversion, so the exponent is moved into place and rebiased by one
/// multiplication with 2¹¹² (which also normalises subnormals exactly); infinities and NaNs get the full exponent back.
/// </summary>
internal readonly unsafe struct HalfSource : ILaneSource
{
    private const uint MagnitudeBits = 0x7FFF;
    private const uint SignBit = 0x8000;
    private const uint InfinityBits = 0x7C00u << 13;
    private const uint SingleExponentBits = 0x7F80_0000;
    private const float Rebias = 5.192296858534828E+33f; // 2^112

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(void* vector, nint index) => Widen(Vector256.Load((ushort*)vector + index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(void* vector, nint index) => Widen(Vector128.Load((ushort*)vector + index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(void* vector, nint index) => Widen(Vector64.Load((ushort*)vector + index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadPartial512(void* vector, nint index, nint count)
    {
        Vector256<ushort> lanes = Vector256<ushort>.Zero;
        Unsafe.CopyBlockUnaligned(&lanes, (ushort*)vector + index, (uint)count * sizeof(ushort));
        return Widen(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadPartial256(void* vector, nint index, nint count)
    {
        Vector128<ushort> lanes = Vector128<ushort>.Zero;
        Unsafe.CopyBlockUnaligned(&lanes, (ushort*)vector + index, (uint)count * sizeof(ushort));
        return Widen(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadPartial128(void* vector, nint index, nint count)
    {
        ulong lanes = 0;
        Unsafe.CopyBlockUnaligned(&lanes, (ushort*)vector + index, (uint)count * sizeof(ushort));
        return Widen(Vector64.CreateScalar(lanes).AsUInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(Vector256<ushort> lanes)
    {
        Vector512<uint> bits = Avx512F.IsSupported
            ? Avx512F.ConvertToVector512UInt32(lanes)
            : Vector512.Create(Vector256.WidenLower(lanes), Vector256.WidenUpper(lanes));
        Vector512<uint> magnitude = (bits & Vector512.Create(MagnitudeBits)) << 13;
        Vector512<uint> special = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(InfinityBits)) & Vector512.Create(SingleExponentBits);
        Vector512<uint> rebiased = (magnitude.AsSingle() * Rebias).AsUInt32();
        return (rebiased | special | ((bits & Vector512.Create(SignBit)) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(Vector128<ushort> lanes)
    {
        Vector256<uint> bits = Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(lanes).AsUInt32()
            : Vector256.Create(Vector128.WidenLower(lanes), Vector128.WidenUpper(lanes));
        Vector256<uint> magnitude = (bits & Vector256.Create(MagnitudeBits)) << 13;
        // Both sides are far below 2³¹, and AVX2 compares signed integers only.
        Vector256<uint> special = Vector256.GreaterThan(magnitude.AsInt32(), Vector256.Create((int)InfinityBits - 1)).AsUInt32()
            & Vector256.Create(SingleExponentBits);
        Vector256<uint> rebiased = (magnitude.AsSingle() * Rebias).AsUInt32();
        return (rebiased | special | ((bits & Vector256.Create(SignBit)) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Widen(Vector64<ushort> lanes)
    {
        Vector128<uint> bits = Vector128.WidenLower(lanes.ToVector128Unsafe());
        Vector128<uint> magnitude = (bits & Vector128.Create(MagnitudeBits)) << 13;
        Vector128<uint> special = Vector128.GreaterThan(magnitude.AsInt32(), Vector128.Create((int)InfinityBits - 1)).AsUInt32()
            & Vector128.Create(SingleExponentBits);
        Vector128<uint> rebiased = (magnitude.AsSingle() * Rebias).AsUInt32();
        return (rebiased | special | ((bits & Vector128.Create(SignBit)) << 16)).AsSingle();
    }
}
