using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>How integer sums over 8-bit codes become distances and bounds.</summary>
internal interface IByteMetric
{
    /// <summary>The integer sum over two codes.</summary>
    static abstract unsafe int Sum(byte* a, byte* b, nint length);

    /// <summary>The sums over one code and four others.</summary>
    static abstract unsafe Vector128<int> Sum4(byte* query, byte* row0, byte* row1, byte* row2, byte* row3, nint length);

    /// <summary>The least true distance, given the estimate, the scale and the error that <see cref="ScalarCodec"/> bounds.</summary>
    static abstract float LowerBound(float estimate, float scale, float error);
}

/// <summary>Squared differences: squared Euclidean distance with scale step², cosine distance of unit vectors with scale step² / 2.</summary>
internal readonly struct ByteSquared : IByteMetric
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int Sum(byte* a, byte* b, nint length) => IntegerReduction<ByteSource, IntegerSquaredDifference>.Reduce(a, b, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector128<int> Sum4(byte* query, byte* row0, byte* row1, byte* row2, byte* row3, nint length) =>
        IntegerReduction<ByteSource, IntegerSquaredDifference>.Reduce4(query, row0, row1, row2, row3, length);

    /// <summary>The error is in units of a step, as is the root of the estimate over the scale.</summary>
    public static float LowerBound(float estimate, float scale, float error)
    {
        float root = Math.Max(0f, MathF.Sqrt(estimate / scale) - error);
        return scale * root * root;
    }
}

/// <summary>Products: negated dot product with scale −(step of the rows) · (step of the query).</summary>
internal readonly struct ByteProduct : IByteMetric
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int Sum(byte* a, byte* b, nint length) => IntegerReduction<SByteSource, IntegerDot>.Reduce(a, b, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector128<int> Sum4(byte* query, byte* row0, byte* row1, byte* row2, byte* row3, nint length) =>
        IntegerReduction<SByteSource, IntegerDot>.Reduce4(query, row0, row1, row2, row3, length);

    public static float LowerBound(float estimate, float scale, float error) => estimate - error;
}

/// <summary>Estimates over 8-bit codes. Those up to a limit are distances; there are none where the limit is NaN.</summary>
internal readonly unsafe struct ByteScorer<TMetric>(
    byte* query, RowView<byte> rows, int length, float scale, float rowScale, float error, float exactUpTo = float.NaN)
    : ISymmetricScorer<ByteScorer<TMetric>>
    where TMetric : struct, IByteMetric
{
    /// <summary>Bytes to prefetch; the hardware follows from there.</summary>
    private const int PrefetchedBytes = 512;

    public static bool HasOneBound => true;

    public bool InFours => Vector256.IsHardwareAccelerated;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Score(int row) => scale * TMetric.Sum(query, rows[row], length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<float> Score4(int row0, int row1, int row2, int row3) =>
        Vector128.ConvertToSingle(TMetric.Sum4(query, rows[row0], rows[row1], rows[row2], rows[row3], length)) * scale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int row)
    {
        if (Sse.IsSupported)
        {
            byte* start = rows[row];
            for (nint at = 0; at < Math.Min(length, PrefetchedBytes); at += PinnedBuffer<byte>.Alignment)
            {
                Sse.Prefetch0(start + at);
            }
        }
    }

    public float LowerBound(int row, float estimate) => TMetric.LowerBound(estimate, scale, error);

    public bool IsExact(float estimate) => estimate <= exactUpTo;

    /// <summary>The scale between two rows is that of two rows' steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ByteScorer<TMetric> For(int row) => new(rows[row], rows, length, rowScale, rowScale, error, exactUpTo);
}
