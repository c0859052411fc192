using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>A query, aligned and padded like the rows it meets.</summary>
/// <param name="Buffer">Where it lies.</param>
/// <param name="Offset">The first component's place in the buffer.</param>
/// <param name="InverseNorm">1/‖query‖; read by cosine only.</param>
internal readonly unsafe record struct FlatQuery(PinnedBuffer<float> Buffer, int Offset, float InverseNorm)
{
    /// <summary>The first component; valid while the buffer is reachable.</summary>
    public float* Vector => Buffer.Pointer + Offset;
}

/// <summary>Scores rows of one chunk against one query. The inner loops of every exact search.</summary>
internal static unsafe class FlatScan<TMetric, TTie>
    where TMetric : struct, IMetric
    where TTie : struct, ITieBreaker
{
    /// <summary>Lines of a row to prefetch; the hardware's prefetcher follows from there.</summary>
    private const int PrefetchedLines = 4;

    private const int FloatsPerLine = PinnedBuffer<float>.Alignment / sizeof(float);

    /// <summary>Scores the rows from <paramref name="start"/> up to but not including <paramref name="end"/>.</summary>
    [SkipLocalsInit]
    public static void ScoreRange(FlatLayout layout, FlatChunk chunk, int firstOrdinal, int start, int end, in FlatQuery query, TopK candidates, TTie tie)
    {
        nint stride = layout.Stride;
        float* vector = query.Vector;
        float* row = chunk.Rows.Pointer + (start * stride);
        int i = start;
        for (; i <= end - 4; i += 4)
        {
            Vector128<float> reduced = TMetric.Reduce4(vector, row, row + stride, row + (2 * stride), row + (3 * stride), stride);
            Vector128<float> norms = TMetric.ReadsNorms ? Vector128.Load(chunk.InverseNorms!.Pointer + i) : default;
            Vector128<float> distances = TMetric.Distance(reduced, query.InverseNorm, norms);
            if (Vector128.LessThanOrEqualAny(distances, Vector128.Create(candidates.Threshold)))
            {
                Push4(distances, firstOrdinal + i, firstOrdinal + i + 1, firstOrdinal + i + 2, firstOrdinal + i + 3, candidates, tie);
            }

            row += 4 * stride;
        }

        for (; i < end; i++)
        {
            ScoreOne(layout, chunk, firstOrdinal, i, query, candidates, tie);
        }

        GC.KeepAlive(chunk);
        GC.KeepAlive(query.Buffer);
    }

    /// <summary>Scores chosen rows: four at a time, the next four on their way from memory meanwhile.</summary>
    [SkipLocalsInit]
    public static void ScoreRows(FlatLayout layout, FlatChunk chunk, int firstOrdinal, int* rows, int count, in FlatQuery query, TopK candidates, TTie tie)
    {
        nint stride = layout.Stride;
        float* vector = query.Vector;
        float* first = chunk.Rows.Pointer;
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            for (int next = i + 4; next < Math.Min(i + 8, count); next++)
            {
                Prefetch(first + (rows[next] * stride), stride);
            }

            int row0 = rows[i], row1 = rows[i + 1], row2 = rows[i + 2], row3 = rows[i + 3];
            Vector128<float> reduced = TMetric.Reduce4(
                vector, first + (row0 * stride), first + (row1 * stride), first + (row2 * stride), first + (row3 * stride), stride);
            Vector128<float> norms = TMetric.ReadsNorms ? Norms(chunk.InverseNorms!.Pointer, row0, row1, row2, row3) : default;
            Vector128<float> distances = TMetric.Distance(reduced, query.InverseNorm, norms);
            if (Vector128.LessThanOrEqualAny(distances, Vector128.Create(candidates.Threshold)))
            {
                Push4(distances, firstOrdinal + row0, firstOrdinal + row1, firstOrdinal + row2, firstOrdinal + row3, candidates, tie);
            }
        }

        for (; i < count; i++)
        {
            ScoreOne(layout, chunk, firstOrdinal, rows[i], query, candidates, tie);
        }

        GC.KeepAlive(chunk);
        GC.KeepAlive(query.Buffer);
    }

    private static void ScoreOne(FlatLayout layout, FlatChunk chunk, int firstOrdinal, int row, in FlatQuery query, TopK candidates, TTie tie)
    {
        float reduced = TMetric.Reduce(query.Vector, chunk.Rows.Pointer + ((nint)row * layout.Stride), layout.Stride);
        float norm = TMetric.ReadsNorms ? chunk.InverseNorms!.Pointer[row] : 0f;
        candidates.Push(TMetric.Distance(reduced, query.InverseNorm, norm), firstOrdinal + row, tie);
    }

    private static void Push4(Vector128<float> distances, int ordinal0, int ordinal1, int ordinal2, int ordinal3, TopK candidates, TTie tie)
    {
        candidates.Push(distances[0], ordinal0, tie);
        candidates.Push(distances[1], ordinal1, tie);
        candidates.Push(distances[2], ordinal2, tie);
        candidates.Push(distances[3], ordinal3, tie);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Norms(float* norms, int row0, int row1, int row2, int row3) =>
        Vector128.Create(norms[row0], norms[row1], norms[row2], norms[row3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* row, nint stride)
    {
        if (Sse.IsSupported)
        {
            for (nint line = 0; line < Math.Min(stride, PrefetchedLines * FloatsPerLine); line += FloatsPerLine)
            {
                Sse.Prefetch0(row + line);
            }
        }
    }
}
