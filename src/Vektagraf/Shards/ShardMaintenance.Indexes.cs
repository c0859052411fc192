using Vektagraf.Storage;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards;

/// <content>Vector indexes beside the segments.</content>
internal sealed partial class ShardMaintenance
{
    private const int StepVectors = 1024;

    /// <summary>Stores the vector indexes of what is folded, where none is stored, or that is of another kind, or much was added or replaced since.</summary>
    /// <param name="cancellationToken">Ends it; nothing has changed then.</param>
    /// <returns>Whether the head was changed.</returns>
    public async Task<bool> IndexAsync(CancellationToken cancellationToken)
    {
        var (head, manifest) = await ReadAsync(cancellationToken);
        if (manifest is null || shard.Table.Snapshot.Sequence < manifest.Folded)
        {
            return false;
        }

        var indexes = new List<ManifestIndex>();
        var hasChanged = false;
        foreach (var column in shard.Table.Vectors)
        {
            var stored = manifest.Indexes?.FirstOrDefault(i => string.Equals(i.Field, column.Field, StringComparison.Ordinal));
            var wanted = await TakeAsync(column, () => column.NeedsIndexing, cancellationToken) ? await RefreshAsync(column, stored, manifest, cancellationToken) : null;
            hasChanged |= wanted != stored;
            indexes.AddRange(wanted is null ? [] : [wanted]);
        }

        return hasChanged && await PublishAsync(head, manifest.Segments, manifest.Folded, manifest.Needs, indexes, cancellationToken);
    }

    /// <summary>Takes pending vectors into an index.</summary>
    /// <returns>Whether there is one.</returns>
    private async Task<bool> TakeAsync(VectorColumn column, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        while (isWanted() && column.Advance(StepVectors, engine.Time, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return column.Index is not Index.FlatIndex;
    }

    private async Task<ManifestIndex?> RefreshAsync(VectorColumn column, ManifestIndex? stored, ShardManifest manifest, CancellationToken cancellationToken)
    {
        var live = column.Count - column.DeadCount;
        var isFresh = stored is not null
            && column.Takes(stored)
            && StoredIndex.IsFresh(stored.Vectors, live)
            && (stored.Parts.All(p => shard.Keys.Owns(p.Key)) || !manifest.Segments.All(s => shard.Keys.Owns(s.Key)));
        if (isFresh)
        {
            return stored;
        }

        await TakeAsync(column, static () => true, cancellationToken);
        if (shard.Table.CaptureIndex(column, manifest.Folded) is not { } captured)
        {
            return stored;
        }

        var id = NewGuid();
        return await captured.WriteAsync(Store, part => SegmentKeys.IndexPart(shard.Keys, id, part), column.Field, cancellationToken);
    }
}
