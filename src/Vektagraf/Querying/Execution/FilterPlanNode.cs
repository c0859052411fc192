using Vektagraf.Collections;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying.Execution;

/// <summary>How a part of a filter is answered.</summary>
public enum FilterPlanKind
{
    /// <summary>By the index of one field.</summary>
    Index,

    /// <summary>By testing rows: no index answers it.</summary>
    Scan,

    /// <summary>By its operands, of which each narrows what the next one looks at.</summary>
    And,

    /// <summary>By the rows of all of its operands.</summary>
    Or,

    /// <summary>By the rows that its operand leaves out.</summary>
    Not,

    /// <summary>Without a look at any row: it is always true or always false.</summary>
    Constant,
}

/// <summary>How the rows of a part were found when it ran.</summary>
public enum FilterAccess
{
    /// <summary>It did not run: what came before left no row.</summary>
    None,

    /// <summary>Its own rows were gathered and put together with those that came before.</summary>
    Gathered,

    /// <summary>The rows that came before were tested one by one.</summary>
    Tested,
}

/// <summary>
/// One part of a filter's plan on one shard: what will be done, what it is expected to give and to cost, and once it ran what it gave.
/// A plan runs once.
/// </summary>
public sealed class FilterPlanNode
{
    internal FilterPlanNode(FieldPlan plan, FilterPlanKind kind, FieldEstimate estimate, IReadOnlyList<FilterPlanNode> operands)
    {
        Plan = plan;
        Kind = kind;
        Estimate = estimate;
        Operands = operands;
    }

    /// <summary>How it is answered.</summary>
    public FilterPlanKind Kind { get; }

    /// <summary>The part of the filter.</summary>
    public FilterExpression Expression => Plan.Expression;

    /// <summary>The field asked; null where it asks none or several.</summary>
    public FilterPath? Field { get; internal init; }

    /// <summary>What the field is declared as; null where it is not declared, or there is no one field.</summary>
    public FieldType? DeclaredType { get; internal init; }

    /// <summary>Whether an index on <see cref="Field"/> could answer it, and there is none.</summary>
    public bool LacksIndex => Kind == FilterPlanKind.Scan && Field is { Kind: FilterPathKind.Property, Segments.Count: 1 } && DeclaredType is not null and not FieldType.Text;

    /// <summary>Live rows that fulfil it.</summary>
    public FieldEstimate Estimate { get; }

    /// <summary>Live rows of the shard.</summary>
    public int LiveRows { get; internal init; }

    /// <summary>The share of live rows expected to fulfil it, 0 to 1.</summary>
    public double Selectivity => LiveRows == 0 ? 0 : (double)Estimate.Expected / LiveRows;

    /// <summary>Nanoseconds that gathering all its rows is expected to take.</summary>
    public double GatherCost { get; internal init; }

    /// <summary>Nanoseconds that testing one row is expected to take.</summary>
    public double TestCost { get; internal init; }

    /// <summary>The parts, in the order in which they are evaluated: of an "and" those first that leave out most for what they cost.</summary>
    public IReadOnlyList<FilterPlanNode> Operands { get; }

    /// <summary>How its rows were found; <see cref="FilterAccess.None"/> before it ran.</summary>
    public FilterAccess Access { get; internal set; }

    /// <summary>Rows that came before it and were still in question; dead ones may be among them.</summary>
    public int InputRows { get; internal set; }

    /// <summary>Those of them that fulfil it.</summary>
    public int OutputRows { get; internal set; }

    /// <summary>Time it took, operands included; zero unless the execution measures.</summary>
    public TimeSpan Elapsed { get; internal set; }

    /// <summary>This part and all below.</summary>
    /// <returns>The parts, each before its own.</returns>
    public IEnumerable<FilterPlanNode> DescendantsAndSelf() => Operands.SelectMany(o => o.DescendantsAndSelf()).Prepend(this);

    internal FieldPlan Plan { get; }
}
