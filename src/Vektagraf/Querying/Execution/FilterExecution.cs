using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying.Execution;

/// <summary>
/// Runs a filter over one snapshot of a shard: filter → plan → rows. Every part of the plan is asked about the rows that are still in
/// question, and either gathers its own rows or tests those, whichever is less work for as many as there are.
/// </summary>
/// <param name="snapshot">The snapshot.</param>
/// <param name="filter">The filter; null for none.</param>
/// <param name="memory">What the selections are made of; they live as long.</param>
/// <param name="time">Measures the parts; null to leave that out.</param>
/// <param name="cancellationToken">Ends the execution early.</param>
internal sealed class FilterExecution(MemtableSnapshot snapshot, FilterBinding? filter, SelectionMemory memory, TimeProvider? time, CancellationToken cancellationToken)
{
    /// <summary>The plan; null without a filter.</summary>
    public FilterPlanNode? Plan { get; } = filter is null ? null : FilterPlanner.For(snapshot, filter);

    /// <summary>Finds the live rows that fulfil the filter.</summary>
    public RowSelection Run() => Plan is null ? Live() : Plan.Estimate.Max == 0 ? None() : WithoutDead(Run(Plan, null));

    /// <summary>How many live rows fulfil the filter, where indexes know that without a look at rows.</summary>
    public int? KnownCount => Plan is null ? snapshot.LiveCount : Plan.Estimate.Min == Plan.Estimate.Max ? Plan.Estimate.Max : null;

    private RowSelection None() => RowSelection.OfList([], 0, snapshot.RowCount);

    private RowSelection Live() => snapshot.LiveBits() is { } live ? RowSelection.OfBits(live, snapshot.RowCount) : RowSelection.All(snapshot.RowCount, memory);

    private RowSelection WithoutDead(RowSelection rows)
    {
        if (snapshot.LiveCount == snapshot.RowCount)
        {
            return rows;
        }

        return rows.IsList ? rows.Where(new VisibilityTest(snapshot), memory, cancellationToken) : rows.And(Live(), memory);
    }

    private RowSelection Run(FilterPlanNode node, RowSelection? among)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var startedAt = time?.GetTimestamp() ?? 0;
        var input = among?.Count ?? snapshot.RowCount;
        node.InputRows = input;
        RowSelection found;
        if (among is not null && (node.Kind == FilterPlanKind.Scan || input * node.TestCost < node.GatherCost))
        {
            node.Access = FilterAccess.Tested;
            found = input == 0 ? among : among.Where(new ProgramTest(filter!, node.Expression, snapshot.Table), memory, cancellationToken);
        }
        else
        {
            node.Access = FilterAccess.Gathered;
            found = Gather(node, among);
        }

        if (time is not null)
        {
            node.OutputRows = found.Count;
            node.Elapsed = time.GetElapsedTime(startedAt);
        }

        return found;
    }

    private RowSelection Gather(FilterPlanNode node, RowSelection? among)
    {
        switch (node.Kind)
        {
            case FilterPlanKind.Index:
                var rows = Gather(node.Plan.Condition!);
                return among is null ? rows : among.And(rows, memory);
            case FilterPlanKind.And:
                var left = among;
                foreach (var operand in node.Operands)
                {
                    left = Run(operand, left);
                    if (left is { IsList: true, Count: 0 })
                    {
                        break;
                    }
                }

                return left!;
            case FilterPlanKind.Or:
                return node.Operands.Select(o => Run(o, among)).Aggregate((a, b) => a.Or(b, memory));
            case FilterPlanKind.Not:
                return (among ?? Live()).Except(Run(node.Operands[0], among), memory);
            case FilterPlanKind.Constant:
                return node.Expression is FilterConstant { Value: true } ? among ?? Live() : None();
            default:
                return Live().Where(new ProgramTest(filter!, node.Expression, snapshot.Table), memory, cancellationToken);
        }
    }

    private RowSelection Gather(FieldCondition condition)
    {
        if (FilterPlanner.ViewOf(snapshot, condition) is { } view)
        {
            var rows = new RowCollector(snapshot.RowCount, view.WorkOf(condition).Entries, memory);
            view.Collect(condition, rows);
            return rows.Finish();
        }

        var points = condition.Outer.AsSpan();
        var ids = new RowCollector(snapshot.RowCount, points.Length, memory);
        foreach (var (low, _) in points)
        {
            if (snapshot.FindRow(low.Text!) is var row && row != Memtable.NoRow)
            {
                ids.Add(row);
            }
        }

        return ids.Finish();
    }

    private readonly struct VisibilityTest(MemtableSnapshot snapshot) : IRowTest
    {
        public bool Passes(int row) => snapshot.IsVisible(row);
    }
}
