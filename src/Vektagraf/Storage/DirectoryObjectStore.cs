using System.Security.Cryptography;
using Vektagraf.Storage.Local;

namespace Vektagraf.Storage;

/// <summary>
/// Objects as files below one directory of a local file system, safe between processes and against their sudden end.
/// </summary>
/// <remarks>
/// <para>A put writes a temporary file, flushes it, and then gives it the object's name under a lock that all processes share; it
/// completes when the name is durable too. Reads take no lock. A process that is killed leaves at most a temporary file, which a later
/// open removes. A reader may see a put shortly before it is durable; losing power in that moment is the one way to notice.</para>
/// <para>The directory must be on a file system with advisory locks between its users; the constructor checks that. Small files are
/// read and written on the calling thread, which for them is faster than handing the work over.</para>
/// </remarks>
public sealed class DirectoryObjectStore : IObjectStore
{
    // A temporary file lives for the time of one put; whatever is this old was left by a process that is gone.
    private static readonly TimeSpan TemporaryFileLifetime = TimeSpan.FromHours(1);

    // A folder can vanish between being made and being used, when another process deletes the last object in it.
    private const int PublishAttempts = 100;

    private readonly string _root;
    private readonly string _temporary;
    private readonly TimeProvider _time;
    private readonly LockStripes _locks;
    private readonly DurableDirectories _directories;

    /// <summary>Opens the store; creates the directory where it is missing.</summary>
    /// <param name="root">The directory. It should hold nothing else.</param>
    /// <param name="time">Clock of modification times and waits; null for the system's.</param>
    /// <exception cref="ObjectStoreException">The directory cannot be written or its file system knows no locks.</exception>
    public DirectoryObjectStore(string root, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _temporary = Path.Combine(_root, ".tmp");
        string locks = Path.Combine(_root, ".locks");
        _time = time ?? TimeProvider.System;
        _locks = new LockStripes(locks, _time);
        _directories = new DurableDirectories(_root, Path.Combine(locks, "removals"));
        try
        {
            CreateDurably(_root);
            CreateDurably(_temporary);
            CreateDurably(locks);
            RemoveLeftovers(CheckLocks());
        }
        catch (Exception e) when (StorageFailure.IsIoError(e))
        {
            throw StorageFailure.From(e, "open the directory store", _root);
        }
    }

    /// <inheritdoc/>
    public Task<GetResult> GetAsync(
        string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(key);
        range?.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        string path = ObjectPath.OfObject(_root, key);
        try
        {
            return Task.FromResult(ObjectFile.Read(path, range, ifNoneMatch));
        }
        catch (Exception e) when (StorageFailure.IsIoError(e))
        {
            throw StorageFailure.From(e, $"read object '{key}'", path);
        }
    }

    /// <inheritdoc/>
    public async Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(key);
        cancellationToken.ThrowIfCancellationRequested();
        string path = ObjectPath.OfObject(_root, key);
        string version = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        string temporary = Path.Combine(_temporary, version);
        try
        {
            // Not for safety, which the lock gives, but to lose quickly: nothing has been written yet.
            if (!Holds(condition, path))
            {
                return PutResult.ConditionFailed;
            }

            ObjectFile.Write(temporary, version, content, _time == TimeProvider.System ? null : _time.GetUtcNow());
            using (await _locks.AcquireAsync(key, cancellationToken))
            {
                if (!Holds(condition, path) || !Publish(temporary, path, condition.MustBeAbsent))
                {
                    return PutResult.ConditionFailed;
                }
            }

            _directories.Flush(Path.GetDirectoryName(path)!);
            return new PutResult(Written: true, version);
        }
        catch (Exception e) when (StorageFailure.IsIoError(e))
        {
            throw StorageFailure.From(e, $"write object '{key}'", path);
        }
        finally
        {
            DeleteTemporary(temporary);
        }
    }

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(
        string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default)
    {
        ListPage.ValidateRequest(prefix, pageSize);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult(new DirectoryListing(_root, prefix, continuation, pageSize).Read());
        }
        catch (Exception e) when (StorageFailure.IsIoError(e))
        {
            throw StorageFailure.From(e, $"list objects '{prefix}'", _root);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(key);
        cancellationToken.ThrowIfCancellationRequested();
        string path = ObjectPath.OfObject(_root, key);
        try
        {
            if (FileSystemCalls.IsMissing(path))
            {
                return false;
            }

            using (await _locks.AcquireAsync(key, cancellationToken))
            {
                if (FileSystemCalls.IsMissing(path))
                {
                    return false;
                }

                File.Delete(path);
            }

            FileSystemCalls.FlushDirectory(_directories.RemoveWhereEmpty(Path.GetDirectoryName(path)!));
            return true;
        }
        catch (Exception e) when (StorageFailure.IsIoError(e))
        {
            throw StorageFailure.From(e, $"delete object '{key}'", path);
        }
    }

    private static bool Holds(PutCondition condition, string path) =>
        condition.MustBeAbsent ? FileSystemCalls.IsMissing(path)
        : condition.MustMatch is null || condition.HoldsFor(ObjectFile.ReadVersion(path));

    /// <summary>Gives the file its name; false where a create-only put finds it taken.</summary>
    private static bool Publish(string temporary, string path, bool createOnly)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (TryPublish(temporary, path, createOnly) is { } published)
            {
                return published;
            }

            if (attempt == PublishAttempts || FileSystemCalls.IsMissing(temporary))
            {
                throw new IOException("The temporary file or the folder of the object was removed meanwhile.");
            }

            CreateParent(path);
        }
    }

    /// <summary>Null where the folder is missing.</summary>
    /// <remarks>A create-only put links: the kernel then refuses a second one even where locks between machines do not work.</remarks>
    private static bool? TryPublish(string temporary, string path, bool createOnly)
    {
        LinkOutcome outcome = createOnly ? FileSystemCalls.TryLink(temporary, path) : LinkOutcome.Unsupported;
        return outcome switch
        {
            LinkOutcome.Linked => true,
            LinkOutcome.NameTaken => false,
            LinkOutcome.NoSuchDirectory => null,
            _ => FileSystemCalls.TryRename(temporary, path) ? true : null,
        };
    }

    private static void CreateParent(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (DirectoryNotFoundException)
        {
            // A folder above was removed meanwhile; the next attempt makes it anew.
        }
    }

    private static void CreateDurably(string directory)
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
        }

        if (Path.GetDirectoryName(directory) is { } parent)
        {
            FileSystemCalls.FlushDirectory(parent);
        }
    }

    private static void DeleteTemporary(string path)
    {
        try
        {
            if (!FileSystemCalls.IsMissing(path))
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (StorageFailure.IsIoError(e))
        {
            // It is removed when the store is next opened; the outcome of the put must not depend on it.
        }
    }

    /// <summary>Fails unless a file that is open exclusively cannot be opened again: all conditional puts rest on that.</summary>
    /// <returns>What time it is by the file system's clock, which is the one that temporary files are dated with.</returns>
    private DateTime CheckLocks()
    {
        string probe = Path.Combine(_temporary, "probe-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        using FileStream? first = LockStripes.TryOpenExclusively(probe);
        using FileStream? second = LockStripes.TryOpenExclusively(probe);
        DateTime now = File.GetLastWriteTimeUtc(probe);
        File.Delete(probe);
        return first is not null && second is null ? now : throw new ObjectStoreException(
            $"The file system of '{_root}' has no file locks (or .NET's are switched off): conditional puts would not be safe. Choose another directory.",
            isTransient: false);
    }

    private void RemoveLeftovers(DateTime now)
    {
        foreach (FileInfo file in new DirectoryInfo(_temporary).EnumerateFiles())
        {
            if (now - file.LastWriteTimeUtc > TemporaryFileLifetime)
            {
                DeleteTemporary(file.FullName);
            }
        }
    }
}
