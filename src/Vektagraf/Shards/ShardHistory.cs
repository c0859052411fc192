using Vektagraf.Collections;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>Reads a shard as it was before the position that this node's memtable begins at.</summary>
internal static class ShardHistory
{
    /// <summary>Reads a past state: the newest manifest that is not beyond it, and the log from there.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="keys">The shard.</param>
    /// <param name="definition">The collection's definition.</param>
    /// <param name="sequence">The position.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The state; in memory for as long as it is held.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: it was collected.</exception>
    public static async Task<MemtableSnapshot> ReadAsync(
        EngineContext engine, ShardKeys keys, CollectionDefinition definition, ulong sequence, CancellationToken cancellationToken)
    {
        try
        {
            var manifest = await FindManifestAsync(engine.Store, keys, sequence, cancellationToken);
            var table = new Memtable(definition, manifest?.Folded ?? 0);
            if (manifest is not null)
            {
                await table.LoadAsync(new ShardSegments(engine.Store, manifest), cancellationToken);
            }

            for (var next = table.BaseSequence + 1; next <= sequence; next++)
            {
                var read = await engine.Store.GetAsync(keys.Wal(next), cancellationToken: cancellationToken);
                table.Apply(read.Found ? WalEntryCodec.Decode(read.Content, next, keys.Wal(next)) : throw Gone());
            }

            return table.Snapshot;
        }
        catch (ObjectStoreException e)
        {
            throw new VektagrafException(ErrorKind.Unavailable, "store-unavailable", $"The object store failed: {e.Message} Try again.", inner: e);
        }
        catch (VektagrafException e) when (string.Equals(e.Slug, "missing-segment", StringComparison.Ordinal))
        {
            throw Gone();
        }
    }

    private static async Task<ShardManifest?> FindManifestAsync(IObjectStore store, ShardKeys keys, ulong sequence, CancellationToken cancellationToken)
    {
        var read = await store.GetAsync(keys.Head, cancellationToken: cancellationToken);
        var key = read.Found ? ShardHead.Decode(read.Content.Span, keys.Head).Manifest : throw Gone();
        while (key is not null)
        {
            var found = await store.GetAsync(key, cancellationToken: cancellationToken);
            if (!found.Found)
            {
                throw Gone();
            }

            var manifest = ShardManifest.Decode(found.Content.Span, key);
            if (manifest.Folded <= sequence)
            {
                return manifest;
            }

            key = manifest.Previous;
        }

        return null;
    }

    private static VektagrafException Gone() =>
        VektagrafException.Invalid("/asOf", "That state was collected: what was replaced is kept for a day. Use a newer token, or none.");
}
