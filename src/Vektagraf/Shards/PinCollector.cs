using Vektagraf.Collections;
using Vektagraf.Storage;

namespace Vektagraf.Shards;

/// <summary>
/// Takes the pins out of a shard's head that nothing needs any more. Until then they hold, whatever they say themselves: what they keep
/// goes after they are gone, so readers need not agree with anyone about the time.
/// </summary>
internal sealed class PinCollector(EngineContext engine, ShardKeys keys)
{
    private IObjectStore Store => engine.Store;

    /// <summary>Looks through the pins once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var head = await HeadUpdate.ReadAsync(Store, keys, cancellationToken);
        var spent = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pin in head.Pins)
        {
            if (pin.IsExpired(engine.Time.GetUtcNow()) || await IsSpentAsync(pin, cancellationToken))
            {
                spent.Add(pin.Id);
            }
        }

        if (spent.Count > 0)
        {
            await ShardPins.RemoveAsync(engine, keys, p => spent.Contains(p.Id), cancellationToken);
        }
    }

    private Task<bool> IsSpentAsync(ShardPin pin, CancellationToken cancellationToken) => pin.Kind switch
    {
        PinKind.Snapshot => IsOrphanedSnapshotAsync(pin, cancellationToken),
        PinKind.Branch => IsSpentBranchAsync(pin, cancellationToken),
        _ => Task.FromResult(false),
    };

    // Whoever sets pins gives up after half the grace, so nobody is still about to make this one count.
    private bool IsAbandoned(ShardPin pin) => engine.Time.GetUtcNow() - pin.CreatedAt > engine.Options.Log.CollectionGrace;

    /// <summary>Shard 0 has its pin last and loses it first: elsewhere, one without it is of a snapshot that never was, or is gone.</summary>
    private async Task<bool> IsOrphanedSnapshotAsync(ShardPin pin, CancellationToken cancellationToken)
    {
        if (keys.Shard == 0 || !IsAbandoned(pin))
        {
            return false;
        }

        var first = await HeadUpdate.ReadAsync(Store, keys with { Shard = 0 }, cancellationToken);
        return first.Pins.All(p => p.Id != pin.Id);
    }

    private async Task<bool> IsSpentBranchAsync(ShardPin pin, CancellationToken cancellationToken)
    {
        var (entry, _) = await Catalog.ReadAsync(Store, pin.Name, cancellationToken);
        if (string.Equals(entry?.StorageName, pin.Id, StringComparison.Ordinal))
        {
            var branch = new ShardKeys(pin.Id, keys.Shard);
            var read = await Store.GetAsync(branch.Head, cancellationToken: cancellationToken);
            return read.Found && ShardHead.Decode(read.Content.Span, branch.Head).Lineage is null;
        }

        if (!IsAbandoned(pin))
        {
            return false;
        }

        // Never published, or dropped: this pin is all that knows of what is left of it.
        await Catalog.DeleteAllAsync(Store, ShardKeys.ForCollection(pin.Id), cancellationToken);
        return true;
    }
}
