using Vektagraf.Collections;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying.Execution;

/// <summary>Plans a filter over one shard in memory: what indexes answer, how many rows that gives, and in which order it is done.</summary>
internal sealed class FilterPlanner
{
    // Nanoseconds, measured by the benchmark `query`; only their proportions matter.
    private const double GatherNs = 1.5;
    private const double WordNs = 0.4;
    private const double StartNs = 300;
    private const double ColumnTestNs = 15;
    private const double JsonTestNs = 300;

    // Operands of an "and" that are ordered by how many rows those before them leave: takes the square of their count.
    private const int MostOrdered = 64;

    // Rows looked at to estimate what no index answers.
    private const int Sampled = 64;

    private readonly MemtableSnapshot _snapshot;
    private readonly FilterBinding _filter;
    private readonly int _liveRows;

    private FilterPlanner(MemtableSnapshot snapshot, FilterBinding filter)
    {
        _snapshot = snapshot;
        _filter = filter;
        _liveRows = snapshot.LiveCount;
    }

    /// <summary>Makes the plan.</summary>
    public static FilterPlanNode For(MemtableSnapshot snapshot, FilterBinding filter) =>
        new FilterPlanner(snapshot, filter).Node(filter.PlanFor(snapshot.Table));

    /// <summary>The index that answers a condition; null for ids, which are found by a hash.</summary>
    public static RowIndexView? ViewOf(MemtableSnapshot snapshot, FieldCondition condition) =>
        snapshot.Table.IndexOf(condition.Path)?.UpTo(snapshot.RowCount);

    private FilterPlanNode Node(FieldPlan plan)
    {
        if (plan.Operands.Count > 0)
        {
            return Inner(plan);
        }

        if (plan.Condition is { } condition)
        {
            return Leaf(plan, condition);
        }

        var isConstant = plan.Expression is FilterConstant;
        var test = isConstant ? 1 : TestCostOf(plan.Expression);
        var fields = FieldsOf(plan.Expression).Distinct().ToList();
        return new FilterPlanNode(plan, isConstant ? FilterPlanKind.Constant : FilterPlanKind.Scan, isConstant ? plan.EstimateUnindexed(_liveRows) : Sample(plan), [])
        {
            LiveRows = _liveRows,
            Field = fields.Count == 1 ? fields[0] : null,
            DeclaredType = fields.Count == 1 ? DeclaredTypeOf(fields[0]) : null,
            TestCost = test,
            GatherCost = isConstant ? WordsCost : _snapshot.RowCount * test,
        };
    }

    private FilterPlanNode Leaf(FieldPlan plan, FieldCondition condition)
    {
        var view = ViewOf(_snapshot, condition);
        var (entries, work) = view?.WorkOf(condition) ?? (condition.Outer.AsSpan().Length, condition.Outer.AsSpan().Length);
        var values = condition.IsExact || view is null ? 0 : Math.Min(entries, view.Values);
        return new FilterPlanNode(plan, FilterPlanKind.Index, view is null ? EstimateIds(condition) : condition.Estimate(view, _liveRows), [])
        {
            LiveRows = _liveRows,
            Field = condition.Path,
            DeclaredType = DeclaredTypeOf(condition.Path),
            TestCost = TestCostOf(plan.Expression),
            GatherCost = StartNs + (work * GatherNs) + (values * ColumnTestNs) + (entries > RowSelection.MostListed(_snapshot.RowCount) ? WordsCost : 0),
        };
    }

    private FilterPlanNode Inner(FieldPlan plan)
    {
        var operands = plan.Operands.Select(Node).ToList();
        var estimate = plan.Combine(operands.ConvertAll(o => o.Estimate), _liveRows);
        var kind = operands.Count == 1 ? FilterPlanKind.Not : plan.Expression is FilterAnd ? FilterPlanKind.And : FilterPlanKind.Or;
        var ordered = kind == FilterPlanKind.And ? Order(operands) : operands;
        return new FilterPlanNode(plan, kind, estimate, ordered)
        {
            LiveRows = _liveRows,
            TestCost = ordered.Sum(o => o.TestCost),
            GatherCost = kind == FilterPlanKind.And ? CostInOrder(ordered) : ordered.Sum(o => o.GatherCost) + WordsCost,
        };
    }

    private double WordsCost => (_snapshot.RowCount >> 6) * WordNs;

    /// <summary>Always next what leaves out most for its cost; what that costs depends on how many rows are left.</summary>
    private List<FilterPlanNode> Order(List<FilterPlanNode> operands)
    {
        if (operands.Count > MostOrdered)
        {
            return [.. operands.OrderBy(o => (o.GatherCost + 1) / (1.0001 - o.Selectivity))];
        }

        var left = operands.ToList();
        var ordered = new List<FilterPlanNode>(operands.Count);
        for (var rows = (double)_snapshot.RowCount; left.Count > 0; rows *= ordered[^1].Selectivity)
        {
            var next = left.MinBy(o => (CostOf(o, rows, isFirst: ordered.Count == 0) + 1) / (1.0001 - o.Selectivity))!;
            ordered.Add(next);
            left.Remove(next);
        }

        return ordered;
    }

    private double CostInOrder(List<FilterPlanNode> operands)
    {
        var (cost, rows) = (0.0, (double)_snapshot.RowCount);
        foreach (var operand in operands)
        {
            cost += CostOf(operand, rows, isFirst: ReferenceEquals(operand, operands[0]));
            rows *= operand.Selectivity;
        }

        return cost;
    }

    private static double CostOf(FilterPlanNode node, double rows, bool isFirst) => isFirst ? node.GatherCost : Math.Min(node.GatherCost, rows * node.TestCost);

    /// <summary>Ids are found one by one: no more objects than ids.</summary>
    private FieldEstimate EstimateIds(FieldCondition condition)
    {
        var found = 0;
        foreach (var (low, _) in condition.Outer.AsSpan())
        {
            found += _snapshot.FindRow(low.Text!) == Memtable.NoRow ? 0 : 1;
        }

        return new FieldEstimate(found, found, found);
    }

    /// <summary>Without an index any row may fulfil it; how many do is told by some at even distances.</summary>
    private FieldEstimate Sample(FieldPlan plan)
    {
        if (_liveRows == 0)
        {
            return default;
        }

        var test = new ProgramTest(_filter, plan.Expression, _snapshot.Table);
        var step = Math.Max(1, _snapshot.RowCount / Sampled);
        var (tested, passed) = (0, 0);
        for (var row = step / 2; row < _snapshot.RowCount; row += step)
        {
            if (_snapshot.IsVisible(row))
            {
                tested++;
                passed += test.Passes(row) ? 1 : 0;
            }
        }

        return FieldEstimate.Of(0, _liveRows * (passed + 0.5) / (tested + 1), _liveRows, _liveRows);
    }

    private double TestCostOf(FilterExpression expression) => FieldsOf(expression).Sum(path =>
        path.Kind != FilterPathKind.Property || (FieldMapping.ColumnName(path) is { } name && _snapshot.Table.Columns.ContainsKey(name)) ? ColumnTestNs : JsonTestNs);

    private FieldType? DeclaredTypeOf(FilterPath path) => _filter.IndexOf(path) is var index && index >= 0 ? _filter.Fields[index].DeclaredType : null;

    private static IEnumerable<FilterPath> FieldsOf(FilterExpression expression) => expression switch
    {
        FilterNot not => FieldsOf(not.Operand),
        FilterAnd and => and.Operands.SelectMany(FieldsOf),
        FilterOr or => or.Operands.SelectMany(FieldsOf),
        FilterComparison { Operand: FilterPath path } => [path],
        FilterIn { Operand: FilterPath path } => [path],
        FilterStringMatch { Operand: FilterPath path } => [path],
        FilterGeoDistance distance => [distance.Path],
        FilterQuantifier quantifier => [quantifier.Path],
        _ => [],
    };
}
