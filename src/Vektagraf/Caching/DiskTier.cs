using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Vektagraf.Storage.Local;

namespace Vektagraf.Caching;

/// <summary>
/// Files of the disk level: one for each value, each under a number of its own, so that no file is ever written twice. A file gets its name once it is
/// written, so whoever is killed leaves temporary files, which go at the next start. Nothing is flushed: what a power cut mixes up the checksums tell.
/// </summary>
/// <remarks>Keeps no table; the cache does, under its gate.</remarks>
internal sealed class DiskTier : IDisposable
{
    // Nothing but the cache's own is kept, and removed, under the directory named.
    private const string Folder = "vektagraf-cache";
    private const string Extension = ".cached";
    private const string TemporaryExtension = ".tmp";
    private const string LockName = "lock";

    private readonly string _path;
    private readonly FileStream _lock;
    private long _sequence;

    private DiskTier(string path, FileStream exclusive)
    {
        _path = path;
        _lock = exclusive;
    }

    /// <summary>Opens a directory, for this process alone.</summary>
    /// <param name="directory">The directory; made where missing.</param>
    /// <param name="problem">Why it cannot be used.</param>
    /// <returns>Null where it cannot be used.</returns>
    public static DiskTier? TryOpen(string directory, out string? problem)
    {
        try
        {
            var path = Directory.CreateDirectory(Path.Combine(directory, Folder)).FullName;
            problem = null;
            return new DiskTier(path, new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"The cache directory cannot be used, or another process uses it: {e.Message}";
            return null;
        }
    }

    /// <summary>Finds what an earlier process left, and removes what is of no use: what was not finished, is cut short, or is of another version.</summary>
    /// <returns>The files, oldest first, and how many were removed for being damaged.</returns>
    public (List<(CacheKey Key, DiskFile File)> Found, int Corrupt) Scan()
    {
        var found = new List<(CacheKey Key, DiskFile File)>();
        var corrupt = 0;
        foreach (var file in new DirectoryInfo(_path).EnumerateFiles())
        {
            if (string.Equals(file.Extension, TemporaryExtension, StringComparison.Ordinal))
            {
                TryDelete(file.FullName);
            }
            else if (string.Equals(file.Extension, Extension, StringComparison.Ordinal))
            {
                if (TryParse(file.Name, out var sequence) && ReadHeader(file) is { } header)
                {
                    found.Add((header.Key, new DiskFile(sequence, file.Length, header.ExpiresAt)));
                    _sequence = Math.Max(_sequence, sequence);
                }
                else
                {
                    TryDelete(file.FullName);
                    corrupt++;
                }
            }
        }

        found.Sort((a, b) => a.File.Sequence.CompareTo(b.File.Sequence));
        return (found, corrupt);
    }

    /// <summary>Writes a file that has no name yet.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="expiresAt">When it expires, in UTC ticks.</param>
    /// <param name="problem">Why it could not be written.</param>
    /// <returns>The file; null where it could not be written.</returns>
    public DiskFile? TryWrite(CacheKey key, PackedValue value, long expiresAt, out string? problem)
    {
        var header = DiskEntry.EncodeHeader(key, value, expiresAt);
        problem = header.Length <= DiskEntry.HeaderLength + DiskEntry.MaxScopeLength ? null : "The key is too long for the disk.";
        if (problem is not null)
        {
            return null;
        }

        var sequence = Interlocked.Increment(ref _sequence);
        try
        {
            using SafeFileHandle file = File.OpenHandle(PathOf(sequence, TemporaryExtension), FileMode.CreateNew, FileAccess.Write);
            RandomAccess.Write(file, [header, value.Stored], fileOffset: 0);
            return new DiskFile(sequence, header.Length + value.Stored.Length, expiresAt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
            TryDelete(PathOf(sequence, TemporaryExtension));
            return null;
        }
    }

    /// <summary>Gives a written file its name.</summary>
    /// <returns>Whether it has it.</returns>
    public bool TryName(DiskFile file)
    {
        try
        {
            return FileSystemCalls.TryRename(PathOf(file.Sequence, TemporaryExtension), PathOf(file.Sequence, Extension));
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Reads a value.</summary>
    /// <returns>Null where the file is gone or damaged.</returns>
    public PackedValue? Read(CacheKey key, DiskFile file)
    {
        try
        {
            return DiskEntry.Decode(File.ReadAllBytes(PathOf(file.Sequence, Extension)), key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Removes a file, named or not yet.</summary>
    public void Delete(DiskFile file)
    {
        TryDelete(PathOf(file.Sequence, Extension));
        TryDelete(PathOf(file.Sequence, TemporaryExtension));
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static DiskHeader? ReadHeader(FileInfo file)
    {
        try
        {
            using SafeFileHandle handle = File.OpenHandle(file.FullName);
            var start = new byte[(int)Math.Min(file.Length, DiskEntry.HeaderLength + DiskEntry.MaxScopeLength)];
            var read = RandomAccess.Read(handle, start, fileOffset: 0);
            return DiskEntry.DecodeHeader(start.AsSpan(0, read), file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool TryParse(string name, out long sequence) =>
        long.TryParse(Path.GetFileNameWithoutExtension(name), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out sequence) && sequence >= 0;

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next start tries again.
        }
    }

    private string PathOf(long sequence, string extension) => Path.Combine(_path, sequence.ToString("x16", CultureInfo.InvariantCulture) + extension);
}
