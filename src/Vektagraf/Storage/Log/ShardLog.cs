using System.Globalization;

namespace Vektagraf.Storage.Log;

/// <summary>
/// One shard's write-ahead log as one of many uncoordinated writers and readers sees it. Knows transactions, slots and the head;
/// knows nothing of what objects are. The rules, and the losses that dropping each one causes, are in docs/formats/wal.md.
/// </summary>
/// <remarks>All work on the log happens under one asynchronous gate: catching up, and committing one batch.</remarks>
public sealed partial class ShardLog : IAsyncDisposable
{
    // Each failed attempt means that a fold and a collection passed meanwhile.
    private const int MaxReloadAttempts = 5;

    private readonly IObjectStore _store;
    private readonly ShardKeys _keys;
    private readonly ILogState _state;
    private readonly ShardLogOptions _options;
    private readonly TimeProvider _time;
    private readonly EntropySource _entropy;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly PreparedTransactions _prepared;
    private readonly FoldBacklog _backlog = new();
    private TransactionTable _transactions = new();

    private ulong _tail;
    private ulong _verified;
    private string? _headETag;
    private ShardHead? _head;
    private long _caughtUpAt;
    private long _headReadAt;

    private ShardLog(IObjectStore store, ShardKeys keys, ILogState state, ShardLogOptions options, TimeProvider time, EntropySource entropy)
    {
        _store = store;
        _keys = keys;
        _state = state;
        _options = options;
        _time = time;
        _entropy = entropy;
        _prepared = new PreparedTransactions(options.Has(ProtocolRules.PrepareLocks));
    }

    /// <summary>Sequence number of the newest entry applied.</summary>
    public ulong Tail => Volatile.Read(ref _tail);

    /// <summary>Key of the newest manifest this node has heard of; null where nothing was folded yet.</summary>
    public string? Manifest => Volatile.Read(ref _head)?.Manifest;

    /// <summary>Time since the state was last known to be the newest.</summary>
    public TimeSpan Staleness => _time.GetElapsedTime(Volatile.Read(ref _caughtUpAt));

    /// <summary>Whether so much time has passed that collection may be overtaking the state: nothing may be read from it then before
    /// it has caught up.</summary>
    public bool IsStale => Staleness >= _options.CollectionGrace / 2;

    /// <summary>Entries applied that no manifest contains yet.</summary>
    public ulong UnfoldedEntries => Tail - (_head?.Folded ?? 0);

    /// <summary>Age of the oldest of these, by the clock of its writer and this one; zero where there are none.</summary>
    public TimeSpan FoldLag => _backlog.OldestUnixMs is { } oldest && _time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(oldest) is { Ticks: > 0 } lag ? lag : TimeSpan.Zero;

    /// <summary>Opens a shard's log and replays it into the state; creates the head of a new shard.</summary>
    /// <param name="store">Where the shard lives.</param>
    /// <param name="keys">Its keys.</param>
    /// <param name="state">What the entries are applied to; empty.</param>
    /// <param name="options">Limits and times.</param>
    /// <param name="time">The clock.</param>
    /// <param name="entropy">Source of nonces and jitter.</param>
    /// <param name="cancellationToken">Cancels the replay.</param>
    /// <returns>The log, caught up to the newest entry.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public static async Task<ShardLog> OpenAsync(
        IObjectStore store,
        ShardKeys keys,
        ILogState state,
        ShardLogOptions options,
        TimeProvider time,
        EntropySource entropy,
        CancellationToken cancellationToken)
    {
        var log = new ShardLog(store, keys, state, options, time, entropy);
        await log.ReloadAsync(cancellationToken, probesAhead: true);
        await log.CatchUpAfterOpeningAsync(cancellationToken);
        await log.ResolveUnderGateAsync();
        return log;
    }

    /// <summary>Takes the state between two entries, with the table of recent transactions that belongs to it: as new as can be
    /// folded, which is never beyond a transaction across shards that is not decided.</summary>
    /// <typeparam name="T">Type of what is taken.</typeparam>
    /// <param name="take">Takes the state; called with the position to be folded, the newest or an earlier one.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>What was taken, what other shards have to be through with it, and the encoded table.</returns>
    public async Task<(T Taken, IReadOnlyList<ulong> Needs, byte[] Transactions)> CaptureAsync<T>(Func<ulong, T> take, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var oldest = _options.Has(ProtocolRules.FoldBeforePrepared) ? _prepared.Oldest : null;
            var position = oldest is null ? _tail : oldest.Sequence - 1;
            return (take(position), oldest?.NeedsBefore ?? _prepared.Progress.Needs, _transactions.Encode(position));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Waits for all commits in progress; call after the last <see cref="CommitAsync"/>.</summary>
    /// <returns>When they are done.</returns>
    public async ValueTask DisposeAsync()
    {
        Task? committing;
        lock (_queueLock)
        {
            _closed = true;
            committing = _committing;
        }

        if (committing is not null)
        {
            await committing;
        }
    }

    private async Task ReloadAsync(CancellationToken cancellationToken, bool probesAhead = false)
    {
        // Between the head and what it names, collection may pass; then a newer head names what is there.
        for (var attempt = 0; ; attempt++)
        {
            await ReadHeadAsync(cancellationToken);
            if (_head!.Manifest is not { } key)
            {
                // Nothing below can fail: state and tail always belong together, whatever happens to the catch-up that follows.
                _state.Reset(_head.Folded);
                _transactions.Clear();
                _prepared.Reset([]);
                _backlog.Clear();
                Volatile.Write(ref _tail, _head.Folded);
                _verified = _tail;
                return;
            }

            if (probesAhead)
            {
                ProbeAhead(_head.Folded + 1);
            }

            if (await TryLoadAsync(key, mayBeCollected: attempt < MaxReloadAttempts, cancellationToken))
            {
                return;
            }
        }
    }

    private async Task<bool> TryLoadAsync(string key, bool mayBeCollected, CancellationToken cancellationToken)
    {
        var read = await GetAsync(key, ifNoneMatch: null, cancellationToken);
        if (!read.Found)
        {
            return mayBeCollected
                ? false
                : throw new VektagrafException(ErrorKind.Corrupt, "missing-manifest", $"Manifest '{key}' is missing, though the head of its shard names it. Restore this object from a backup.");
        }

        var manifest = ShardManifest.Decode(read.Content.Span, key);
        LoadedState loaded;
        try
        {
            loaded = await _state.LoadAsync(manifest, cancellationToken);
        }
        catch (VektagrafException e) when (mayBeCollected && string.Equals(e.Slug, "missing-segment", StringComparison.Ordinal))
        {
            return false;
        }

        var transactions = new TransactionTable();
        if (_options.Has(ProtocolRules.TransactionsInSegments))
        {
            transactions.Load(loaded.Transactions.Span, key);
        }


        // Nothing below can fail, as above.
        loaded.Switch();
        _transactions = transactions;
        _prepared.Reset(manifest.Needs ?? []);
        _backlog.Clear();
        Volatile.Write(ref _tail, _head!.Folded);
        _verified = _tail;
        return true;
    }

    /// <summary>Reads the head, or learns that it has not changed; creates it where the shard is new.</summary>
    private async Task ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var startedAt = _time.GetTimestamp();
            var read = await GetAsync(_keys.Head, _headETag, cancellationToken);
            if (read.Found)
            {
                _head = ShardHead.Decode(read.Content.Span, _keys.Head);
                _headETag = read.ETag;
                _backlog.Fold(_head.Folded);
            }

            if (read.Status != GetStatus.Missing)
            {
                _headReadAt = startedAt;
                return;
            }

            if (_headETag is not null)
            {
                throw new VektagrafException(ErrorKind.NotFound, "shard-dropped", $"Shard '{_keys.Prefix}' was dropped while it was open.");
            }

            await PutOnceAsync(_keys.Head, new ShardHead().Encode(), cancellationToken);
        }
    }

    private async Task PutOnceAsync(string key, byte[] content, CancellationToken cancellationToken)
    {
        try
        {
            await _store.PutAsync(key, content, PutCondition.Absent, cancellationToken);
        }
        catch (ObjectStoreException e)
        {
            throw Unavailable(key, e);
        }
    }

    private async Task<GetResult> GetAsync(string key, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        try
        {
            return await _store.GetAsync(key, range: null, ifNoneMatch, cancellationToken);
        }
        catch (ObjectStoreException e)
        {
            throw Unavailable(key, e);
        }
    }

    private Task BackOffAsync(int attempt) => Backoff.WaitAsync(_options, _time, _entropy, attempt);

    private static VektagrafException Unavailable(string key, ObjectStoreException inner) =>
        new(ErrorKind.Unavailable, "store-unavailable", string.Create(CultureInfo.InvariantCulture, $"The object store failed at '{key}': {inner.Message} Try again."), inner: inner);
}
