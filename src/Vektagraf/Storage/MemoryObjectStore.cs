using System.Globalization;

namespace Vektagraf.Storage;

/// <summary>Objects in memory, for tests, simulations and data that may be lost. Every operation is atomic and completes at once.</summary>
/// <remarks>ETags are numbered in the order of the puts, so that the same calls give the same ETags: a simulation replays from its seed.</remarks>
public sealed class MemoryObjectStore : IObjectStore
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StoredObject> _objects = new(StringComparer.Ordinal);

    // The keys of _objects in ordinal order. Most puts append near the end of a log, where inserting into a list moves little.
    private readonly List<string> _keys = [];
    private long _lastVersion;

    /// <summary>Creates an empty store.</summary>
    /// <param name="time">Clock of the modification times; null for the system's.</param>
    public MemoryObjectStore(TimeProvider? time = null) => _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public Task<GetResult> GetAsync(
        string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(key);
        range?.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        StoredObject? found;
        lock (_gate)
        {
            found = _objects.GetValueOrDefault(key);
        }

        if (found is null)
        {
            return Task.FromResult(GetResult.Missing);
        }

        if (ifNoneMatch is not null && string.Equals(ifNoneMatch, found.ETag, StringComparison.Ordinal))
        {
            return Task.FromResult(new GetResult(GetStatus.NotModified, default, found.ETag, 0));
        }

        // Stored arrays are never changed, so they may be copied outside the lock; the caller owns its copy.
        (long start, int length) = range is { } wanted ? wanted.Within(found.Content.Length) : (0, found.Content.Length);
        byte[] content = found.Content.AsSpan((int)start, length).ToArray();
        return Task.FromResult(new GetResult(GetStatus.Found, content, found.ETag, found.Content.Length));
    }

    /// <inheritdoc/>
    public Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(key);
        cancellationToken.ThrowIfCancellationRequested();
        byte[] copy = content.ToArray();
        lock (_gate)
        {
            StoredObject? current = _objects.GetValueOrDefault(key);
            if (!condition.HoldsFor(current?.ETag))
            {
                return Task.FromResult(PutResult.ConditionFailed);
            }

            if (current is null)
            {
                _keys.Insert(~_keys.BinarySearch(key, StringComparer.Ordinal), key);
            }

            string etag = (++_lastVersion).ToString("x16", CultureInfo.InvariantCulture);
            _objects[key] = new StoredObject(copy, etag, _time.GetUtcNow());
            return Task.FromResult(new PutResult(Written: true, etag));
        }
    }

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(
        string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default)
    {
        ListPage.ValidateRequest(prefix, pageSize);
        cancellationToken.ThrowIfCancellationRequested();
        var entries = new List<ListEntry>();
        lock (_gate)
        {
            for (int i = FirstKey(prefix, continuation); i < _keys.Count && _keys[i].StartsWith(prefix, StringComparison.Ordinal); i++)
            {
                if (entries.Count == pageSize)
                {
                    return Task.FromResult(new ListPage(entries, entries[^1].Key));
                }

                StoredObject found = _objects[_keys[i]];
                entries.Add(new ListEntry(_keys[i], found.Content.Length, found.LastModified));
            }
        }

        return Task.FromResult(new ListPage(entries, Continuation: null));
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_objects.Remove(key))
            {
                return Task.FromResult(false);
            }

            _keys.RemoveAt(_keys.BinarySearch(key, StringComparer.Ordinal));
            return Task.FromResult(true);
        }
    }

    private int FirstKey(string prefix, string? continuation)
    {
        bool resumes = continuation is not null && string.CompareOrdinal(continuation, prefix) >= 0;
        int index = _keys.BinarySearch(resumes ? continuation! : prefix, StringComparer.Ordinal);
        return index < 0 ? ~index : resumes ? index + 1 : index;
    }

    private sealed record StoredObject(byte[] Content, string ETag, DateTimeOffset LastModified);
}
