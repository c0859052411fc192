namespace Vektagraf.Storage.Local;

/// <summary>Errors of the file system as errors of the store, with what to do about them.</summary>
internal static class StorageFailure
{
    private const int PosixNotPermitted = 1;
    private const int PosixInterrupted = 4;
    private const int PosixAccessDenied = 13;
    private const int PosixOtherDevice = 18;
    private const int PosixFilesOfSystem = 23;
    private const int PosixFilesOfProcess = 24;
    private const int PosixNoSpace = 28;
    private const int LinuxQuota = 122;
    private const int MacQuota = 69;
    private const int PosixReadOnly = 30;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether it is the file system's answer, and not a defect or a cancellation.</summary>
    public static bool IsIoError(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>The store's error.</summary>
    /// <param name="cause">An error of which <see cref="IsIoError"/> holds.</param>
    /// <param name="attempted">What was tried, with the key.</param>
    /// <param name="path">The file or directory.</param>
    public static ObjectStoreException From(Exception cause, string attempted, string path)
    {
        (string advice, bool isTransient) = cause switch
        {
            UnauthorizedAccessException or { HResult: PosixNotPermitted or PosixAccessDenied } => ("Grant this process read and write access to it.", false),
            PathTooLongException => ("Choose a directory with a shorter path.", false),
            { HResult: PosixNoSpace or LinuxQuota or MacQuota or WindowsDiskFull or WindowsHandleDiskFull } =>
                ("The disk or quota is full: free space on its file system or move the directory.", false),
            { HResult: PosixOtherDevice } => ("The directory must lie on one file system: mount nothing inside it.", false),
            { HResult: PosixReadOnly } => ("Its file system is read-only: mount it writable or choose another directory.", false),
            { HResult: PosixFilesOfProcess or PosixFilesOfSystem } => ("Too many open files: raise the limit (ulimit -n).", true),
            { HResult: PosixInterrupted or WindowsSharingViolation } => ("Try again.", true),
            _ => ("Check the disk and its file system.", false),
        };
        return new ObjectStoreException($"Could not {attempted} at '{path}': {cause.Message.TrimEnd('.')}. {advice}", isTransient, cause);
    }
}
