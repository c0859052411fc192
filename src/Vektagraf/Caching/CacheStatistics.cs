namespace Vektagraf.Caching;

/// <summary>How one level of a cache did. Every look-up is a hit or a miss, and every value that came in is there or left in one of the ways counted.</summary>
public sealed record CacheLevelStatistics
{
    /// <summary>The level.</summary>
    public required CacheLevel Level { get; init; }

    /// <summary>Most bytes.</summary>
    public long Budget { get; init; }

    /// <summary>Bytes now, overhead included.</summary>
    public long Bytes { get; init; }

    /// <summary>Values now: <see cref="Insertions"/> − <see cref="Evictions"/> − <see cref="Expirations"/> − <see cref="Removals"/>.</summary>
    public long Entries { get; init; }

    /// <summary>Look-ups that found a value here.</summary>
    public long Hits { get; init; }

    /// <summary>Look-ups that went on to the next level.</summary>
    public long Misses { get; init; }

    /// <summary>Values that came in: new, promoted, demoted, or found on disk at the start.</summary>
    public long Insertions { get; init; }

    /// <summary>Values that made room; where there is a next level it gets them.</summary>
    public long Evictions { get; init; }

    /// <summary>Values found to be too old.</summary>
    public long Expirations { get; init; }

    /// <summary>Values that were invalidated, replaced, promoted away or damaged.</summary>
    public long Removals { get; init; }

    /// <summary>Share of the look-ups that are hits; 0 before the first.</summary>
    public double HitRate => Hits + Misses == 0 ? 0 : Hits / (double)(Hits + Misses);

    /// <summary>Share of the budget in use.</summary>
    public double Utilisation => Budget == 0 ? 0 : Bytes / (double)Budget;
}

/// <summary>How a cache did.</summary>
public sealed record CacheStatistics
{
    /// <summary>The levels that there are; each one's misses are the next one's look-ups.</summary>
    public required IReadOnlyList<CacheLevelStatistics> Levels { get; init; }

    /// <summary>Loads begun by <see cref="TieredCache.GetOrLoadAsync"/>.</summary>
    public long Loads { get; init; }

    /// <summary>Callers who waited for a load of another.</summary>
    public long Joined { get; init; }

    /// <summary>Files dropped because they were damaged, cut short or of another version.</summary>
    public long Corrupt { get; init; }

    /// <summary>Why there is no disk level although a directory was named, or the last reason why a file could not be written; null where all is well.</summary>
    public string? DiskProblem { get; init; }

    /// <summary>Look-ups answered by any level.</summary>
    public long Hits => Levels.Sum(l => l.Hits);

    /// <summary>Look-ups answered by none.</summary>
    public long Misses => Levels[^1].Misses;

    /// <summary>Share of the look-ups answered; 0 before the first.</summary>
    public double HitRate => Hits + Misses == 0 ? 0 : Hits / (double)(Hits + Misses);
}

/// <summary>What an invalidation dropped.</summary>
/// <param name="L1">Values of the first level.</param>
/// <param name="L2">Values of the second level.</param>
/// <param name="L3">Values of the third level.</param>
public readonly record struct CacheInvalidation(int L1, int L2, int L3)
{
    /// <summary>Values in all; one on two levels counts twice.</summary>
    public int Total => L1 + L2 + L3;
}

/// <summary>Counts of one level. Changed under its cache's gate.</summary>
internal sealed class LevelCounts
{
    public long Hits;
    public long Misses;
    public long Insertions;
    public long Evictions;
    public long Expirations;
    public long Removals;

    public CacheLevelStatistics Describe(CacheLevel level, long budget, long bytes, long entries) => new()
    {
        Level = level,
        Budget = budget,
        Bytes = bytes,
        Entries = entries,
        Hits = Hits,
        Misses = Misses,
        Insertions = Insertions,
        Evictions = Evictions,
        Expirations = Expirations,
        Removals = Removals,
    };
}
