using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Vektagraf.Caching;
using Vektagraf.Optimisation;
using Vektagraf.Querying.Execution;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

/// <summary>
/// A collection of objects: saves, reads, searches. Thread-safe. Its shards are loaded into memory at the first call that needs all of
/// them there; reads and searches do not wait for that.
/// </summary>
public sealed partial class Collection : IAsyncDisposable
{
    private readonly EngineContext _engine;
    private readonly CatalogEntry _entry;
    private readonly CollectionPlans _plans;
    private readonly Lazy<AnswerCache> _answers;
    private readonly Lock _openLock = new();
    private Task<Shard[]>? _opening;

    internal Collection(EngineContext engine, CatalogEntry entry)
    {
        _engine = engine;
        _entry = entry;
        _cold = new Task<Shard>?[entry.Definition.Shards];
        _log = engine.Options.Logging.CreateLogger<Collection>();
        _boundFilters = new BoundFilters(entry.Definition);
        _embedders = CreateEmbedders();
        _plans = engine.Plans.Of(entry.StorageName, entry.Name);
        _answers = new(() => new AnswerCache(engine.Cache, entry.StorageName, CollectionJson.Encode(entry.Definition)));
    }

    /// <summary>Its name.</summary>
    public string Name => _entry.Name;

    /// <summary>Its definition.</summary>
    public CollectionDefinition Definition => _entry.Definition;

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt => _entry.CreatedAt;

    /// <summary>Name of the collection it was branched from; null where it was not.</summary>
    public string? BranchOf => _entry.BranchOf?.Name;

    /// <summary>What a branch of it remembers it by.</summary>
    internal CatalogParent Identity => new(_entry.Name, _entry.Generation);

    /// <summary>Counts and sizes, as this node has them after catching up.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The statistics.</returns>
    public async Task<CollectionStatistics> GetStatisticsAsync(CancellationToken cancellationToken)
    {
        await SnapshotsAsync(ReadConsistency.Strong, cancellationToken);
        var shards = await ShardsAsync(cancellationToken);
        var segments = await Task.WhenAll(shards.Select(s => s.CountSegmentsAsync(cancellationToken)));
        return new CollectionStatistics
        {
            Segments = segments.Sum(),
            Objects = shards.Sum(s => s.Table.LiveObjects),
            WalTail = shards.Sum(s => (long)s.Log.UnfoldedEntries),
            PropertyBytes = shards.Sum(s => s.Table.PropertyBytes),
            VectorBytes = shards.Sum(s => s.Table.Vectors.Sum(v => v.Index.MemoryBytes)),
            TextBytes = shards.Sum(s => s.Table.Text?.MemoryBytes ?? 0),
            SparseBytes = shards.Sum(s => s.Table.Sparse.Sum(f => f.Index.MemoryBytes)),
            TextPending = shards.Sum(s => s.Table.Text?.Pending ?? 0),
            Vectors = Definition.Vectors.Keys.ToDictionary(
                f => f, f => VectorStatistics.Of([.. shards.Select(s => s.Table.Vectors[FieldIndexOf(s.Table, f)])]), StringComparer.Ordinal),
            Cardinality = Definition.Fields.Keys
                .Select(name => (Name: name, Count: CardinalityOf(shards, name)))
                .Where(f => f.Count is not null)
                .ToDictionary(f => f.Name, f => f.Count!.Value, StringComparer.Ordinal),
        };
    }

    /// <summary>Opens the shards now rather than at the first call that needs them.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>When all are open.</returns>
    public Task WarmAsync(CancellationToken cancellationToken) => ShardsAsync(cancellationToken);

    /// <summary>Waits for commits in progress.</summary>
    /// <returns>When nothing is in flight.</returns>
    public async ValueTask DisposeAsync()
    {
        var opening = await CloseAsync();
        if (opening is not { IsCompletedSuccessfully: true })
        {
            return;
        }

        foreach (var shard in await opening)
        {
            await shard.DisposeAsync();
        }
    }

    private static int? CardinalityOf(Shard[] shards, string field)
    {
        var counts = shards.Select(s => s.Table.Columns.GetValueOrDefault(field)?.Cardinality).OfType<int>().ToList();
        return counts.Count == 0 ? null : counts.Sum();
    }

    private Task<Shard[]> ShardsAsync(CancellationToken cancellationToken)
    {
        lock (_openLock)
        {
            // Single-flight; a failed opening is not remembered.
            if (_opening is null || _opening.IsFaulted || _opening.IsCanceled)
            {
                _opening = OpenShardsAsync(CancellationToken.None);
            }

            _isLoadWanted = true;
            return _opening.IsCompletedSuccessfully ? _opening : _opening.WaitAsync(cancellationToken);
        }
    }

    private async Task<Shard> ShardOfAsync(string id, CancellationToken cancellationToken)
    {
        var shards = await ShardsAsync(cancellationToken);
        return shards[ShardIndexOf(id, shards.Length)];
    }

    /// <summary>Which shard holds an id: fixed for the life of a collection, so the hash can never change.</summary>
    internal static int ShardIndexOf(string id, int shards)
    {
        if (shards == 1)
        {
            return 0;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);
        return (int)(BinaryPrimitives.ReadUInt64LittleEndian(hash) % (ulong)shards);
    }

    private async Task<MemtableSnapshot[]> SnapshotsAsync(ReadConsistency consistency, CancellationToken cancellationToken)
    {
        var shards = await ShardsAsync(cancellationToken);
        var session = SessionOf(consistency, shards.Length);
        if (shards.Length == 1)
        {
            return [await shards[0].SnapshotAsync(consistency, session?.Sequences[0] ?? 0, cancellationToken)];
        }

        var snapshots = await Task.WhenAll(shards.Select((s, i) => s.SnapshotAsync(consistency, session?.Sequences[i] ?? 0, cancellationToken)));
        return await WithWholeTransactionsAsync(shards, snapshots, cancellationToken);
    }

    /// <summary>Moves shards on until every transaction that one of them shows is shown by all that it is about.</summary>
    private async Task<MemtableSnapshot[]> WithWholeTransactionsAsync(Shard[] shards, MemtableSnapshot[] snapshots, CancellationToken cancellationToken)
    {
        while (_engine.Options.Log.Has(ProtocolRules.WholeTransactions) && await FindBehindAsync(shards, snapshots, cancellationToken) is { } behind)
        {
            await shards[behind].Log.CatchUpAsync(cancellationToken);
            var caughtUp = shards[behind].Latest;
            if (snapshots.Any(s => s.Progress.Needs.ElementAtOrDefault(behind) > caughtUp.Sequence))
            {
                throw new VektagrafException(
                    ErrorKind.Corrupt,
                    "missing-transaction-part",
                    $"Shard {behind} of collection '{shards[behind].Keys.Collection}' lacks a part of a transaction that another shard committed. Restore its log from a backup.");
            }

            snapshots[behind] = caughtUp;
        }

        return snapshots;
    }

    private static async ValueTask<int?> FindBehindAsync(Shard[] shards, MemtableSnapshot[] snapshots, CancellationToken cancellationToken)
    {
        for (var i = 0; i < snapshots.Length; i++)
        {
            // Another shard shows what was prepared here later than this state; or what is prepared in it, and not ended.
            if (snapshots.Any(s => s.Progress.Needs.ElementAtOrDefault(i) > snapshots[i].Sequence))
            {
                return i;
            }

            foreach (var undecided in snapshots[i].Progress.Undecided)
            {
                foreach (var other in undecided.Participants.Where(p => p.Shard != i))
                {
                    if (await shards[other.Shard].Log.HasCommittedAsync(undecided.Id, cancellationToken))
                    {
                        return i;
                    }
                }
            }
        }

        return null;
    }

    private async Task<MemtableSnapshot[]> SnapshotsAsOfAsync(string asOf, CancellationToken cancellationToken)
    {
        var shards = await ShardsAsync(cancellationToken);
        var token = SessionToken.Parse(asOf, _entry.Generation, shards.Length, "/asOf");
        var snapshots = await SnapshotsAsync(new ReadConsistency(ConsistencyLevel.Session, Session: asOf), cancellationToken);
        return await Task.WhenAll(snapshots.Select((snapshot, i) => token.Sequences[i] >= snapshot.Table.BaseSequence
            ? Task.FromResult(snapshot.AsOf(token.Sequences[i]))
            : ShardHistory.ReadAsync(_engine, shards[i].Keys, Definition, token.Sequences[i], cancellationToken)));
    }

    private SessionToken? SessionOf(ReadConsistency consistency, int shards) => consistency.Level == ConsistencyLevel.Session
        ? SessionToken.Parse(consistency.Session ?? string.Empty, _entry.Generation, shards, "/consistency/session")
        : null;

    private string SessionOf(IEnumerable<MemtableSnapshot> snapshots) =>
        new SessionToken(_entry.Generation, [.. snapshots.Select(s => s.Sequence)]).ToString();

    private async Task<string> CurrentSessionAsync(CancellationToken cancellationToken)
    {
        var shards = await ShardsAsync(cancellationToken);
        try
        {
            return SessionOf(await WithWholeTransactionsAsync(shards, Array.ConvertAll(shards, s => s.Latest), cancellationToken));
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.Unavailable)
        {
            // What was written is written: no answer may say otherwise.
            throw new VektagrafException(
                ErrorKind.OutcomeUnknown,
                "commit-outcome-unknown",
                "The write happened, but the object store then failed. Send it again with the same Idempotency-Key for its answer: it will be applied at most once.",
                inner: e);
        }
    }
}

/// <summary>Counts and sizes of a collection.</summary>
public sealed record CollectionStatistics
{
    /// <summary>Live objects.</summary>
    public long Objects { get; init; }

    /// <summary>Segments that the logs were folded into.</summary>
    public int Segments { get; init; }

    /// <summary>WAL entries that no segment contains yet.</summary>
    public long WalTail { get; init; }

    /// <summary>Bytes of properties in memory, dead versions included.</summary>
    public long PropertyBytes { get; init; }

    /// <summary>Bytes of vectors and their indexes in memory, dead versions included.</summary>
    public long VectorBytes { get; init; }

    /// <summary>Bytes of the full-text index in memory, dead versions included.</summary>
    public long TextBytes { get; init; }

    /// <summary>Bytes of sparse vectors and their indexes in memory, dead versions included.</summary>
    public long SparseBytes { get; init; }

    /// <summary>Rows that the full-text index has yet to take in or to merge; a search takes in what is left by itself.</summary>
    public long TextPending { get; init; }

    /// <summary>Vector fields by name.</summary>
    public IReadOnlyDictionary<string, VectorStatistics> Vectors { get; init; } = new Dictionary<string, VectorStatistics>(StringComparer.Ordinal);

    /// <summary>Distinct values by field, where the field's column counts them; an upper bound, dead versions included.</summary>
    public IReadOnlyDictionary<string, int> Cardinality { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);
}
