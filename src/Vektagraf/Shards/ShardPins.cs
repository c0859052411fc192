using System.Globalization;
using Vektagraf.Storage;

namespace Vektagraf.Shards;

/// <summary>Sets and removes the pins in a shard's head.</summary>
internal static class ShardPins
{
    // Each lost attempt means that a fold, a collection or another pin passed between reading the head and changing it.
    private const int MaxAttempts = 20;

    /// <summary>
    /// Pins a state. That what it needs is still there, and stays, is known without looking: the current manifest is kept by every
    /// collection under way, a lately replaced one too, and what another pin keeps stays as long as that pin is in the head. The swap
    /// succeeds only if none of this changed since the head was read.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="keys">The shard.</param>
    /// <param name="pin">The pin but for its place in the log.</param>
    /// <param name="sequence">The state's position.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <returns>The head with the pin.</returns>
    /// <exception cref="ObjectStoreException">The store failed; the pin may have been set.</exception>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: the state was collected. <see cref="ErrorKind.Conflict"/>:
    /// the snapshot's name is taken, or there are too many pins. <see cref="ErrorKind.Busy"/>; <see cref="ErrorKind.NotFound"/>.</exception>
    public static async Task<ShardHead> AddAsync(EngineContext engine, ShardKeys keys, ShardPin pin, ulong sequence, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var head = await HeadUpdate.ReadAsync(engine.Store, keys, cancellationToken);
            if (head.Pins.Any(p => p.Id == pin.Id))
            {
                return head;
            }

            var basis = await FindAsync(engine, keys, head, sequence, cancellationToken);
            var wanted = Add(head, pin with { Manifest = basis.Manifest, Folded = basis.Folded, Sequence = sequence }, keys, engine.Time.GetUtcNow());
            try
            {
                if (await HeadUpdate.TryAsync(engine.Store, keys, h => h.IsSameBasis(head) ? wanted : null, engine.Options.Log, cancellationToken) is { } written)
                {
                    return written;
                }
            }
            catch (ObjectStoreException)
            {
                // A lost reply hides a pin that was set.
                var now = await HeadUpdate.ReadAsync(engine.Store, keys, cancellationToken);
                if (now.Pins.Any(p => p.Id == pin.Id))
                {
                    return now;
                }

                throw;
            }
        }

        throw new VektagrafException(ErrorKind.Busy, "head-contention", $"Others keep changing the head of shard '{keys.Prefix}'. Try again.");
    }

    /// <summary>Removes pins.</summary>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> RemoveAsync(EngineContext engine, ShardKeys keys, Func<ShardPin, bool> which, CancellationToken cancellationToken)
    {
        var written = await HeadUpdate.TryAsync(
            engine.Store,
            keys,
            head => head.Pins.Any(which) ? head with { Pins = [.. head.Pins.Where(p => !which(p))] } : null,
            engine.Options.Log,
            cancellationToken);
        return written is not null;
    }

    private static async Task<HistoryBase> FindAsync(EngineContext engine, ShardKeys keys, ShardHead head, ulong sequence, CancellationToken cancellationToken)
    {
        var found = await ShardHistory.FindAsync(engine.Store, head, sequence, cancellationToken);
        if (found is null || !ShardHistory.IsIntact(head, found.Folded, sequence))
        {
            throw ShardHistory.Gone();
        }

        // A replaced manifest that no pin keeps: for how long still is up to those who collect.
        var isSafe = found.SupersededAt is not { } superseded
            || (superseded > engine.Time.GetUtcNow() - engine.Options.PinnableHistory
                && (head.Lineage is not null || found.Content is null || found.Content.Objects.All(keys.Owns)));
        return isSafe ? found : throw ShardHistory.Gone();
    }

    private static ShardHead Add(ShardHead head, ShardPin pin, ShardKeys keys, DateTimeOffset now)
    {
        var pins = head.Pins.Where(p => !p.IsExpired(now)).ToList();
        if (pin.Kind == PinKind.Snapshot && keys.Shard == 0 && pins.Any(p => p.Kind == PinKind.Snapshot && string.Equals(p.Name, pin.Name, StringComparison.Ordinal)))
        {
            throw new VektagrafException(ErrorKind.Conflict, "snapshot-exists", $"There is a snapshot '{pin.Name}' already. Drop it first, or choose another name.");
        }

        return pins.Count < Limits.MaxPins
            ? head with { Pins = [.. pins, pin] }
            : throw new VektagrafException(
                ErrorKind.Conflict,
                "too-many-pins",
                string.Create(CultureInfo.InvariantCulture, $"The collection has {pins.Count} snapshots and branches; the limit is {Limits.MaxPins}. Drop one first."));
    }
}
