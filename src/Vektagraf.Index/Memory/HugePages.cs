namespace Vektagraf.Index;

/// <summary>
/// Asks Linux to back memory with huge pages. A scan or a graph walk over 4 KiB pages pays for page-table walks, and prefetchers stop at
/// each page's end; on 2 MiB pages scans measured 1.2 to 1.7 times as fast. Most distributions grant them only on request (the setting
/// "madvise"). Where the request is not understood or not granted, nothing changes but speed.
/// </summary>
internal static unsafe class HugePages
{
    /// <summary>Bytes of a huge page on x86 and, with 4 KiB base pages, on Arm.</summary>
    public const int PageBytes = 2 << 20;

    /// <summary>
    /// Asks for huge pages for the whole pages of a range, whose content is lost: the collector may have handed out memory that was in use
    /// before and is on small pages already, so those are given back, and the next touch takes huge ones.
    /// </summary>
    /// <param name="start">Start of memory that belongs to the caller alone.</param>
    /// <param name="bytes">Its length.</param>
    public static void Request(void* start, nuint bytes)
    {
        nuint first = ((nuint)start + PageBytes - 1) & ~(nuint)(PageBytes - 1);
        nuint end = ((nuint)start + bytes) & ~(nuint)(PageBytes - 1);
        if (first < end && PageAdvice.Give((void*)first, end - first, PageAdvice.Advice.HugePages))
        {
            PageAdvice.Give((void*)first, end - first, PageAdvice.Advice.NotNeeded);
        }
    }
}
