using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

public sealed partial class Collection
{
    /// <summary>Reads an object.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="withVectors">Whether to read its vectors as well.</param>
    /// <param name="consistency">How fresh.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The object.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>, <see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<StoredObject> GetAsync(string id, bool withVectors, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        CheckId(id);
        return (await FindAsync(ShardIndexOf(id, Definition.Shards), [id], withVectors, consistency, cancellationToken)).Objects[0] ?? throw ObjectNotFound(id);
    }

    /// <summary>Reads several objects, all from the same snapshot of their shard.</summary>
    /// <param name="ids">Their ids.</param>
    /// <param name="withVectors">Whether to read their vectors as well.</param>
    /// <param name="consistency">How fresh.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The objects in the order asked for; null where there is none.</returns>
    public async Task<IReadOnlyList<StoredObject?>> BatchGetAsync(
        IReadOnlyList<string> ids,
        bool withVectors,
        ReadConsistency consistency,
        CancellationToken cancellationToken)
    {
        CheckRange("/ids", ids.Count, 0, Limits.MaxBatchGetIds);
        _ = SessionOf(consistency, Definition.Shards);
        if (!IsLoaded)
        {
            var shards = ids.Distinct(StringComparer.Ordinal).GroupBy(id => ShardIndexOf(id, Definition.Shards)).Select(g => (Index: g.Key, Ids: g.ToList())).ToList();
            var found = await Task.WhenAll(shards.Select(s => FindAsync(s.Index, s.Ids, withVectors, consistency, cancellationToken)));
            if (AreWhole([.. shards.Zip(found, (s, f) => (s.Index, f.Sequence, f.Progress))]))
            {
                var byId = found.SelectMany(f => f.Objects).OfType<StoredObject>().ToDictionary(o => o.Id, StringComparer.Ordinal);
                return [.. ids.Select(byId.GetValueOrDefault)];
            }
        }

        var snapshots = await SnapshotsAsync(consistency, cancellationToken);
        return [.. ids.Select(id => ReadOne(snapshots, id, withVectors))];
    }

    private static StoredObject? ReadOne(MemtableSnapshot[] snapshots, string id, bool withVectors)
    {
        var snapshot = snapshots[ShardIndexOf(id, snapshots.Length)];
        var row = snapshot.FindRow(id);
        return row == Memtable.NoRow ? null : snapshot.Read(row, withVectors);
    }

    /// <summary>Reads all objects of one consistent snapshot, vectors included.</summary>
    /// <param name="asOf">Session token: the data as it was then; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The objects, read as the sequence is enumerated; writes that happen meanwhile do not show.</returns>
    public async Task<IEnumerable<StoredObject>> ExportAsync(string? asOf, CancellationToken cancellationToken)
    {
        var snapshots = asOf is null
            ? await SnapshotsAsync(ReadConsistency.Strong, cancellationToken)
            : await SnapshotsAsOfAsync(asOf, cancellationToken);
        return Enumerate(snapshots);

        static IEnumerable<StoredObject> Enumerate(MemtableSnapshot[] snapshots)
        {
            foreach (var snapshot in snapshots)
            {
                for (var row = 0; row < snapshot.RowCount; row++)
                {
                    if (snapshot.IsVisible(row))
                    {
                        yield return snapshot.Read(row, withVectors: true);
                    }
                }
            }
        }
    }

    private async Task<ShardRead> FindAsync(
        int shardIndex, IReadOnlyList<string> ids, bool withVectors, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        try
        {
            var shard = await FreshShardAsync(shardIndex, consistency, cancellationToken);
            if (!shard.IsComplete)
            {
                return await shard.ReadColdAsync(
                    async snapshot => new ShardRead(await snapshot.FindAsync(ids, withVectors, cancellationToken), snapshot.Sequence, snapshot.Tail.Progress),
                    cancellationToken);
            }

            var latest = shard.Latest;
            var objects = ids.Select(id => latest.FindRow(id) is var row && row == Memtable.NoRow ? null : latest.Read(row, withVectors)).ToList();
            return new ShardRead(objects, latest.Sequence, latest.Progress);
        }
        finally
        {
            LoadInBackground();
        }
    }

    /// <summary>Whether states of shards surely show the same transactions: none is undecided, and none is in one of them only.</summary>
    private bool AreWhole(List<(int Shard, ulong Sequence, TransactionProgress Progress)> states) =>
        states.Count < 2 || !_engine.Options.Log.Has(ProtocolRules.WholeTransactions) || states.All(s => s.Progress.Undecided.Count == 0 && states.All(other => other.Progress.Needs.ElementAtOrDefault(s.Shard) <= s.Sequence));

    /// <summary>Objects of one shard, and the state they were read from.</summary>
    private sealed record ShardRead(IReadOnlyList<StoredObject?> Objects, ulong Sequence, TransactionProgress Progress);
}
