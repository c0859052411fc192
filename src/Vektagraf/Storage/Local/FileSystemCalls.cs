using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Vektagraf.Storage.Local;

/// <summary>The calls of the file system that .NET does not offer. On Windows, what is possible without them.</summary>
internal static class FileSystemCalls
{
    private const int NoEntry = 2;
    private const int Interrupted = 4;
    private const int Exists = 17;
    private const int InvalidArgument = 22;

    private static readonly int CloseOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : OperatingSystem.IsLinux() ? 0x80000 : 0;

    /// <summary>Whether there is no such file.</summary>
    /// <remarks><see cref="File.Exists(string)"/> answers false for a folder that may not be read or a failing disk as well, and a
    /// store must not pass these off as a missing object. An exception per missing file, on the other hand, would make the most
    /// frequent question of a strong read ("is there a next log entry?") ten times as expensive.</remarks>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static bool IsMissing(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return !File.Exists(path);
        }

        return Access(path, 0) != 0 && (Marshal.GetLastPInvokeError() is NoEntry ? true : throw Failure(path, Marshal.GetLastPInvokeError()));
    }

    /// <summary>Gives a file a new name, in place of the file that has it; atomic.</summary>
    /// <remarks>Not <see cref="File.Move(string, string, bool)"/>, which copies, not atomically, where a file system ends between the two.</remarks>
    /// <returns>False where the folder, or the file, is gone.</returns>
    /// <exception cref="IOException">The file has its old name.</exception>
    public static bool TryRename(string existing, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return TryMove(existing, name);
        }

        return Rename(existing, name) == 0
            || (Marshal.GetLastPInvokeError() is NoEntry ? false : throw Failure(name, Marshal.GetLastPInvokeError()));
    }

    /// <summary>Gives a file a second name, unless the name is taken; atomic.</summary>
    public static LinkOutcome TryLink(string existing, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return LinkOutcome.Unsupported;
        }

        return Link(existing, name) == 0 ? LinkOutcome.Linked : Marshal.GetLastPInvokeError() switch
        {
            Exists => LinkOutcome.NameTaken,
            NoEntry => LinkOutcome.NoSuchDirectory,
            _ => LinkOutcome.Unsupported,
        };
    }

    /// <summary>Makes the names within a folder durable. Does nothing for a folder that is gone, and on Windows, where NTFS
    /// journals names itself.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Retry(static p => Open(p, CloseOnExec), path);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != NoEntry)
            {
                throw Failure(path, error);
            }

            return;
        }

        try
        {
            // Some file systems cannot flush a folder and say so; there is nothing more to be done there.
            if (Retry(static d => Flush(d), descriptor) != 0 && Marshal.GetLastPInvokeError() is var error and not InvalidArgument)
            {
                throw Failure(path, error);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static bool TryMove(string existing, string name)
    {
        try
        {
            File.Move(existing, name, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private static int Retry<T>(Func<T, int> call, T argument)
    {
        int result;
        do
        {
            result = call(argument);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return result;
    }

    private static IOException Failure(string path, int error) =>
        new($"{new Win32Exception(error).Message} : '{path}'", error);

    [DllImport("libc", EntryPoint = "access", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flush(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}

/// <summary>How <see cref="FileSystemCalls.TryLink"/> ended.</summary>
internal enum LinkOutcome
{
    /// <summary>The file has the name now.</summary>
    Linked,

    /// <summary>Another file has the name.</summary>
    NameTaken,

    /// <summary>The folder, or the file to be linked, is gone.</summary>
    NoSuchDirectory,

    /// <summary>The file system has no second names, or the link failed for a reason that renaming will show.</summary>
    Unsupported,
}
