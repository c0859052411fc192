using System.Globalization;
using Vektagraf.Shards;
using Vektagraf.Storage;

namespace Vektagraf.Collections;

/// <summary>A named state of a collection, readable until it expires or is dropped.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Session">Session token: pass it as <c>asOf</c>.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends.</param>
public sealed record SnapshotInfo(string Name, string Session, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

public sealed partial class Collection
{
    /// <summary>Life of a snapshot that nothing was said about.</summary>
    public static readonly TimeSpan DefaultSnapshotLife = TimeSpan.FromHours(24);

    /// <summary>Keeps the present state readable under a name, as of one consistent cut through all shards.</summary>
    /// <param name="name">Its name, under the rules of collection names; null draws one.</param>
    /// <param name="expiresAt">When it ends, up to <see cref="Limits.MaxSnapshotDays"/> from now; null for <see cref="DefaultSnapshotLife"/>.</param>
    /// <param name="cancellationToken">Cancels the wait; what was set by then is no snapshot, and is collected.</param>
    /// <returns>The snapshot.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>; <see cref="ErrorKind.Conflict"/>: the name is taken, or there are too
    /// many; <see cref="ErrorKind.Unavailable"/>: the list says whether there is one now.</exception>
    public async Task<SnapshotInfo> CreateSnapshotAsync(string? name, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        var now = _engine.Time.GetUtcNow();
        var id = DrawId();
        // Enough digits that no two snapshots of one second meet.
        name ??= string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{id[..12]}");
        DefinitionRules.ValidateName(name);
        var end = expiresAt ?? now + DefaultSnapshotLife;
        if (end <= now || end > now.AddDays(Limits.MaxSnapshotDays))
        {
            throw VektagrafException.Invalid("/expiresAt", $"A snapshot ends in the future, at most {Limits.MaxSnapshotDays} days from now.");
        }

        var startedAt = _engine.Time.GetTimestamp();
        var (session, sequences) = await CutAsync(asOf: null, cancellationToken);
        var pin = new ShardPin { Kind = PinKind.Snapshot, Name = name, Id = id, CreatedAt = now, ExpiresAt = end };
        try
        {
            await PinAsync(pin, sequences, Enumerable.Range(1, sequences.Count - 1), cancellationToken);
            RequireInTime(startedAt);

            // Last, since it makes the snapshot count.
            await PinAsync(pin with { Session = session }, sequences, [0], cancellationToken);
        }
        catch (VektagrafException e) when (e.Kind != ErrorKind.Unavailable)
        {
            await UnpinAsync(id, CancellationToken.None);
            throw;
        }

        return new SnapshotInfo(name, session, now, end);
    }

    /// <summary>Lists the snapshots.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The snapshots that have not expired, oldest first.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<IReadOnlyList<SnapshotInfo>> ListSnapshotsAsync(CancellationToken cancellationToken)
    {
        var now = _engine.Time.GetUtcNow();
        return
        [
            .. (await PinsAsync(KeysOf(0), cancellationToken))
                .Where(p => p.Kind == PinKind.Snapshot && !p.IsExpired(now))
                .OrderBy(p => p.CreatedAt)
                .Select(p => new SnapshotInfo(p.Name, p.Session!, p.CreatedAt, p.ExpiresAt!.Value)),
        ];
    }

    /// <summary>Drops a snapshot; the next maintenance removes what it alone kept.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>When it is gone.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task DropSnapshotAsync(string name, CancellationToken cancellationToken)
    {
        DefinitionRules.ValidateName(name);
        var now = _engine.Time.GetUtcNow();
        var pin = (await PinsAsync(KeysOf(0), cancellationToken))
            .FirstOrDefault(p => p.Kind == PinKind.Snapshot && string.Equals(p.Name, name, StringComparison.Ordinal) && !p.IsExpired(now));
        if (pin is null || !await UnpinAsync(pin.Id, cancellationToken))
        {
            throw new VektagrafException(ErrorKind.NotFound, "snapshot-not-found", $"Collection '{Name}' has no snapshot '{name}'.");
        }
    }

    /// <summary>One consistent state of all shards: the present one, or that of a session token.</summary>
    internal async Task<(string Session, IReadOnlyList<ulong> Sequences)> CutAsync(string? asOf, CancellationToken cancellationToken)
    {
        if (asOf is null)
        {
            var snapshots = await SnapshotsAsync(ReadConsistency.Strong, cancellationToken);
            return (SessionOf(snapshots), [.. snapshots.Select(s => s.Sequence)]);
        }

        var token = SessionToken.Parse(asOf, _entry.Generation, Definition.Shards, "/asOf");
        await SnapshotsAsync(new ReadConsistency(ConsistencyLevel.Session, Session: asOf), cancellationToken);
        return (asOf, token.Sequences);
    }

    /// <summary>Sets a pin in some shards at once.</summary>
    /// <returns>Their heads with the pin, in order.</returns>
    internal Task<ShardHead[]> PinAsync(ShardPin pin, IReadOnlyList<ulong> sequences, IEnumerable<int> shards, CancellationToken cancellationToken) =>
        GuardAsync(Task.WhenAll(shards.Select(i => ShardPins.AddAsync(_engine, KeysOf(i), pin, sequences[i], cancellationToken))));

    /// <summary>Removes a pin from all shards, from shard 0 first, whose pin is the one that counts.</summary>
    /// <returns>Whether shard 0 had it.</returns>
    internal async Task<bool> UnpinAsync(string id, CancellationToken cancellationToken)
    {
        var counted = await GuardAsync(ShardPins.RemoveAsync(_engine, KeysOf(0), p => p.Id == id, cancellationToken));
        for (var i = 1; i < Definition.Shards; i++)
        {
            await GuardAsync(ShardPins.RemoveAsync(_engine, KeysOf(i), p => p.Id == id, cancellationToken));
        }

        return counted;
    }

    /// <summary>Whoever needs longer than half the grace must not make count what a collector may take for abandoned.</summary>
    internal void RequireInTime(long startedAt)
    {
        if (_engine.Time.GetElapsedTime(startedAt) >= _engine.Options.Log.CollectionGrace / 2)
        {
            throw new VektagrafException(ErrorKind.Busy, "too-slow", "This took too long to be still safe; nothing was created. Try again.");
        }
    }

    private async Task<IReadOnlyList<ShardPin>> PinsAsync(ShardKeys keys, CancellationToken cancellationToken)
    {
        // A collection that nothing has opened yet has no head.
        var read = await GuardAsync(_engine.Store.GetAsync(keys.Head, cancellationToken: cancellationToken));
        return read.Found ? ShardHead.Decode(read.Content.Span, keys.Head).Pins : [];
    }

    private ShardKeys KeysOf(int shard) => new(_entry.StorageName, shard);

    private string DrawId() => _engine.Entropy.NextUInt128().ToString("x32", CultureInfo.InvariantCulture);

    private static async Task<T> GuardAsync<T>(Task<T> operation)
    {
        try
        {
            return await operation;
        }
        catch (ObjectStoreException e)
        {
            throw new VektagrafException(ErrorKind.Unavailable, "store-unavailable", $"The object store failed: {e.Message} Try again.", inner: e);
        }
    }
}
