using Vektagraf.Storage.Log;

namespace Vektagraf.Storage;

/// <summary>The one way a head is changed: read, change, compare and swap, and look what stands there where the answer was lost.</summary>
internal static class HeadUpdate
{
    // Each lost race means that another change succeeded; this many in a row is somebody's loop.
    private const int MaxAttempts = 20;

    /// <summary>Reads a shard's head.</summary>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>: the shard was dropped.</exception>
    public static async Task<ShardHead> ReadAsync(IObjectStore store, ShardKeys keys, CancellationToken cancellationToken)
    {
        var read = await store.GetAsync(keys.Head, cancellationToken: cancellationToken);
        return read.Found ? ShardHead.Decode(read.Content.Span, keys.Head) : throw Dropped(keys);
    }

    /// <summary>Changes a shard's head.</summary>
    /// <param name="store">The store.</param>
    /// <param name="keys">The shard's keys.</param>
    /// <param name="change">Makes the wanted head of the present one; null gives up. Called again after a lost race.</param>
    /// <param name="options">The log's options.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <returns>The head written; null where <paramref name="change"/> gave up.</returns>
    /// <exception cref="ObjectStoreException">The store failed; the change may or may not have happened.</exception>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>: the shard was dropped. <see cref="ErrorKind.Busy"/>: too many lost races.</exception>
    public static async Task<ShardHead?> TryAsync(IObjectStore store, ShardKeys keys, Func<ShardHead, ShardHead?> change, ShardLogOptions options, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var read = await store.GetAsync(keys.Head, cancellationToken: cancellationToken);
            if (!read.Found)
            {
                throw Dropped(keys);
            }

            var wanted = change(ShardHead.Decode(read.Content.Span, keys.Head));
            if (wanted is null)
            {
                return null;
            }

            var condition = options.Has(ProtocolRules.CompareAndSwap) ? PutCondition.Match(read.ETag!) : PutCondition.None;
            var put = await store.PutAsync(keys.Head, wanted.Encode(), condition, cancellationToken);
            if (put.Written)
            {
                return wanted;
            }
        }

        throw new VektagrafException(ErrorKind.Busy, "head-contention", $"Others keep changing the head of shard '{keys.Prefix}'. Try again.");
    }

    private static VektagrafException Dropped(ShardKeys keys) => new(ErrorKind.NotFound, "shard-dropped", $"Shard '{keys.Prefix}' was dropped.");
}
