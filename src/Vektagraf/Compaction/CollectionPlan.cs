using Vektagraf.Storage;

namespace Vektagraf.Compaction;

/// <summary>A manifest in the chain that leads back from the head.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Manifest">Its content.</param>
/// <param name="SupersededAt">When its successor was written; null for the current one.</param>
public sealed record ChainedManifest(string Key, ShardManifest Manifest, DateTimeOffset? SupersededAt);

/// <summary>What garbage collection may remove. Pure: listings and manifests in, keys out.</summary>
public static class CollectionPlan
{
    /// <summary>The manifests whose states stay readable by their position: the current one, and those that were current within the
    /// retention.</summary>
    /// <param name="chain">The chain, current one first.</param>
    /// <param name="now">The time.</param>
    /// <param name="retention">How long a replaced manifest stays.</param>
    /// <returns>The manifests; each of them needs the log that follows it.</returns>
    public static IReadOnlyList<ChainedManifest> Recent(IEnumerable<ChainedManifest> chain, DateTimeOffset now, TimeSpan retention) =>
        [.. chain.Where(m => m.SupersededAt is not { } superseded || superseded > now - retention)];

    /// <summary>
    /// The next step of the floor: a candidate is named first and becomes the floor after the grace. A writer that caught up without
    /// seeing an entry therefore has the grace until that entry can vanish, however late a fold was published, and may trust for half
    /// of it that a slot it wins is not a recycled one.
    /// </summary>
    /// <param name="head">The head.</param>
    /// <param name="recent">What <see cref="Recent"/> said. Pins do not hold the floor: of a pin of years, only the entries that it needs stay.</param>
    /// <param name="now">The time.</param>
    /// <param name="grace">How long a candidate waits.</param>
    /// <returns>The head wanted; null where there is nothing to change.</returns>
    public static ShardHead? Advance(ShardHead head, IReadOnlyList<ChainedManifest> recent, DateTimeOffset now, TimeSpan grace)
    {
        // Each of them needs the log that follows it.
        var highest = recent.Count == 0 ? 0 : recent.Min(m => m.Manifest.Folded);
        if (head.Candidate is { } candidate)
        {
            var floor = Math.Min(candidate.Sequence, highest);
            return now - candidate.Since >= grace && floor > head.Floor ? head with { Floor = floor, Candidate = null } : null;
        }

        return highest > head.Floor ? head with { Candidate = new FloorCandidate(highest, now) } : null;
    }

    /// <summary>Whether an entry of the log may be removed.</summary>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="floor">The floor, as published.</param>
    /// <param name="pins">The pins of the head that was read before.</param>
    /// <returns>True at or below the floor, unless a pin needs it. Such an entry was never removed, so its slot holds no other one.</returns>
    public static bool IsSpent(ulong sequence, ulong floor, IEnumerable<ShardPin> pins) => sequence <= floor && !pins.Any(p => p.HoldsEntry(sequence));

    /// <summary>The listed objects that no kept manifest refers to and that are older than any job that might still publish them.</summary>
    /// <param name="listed">Manifests and segments, listed before the head was read.</param>
    /// <param name="kept">What <see cref="Recent"/> said, and the pinned ones.</param>
    /// <param name="now">The time.</param>
    /// <param name="grace">The age below which nothing is removed.</param>
    /// <returns>Their keys.</returns>
    public static IEnumerable<string> Garbage(IEnumerable<ListEntry> listed, IReadOnlyList<ChainedManifest> kept, DateTimeOffset now, TimeSpan grace)
    {
        var live = kept.Select(m => m.Key).Concat(kept.SelectMany(m => m.Manifest.Objects)).ToHashSet(StringComparer.Ordinal);
        return listed.Where(e => !live.Contains(e.Key) && e.LastModified < now - grace).Select(e => e.Key);
    }
}
