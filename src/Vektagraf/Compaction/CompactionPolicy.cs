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

    /// <summary>How long what a newer manifest replaced stays readable (as of), and what nothing refers to is spared.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>Neighbouring segments to be merged.</summary>
/// <param name="First">Index of the oldest.</param>
/// <param name="Count">How many.</param>
public readonly record struct MergePlan(int First, int Count);

/// <summary>Decides which segments to merge. Pure: manifest in, plan out.</summary>
public static class CompactionPolicy
{
    /// <summary>Plans the next merge.</summary>
    /// <param name="segments">The segments of the manifest, oldest first.</param>
    /// <param name="options">The thresholds.</param>
    /// <returns>The segments to merge; null where nothing is worth it. Only neighbours are ever merged, so that "newer" stays an order,
    /// and only whole runs.</returns>
    public static MergePlan? Plan(IReadOnlyList<ManifestSegment> segments, CompactionOptions options)
    {
        var runs = RunsOf(segments);
        return PlanTiers(runs, options) ?? PlanTombstones(runs, options);
    }

    private static MergePlan? PlanTiers(List<Run> runs, CompactionOptions options)
    {
        // Newest first: small runs come and go, so this finds the cheapest work.
        for (var end = runs.Count; end > 0; end--)
        {
            var tier = TierOf(runs[end - 1].Rows, options);
            var first = end - 1;
            while (first > 0 && TierOf(runs[first - 1].Rows, options) <= tier)
            {
                first--;
            }

            if (end - first >= options.TierWidth)
            {
                return Merge(runs, first, end - 1);
            }
        }

        return null;
    }

    private static MergePlan? PlanTombstones(List<Run> runs, CompactionOptions options)
    {
        for (var i = runs.Count - 1; i >= 0; i--)
        {
            if (runs[i].Tombstones > 0 && runs[i].Tombstones >= runs[i].Rows * options.TombstoneShare)
            {
                // Alone only where it is the oldest: there its tombstones have nothing left to hide.
                return Merge(runs, Math.Max(0, i - 1), i);
            }
        }

        return null;
    }

    private static MergePlan Merge(List<Run> runs, int first, int last) =>
        new(runs[first].First, runs[last].First + runs[last].Count - runs[first].First);

    private static List<Run> RunsOf(IReadOnlyList<ManifestSegment> segments)
    {
        var runs = new List<Run>();
        for (var i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            if (runs.Count > 0 && runs[^1].Id == segment.Run)
            {
                var run = runs[^1];
                runs[^1] = run with { Count = run.Count + 1, Rows = run.Rows + segment.Rows, Tombstones = run.Tombstones + segment.Tombstones };
            }
            else
            {
                runs.Add(new Run(segment.Run, i, 1, segment.Rows, segment.Tombstones));
            }
        }

        return runs;
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

    private readonly record struct Run(ulong Id, int First, int Count, long Rows, long Tombstones);
}
