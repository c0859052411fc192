using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>Exact distances over float32 rows: the same bits as the flat index reports.</summary>
internal readonly unsafe struct FloatScorer<TMetric>(float* query, float queryInverseNorm, RowView<float> rows, RowView<float> norms, int stride)
    : ISymmetricScorer<FloatScorer<TMetric>>
    where TMetric : struct, IMetric
{
    /// <summary>Rows of at least this many floats are scored four at a time.</summary>
    private const int LongRow = 256;

    /// <summary>Lines to prefetch; the hardware follows from there.</summary>
    private const int PrefetchedLines = 8;

    private const int FloatsPerLine = PinnedBuffer<float>.Alignment / sizeof(float);

    public bool InFours => stride >= LongRow;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Score(int row) =>
        TMetric.Distance(TMetric.Reduce(query, rows[row], stride), queryInverseNorm, TMetric.ReadsNorms ? *norms[row] : 0f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<float> Score4(int row0, int row1, int row2, int row3)
    {
        Vector128<float> reduced = TMetric.Reduce4(query, rows[row0], rows[row1], rows[row2], rows[row3], stride);
        Vector128<float> rowNorms = TMetric.ReadsNorms ? Vector128.Create(*norms[row0], *norms[row1], *norms[row2], *norms[row3]) : default;
        return TMetric.Distance(reduced, Vector128.Create(queryInverseNorm), rowNorms);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int row)
    {
        if (Sse.IsSupported)
        {
            float* start = rows[row];
            for (nint line = 0; line < Math.Min(stride, PrefetchedLines * FloatsPerLine); line += FloatsPerLine)
            {
                Sse.Prefetch0(start + line);
            }
        }
    }

    public float LowerBound(int row, float estimate) => estimate;

    /// <summary>Beyond every finite distance the pool knows no difference.</summary>
    public bool IsExact(float estimate) => estimate < float.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloatScorer<TMetric> For(int row) => new(rows[row], TMetric.ReadsNorms ? *norms[row] : 0f, rows, norms, stride);
}
