using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>A snapshot of an index's rows, scanned block by block.</summary>
/// <param name="Layout">How rows lie in memory.</param>
/// <param name="Chunks">Where they are.</param>
/// <param name="Count">How many there are; chunks may hold more, which are not looked at.</param>
/// <param name="BlockRows">Rows in a block, a power of two and no more than in a chunk, so that each block lies within one chunk.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe record struct FlatRows(FlatLayout Layout, FlatChunk[] Chunks, int Count, int BlockRows)
{
    /// <summary>
    /// A filter that accepts at least one row in this many does not save reading the others: skipping breaks the stream of memory. Measured
    /// between 128 and 768 dimensions, the two ways meet at a share of 0.3 to 0.45.
    /// </summary>
    private const int SkippingPays = 3;

    /// <summary>The first row to scan.</summary>
    public int First { get; init; }

    /// <summary>Blocks to scan, those before the first row counted.</summary>
    public int Blocks => (int)(((long)Count + BlockRows - 1) / BlockRows);

    /// <summary>Scans every block for some searches.</summary>
    public void ScanAll<TMetric, TFilter, TTie>(
        TFilter filter, TTie tie, ReadOnlySpan<SearchScratch> searches, CancellationToken cancellationToken)
        where TMetric : struct, IMetric
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        for (int block = First / BlockRows; block < Blocks; block++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Scan<TMetric, TFilter, TTie>(block, filter, tie, searches);
        }
    }

    /// <summary>Scores the accepted rows of one block against each search's query; adds to its candidates and statistics.</summary>
    public void Scan<TMetric, TFilter, TTie>(int block, TFilter filter, TTie tie, ReadOnlySpan<SearchScratch> searches)
        where TMetric : struct, IMetric
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        int ordinal = Math.Max(First, block * BlockRows);
        int rows = (int)Math.Min((block + 1L) * BlockRows, Count) - ordinal;
        int start = ordinal & (Layout.ChunkRows - 1);
        int firstOrdinal = ordinal - start;
        FlatChunk chunk = Chunks[ordinal >> Layout.ChunkShift];
        if (typeof(TFilter) == typeof(AcceptAll))
        {
            Score<TMetric, TTie, ConsecutiveRows>(chunk, firstOrdinal, new ConsecutiveRows(start, rows), searches, tie);
            Record(searches, rows, rows, rows);
            return;
        }

        PinnedBuffer<int> gathered = searches[0].Rows(BlockRows);
        int accepted = Gather(gathered.Pointer, firstOrdinal, start, rows, filter);
        if (accepted * SkippingPays >= rows)
        {
            var screened = new ScreenedRows<TFilter>(start, rows, firstOrdinal, filter);
            Score<TMetric, TTie, ScreenedRows<TFilter>>(chunk, firstOrdinal, screened, searches, tie);
            Record(searches, rows, accepted, rows);
        }
        else
        {
            Score<TMetric, TTie, ChosenRows>(chunk, firstOrdinal, new ChosenRows(gathered.Pointer, accepted), searches, tie);
            Record(searches, rows, accepted, accepted);
        }

        GC.KeepAlive(gathered);
    }

    private static void Record(ReadOnlySpan<SearchScratch> searches, int rows, int accepted, int scored)
    {
        var work = new SearchStatistics { Considered = rows, Filtered = rows - accepted, Scored = scored };
        foreach (SearchScratch search in searches)
        {
            search.Statistics += work;
        }
    }

    private static void Score<TMetric, TTie, TRows>(
        FlatChunk chunk, int firstOrdinal, TRows rows, ReadOnlySpan<SearchScratch> searches, TTie tie)
        where TMetric : struct, IMetric
        where TTie : struct, ITieBreaker
        where TRows : struct, IRowSource
    {
        for (; searches.Length >= 4; searches = searches[4..])
        {
            FlatScan<TMetric, TTie, TRows>.Score4(chunk, firstOrdinal, rows, searches[..4], tie);
        }

        foreach (SearchScratch search in searches)
        {
            FlatScan<TMetric, TTie, TRows>.Score(chunk, firstOrdinal, rows, search, tie);
        }
    }

    /// <summary>Writes down the accepted rows of a chunk without a branch per row, so that a filter's selectivity does not cost mispredictions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Gather<TFilter>(int* gathered, int firstOrdinal, int start, int rows, TFilter filter)
        where TFilter : struct, IOrdinalFilter
    {
        if (typeof(TFilter) == typeof(BitmapFilter))
        {
            return GatherBits(gathered, firstOrdinal, start, rows, Unsafe.As<TFilter, BitmapFilter>(ref filter));
        }

        if (typeof(TFilter) == typeof(ResultFilter<BitmapFilter>))
        {
            return GatherBits(gathered, firstOrdinal, start, rows, Unsafe.As<TFilter, ResultFilter<BitmapFilter>>(ref filter));
        }

        int accepted = 0;
        for (int row = start; row < start + rows; row++)
        {
            gathered[accepted] = row;
            accepted += filter.Accepts(firstOrdinal + row) ? 1 : 0;
        }

        return accepted;
    }

    /// <summary>The same for bitmaps, 64 rows at a time: where few rows are accepted, asking about each would cost more than scoring those.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int GatherBits<TWords>(int* gathered, int firstOrdinal, int start, int rows, TWords words)
        where TWords : struct, IBitmapWords
    {
        int accepted = 0;
        int from = firstOrdinal + start;
        long end = (long)from + rows;
        for (int word = from >> 6; (long)word << 6 < end; word++)
        {
            ulong bits = words.WordAt(word);
            if (word == from >> 6)
            {
                bits &= ulong.MaxValue << (from & 63);
            }

            long left = end - ((long)word << 6);
            if (left < 64)
            {
                bits &= (1UL << (int)left) - 1;
            }

            for (; bits != 0; bits &= bits - 1)
            {
                gathered[accepted++] = (word << 6) + BitOperations.TrailingZeroCount(bits) - firstOrdinal;
            }
        }

        return accepted;
    }
}
