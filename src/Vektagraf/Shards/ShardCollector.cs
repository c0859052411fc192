using Vektagraf.Compaction;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards;

/// <summary>What a collection removed.</summary>
/// <param name="WalEntries">Entries of the log.</param>
/// <param name="Objects">Manifests and segments.</param>
public readonly record struct Collected(long WalEntries, long Objects);

/// <summary>
/// Removes what nothing can need any more, in the order that makes it safe: the floor is published before any entry below it goes, and
/// objects are listed before the head that may refer to them is read.
/// </summary>
internal sealed class ShardCollector(EngineContext engine, ShardKeys keys, TimeSpan retention)
{
    private IObjectStore Store => engine.Store;

    private ShardLogOptions Log => engine.Options.Log;

    private TimeSpan CandidateGrace => Log.Has(ProtocolRules.CandidateGrace) ? Log.CollectionGrace : TimeSpan.Zero;

    /// <summary>Collects once.</summary>
    /// <param name="cancellationToken">Ends the collection; what was removed by then was garbage.</param>
    /// <returns>What was removed.</returns>
    public async Task<Collected> RunAsync(CancellationToken cancellationToken)
    {
        await new PinCollector(engine, keys).RunAsync(cancellationToken);
        var entries = await CollectWalAsync(cancellationToken);
        var (objects, head, kept) = await CollectObjectsAsync(cancellationToken);
        await LeaveParentAsync(head, kept, cancellationToken);
        return new Collected(entries, objects);
    }

    private async Task<long> CollectWalAsync(CancellationToken cancellationToken)
    {
        var read = await ReadAsync(cancellationToken);
        var (head, removed) = (read.Head, 0L);
        while (CollectionPlan.Advance(head, read.Recent, engine.Time.GetUtcNow(), CandidateGrace) is { } wanted)
        {
            removed += Log.Has(ProtocolRules.FloorBeforeDelete) ? 0 : await RemoveWalAsync(wanted, cancellationToken);

            // Only if nothing changed that the plan was made from.
            var basis = head;
            if (await HeadUpdate.TryAsync(Store, keys, h => h.IsSameBasis(basis) ? wanted : null, Log, cancellationToken) is not { } written)
            {
                break;
            }

            head = written;
        }

        return removed + await RemoveWalAsync(head, cancellationToken);
    }

    private async Task<long> RemoveWalAsync(ShardHead head, CancellationToken cancellationToken)
    {
        var removed = 0L;
        await foreach (var entry in ListAsync(keys.WalPrefix, cancellationToken))
        {
            if (keys.SequenceOf(entry.Key) is var sequence && (sequence == 0 || sequence > head.Floor))
            {
                // In key order, which is that of the sequence numbers.
                break;
            }

            if (CollectionPlan.IsSpent(sequence, head.Floor, head.Pins))
            {
                removed += await Store.DeleteAsync(entry.Key, cancellationToken) ? 1 : 0;
            }
        }

        return removed;
    }

    private async Task<(long Removed, ShardHead Head, IReadOnlyList<ChainedManifest> Kept)> CollectObjectsAsync(CancellationToken cancellationToken)
    {
        var tooEarly = Log.Has(ProtocolRules.ListBeforeHead) ? ((ShardHead, IReadOnlyList<ChainedManifest>, IReadOnlyList<ChainedManifest>)?)null : await ReadAsync(cancellationToken);
        var listed = new List<ListEntry>();
        await foreach (var entry in ListAsync(keys.ManifestPrefix, cancellationToken))
        {
            listed.Add(entry);
        }

        await foreach (var entry in ListAsync(SegmentKeys.Prefix(keys), cancellationToken))
        {
            listed.Add(entry);
        }

        var (head, _, kept) = tooEarly ?? await ReadAsync(cancellationToken);
        var removed = 0L;
        foreach (var key in CollectionPlan.Garbage(listed, kept, engine.Time.GetUtcNow(), Log.CollectionGrace).ToList())
        {
            removed += await Store.DeleteAsync(key, cancellationToken) ? 1 : 0;
        }

        return (removed, head, kept);
    }

    /// <summary>
    /// Of a branch that has folded and merged so far that nothing it keeps refers to its parent: says so in its head, upon which the
    /// parent's next collection drops the pin. Only once the floor has reached the branch point, so that a reader under way, who
    /// finds the parent's entries gone, finds the floor above its state and loads anew.
    /// </summary>
    private async Task LeaveParentAsync(ShardHead head, IReadOnlyList<ChainedManifest> kept, CancellationToken cancellationToken)
    {
        if (head.Lineage is null
            || head.Floor < head.BranchPoint
            || head.Pins.Any(p => p.Sequence > p.Folded && p.Folded < head.BranchPoint)
            || kept.Any(m => !m.Manifest.Objects.All(keys.Owns)))
        {
            return;
        }

        await HeadUpdate.TryAsync(Store, keys, h => h.IsSameBasis(head) ? h with { Lineage = null } : null, Log, cancellationToken);
    }

    private async Task<(ShardHead Head, IReadOnlyList<ChainedManifest> Recent, IReadOnlyList<ChainedManifest> Kept)> ReadAsync(CancellationToken cancellationToken)
    {
        var head = await HeadUpdate.ReadAsync(Store, keys, cancellationToken);
        var chain = new List<ChainedManifest>();
        DateTimeOffset? supersededAt = null;
        for (var key = head.Manifest; ;)
        {
            if (key is null)
            {
                // Before the first manifest stands the log from its start: a past state like any other. A branch may begin with one.
                if (head.Lineage is null || chain.Count == 0 || chain[^1].Manifest.Folded > head.BranchPoint)
                {
                    chain.Add(new ChainedManifest(string.Empty, new ShardManifest(), supersededAt));
                }

                break;
            }

            if (await ReadManifestAsync(key, cancellationToken) is not { } manifest)
            {
                // Collected before; so is everything behind it but for what is pinned.
                break;
            }

            chain.Add(new ChainedManifest(key, manifest, supersededAt));
            supersededAt = manifest.WrittenAt;
            key = manifest.Previous;
        }

        var recent = CollectionPlan.Recent(chain, engine.Time.GetUtcNow(), retention);
        var kept = recent.ToList();
        foreach (var key in head.Pins.Select(p => p.Manifest).OfType<string>().Distinct(StringComparer.Ordinal).Where(key => recent.All(m => m.Key != key)))
        {
            var pinned = chain.Find(m => m.Key == key);
            if (pinned is null && await ReadManifestAsync(key, cancellationToken) is { } manifest)
            {
                pinned = new ChainedManifest(key, manifest, DateTimeOffset.MinValue);
            }

            // Not there: the pin is gone by now, and another collection was here.
            kept.AddRange(pinned is null ? [] : [pinned]);
        }

        return (head, recent, kept);
    }

    private async Task<ShardManifest?> ReadManifestAsync(string key, CancellationToken cancellationToken)
    {
        var read = await Store.GetAsync(key, cancellationToken: cancellationToken);
        return read.Found ? ShardManifest.Decode(read.Content.Span, key) : null;
    }

    private async IAsyncEnumerable<ListEntry> ListAsync(string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var page = await Store.ListAsync(prefix, continuation, cancellationToken: cancellationToken);
            foreach (var entry in page.Entries)
            {
                yield return entry;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }
}
