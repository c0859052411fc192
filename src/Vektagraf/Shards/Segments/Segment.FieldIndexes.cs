using Vektagraf.Index;
using Vektagraf.Querying.Filters;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <content>Filters by field indexes: which rows fulfil one, and how many may.</content>
public sealed partial class Segment
{
    /// <summary>Count of distinct values of an indexed field; of distinct elements for an array.</summary>
    /// <param name="field">The field.</param>
    /// <returns>The count; null where the segment has no index of the field.</returns>
    public long? DistinctValues(string field)
    {
        foreach (var index in _metadata.Indexes)
        {
            if (string.Equals(_metadata.Columns[index.Column].Name, field, StringComparison.Ordinal))
            {
                return index.Blocks.Sum(b => (long)b.Values);
            }
        }

        return null;
    }

    /// <summary>Estimates how many rows fulfil a filter. No request.</summary>
    /// <param name="filter">The filter.</param>
    /// <returns>Bounds and the likeliest count; what no index knows may be any row.</returns>
    public FieldEstimate Estimate(FilterBinding filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return Estimate(PlanFor(filter), filter);
    }

    /// <summary>Finds the rows that fulfil a filter, from indexes alone: of each condition the blocks at the ends of its range with their
    /// values, and of blocks inside only their rows. All are asked for at once.</summary>
    /// <param name="filter">The filter. Values of another type than the declared one count as missing, as in columns.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The rows, and what is left to be tested on them; null where no index of this segment leaves out a row.</returns>
    public async Task<FieldMatches?> MatchAsync(FilterBinding filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var plan = PlanFor(filter);
        if (Estimate(plan, filter).Max == 0)
        {
            return new FieldMatches(RowBitmap.Empty, null);
        }

        // Without an index there is no set of tombstones either, so not even "true" has an answer.
        if (!plan.Narrows || _metadata.Indexes.Count == 0)
        {
            return null;
        }

        plan.Choose(condition => BlocksOf(condition, IndexOf(filter, condition.Path)!).Sum(b => (long)b.StoredLength));
        var conditions = plan.Conditions().ToDictionary(c => c, _ => new RowBitmapBuilder(RowCount));
        var tombstones = await ReadIndexesAsync(filter, conditions, plan.NeedsLiveRows, cancellationToken);
        RowBitmap? live = null;
        var (rows, remaining) = plan.Evaluate(c => conditions[c].ToBitmap(), () => live ??= RowBitmap.All(RowCount).AndNot(tombstones));
        return new FieldMatches(rows!, remaining);
    }

    private FieldPlan PlanFor(FilterBinding filter) => FieldPlan.For(filter.Expression, path => IndexOf(filter, path)?.Type);

    private FieldEstimate Estimate(FieldPlan plan, FilterBinding filter)
    {
        var live = RowCount - TombstoneCount;
        return plan.Estimate(leaf => leaf.Condition is { } condition ? condition.Estimate(IndexOf(filter, condition.Path)!, live) : leaf.EstimateUnindexed(live), live);
    }

    /// <summary>The index of a field that is declared now as it was when the segment was written.</summary>
    private FieldIndexSection? IndexOf(FilterBinding filter, FilterPath path)
    {
        if (path.Kind != FilterPathKind.Property || path.Segments.Count != 1 || filter.IndexOf(path) is not (>= 0 and var field))
        {
            return null;
        }

        foreach (var index in _metadata.Indexes)
        {
            if (index.Type == filter.Fields[field].DeclaredType && string.Equals(_metadata.Columns[index.Column].Name, path.Segments[0], StringComparison.Ordinal))
            {
                return index;
            }
        }

        return null;
    }

    private IEnumerable<SegmentBlock> BlocksOf(FieldCondition condition, FieldIndexSection index)
    {
        var blocks = condition.Blocks(index);
        if (condition.MatchesMissing)
        {
            blocks = blocks.Append((SegmentLayout.IndexMissing, SegmentLayout.Number(index.Number, 0)));
        }

        if (condition.IsNegated)
        {
            blocks = blocks.Append((SegmentLayout.Tombstones, 0));
        }

        foreach (var (kind, number) in blocks)
        {
            // Where no row is missing or deleted, there is no block that says so.
            if (File.Footer.TryFind(kind, number, out var block))
            {
                yield return block;
            }
        }
    }

    /// <summary>Reads each block that some condition needs, once, and hands it to those conditions.</summary>
    /// <returns>The tombstones; empty where they were not needed.</returns>
    private async Task<RowBitmap> ReadIndexesAsync(
        FilterBinding filter, Dictionary<FieldCondition, RowBitmapBuilder> conditions, bool withTombstones, CancellationToken cancellationToken)
    {
        var wanted = conditions.Keys.SelectMany(c => BlocksOf(c, IndexOf(filter, c.Path)!).Select(block => (Block: block, Condition: c))).ToLookup(w => w.Block, w => w.Condition);
        var blocks = wanted.Select(w => w.Key);
        if (withTombstones && File.Footer.TryFind(SegmentLayout.Tombstones, 0, out var ofTombstones))
        {
            blocks = blocks.Append(ofTombstones);
        }

        var tombstones = RowBitmap.Empty;
        await foreach (var (block, content) in File.ReadBlocksAsync(blocks.Distinct().OrderBy(b => b.Offset).ToArray(), cancellationToken))
        {
            if (block.Kind == SegmentLayout.Tombstones)
            {
                tombstones = FieldIndexEntries.ReadBitmap(content, File.Key, "its set of tombstones", TombstoneCount, RowCount);
                continue;
            }

            foreach (var condition in wanted[block])
            {
                Collect(condition, IndexOf(filter, condition.Path)!, block, content, conditions[condition]);
            }
        }

        return tombstones;
    }

    private void Collect(FieldCondition condition, FieldIndexSection index, in SegmentBlock block, ReadOnlyMemory<byte> content, RowBitmapBuilder rows)
    {
        var entries = index.Blocks.Count == 0 ? default : index.Blocks[Math.Min(block.Number & (SegmentLayout.MaxBlocksOfField - 1), index.Blocks.Count - 1)];
        switch (block.Kind)
        {
            case SegmentLayout.IndexEntries:
                FieldIndexEntries.Collect(content, File.Key, index.Type, entries, condition.IsWanted, RowCount, rows);
                break;
            case SegmentLayout.IndexRows:
                rows.Add(FieldIndexEntries.ReadBitmap(content, File.Key, "the rows of a block of a field index", entries.Rows, RowCount));
                break;
            default:
                var missing = RowCount - TombstoneCount - index.ValuedRows;
                rows.Add(FieldIndexEntries.ReadBitmap(content, File.Key, "its set of rows without a value", missing, RowCount));
                break;
        }
    }
}
