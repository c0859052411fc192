using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>What Linux is told about pages of memory. Elsewhere, and where it is not understood, nothing changes but speed and footprint.</summary>
internal static unsafe partial class PageAdvice
{
    private static readonly bool IsAvailable = OperatingSystem.IsLinux();

    /// <summary>Numbers of the Linux system call interface.</summary>
    public enum Advice
    {
        /// <summary>MADV_RANDOM: pages around one that is read are not wanted.</summary>
        Random = 1,

        /// <summary>MADV_DONTNEED: memory of the process alone loses its content, pages of a shared file only leave the resident set.</summary>
        NotNeeded = 4,

        /// <summary>MADV_HUGEPAGE: back with huge pages.</summary>
        HugePages = 14,
    }

    /// <summary>Gives an advice for whole pages.</summary>
    /// <returns>Whether it was taken.</returns>
    public static bool Give(void* start, nuint bytes, Advice advice)
    {
        if (!IsAvailable)
        {
            return false;
        }

        try
        {
            return Advise(start, bytes, (int)advice) == 0;
        }
        catch (Exception failure) when (failure is DllNotFoundException or EntryPointNotFoundException)
        {
            // A Linux without a C library by this name.
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* address, nuint length, int advice);
}
