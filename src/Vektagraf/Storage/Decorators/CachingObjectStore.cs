using Vektagraf.Caching;

namespace Vektagraf.Storage.Decorators;

/// <summary>Keeps what was read of immutable objects near, and reads it once where many ask at the same time.</summary>
/// <remarks>
/// <para>Only objects that never change are cached (<see cref="ImmutableKeys"/>), and only what was found. That an object is missing is
/// never remembered, nor shared: the strong read rests on probing a slot that is still empty and seeing it the moment it is filled,
/// so an answer "missing" is worth nothing to anyone but a caller who had asked before the store was.</para>
/// <para>An object that another process deletes may still be found here. That is what an immutable object allows: collection deletes
/// only what nothing refers to, and whoever still holds an old manifest is better served by the cache.</para>
/// <para>Own puts and deletes are seen at once: from their start to their end the key is not cached at all, and reads that began before
/// are given to those who had asked for them, but not kept.</para>
/// <para>Blocks are kept in a <see cref="TieredCache"/>, written through to its disk if it has one: a process that starts again on the same
/// disk finds them. Each carries the length and version of its object, so that blocks are never put together across versions.</para>
/// <para>Memory held by reads under way is not part of the budget.</para>
/// </remarks>
public sealed partial class CachingObjectStore : IObjectStore
{
    // A key, a version and a number each.
    private const int MostKnown = 4_096;

    private readonly IObjectStore _inner;
    private readonly CachingOptions _options;
    private readonly Func<string, bool> _isImmutable;

    // Guards everything below it and in the objects; held for table look-ups only, never while bytes are copied or awaited.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, CachedObject> _objects = new(StringComparer.Ordinal);

    // What is known of objects though the block asked for may not be there.
    private readonly SegmentedLru<string, (string ETag, long TotalLength)> _known = new(MostKnown, comparer: StringComparer.Ordinal);
    private long _hits;
    private long _loads;
    private long _joined;
    private long _bypassed;

    /// <summary>Wraps a store.</summary>
    /// <param name="inner">The store.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cache">Where blocks are kept, together with what others keep there; null for memory of its own, of
    /// <see cref="CachingOptions.BudgetBytes"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public CachingObjectStore(IObjectStore inner, CachingOptions? options = null, TieredCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _options = options ?? new CachingOptions();
        _options.Validate();
        _isImmutable = _options.IsImmutable ?? ImmutableKeys.Matches;
        Cache = cache ?? new TieredCache(new CacheOptions { MemoryBytes = _options.BudgetBytes, CompressedBytes = 0 });
        SharesCache = cache is not null;
    }

    /// <summary>Where blocks are kept: those of object <c>key</c> in scope <c>block/key</c>.</summary>
    public TieredCache Cache { get; }

    /// <summary>Whether others may keep values there, too.</summary>
    public bool SharesCache { get; }

    /// <summary>How the cache did so far.</summary>
    /// <returns>The counts.</returns>
    public CacheCounts Snapshot()
    {
        var levels = Cache.Snapshot().Levels;
        lock (_gate)
        {
            return new CacheCounts(_hits, _loads, _joined, _bypassed, _objects.Count, levels.Sum(l => l.Entries), levels.Sum(l => l.Bytes));
        }
    }

    /// <inheritdoc/>
    public Task<GetResult> GetAsync(
        string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        range?.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        return _isImmutable(key)
            ? GetImmutableAsync(key, range, ifNoneMatch, cancellationToken)
            : _inner.GetAsync(key, range, ifNoneMatch, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _isImmutable(key)
            ? WriteAsync(key, () => _inner.PutAsync(key, content, condition, cancellationToken))
            : _inner.PutAsync(key, content, condition, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(
        string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        _inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _isImmutable(key)
            ? WriteAsync(key, () => _inner.DeleteAsync(key, cancellationToken))
            : _inner.DeleteAsync(key, cancellationToken);
    }

    private async Task<T> WriteAsync<T>(string key, Func<Task<T>> write)
    {
        CachedObject target = BeginWrite(key);
        try
        {
            return await write();
        }
        finally
        {
            EndWrite(target);
        }
    }

    private CachedObject BeginWrite(string key)
    {
        CachedObject target;
        lock (_gate)
        {
            target = FindOrAdd(key);
            target.Writes++;

            // Whoever asks from now on must not be given what these read before the write.
            target.Loads.ForEach(load => load.IsOutdated = true);
            target.Loads.Clear();
            _known.Remove(key);
        }

        // After that: what a load found fit to keep a moment ago is of an epoch that ends here.
        Cache.Invalidate(ScopeOf(key));
        return target;
    }

    private void EndWrite(CachedObject target)
    {
        lock (_gate)
        {
            target.Writes--;
            RemoveIfIdle(target);
        }
    }
}
