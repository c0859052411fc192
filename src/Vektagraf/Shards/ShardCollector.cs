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
        var entries = await CollectWalAsync(cancellationToken);
        return new Collected(entries, await CollectObjectsAsync(cancellationToken));
    }

    private async Task<long> CollectWalAsync(CancellationToken cancellationToken)
    {
        var (head, kept) = await ReadKeptAsync(cancellationToken);
        var (floor, removed) = (head.Floor, 0L);
        while (CollectionPlan.Advance(head, kept, engine.Time.GetUtcNow(), CandidateGrace) is { } wanted)
        {
            removed += Log.Has(ProtocolRules.FloorBeforeDelete) ? 0 : await RemoveWalAsync(wanted.Floor, cancellationToken);

            // Only if nothing changed that the plan was made from.
            var seen = head;
            if (await HeadUpdate.TryAsync(Store, keys, h => SameBasis(h, seen) ? wanted : null, Log, cancellationToken) is not { } written)
            {
                break;
            }

            (head, floor) = (written, written.Floor);
        }

        return removed + await RemoveWalAsync(floor, cancellationToken);
    }

    private async Task<long> RemoveWalAsync(ulong floor, CancellationToken cancellationToken)
    {
        var removed = 0L;
        await foreach (var entry in ListAsync(keys.WalPrefix, cancellationToken))
        {
            if (keys.SequenceOf(entry.Key) is var sequence && (sequence == 0 || sequence > floor))
            {
                // In key order, which is that of the sequence numbers.
                break;
            }

            removed += await Store.DeleteAsync(entry.Key, cancellationToken) ? 1 : 0;
        }

        return removed;
    }

    private static bool SameBasis(ShardHead head, ShardHead seen) =>
        head.Epoch == seen.Epoch && head.Floor == seen.Floor && head.Candidate == seen.Candidate && head.Pins.SequenceEqual(seen.Pins);

    private async Task<long> CollectObjectsAsync(CancellationToken cancellationToken)
    {
        var tooEarly = Log.Has(ProtocolRules.ListBeforeHead) ? null : (await ReadKeptAsync(cancellationToken)).Kept;
        var listed = new List<ListEntry>();
        await foreach (var entry in ListAsync(keys.ManifestPrefix, cancellationToken))
        {
            listed.Add(entry);
        }

        await foreach (var entry in ListAsync(SegmentKeys.Prefix(keys), cancellationToken))
        {
            listed.Add(entry);
        }

        var kept = tooEarly ?? (await ReadKeptAsync(cancellationToken)).Kept;
        var removed = 0L;
        foreach (var key in CollectionPlan.Garbage(listed, kept, engine.Time.GetUtcNow(), Log.CollectionGrace).ToList())
        {
            removed += await Store.DeleteAsync(key, cancellationToken) ? 1 : 0;
        }

        return removed;
    }

    private async Task<(ShardHead Head, IReadOnlyList<ChainedManifest> Kept)> ReadKeptAsync(CancellationToken cancellationToken)
    {
        var read = await Store.GetAsync(keys.Head, cancellationToken: cancellationToken);
        if (!read.Found)
        {
            throw new VektagrafException(ErrorKind.NotFound, "shard-dropped", $"Shard '{keys.Prefix}' was dropped.");
        }

        var head = ShardHead.Decode(read.Content.Span, keys.Head);
        var chain = new List<ChainedManifest>();
        DateTimeOffset? supersededAt = null;
        for (var key = head.Manifest; ;)
        {
            if (key is null)
            {
                // Before the first manifest stands the log from its start: a past state like any other.
                chain.Add(new ChainedManifest(string.Empty, new ShardManifest(), supersededAt));
                break;
            }

            var manifest = await Store.GetAsync(key, cancellationToken: cancellationToken);
            if (!manifest.Found)
            {
                // Collected before; so is everything behind it.
                break;
            }

            var decoded = ShardManifest.Decode(manifest.Content.Span, key);
            chain.Add(new ChainedManifest(key, decoded, supersededAt));
            supersededAt = decoded.WrittenAt;
            key = decoded.Previous;
        }

        return (head, CollectionPlan.Kept(chain, head, engine.Time.GetUtcNow(), retention));
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
