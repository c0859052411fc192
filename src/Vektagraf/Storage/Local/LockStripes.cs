using System.Globalization;
using System.Security.Cryptography;

namespace Vektagraf.Storage.Local;

/// <summary>
/// Locks between processes: every key belongs to one of 64 lock files. The kernel releases a lock with the process that holds it,
/// however that ends, so there is no lock to be cleaned up, and the lock files are never deleted.
/// </summary>
internal sealed class LockStripes
{
    // Stripes and hash are part of the on-disk protocol: all processes have to agree on which file guards a key.
    private const int Stripes = 64;

    private const int PosixLinuxWouldBlock = 11;
    private const int PosixMacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    // A lock is held for two file system calls; one that is held for this long is held by a stopped process.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(16);

    private readonly string _directory;
    private readonly TimeProvider _time;

    // Within the process, tasks queue here in order instead of polling the file.
    private readonly SemaphoreSlim[] _queues = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Locks whose files stand in an existing folder.</summary>
    public LockStripes(string directory, TimeProvider time)
    {
        _directory = directory;
        _time = time;
    }

    /// <summary>Takes the lock of a key; disposing the result gives it back.</summary>
    /// <exception cref="ObjectStoreException">Another process held it for too long.</exception>
    public async Task<IDisposable> AcquireAsync(string key, CancellationToken cancellationToken)
    {
        int stripe = StripeOf(key);
        SemaphoreSlim queue = _queues[stripe];
        await queue.WaitAsync(cancellationToken);
        try
        {
            string path = Path.Combine(_directory, stripe.ToString("x2", CultureInfo.InvariantCulture));
            return new Held(await OpenAsync(path, cancellationToken), queue);
        }
        catch
        {
            queue.Release();
            throw;
        }
    }

    /// <summary>Opens a file so that nobody else can; null where somebody has.</summary>
    public static FileStream? TryOpenExclusively(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (e.HResult is PosixLinuxWouldBlock or PosixMacWouldBlock or WindowsSharingViolation)
        {
            return null;
        }
    }

    private async Task<FileStream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        TimeSpan pause = TimeSpan.FromMilliseconds(1);
        while (true)
        {
            if (TryOpenExclusively(path) is { } file)
            {
                return file;
            }

            if (_time.GetElapsedTime(start) > LongestWait)
            {
                throw new ObjectStoreException(
                    $"Another process has held the lock file '{path}' for {LongestWait.TotalSeconds:0} s: is one of those that use this directory stopped?",
                    isTransient: true);
            }

            // Jitter, so that processes that met once do not meet again; it decides nothing else and need not replay.
            double jitter = 0.5 + (RandomNumberGenerator.GetInt32(1_024) / 1_024.0);
            await Task.Delay(pause * jitter, _time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>FNV-1a: the same in every process, which string.GetHashCode is not.</summary>
    private static int StripeOf(string key)
    {
        uint hash = 2_166_136_261;
        foreach (char c in key)
        {
            hash = unchecked((hash ^ c) * 16_777_619);
        }

        return (int)(hash % Stripes);
    }

    private sealed class Held(FileStream file, SemaphoreSlim queue) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            queue.Release();
        }
    }
}
