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
    /// <summary>The manifests that must stay: the current one, pinned ones, and those that were current within the retention.</summary>
    /// <param name="chain">The chain, current one first.</param>
    /// <param name="head">The head.</param>
    /// <param name="now">The time.</param>
    /// <param name="retention">How long a replaced manifest stays.</param>
    /// <returns>The manifests to keep.</returns>
    public static IReadOnlyList<ChainedManifest> Kept(IReadOnlyList<ChainedManifest> chain, ShardHead head, DateTimeOffset now, TimeSpan retention)
    {
        var pinned = head.Pins.Where(p => p.ExpiresAt > now).Select(p => p.Manifest).ToHashSet(StringComparer.Ordinal);
        return [.. chain.Where(m => m.SupersededAt is not { } superseded || superseded > now - retention || pinned.Contains(m.Key))];
    }

    /// <summary>
    /// The next step of the floor: a candidate is named first and becomes the floor after the grace. A writer that caught up without
    /// seeing an entry therefore has the grace until that entry can vanish, however late a fold was published, and may trust for half
    /// of it that a slot it wins is not a recycled one.
    /// </summary>
    /// <param name="head">The head.</param>
    /// <param name="kept">What <see cref="Kept"/> said.</param>
    /// <param name="now">The time.</param>
    /// <param name="grace">How long a candidate waits.</param>
    /// <returns>The head wanted; null where there is nothing to change.</returns>
    public static ShardHead? Advance(ShardHead head, IReadOnlyList<ChainedManifest> kept, DateTimeOffset now, TimeSpan grace)
    {
        // Every kept manifest needs the log that follows it.
        var highest = kept.Count == 0 ? 0 : kept.Min(m => m.Manifest.Folded);
        if (head.Candidate is { } candidate)
        {
            var floor = Math.Min(candidate.Sequence, highest);
            return now - candidate.Since >= grace && floor > head.Floor ? head with { Floor = floor, Candidate = null } : null;
        }

        return highest > head.Floor ? head with { Candidate = new FloorCandidate(highest, now) } : null;
    }

    /// <summary>The listed objects that no kept manifest refers to and that are older than any job that might still publish them.</summary>
    /// <param name="listed">Manifests and segments, listed before the head was read.</param>
    /// <param name="kept">What <see cref="Kept"/> said.</param>
    /// <param name="now">The time.</param>
    /// <param name="grace">The age below which nothing is removed.</param>
    /// <returns>Their keys.</returns>
    public static IEnumerable<string> Garbage(IEnumerable<ListEntry> listed, IReadOnlyList<ChainedManifest> kept, DateTimeOffset now, TimeSpan grace)
    {
        var live = kept.Select(m => m.Key).Concat(kept.SelectMany(m => m.Manifest.Segments.Select(s => s.Key))).ToHashSet(StringComparer.Ordinal);
        return listed.Where(e => !live.Contains(e.Key) && e.LastModified < now - grace).Select(e => e.Key);
    }
}
