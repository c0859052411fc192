using Microsoft.Extensions.Logging;
using Vektagraf.Collections;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>One shard: its log, and the memtable the log feeds.</summary>
internal sealed partial class Shard : ILogState, IAsyncDisposable
{
    private readonly EngineContext _engine;
    private readonly CollectionDefinition _definition;
    private Memtable _table;
    private readonly ILogger _logger;
    private ShardLog? _log;
    private SegmentCount? _counted;
    private int _isIndexing;

    private Shard(EngineContext engine, ShardKeys keys, CollectionDefinition definition)
    {
        _engine = engine;
        Keys = keys;
        _definition = definition;
        _logger = engine.Options.Logging.CreateLogger<Shard>();
        _table = new Memtable(definition, sequence: 0, hosting: engine.Hosting);
    }

    public ShardKeys Keys { get; }

    /// <summary>The newest state this node has.</summary>
    public MemtableSnapshot Latest => Volatile.Read(ref _table).Snapshot;

    public Memtable Table => Volatile.Read(ref _table);

    public ShardLog Log => _log!;

    /// <summary>Opens a shard and replays its log.</summary>
    public static async Task<Shard> OpenAsync(EngineContext engine, ShardKeys keys, CollectionDefinition definition, CancellationToken cancellationToken)
    {
        var shard = new Shard(engine, keys, definition);
        shard._log = await ShardLog.OpenAsync(engine.Store, keys, shard, engine.Options.Log, engine.Time, engine.Entropy, cancellationToken);
        return shard;
    }

    /// <summary>A snapshot at least as fresh as asked for.</summary>
    /// <param name="consistency">How fresh.</param>
    /// <param name="session">The sequence the session has seen; only for <see cref="ConsistencyLevel.Session"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<MemtableSnapshot> SnapshotAsync(ReadConsistency consistency, ulong session, CancellationToken cancellationToken)
    {
        await FreshenAsync(consistency, session, cancellationToken);
        return Latest;
    }

    /// <summary>Catches up where the state is not as fresh as asked for.</summary>
    /// <param name="consistency">How fresh.</param>
    /// <param name="session">The sequence the session has seen; only for <see cref="ConsistencyLevel.Session"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task FreshenAsync(ReadConsistency consistency, ulong session, CancellationToken cancellationToken)
    {
        var isFresh = consistency.Level switch
        {
            ConsistencyLevel.Strong => false,
            ConsistencyLevel.Bounded => Log.Staleness <= consistency.Bound,
            ConsistencyLevel.Session => Log.Tail >= session,
            _ => true,
        };
        if (!isFresh || Log.IsStale)
        {
            await Log.CatchUpAsync(cancellationToken);
            if (consistency.Level == ConsistencyLevel.Session && Log.Tail < session)
            {
                // The log is complete now, so no answer can have carried this token.
                throw VektagrafException.Invalid("/consistency/session", "This session token names a write that does not exist. Pass the 'session' of an earlier answer unchanged.");
            }
        }
    }

    /// <summary>How many segments the newest manifest names that this node has heard of.</summary>
    public async Task<int> CountSegmentsAsync(CancellationToken cancellationToken)
    {
        if (Log.Manifest is not { } key)
        {
            return 0;
        }

        var known = Volatile.Read(ref _counted);
        if (known is null || !string.Equals(known.Manifest, key, StringComparison.Ordinal))
        {
            try
            {
                var read = await _engine.Store.GetAsync(key, cancellationToken: cancellationToken);
                known = new SegmentCount(key, read.Found ? ShardManifest.Decode(read.Content.Span, key).Segments.Count : 0);
                Volatile.Write(ref _counted, known);
            }
            catch (ObjectStoreException e)
            {
                throw new VektagrafException(ErrorKind.Unavailable, "store-unavailable", $"The object store failed: {e.Message} Try again.", inner: e);
            }
        }

        return known.Segments;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Log.DisposeAsync();

    ObjectVersion? ILogState.Find(string id) => _table.Find(id);

    void ILogState.Apply(WalEntry entry, TransactionProgress progress)
    {
        _cold?.Note(entry);
        _table.Apply(entry, progress);
        WakeIndexer();
    }

    // The log only reloads to a position beyond the tail, so readers do not go back in time.
    void ILogState.Reset(ulong sequence) => Volatile.Write(ref _table, new Memtable(_definition, sequence, hosting: _engine.Hosting));

    async Task<LoadedState> ILogState.LoadAsync(ShardManifest manifest, CancellationToken cancellationToken)
    {
        if (_staysCold)
        {
            return StayCold(manifest);
        }

        var segments = new ShardSegments(_engine.Store, manifest);
        var table = new Memtable(_definition, manifest.Folded, manifest.Needs, _engine.Hosting);
        await table.LoadAsync(segments, new StoredIndexes(_engine.Store, manifest, Keys.Prefix, _logger), cancellationToken);
        return new LoadedState(await segments.ReadTransactionsAsync(cancellationToken), () =>
        {
            Volatile.Write(ref _table, table);
            WakeIndexer();
        });
    }

    /// <summary>Has vectors taken into indexes soon if that is worthwhile.</summary>
    public void WakeIndexer()
    {
        if (_engine.Indexer is { } indexer && _table.NeedsIndexing && Interlocked.Exchange(ref _isIndexing, 1) == 0)
        {
            indexer.Wake(this);
        }
    }

    /// <summary>What is appended from now on asks anew.</summary>
    public void IndexingDone() => Volatile.Write(ref _isIndexing, 0);

    private sealed record SegmentCount(string Manifest, int Segments);
}
