using Vektagraf.Collections;
using Vektagraf.Querying.Execution;

namespace Vektagraf.Optimisation;

/// <summary>A filter's plans on the shards as one tree, and what it says about indexes.</summary>
internal static class FilterExplanation
{
    private const int FewConditions = 3;
    private const int ManyConditions = 10;
    private const int DeepNesting = 4;

    /// <summary>Adds up the plans of all shards; steps are in the order of the first shard's.</summary>
    /// <param name="shards">The plan on each shard, of one filter; one or more.</param>
    /// <param name="hasRun">Whether the plans ran.</param>
    public static ExplainNode Tree(IReadOnlyList<FilterPlanNode> shards, bool hasRun)
    {
        var first = shards[0];
        var ran = hasRun ? shards.Where(s => s.Access != FilterAccess.None).ToList() : [];
        var actual = ran.Sum(s => (long)s.OutputRows);
        return new ExplainNode
        {
            Kind = first.Kind.ToString().ToLowerInvariant(),
            Field = first.Field?.ToString(),
            Detail = first.Expression.ToString(),
            LacksIndex = first.LacksIndex,
            Estimate = new RowEstimate(shards.Sum(s => (long)s.Estimate.Min), shards.Sum(s => (long)s.Estimate.Expected), shards.Sum(s => (long)s.Estimate.Max)),
            PredictedMs = CostModel.Milliseconds(shards.Sum(s => s.GatherCost)),
            InputRows = ran.Count > 0 ? ran.Sum(s => (long)Math.Min(s.InputRows, s.LiveRows)) : null,
            ActualRows = ran.Count > 0 ? actual : null,
            ActualMs = ran.Count > 0 ? ran.Sum(s => s.Elapsed.TotalMilliseconds) : null,
            QError = ran.Count > 0 ? ExplainNode.QErrorOf(ran.Sum(s => s.Selectivity * Math.Min(s.InputRows, s.LiveRows)), actual) : null,
            Children = [.. first.Operands.Select(operand => Tree([.. shards.Select(s => Same(s, operand))], hasRun))],
        };
    }

    /// <summary>Rows that a plan which ran looked at: those that were tested, and those that indexes named.</summary>
    public static long Considered(FilterPlanNode plan) => plan.DescendantsAndSelf().Where(n => n.Operands.Count == 0 && n.Access != FilterAccess.None)
        .Sum(n => n.Access == FilterAccess.Gathered && n.Kind == FilterPlanKind.Index ? (long)n.Estimate.Expected : n.InputRows);

    /// <summary>What a filter and the indexes of a collection have to do with each other.</summary>
    /// <param name="definition">The collection.</param>
    /// <param name="plan">The filter's plan on a shard; null without a filter.</param>
    /// <param name="rows">Objects expected to fulfil it.</param>
    /// <param name="live">Objects.</param>
    public static FilterAnalysis Analyze(CollectionDefinition definition, FilterPlanNode? plan, RowEstimate rows, long live)
    {
        var available = definition.Fields.Where(f => f.Value.Index).Select(f => f.Key).Order(StringComparer.Ordinal).ToList();
        if (plan is null)
        {
            return new FilterAnalysis { Available = available, Rows = rows };
        }

        var nodes = plan.DescendantsAndSelf().ToList();
        var conditions = nodes.Count(n => n.Operands.Count == 0 && n.Kind != FilterPlanKind.Constant);
        var isPlain = nodes.TrueForAll(n => n.Kind is not (FilterPlanKind.Or or FilterPlanKind.Not));
        return new FilterAnalysis
        {
            Conditions = conditions,
            Complexity = conditions >= ManyConditions || DepthOf(plan) > DeepNesting ? "high" : conditions <= FewConditions && isPlain ? "low" : "medium",
            Available = available,
            Usable = NamesOf(nodes.Where(n => n.Kind == FilterPlanKind.Index)),
            Missing = NamesOf(nodes.Where(n => n.LacksIndex)),
            Rows = rows,
            Selectivity = live == 0 ? 0 : Math.Min(1, rows.Expected / (double)live),
            FilterOrder = plan.Kind == FilterPlanKind.And ? [.. plan.Operands.Select(o => o.Expression.ToString())] : [plan.Expression.ToString()],
        };
    }

    private static List<string> NamesOf(IEnumerable<FilterPlanNode> nodes) =>
        [.. nodes.Select(n => n.Field?.ToString()).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static int DepthOf(FilterPlanNode node) => 1 + node.Operands.Select(DepthOf).DefaultIfEmpty(0).Max();

    /// <summary>The operand of a shard's plan that does what one of another shard's does.</summary>
    private static FilterPlanNode Same(FilterPlanNode node, FilterPlanNode operand) =>
        node.Operands.FirstOrDefault(o => ReferenceEquals(o, operand)) ?? node.Operands.First(o => o.Expression == operand.Expression);
}
