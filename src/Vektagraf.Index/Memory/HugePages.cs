using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>
/// Asks Linux to back memory with huge pages. A scan or a graph walk over 4 KiB pages pays for page-table walks, and prefetchers stop at
/// each page's end; on 2 MiB pages scans measured 1.2 to 1.7 times as fast. Most distributions grant them only on request (the setting
/// "madvise"). A hint: where it is not understood or not granted, nothing changes but speed.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a huge page on x86 and, with 4 KiB base pages, on Arm.</summary>
    private const nuint PageBytes = 2 << 20;

    /// <summary>MADV_HUGEPAGE of the Linux system call interface.</summary>
    private const int AdviseHugePage = 14;

    private static readonly bool IsAvailable = OperatingSystem.IsLinux();

    /// <summary>Asks for huge pages over a range; ranges below one huge page are left alone. Call it before the memory is first touched.</summary>
    public static void Request(void* start, nuint bytes)
    {
        if (!IsAvailable || bytes < PageBytes)
        {
            return;
        }

        // Rounded outwards: what lies beside the range within its huge pages belongs to the same heap, and a hint does it no harm.
        nuint first = (nuint)start & ~(PageBytes - 1);
        nuint end = ((nuint)start + bytes + PageBytes - 1) & ~(PageBytes - 1);
        try
        {
            _ = Advise((void*)first, end - first, AdviseHugePage);
        }
        catch (DllNotFoundException)
        {
            // A Linux without a C library by this name: no hint then.
        }
        catch (EntryPointNotFoundException)
        {
            // As above.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* address, nuint length, int advice);
}
