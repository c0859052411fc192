using System.Numerics;
using System.Runtime.CompilerServices;

namespace Vektagraf.Index;

/// <summary>What a search may return: rows below its limit that are not deleted and that the caller's filter accepts.</summary>
internal readonly struct ResultFilter<TFilter>(int limit, ulong[] deleted, TFilter filter) : IOrdinalFilter, IBitmapWords
    where TFilter : struct, IOrdinalFilter
{
    private readonly DeletedNodes _deleted = new(deleted);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Accepts(int ordinal) => ordinal < limit && !_deleted.Contains(ordinal) && filter.Accepts(ordinal);

    /// <summary>Only a filter that is a bitmap itself has words. The limit is for the caller to keep, who scans no rows beyond it.</summary>
    public ulong WordAt(int index) => WordOf(filter, index) & ~((uint)index < (uint)deleted.Length ? deleted[index] : 0);

    private static ulong WordOf(TFilter words, int index) =>
        words is IBitmapWords bitmap ? bitmap.WordAt(index) : throw new NotSupportedException("The filter is no bitmap.");
}

/// <summary>How many rows a filter accepts, and some of them.</summary>
internal static unsafe class FilterSample
{
    /// <summary>The most accepted rows to collect: starting points spread over what the filter accepts.</summary>
    public const int MaxSeeds = 16;

    /// <summary>Rows asked about to estimate the accepted share.</summary>
    private const int Probes = 256;

    /// <summary>Rows asked about at most, when few are accepted.</summary>
    private const int MaxProbes = 4096;

    /// <summary>Fewer seeds than this are not enough to stop at <see cref="Probes"/>.</summary>
    private const int MinSeeds = 4;

    /// <summary>
    /// Asks the filter about rows spread evenly, like a fraction's multiples, and so without a generator; the same for the same limit.
    /// </summary>
    /// <param name="filter">The filter.</param>
    /// <param name="limit">Rows there are.</param>
    /// <param name="seeds">Room for <see cref="MaxSeeds"/> accepted rows.</param>
    /// <param name="seedCount">How many were collected; a row may be there twice.</param>
    /// <returns>An estimate of the accepted rows.</returns>
    public static double Take<TFilter>(TFilter filter, int limit, int* seeds, out int seedCount)
        where TFilter : struct, IOrdinalFilter
    {
        // 2³² divided by the golden ratio: multiples modulo 2³² leave gaps of no more than three sizes.
        const uint GoldenStep = 2_654_435_769;
        uint position = 0;
        int probes = 0;
        int accepted = 0;
        seedCount = 0;
        while (probes < Probes || (accepted < MinSeeds && probes < MaxProbes))
        {
            position += GoldenStep;
            probes++;
            int row = (int)(((ulong)position * (ulong)limit) >> 32);
            if (filter.Accepts(row))
            {
                accepted++;
                if (seedCount < MaxSeeds)
                {
                    seeds[seedCount++] = row;
                }
            }
        }

        return (double)accepted / probes * limit;
    }

    /// <summary>Set bits below a limit.</summary>
    public static int CountBits(ReadOnlySpan<ulong> words, int limit)
    {
        int whole = Math.Min(words.Length, limit >> 6);
        int count = 0;
        for (int i = 0; i < whole; i++)
        {
            count += BitOperations.PopCount(words[i]);
        }

        return whole < words.Length && (limit & 63) != 0
            ? count + BitOperations.PopCount(words[whole] & ((1UL << (limit & 63)) - 1))
            : count;
    }
}
