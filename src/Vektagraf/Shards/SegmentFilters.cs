using Vektagraf.Storage;

namespace Vektagraf.Shards;

/// <summary>
/// Which segments of a manifest carry their id filter: the newest first, as far as the budget goes. Every open reads the manifest, so it
/// must stay small; and the oldest run needs no filter, since an id that no newer one holds is most likely there.
/// </summary>
internal static class SegmentFilters
{
    /// <summary>Most bytes of all filters of a manifest; a third more as text.</summary>
    public const int BudgetBytes = 512 * 1024;

    /// <summary>Leaves out the filters that do not pay.</summary>
    public static IReadOnlyList<ManifestSegment> Keep(IReadOnlyList<ManifestSegment> segments)
    {
        var kept = segments.ToArray();
        var left = BudgetBytes;
        for (var i = kept.Length - 1; i >= 0; i--)
        {
            var bytes = kept[i].Filter?.Length ?? 0;
            if (kept[i].Run == kept[0].Run || bytes > left)
            {
                kept[i] = kept[i] with { Filter = null };
            }
            else
            {
                left -= bytes;
            }
        }

        return kept;
    }
}
