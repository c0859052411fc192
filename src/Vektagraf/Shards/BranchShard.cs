using Vektagraf.Collections;
using Vektagraf.Storage;

namespace Vektagraf.Shards;

/// <summary>Lays out a shard of a branch: a manifest that names the parent's segments, and a head that says whose log goes before its own.</summary>
internal static class BranchShard
{
    /// <summary>Writes manifest and head; a number of requests that no amount of data changes.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="branch">The branch.</param>
    /// <param name="shard">Number of the shard.</param>
    /// <param name="parent">The parent's head, with the pin of the branch.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public static async Task WriteAsync(EngineContext engine, CatalogEntry branch, int shard, ShardHead parent, CancellationToken cancellationToken)
    {
        var keys = new ShardKeys(branch.StorageName, shard);
        var pin = parent.Pins.Single(p => p.Id == branch.StorageName);
        var head = new ShardHead { Folded = pin.Folded, Floor = pin.Folded, Lineage = LineageOf(branch.BranchOf!.StorageName, parent, pin) };
        if (pin.Manifest is { } source)
        {
            // Beyond the epochs of all runs it names, which must not meet those that the branch will write.
            head = head with { Epoch = parent.Epoch + 1, Manifest = keys.Manifest(parent.Epoch + 1, engine.Entropy.NextUInt128()) };
            var read = await engine.Store.GetAsync(source, cancellationToken: cancellationToken);
            if (!read.Found)
            {
                throw new VektagrafException(ErrorKind.Corrupt, "missing-manifest", $"Manifest '{source}' is missing, though the head of its shard names it. Restore this object from a backup.");
            }

            var manifest = ShardManifest.Decode(read.Content.Span, source) with { Epoch = head.Epoch, WrittenAt = engine.Time.GetUtcNow(), Previous = null };
            await engine.Store.PutAsync(head.Manifest, manifest.Encode(), PutCondition.Absent, cancellationToken);
        }

        await engine.Store.PutAsync(keys.Head, head.Encode(), PutCondition.Absent, cancellationToken);
    }

    // The parent's own lineage as far as the branch needs it, then the parent, always: as long as it stands there, the pin must stay.
    private static ShardLink[] LineageOf(string parentName, ShardHead parent, ShardPin pin) =>
    [
        .. (parent.Lineage ?? []).Where(link => link.Through > pin.Folded).Select(link => link with { Through = Math.Min(link.Through, pin.Sequence) }),
        new ShardLink(parentName, pin.Sequence),
    ];
}
