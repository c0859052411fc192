using Vektagraf.Collections;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <content>A shard that answers before it is loaded. It can be read only: its log lacks the transactions of what was folded.</content>
internal sealed partial class Shard
{
    // Each failed attempt means that a merge and a collection passed meanwhile.
    private const int MaxRefreshes = 5;

    // A table of transactions without any.
    private static readonly byte[] NoTransactions = [1];

    private bool _staysCold;
    private ColdSegments? _cold;

    /// <summary>Whether everything is in memory. Does not change once the shard is open.</summary>
    public bool IsComplete => Volatile.Read(ref _cold) is null;

    /// <summary>Opens a shard without loading its segments: two requests, the second one doubled, and those of the log's tail.</summary>
    /// <returns>The shard. Where nothing was folded yet, it is complete, and may be written through.</returns>
    public static async Task<Shard> OpenColdAsync(EngineContext engine, ShardKeys keys, CollectionDefinition definition, CancellationToken cancellationToken)
    {
        var shard = new Shard(engine, keys, definition) { _staysCold = true };
        shard._log = await ShardLog.OpenAsync(engine.Store, keys, shard, engine.Options.Log, engine.Time, engine.Entropy, cancellationToken);
        shard._staysCold = !shard.IsComplete;
        return shard;
    }

    /// <summary>Reads from the segments; should they have been merged and collected meanwhile, from those that took their place.</summary>
    /// <param name="read">Reads a snapshot; called again with a newer one where segments are gone.</param>
    /// <param name="cancellationToken">Ends the reads.</param>
    public async Task<T> ReadColdAsync<T>(Func<ColdSnapshot, Task<T>> read, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var cold = Volatile.Read(ref _cold)!;
            try
            {
                return await read(new ColdSnapshot(cold, cold.Tail.Snapshot));
            }
            catch (VektagrafException e) when (attempt < MaxRefreshes && string.Equals(e.Slug, "missing-segment", StringComparison.Ordinal))
            {
                if (!await TryRefreshAsync(cold, cancellationToken))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Whether segments hold vectors made by another model than the one in force, be they replaced since or not.</summary>
    public bool HasVectorsOfOtherModels(string field, byte version) => Volatile.Read(ref _cold)?.Segments.Any(segment => segment.Vectors.Any(section =>
        string.Equals(section.Name, field, StringComparison.Ordinal) && section.CountsByGenerator.Any(c => c.Version != 0 && c.Version != version))) == true;

    /// <summary>Takes the segments of the newest manifest; the log's tail stays, since what it says counts before them anyway.</summary>
    /// <returns>False where the segments in force are the newest: what is missing is lost.</returns>
    private async Task<bool> TryRefreshAsync(ColdSegments stale, CancellationToken cancellationToken)
    {
        await Log.CatchUpAsync(cancellationToken);
        if (Volatile.Read(ref _cold) != stale)
        {
            return true;
        }

        var key = Log.Manifest!;
        var read = await ReadObjectAsync(key, cancellationToken);
        if (!read.Found)
        {
            // Collected since, so replaced: the next catch-up reads of it.
            return true;
        }

        var manifest = ShardManifest.Decode(read.Content.Span, key);
        if (manifest.Epoch == stale.Epoch)
        {
            return false;
        }

        // The manifest may contain entries written after the slot was found empty; no snapshot may be older than its segments.
        await Log.CatchUpAsync(cancellationToken);
        Interlocked.CompareExchange(ref _cold, stale.Over(_engine.Store, manifest), stale);
        return true;
    }

    private LoadedState StayCold(ShardManifest manifest)
    {
        var cold = ColdSegments.Open(_engine.Store, new CachedRows(_engine.Cache), _definition, manifest);
        return new LoadedState(NoTransactions, () =>
        {
            Volatile.Write(ref _table, cold.Tail);
            Volatile.Write(ref _cold, cold);
        });
    }

    private async Task<GetResult> ReadObjectAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await _engine.Store.GetAsync(key, cancellationToken: cancellationToken);
        }
        catch (ObjectStoreException e)
        {
            throw new VektagrafException(ErrorKind.Unavailable, "store-unavailable", $"The object store failed at '{key}': {e.Message} Try again.", inner: e);
        }
    }
}
