using Vektagraf.Storage;

namespace Vektagraf.Compaction;

/// <summary>When to fold, and which segments to merge.</summary>
public sealed record CompactionOptions
{
    /// <summary>Entries of the tail that make a fold worthwhile: about what a cold start still replays in a moment.</summary>
    public int FoldEntries { get; init; } = 64;

    /// <summary>Neighbouring segments of one size tier that are merged into one.</summary>
    public int TierWidth { get; init; } = 4;

    /// <summary>Rows that the smallest tier spans; each further tier spans <see cref="TierWidth"/> times as many.</summary>
    public long SmallestTierRows { get; init; } = 1_000;

    /// <summary>Share of tombstones in a segment from which on it is merged with its elder, whatever their sizes.</summary>
    public double TombstoneShare { get; init; } = 0.3;

    /// <summary>Rows of a segment beyond which it is left alone by tier merges.</summary>
    public long MaxMergeRows { get; init; } = 4_000_000;

    /// <summary>How long what a newer manifest replaced stays readable (as of), and what nothing refers to is spared.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>A run of neighbouring segments to be merged.</summary>
/// <param name="First">Index of the oldest.</param>
/// <param name="Count">How many.</param>
public readonly record struct MergePlan(int First, int Count);

/// <summary>Decides which segments to merge. Pure: manifest in, plan out.</summary>
public static class CompactionPolicy
{
    /// <summary>Plans the next merge.</summary>
    /// <param name="segments">The segments of the manifest, oldest first.</param>
    /// <param name="options">The thresholds.</param>
    /// <returns>The run to merge; null where nothing is worth it. Only neighbours are ever merged, so that "newer" stays an order.</returns>
    public static MergePlan? Plan(IReadOnlyList<ManifestSegment> segments, CompactionOptions options)
    {
        // Newest first: small segments come and go, so this finds the cheapest work.
        for (var end = segments.Count; end > 0; end--)
        {
            var tier = TierOf(segments[end - 1].Rows, options);
            var first = end - 1;
            while (first > 0 && segments[first - 1].Rows <= options.MaxMergeRows && TierOf(segments[first - 1].Rows, options) <= tier)
            {
                first--;
            }

            if (end - first >= options.TierWidth)
            {
                return new MergePlan(first, end - first);
            }
        }

        return PlanTombstones(segments, options);
    }

    private static MergePlan? PlanTombstones(IReadOnlyList<ManifestSegment> segments, CompactionOptions options)
    {
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            var segment = segments[i];
            if (segment.Tombstones > 0 && segment.Tombstones >= segment.Rows * options.TombstoneShare)
            {
                // Alone only where it is the oldest: there its tombstones have nothing left to hide.
                return i == 0 ? new MergePlan(0, 1) : new MergePlan(i - 1, 2);
            }
        }

        return null;
    }

    private static int TierOf(long rows, CompactionOptions options)
    {
        var tier = 0;
        for (var limit = options.SmallestTierRows; rows > limit; limit *= options.TierWidth)
        {
            tier++;
        }

        return tier;
    }
}
