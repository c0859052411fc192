using Vektagraf.Caching;

namespace Vektagraf.Storage.Decorators;

/// <summary>
/// Counts what one request to the engine asks of the object store, wherever in it the store is asked: the counts flow with the calls. A read that
/// several requests wait for counts for the one that began it. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class StoreMeter(TimeProvider time)
{
    private static readonly AsyncLocal<StoreMeter?> Ambient = new();

    private readonly Lock _lock = new();
    private int _underWay;
    private long _waitsSince;
    private TimeSpan _waited;
    private MeteredRequests _asked;
    private MeteredRequests _sent;
    private CacheLevel? _level;

    /// <summary>The meter of the present call; null where none runs.</summary>
    public static StoreMeter? Current => Ambient.Value;

    /// <summary>Requests of the engine, cached or not.</summary>
    public MeteredRequests Asked
    {
        get
        {
            lock (_lock)
            {
                return _asked;
            }
        }
    }

    /// <summary>Requests that reached the store.</summary>
    public MeteredRequests Sent
    {
        get
        {
            lock (_lock)
            {
                return _sent;
            }
        }
    }

    /// <summary>The slowest level of a cache that answered; null where none did.</summary>
    public CacheLevel? CacheLevel
    {
        get
        {
            lock (_lock)
            {
                return _level;
            }
        }
    }

    /// <summary>Time during which at least one request of the engine was under way.</summary>
    public TimeSpan Waited
    {
        get
        {
            lock (_lock)
            {
                return _waited;
            }
        }
    }

    /// <summary>Counts all that is asked from here on, until the calling method ends.</summary>
    public void Start() => Ambient.Value = this;

    /// <summary>Counts nothing any more.</summary>
    public static void Stop() => Ambient.Value = null;

    internal void AnsweredBy(CacheLevel level)
    {
        lock (_lock)
        {
            _level = _level > level ? _level : level;
        }
    }

    internal void Begin(MeterLevel level)
    {
        lock (_lock)
        {
            if (level.HasFlag(MeterLevel.Engine) && _underWay++ == 0)
            {
                _waitsSince = time.GetTimestamp();
            }
        }
    }

    internal void End(MeterLevel level, long bytes)
    {
        lock (_lock)
        {
            if (level.HasFlag(MeterLevel.Engine))
            {
                _asked = _asked.With(bytes);
                if (--_underWay == 0)
                {
                    _waited += time.GetElapsedTime(_waitsSince);
                }
            }

            if (level.HasFlag(MeterLevel.Store))
            {
                _sent = _sent.With(bytes);
            }
        }
    }
}

/// <summary>Requests and the bytes that they read.</summary>
/// <param name="Requests">Requests that ended.</param>
/// <param name="Bytes">Bytes of content that came.</param>
public readonly record struct MeteredRequests(long Requests, long Bytes)
{
    internal MeteredRequests With(long bytes) => new(Requests + 1, Bytes + bytes);
}

/// <summary>What passes through a metered store.</summary>
[Flags]
public enum MeterLevel
{
    /// <summary>Nothing that counts.</summary>
    None = 0,

    /// <summary>What the engine asks.</summary>
    Engine = 1,

    /// <summary>What reaches the store, below caches.</summary>
    Store = 2,
}

/// <summary>Counts requests for the <see cref="StoreMeter"/> of whoever makes them. Where none runs, calls go through as they are.</summary>
/// <param name="inner">The store.</param>
/// <param name="level">What passes through it.</param>
public sealed class MeteredObjectStore(IObjectStore inner, MeterLevel level) : IObjectStore
{
    /// <inheritdoc/>
    public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) =>
        StoreMeter.Current is { } meter ? CountAsync(meter, inner.GetAsync, (key, range, ifNoneMatch), cancellationToken) : inner.GetAsync(key, range, ifNoneMatch, cancellationToken);

    /// <inheritdoc/>
    public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) =>
        inner.PutAsync(key, content, condition, cancellationToken);

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => inner.DeleteAsync(key, cancellationToken);

    private async Task<GetResult> CountAsync(
        StoreMeter meter,
        Func<string, ByteRange?, string?, CancellationToken, Task<GetResult>> get,
        (string Key, ByteRange? Range, string? IfNoneMatch) request,
        CancellationToken cancellationToken)
    {
        meter.Begin(level);
        var bytes = 0L;
        try
        {
            var result = await get(request.Key, request.Range, request.IfNoneMatch, cancellationToken);
            bytes = result.Content.Length;
            return result;
        }
        finally
        {
            meter.End(level, bytes);
        }
    }
}
