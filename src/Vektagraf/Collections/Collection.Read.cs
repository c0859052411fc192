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
        var shards = await ShardsAsync(cancellationToken);
        var index = ShardIndexOf(id, shards.Length);
        var snapshot = await shards[index].SnapshotAsync(consistency, SessionOf(consistency, shards.Length)?.Sequences[index] ?? 0, cancellationToken);
        var row = snapshot.FindRow(id);
        return row == Memtable.NoRow ? throw ObjectNotFound(id) : snapshot.Read(row, withVectors);
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
}
