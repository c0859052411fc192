using Vektagraf.Index;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <content>Inverted lists: which part of the vectors a search needs.</content>
public sealed partial class Segment
{
    // What is wanted lies apart, and each part is small: many requests at once, and little read in vain between them.
    private const int ScatteredParallelReads = 64;
    private const int ScatteredGapBytes = 16 * 1024;
    private const int ScatteredRangeBytes = 256 * 1024;

    /// <summary>Whether a field's vectors are in inverted lists, too.</summary>
    /// <param name="field">Index of the field in <see cref="Vectors"/>.</param>
    /// <returns>How they are compared; null where they are in no lists.</returns>
    public DistanceMetric? ListMetricOf(int field) => ListsOf(field)?.Codec.Metric;

    /// <summary>The lists of a field; null where there are none.</summary>
    internal SegmentListSection? ListsOf(int field)
    {
        foreach (var lists in _metadata.Lists)
        {
            if (lists.Field == field)
            {
                return lists;
            }
        }

        return null;
    }

    /// <summary>Reads lists, all requests at the same time.</summary>
    /// <param name="section">The lists of a field.</param>
    /// <param name="lists">The lists wanted, ascending; empty ones are left out of the result.</param>
    /// <param name="parallelReads">Most requests at a time.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal async Task<List<SegmentListBlock>> ReadListsAsync(
        SegmentListSection section, IEnumerable<int> lists, int parallelReads, CancellationToken cancellationToken)
    {
        var wanted = new List<SegmentBlock>();
        foreach (var list in lists)
        {
            if (File.Footer.TryFind(SegmentLayout.InvertedList, SegmentLayout.Number(section.Number, list), out var block))
            {
                wanted.Add(block);
            }
        }

        var read = new List<SegmentListBlock>(wanted.Count);
        await foreach (var block in Scattered(parallelReads).ReadBlocksAsync(wanted.ToArray(), cancellationToken))
        {
            read.Add(SegmentListBlock.Read(block, block.Block.Number - SegmentLayout.Number(section.Number, 0), section, Vectors[section.Field].Count, File.Key));
        }

        return read;
    }

    private SegmentFile Scattered(int parallelReads = ScatteredParallelReads) => new(_store, File.Key, File.Footer, _options with
    {
        MaxParallelReads = Math.Clamp(parallelReads, 1, ScatteredParallelReads),
        MaxRangeBytes = Math.Min(ScatteredRangeBytes, _options.MaxRangeBytes),
        MaxGapBytes = Math.Min(ScatteredGapBytes, _options.MaxGapBytes),
    });
}
