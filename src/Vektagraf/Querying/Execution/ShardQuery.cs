using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying.Execution;

/// <summary>
/// A query over one snapshot of a shard. The first rows in an order come either out of an index that has this order, until there are enough,
/// or out of all rows that fulfil the filter, whichever is expected to be less work.
/// </summary>
/// <param name="snapshot">The snapshot.</param>
/// <param name="filter">The filter; null for none.</param>
/// <param name="memory">What selections are made of.</param>
/// <param name="time">Measures the parts of the plan; null to leave that out.</param>
/// <param name="cancellationToken">Ends the query early.</param>
internal sealed class ShardQuery(MemtableSnapshot snapshot, FilterBinding? filter, SelectionMemory memory, TimeProvider? time, CancellationToken cancellationToken)
{
    // Nanoseconds, measured by the benchmark `query`; only their proportions matter.
    private const double RankNs = 40;
    private const double WalkNs = 15;

    // A filter that finds less than this part of the rows is ranked faster, page after page, than all ids are sorted once.
    private const int LongPart = 16;

    private readonly FilterExecution _execution = new(snapshot, filter, memory, time, cancellationToken);
    private RowSelection? _rows;

    /// <summary>The plan of the filter; null without one.</summary>
    public FilterPlanNode? Plan => _execution.Plan;

    /// <summary>The snapshot.</summary>
    public MemtableSnapshot Snapshot => snapshot;

    /// <summary>The live rows that fulfil the filter.</summary>
    public RowSelection Rows => _rows ??= _execution.Run();

    /// <summary>How many there are.</summary>
    public int Count => _execution.KnownCount ?? Rows.Count;

    /// <summary>Shows a scan the rows that may be among the first.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="order">The order.</param>
    /// <param name="wanted">Rows wanted.</param>
    /// <param name="after">The row they come after; null for the first ones.</param>
    public void AddFirst(OrderedScan scan, OrderBy order, int wanted, OrderedRow? after)
    {
        if (IndexFor(order, after is not null) is not { } index || _rows is { IsList: true })
        {
            scan.Add(snapshot, Rows, cancellationToken);
            return;
        }

        var expected = Plan?.Estimate.Expected ?? snapshot.LiveCount;
        var share = Math.Max(expected, 1.0) / Math.Max(1, snapshot.RowCount);
        var group = index.Rows / (double)Math.Max(1, index.Values);
        var walked = Math.Min(snapshot.RowCount, (wanted + group) / share);
        var gather = _rows is null && Plan is not null ? Plan.GatherCost : 0;
        var (walkTesting, walkKnowing, rank) = (
            walked * (WalkNs + (Plan?.TestCost ?? 0)),
            gather + (walked * WalkNs),
            gather + (expected * RankNs));
        if (rank <= Math.Min(walkTesting, walkKnowing))
        {
            scan.Add(snapshot, Rows, cancellationToken);
        }
        else
        {
            Walk(scan, index, order, wanted, after, knowing: Plan is not null && (_rows is not null || walkKnowing < walkTesting));
        }
    }

    /// <summary>The index in whose order the rows are wanted; that of ids only once it pays, since it takes a sort of all: for a later page of
    /// many objects.</summary>
    private RowIndexView? IndexFor(OrderBy order, bool isLaterPage)
    {
        if (order.Terms.Count == 0 || order.Terms[0].Path.Kind == FilterPathKind.Id)
        {
            var isLong = (Plan?.Estimate.Expected ?? snapshot.LiveCount) > snapshot.RowCount / LongPart;
            return snapshot.Table.HasIds || (isLaterPage && isLong) ? snapshot.Table.Ids.UpTo(snapshot.RowCount) : null;
        }

        return snapshot.Table.IndexOf(order.Terms[0].Path)?.UpTo(snapshot.RowCount);
    }

    private void Walk(OrderedScan scan, RowIndexView index, OrderBy order, int wanted, OrderedRow? after, bool knowing)
    {
        var walk = new IndexWalk(index, order.Terms.Count > 0 && order.Terms[0].Descending);
        if (after is { } last)
        {
            Skip(walk, order.Terms.Count == 0 ? FieldValue.From(last.Id) : last.Keys[0], order.Terms.Count > 0 && order.Terms[0].Descending);
        }

        var mapping = new FieldMapping(order.Fields, snapshot.Table);
        var known = knowing ? Rows : null;
        var test = filter is null || knowing ? default(ProgramTest?) : new ProgramTest(filter, filter.Expression, snapshot.Table);
        var rows = new List<int>();
        var before = scan.Considered;
        while (scan.Considered - before < wanted && walk.TryNext(rows))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var row in rows)
            {
                if (known is null ? row < snapshot.RowCount && snapshot.IsVisible(row) && test?.Passes(row) != false : known.Contains(row))
                {
                    scan.Add(snapshot, row, mapping);
                }
            }
        }
    }

    private static void Skip(IndexWalk walk, FieldValue value, bool descending)
    {
        if (value.Kind != FieldValueKind.Null)
        {
            walk.SkipTo(FieldIndexKey.Of(value));
        }
        else if (!descending)
        {
            walk.SkipValues();
        }
    }
}
