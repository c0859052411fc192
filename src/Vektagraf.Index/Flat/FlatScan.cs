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

/// <summary>Scores rows of one chunk: the inner loops of every exact search.</summary>
/// <remarks>
/// Memory bandwidth is the limit, and what comes near it was found by measuring. Consecutive rows are read one at a time: one ascending
/// stream is what the hardware's prefetchers follow best, while four rows at a time from memory read at less than half the speed. Short
/// rows are the exception, four of them being a few lines. Scattered rows are prefetched, and long ones go four at a time. A batch shares
/// each row, read once, among four queries. All of it is compiled fully at first use, skipping the JIT's quick tier: after a cold start the
/// very first search then takes milliseconds, not tens of them.
/// </remarks>
internal static unsafe class FlatScan<TMetric, TTie, TRows>
    where TMetric : struct, IMetric
    where TTie : struct, ITieBreaker
    where TRows : struct, IRowSource
{
    private const int FloatsPerLine = PinnedBuffer<float>.Alignment / sizeof(float);

    /// <summary>Consecutive rows of up to this many floats are scored four at a time.</summary>
    private const int ShortRow = 64;

    /// <summary>Scattered rows of at least this many floats are scored four at a time.</summary>
    private const int LongRow = 256;

    /// <summary>How many rows ahead a scattered row is prefetched.</summary>
    private const int PrefetchedRows = 4;

    /// <summary>Lines of a scattered row to prefetch; the hardware follows from there, and more of them crowd out the loads at hand.</summary>
    private const int PrefetchedLines = 2;

    /// <summary>Scores rows against one query.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Score(FlatChunk chunk, int firstOrdinal, TRows rows, SearchScratch search, TTie tie)
    {
        nint stride = chunk.Stride;
        FlatQuery query = search.Query;
        float* vector = query.Vector;
        float* first = chunk.Rows.Pointer;
        float* norms = chunk.Norms;
        TopK candidates = search.Candidates;
        int i = 0;
        if (TRows.IsScattered ? stride >= LongRow : stride <= ShortRow)
        {
            i = ScoreFours(chunk, firstOrdinal, rows, query, candidates, tie);
        }

        for (; i < rows.Count; i++)
        {
            PrefetchAhead(first, stride, rows, i);
            int row = rows[i];
            float reduced = TMetric.Reduce(vector, first + (row * stride), stride);
            float distance = TMetric.Distance(reduced, query.InverseNorm, TMetric.ReadsNorms ? norms[row] : 0f);
            Offer(candidates, distance, rows, row, firstOrdinal, tie);
        }

        GC.KeepAlive(chunk);
        GC.KeepAlive(query.Buffer);
    }

    /// <summary>Scores rows against four queries, each row against all four while it is at hand.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Score4(FlatChunk chunk, int firstOrdinal, TRows rows, ReadOnlySpan<SearchScratch> searches, TTie tie)
    {
        nint stride = chunk.Stride;
        SearchScratch search0 = searches[0], search1 = searches[1], search2 = searches[2], search3 = searches[3];
        FlatQuery query0 = search0.Query, query1 = search1.Query, query2 = search2.Query, query3 = search3.Query;
        float* vector0 = query0.Vector, vector1 = query1.Vector, vector2 = query2.Vector, vector3 = query3.Vector;
        Vector128<float> queryNorms = Vector128.Create(query0.InverseNorm, query1.InverseNorm, query2.InverseNorm, query3.InverseNorm);
        Vector128<float> thresholds = Thresholds(search0, search1, search2, search3);
        float* first = chunk.Rows.Pointer;
        float* norms = chunk.Norms;
        for (int i = 0; i < rows.Count; i += 2)
        {
            PrefetchAhead(first, stride, rows, i);
            PrefetchAhead(first, stride, rows, i + 1);
            int row = rows[i];

            // The last of an odd number of rows is its own partner, and offered once.
            int partner = i + 1 < rows.Count ? rows[i + 1] : row;

            // Queries and rows change places: reductions are symmetric to the bit.
            Vector128<float> reduced = TMetric.Reduce2By4(
                first + (row * stride), first + (partner * stride), vector0, vector1, vector2, vector3, stride, out Vector128<float> ofPartner);
            for (int each = 0; each < 2; each++)
            {
                Vector128<float> distances = TMetric.Distance(reduced, queryNorms, Vector128.Create(TMetric.ReadsNorms ? norms[row] : 0f));
                if (Vector128.LessThanOrEqualAny(distances, thresholds))
                {
                    Offer(search0.Candidates, distances[0], rows, row, firstOrdinal, tie);
                    Offer(search1.Candidates, distances[1], rows, row, firstOrdinal, tie);
                    Offer(search2.Candidates, distances[2], rows, row, firstOrdinal, tie);
                    Offer(search3.Candidates, distances[3], rows, row, firstOrdinal, tie);
                    thresholds = Thresholds(search0, search1, search2, search3);
                }

                if (i + 1 == rows.Count)
                {
                    break;
                }

                (reduced, row) = (ofPartner, partner);
            }
        }

        GC.KeepAlive(chunk);
        GC.KeepAlive(query0.Buffer);
        GC.KeepAlive(query1.Buffer);
        GC.KeepAlive(query2.Buffer);
        GC.KeepAlive(query3.Buffer);
    }

    /// <summary>Scores whole fours of rows; returns how many rows that were.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ScoreFours(FlatChunk chunk, int firstOrdinal, TRows rows, in FlatQuery query, TopK candidates, TTie tie)
    {
        nint stride = chunk.Stride;
        float* vector = query.Vector;
        float* first = chunk.Rows.Pointer;
        float* norms = chunk.Norms;
        Vector128<float> queryNorm = Vector128.Create(query.InverseNorm);
        int i = 0;
        for (; i <= rows.Count - 4; i += 4)
        {
            for (int next = i; next < i + 4; next++)
            {
                PrefetchAhead(first, stride, rows, next);
            }

            int row0 = rows[i], row1 = rows[i + 1], row2 = rows[i + 2], row3 = rows[i + 3];
            Vector128<float> reduced = TMetric.Reduce4(
                vector, first + (row0 * stride), first + (row1 * stride), first + (row2 * stride), first + (row3 * stride), stride);
            Vector128<float> rowNorms = TMetric.ReadsNorms ? Vector128.Create(norms[row0], norms[row1], norms[row2], norms[row3]) : default;
            Vector128<float> distances = TMetric.Distance(reduced, queryNorm, rowNorms);
            if (Vector128.LessThanOrEqualAny(distances, Vector128.Create(candidates.Threshold)))
            {
                Offer(candidates, distances[0], rows, row0, firstOrdinal, tie);
                Offer(candidates, distances[1], rows, row1, firstOrdinal, tie);
                Offer(candidates, distances[2], rows, row2, firstOrdinal, tie);
                Offer(candidates, distances[3], rows, row3, firstOrdinal, tie);
            }
        }

        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Offer(TopK candidates, float distance, TRows rows, int row, int firstOrdinal, TTie tie)
    {
        if (distance <= candidates.Threshold && rows.Accepts(row))
        {
            candidates.Push(distance, firstOrdinal + row, tie);
        }
    }

    private static Vector128<float> Thresholds(SearchScratch search0, SearchScratch search1, SearchScratch search2, SearchScratch search3) =>
        Vector128.Create(
            search0.Candidates.Threshold, search1.Candidates.Threshold, search2.Candidates.Threshold, search3.Candidates.Threshold);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchAhead(float* first, nint stride, TRows rows, int index)
    {
        if (TRows.IsScattered && Sse.IsSupported && index + PrefetchedRows < rows.Count)
        {
            float* row = first + (rows[index + PrefetchedRows] * stride);
            for (nint line = 0; line < Math.Min(stride, PrefetchedLines * FloatsPerLine); line += FloatsPerLine)
            {
                Sse.Prefetch0(row + line);
            }
        }
    }
}
