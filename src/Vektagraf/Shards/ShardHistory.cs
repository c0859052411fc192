using Microsoft.Extensions.Logging;
using Vektagraf.Collections;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>Where the reading of a past state begins.</summary>
/// <param name="Manifest">Key of the newest manifest that is not beyond it; null for the beginning of the log.</param>
/// <param name="Folded">The WAL entry up to which that contains everything.</param>
/// <param name="SupersededAt">When it was replaced; null for the current one, and for one that a pin keeps.</param>
/// <param name="Content">The manifest, where it had to be read to be found.</param>
internal sealed record HistoryBase(string? Manifest, ulong Folded, DateTimeOffset? SupersededAt = null, ShardManifest? Content = null);

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
            var head = await HeadUpdate.ReadAsync(engine.Store, keys, cancellationToken);
            var found = await FindAsync(engine.Store, head, sequence, cancellationToken);
            if (found is null || !IsIntact(head, found.Folded, sequence))
            {
                throw Gone();
            }

            var table = await LoadAsync(engine, definition, found, cancellationToken);
            for (var next = table.BaseSequence + 1; next <= sequence; next++)
            {
                var key = head.WalKey(keys, next);
                var read = await engine.Store.GetAsync(key, cancellationToken: cancellationToken);
                table.Apply(read.Found ? WalEntryCodec.Decode(read.Content, next, key) : throw Gone(), TransactionProgress.None);
            }

            // Collection may have emptied slots meanwhile, and late writers filled them again: only now is it known that these were not.
            return IsIntact(await HeadUpdate.ReadAsync(engine.Store, keys, cancellationToken), found.Folded, sequence) ? table.Snapshot : throw Gone();
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

    /// <summary>Finds where the reading of a state begins: the current manifest, one that a pin keeps, or one in the chain.</summary>
    /// <returns>Null where the chain is broken before it.</returns>
    public static async Task<HistoryBase?> FindAsync(IObjectStore store, ShardHead head, ulong sequence, CancellationToken cancellationToken)
    {
        if (head.Folded <= sequence)
        {
            return new HistoryBase(head.Manifest, head.Folded);
        }

        if (head.Pins.Where(p => p.Covers(sequence)).MaxBy(p => p.Folded) is { } pin)
        {
            return new HistoryBase(pin.Manifest, pin.Folded);
        }

        DateTimeOffset? supersededAt = null;
        for (var key = head.Manifest; key is not null;)
        {
            var read = await store.GetAsync(key, cancellationToken: cancellationToken);
            if (!read.Found)
            {
                return null;
            }

            var manifest = ShardManifest.Decode(read.Content.Span, key);
            if (manifest.Folded <= sequence)
            {
                return new HistoryBase(key, manifest.Folded, supersededAt, manifest);
            }

            supersededAt = manifest.WrittenAt;
            key = manifest.Previous;
        }

        // Before the first manifest, what counts is the log alone, and that the floor tells.
        return new HistoryBase(Manifest: null, Folded: 0);
    }

    /// <summary>Whether the entries between a manifest and a state are those of the log: never removed, so never replaced.</summary>
    public static bool IsIntact(ShardHead head, ulong folded, ulong sequence) =>
        sequence == folded || head.Floor <= folded || head.Pins.Any(p => p.Folded <= folded && sequence <= p.Sequence);

    /// <summary>The error for a state that cannot be read any more.</summary>
    public static VektagrafException Gone() =>
        VektagrafException.Invalid("/asOf", "That state was collected: what was replaced is kept for a day, or as long as a snapshot holds it. Use a newer token, or none.");

    private static async Task<Memtable> LoadAsync(EngineContext engine, CollectionDefinition definition, HistoryBase found, CancellationToken cancellationToken)
    {
        var table = new Memtable(definition, found.Folded);
        if (found.Manifest is not { } key)
        {
            return table;
        }

        var manifest = found.Content;
        if (manifest is null)
        {
            var read = await engine.Store.GetAsync(key, cancellationToken: cancellationToken);
            manifest = read.Found ? ShardManifest.Decode(read.Content.Span, key) : throw Gone();
        }

        await table.LoadAsync(new ShardSegments(engine.Store, manifest), new StoredIndexes(engine.Store, manifest, key, engine.Options.Logging.CreateLogger<Shard>()), cancellationToken);
        return table;
    }
}
