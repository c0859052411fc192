namespace Vektagraf.Storage.Decorators;

/// <summary>Counts requests and bytes, for tests and benchmarks that state what an operation may cost. Thread-safe.</summary>
/// <remarks>A few interlocked additions per request. Below a cache or a retry it counts what reaches the store, above what was asked.</remarks>
public sealed class CountingObjectStore : IObjectStore
{
    private readonly IObjectStore _inner;
    private readonly OperationCounter _gets = new();
    private readonly OperationCounter _puts = new();
    private readonly OperationCounter _lists = new();
    private readonly OperationCounter _deletes = new();
    private long _conflicts;
    private long _missing;
    private long _notModified;
    private long _listedEntries;

    /// <summary>Wraps a store.</summary>
    /// <param name="inner">The store.</param>
    public CountingObjectStore(IObjectStore inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
    }

    /// <summary>The counts so far. Each is exact; while requests are under way they belong to slightly different moments.</summary>
    /// <returns>The counts.</returns>
    public StoreCounts Snapshot() => new()
    {
        Get = _gets.Read(),
        Put = _puts.Read(),
        List = _lists.Read(),
        Delete = _deletes.Read(),
        Conflicts = Interlocked.Read(ref _conflicts),
        Missing = Interlocked.Read(ref _missing),
        NotModified = Interlocked.Read(ref _notModified),
        ListedEntries = Interlocked.Read(ref _listedEntries),
    };

    /// <inheritdoc/>
    public async Task<GetResult> GetAsync(
        string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
    {
        GetResult result = await _gets.CountAsync(() => _inner.GetAsync(key, range, ifNoneMatch, cancellationToken), bytesSent: 0);
        _gets.AddBytes(result.Content.Length);
        switch (result.Status)
        {
            case GetStatus.Missing:
                Interlocked.Increment(ref _missing);
                break;
            case GetStatus.NotModified:
                Interlocked.Increment(ref _notModified);
                break;
        }

        return result;
    }

    /// <inheritdoc/>
    public async Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
    {
        PutResult result = await _puts.CountAsync(() => _inner.PutAsync(key, content, condition, cancellationToken), content.Length);
        if (!result.Written)
        {
            Interlocked.Increment(ref _conflicts);
        }

        return result;
    }

    /// <inheritdoc/>
    public async Task<ListPage> ListAsync(
        string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default)
    {
        ListPage page = await _lists.CountAsync(() => _inner.ListAsync(prefix, continuation, pageSize, cancellationToken), bytesSent: 0);
        Interlocked.Add(ref _listedEntries, page.Entries.Count);
        return page;
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        bool deleted = await _deletes.CountAsync(() => _inner.DeleteAsync(key, cancellationToken), bytesSent: 0);
        if (!deleted)
        {
            Interlocked.Increment(ref _missing);
        }

        return deleted;
    }

    private sealed class OperationCounter
    {
        private long _requests;
        private long _bytes;
        private long _failures;
        private long _cancellations;

        public OperationCounts Read() => new(
            Interlocked.Read(ref _requests), Interlocked.Read(ref _bytes), Interlocked.Read(ref _failures), Interlocked.Read(ref _cancellations));

        public void AddBytes(int count) => Interlocked.Add(ref _bytes, count);

        public async Task<T> CountAsync<T>(Func<Task<T>> request, int bytesSent)
        {
            Interlocked.Increment(ref _requests);
            AddBytes(bytesSent);
            try
            {
                return await request();
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref _cancellations);
                throw;
            }
            catch
            {
                Interlocked.Increment(ref _failures);
                throw;
            }
        }
    }
}
