using Vektagraf.Shards;

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
        return (await FindAsync(ShardIndexOf(id, Definition.Shards), [id], withVectors, consistency, cancellationToken))[0] ?? throw ObjectNotFound(id);
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
        var shards = ids.Distinct(StringComparer.Ordinal).GroupBy(id => ShardIndexOf(id, Definition.Shards)).Select(g => (Index: g.Key, Ids: g.ToList())).ToList();
        var found = await Task.WhenAll(shards.Select(s => FindAsync(s.Index, s.Ids, withVectors, consistency, cancellationToken)));
        var byId = found.SelectMany(f => f).OfType<StoredObject>().ToDictionary(o => o.Id, StringComparer.Ordinal);
        return [.. ids.Select(byId.GetValueOrDefault)];
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

    private async Task<IReadOnlyList<StoredObject?>> FindAsync(
        int shardIndex, IReadOnlyList<string> ids, bool withVectors, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        try
        {
            var shard = await FreshShardAsync(shardIndex, consistency, cancellationToken);
            if (!shard.IsComplete)
            {
                return await shard.ReadColdAsync(snapshot => snapshot.FindAsync(ids, withVectors, cancellationToken), cancellationToken);
            }

            var latest = shard.Latest;
            return [.. ids.Select(id => latest.FindRow(id) is var row && row == Memtable.NoRow ? null : latest.Read(row, withVectors))];
        }
        finally
        {
            LoadInBackground();
        }
    }
}
