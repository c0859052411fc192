using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Shards.Segments;

/// <summary>
/// A filter as conditions that indexes answer, and how their rows are put together. What no index answers narrows nothing and is left to
/// be tested.
/// </summary>
internal sealed class FieldPlan
{
    private readonly FilterExpression _expression;
    private readonly IReadOnlyList<FieldPlan> _operands;

    private FieldPlan(FilterExpression expression, FieldCondition? condition, params IReadOnlyList<FieldPlan> operands)
    {
        _expression = expression;
        _operands = operands;
        Condition = condition;
        IsComplete = expression is FilterConstant || condition is not null || (operands.Count > 0 && operands.All(o => o.IsComplete));
        Narrows = IsComplete || (expression is FilterAnd && operands.Any(o => o.Narrows)) || (expression is FilterOr && operands.All(o => o.Narrows));
    }

    /// <summary>The part of the filter that this plans.</summary>
    public FilterExpression Expression => _expression;

    /// <summary>The plans of its parts; none for a leaf.</summary>
    public IReadOnlyList<FieldPlan> Operands => _operands;

    /// <summary>The condition of a leaf that an index answers.</summary>
    public FieldCondition? Condition { get; private set; }

    /// <summary>Whether indexes answer all of it.</summary>
    public bool IsComplete { get; }

    /// <summary>Whether indexes leave out any row.</summary>
    public bool Narrows { get; }

    /// <summary>Whether it takes the set of rows that are no tombstones.</summary>
    public bool NeedsLiveRows => Narrows && (_expression is FilterConstant { Value: true } || IsNegation || _operands.Any(o => o.NeedsLiveRows));

    // A condition on missing elements stands below a negation that the filter may not have written.
    private bool IsNegation => Condition is not null ? Condition.IsNegated : _operands.Count == 1;

    /// <summary>Makes the plan of a filter.</summary>
    /// <param name="filter">The filter, bound.</param>
    /// <param name="indexedAs">The type that a field is indexed as; null where it is not.</param>
    public static FieldPlan For(FilterExpression filter, Func<FilterPath, FieldType?> indexedAs)
    {
        // Conditions on one field are one: the two ends of a range must not be read as two half-lines.
        if (OnlyIndex(filter, indexedAs) is { } path)
        {
            var condition = FieldCondition.OnValue(path, indexedAs(path)!.Value, filter);
            return new FieldPlan(filter, path.Kind != FilterPathKind.Id || condition.IsOfPoints ? condition : null);
        }

        return filter switch
        {
            FilterNot not => new FieldPlan(filter, null, For(not.Operand, indexedAs)),
            FilterAnd and => new FieldPlan(filter, null, [.. Group(and.Operands, indexedAs, o => FilterAnd.Of(o)).Select(o => For(o, indexedAs))]),
            FilterOr or => new FieldPlan(filter, null, [.. Group(or.Operands, indexedAs, o => FilterOr.Of(o)).Select(o => For(o, indexedAs))]),
            FilterQuantifier quantifier when indexedAs(quantifier.Path) == FieldType.StringArray => OnArray(quantifier),
            FilterComparison { Operand: FilterPath array, Literal.Kind: FieldValueKind.Null } comparison when indexedAs(array) == FieldType.StringArray => OnArray(comparison, array),
            _ => new FieldPlan(filter, null),
        };
    }

    /// <summary>Answers each condition by what does not fulfil it where that takes less to read.</summary>
    /// <param name="bytesOf">Bytes to read for a condition.</param>
    public void Choose(Func<FieldCondition, long> bytesOf)
    {
        if (Condition is { IsMultiValued: false } condition && condition.Negate() is var negated && bytesOf(negated) < bytesOf(condition))
        {
            Condition = negated;
        }

        foreach (var operand in _operands)
        {
            operand.Choose(bytesOf);
        }
    }

    /// <summary>The conditions whose rows an evaluation needs.</summary>
    public IEnumerable<FieldCondition> Conditions() =>
        !Narrows ? [] : Condition is not null ? [Condition] : _operands.SelectMany(o => o.Conditions());

    /// <summary>How many rows fulfil the filter.</summary>
    /// <param name="leaf">How many fulfil a leaf: a condition that an index answers, or what none does.</param>
    /// <param name="liveRows">Rows that count.</param>
    public FieldEstimate Estimate(Func<FieldPlan, FieldEstimate> leaf, int liveRows) =>
        _operands.Count == 0 ? leaf(this) : Combine([.. _operands.Select(o => o.Estimate(leaf, liveRows))], liveRows);

    /// <summary>How many rows fulfil the filter where so many fulfil its parts.</summary>
    public FieldEstimate Combine(IReadOnlyList<FieldEstimate> operands, int liveRows) => operands.Count switch
    {
        1 => operands[0].Not(liveRows),
        _ => _expression is FilterAnd ? FieldEstimate.And(operands, liveRows) : FieldEstimate.Or(operands, liveRows),
    };

    /// <summary>How many rows fulfil a leaf that no index answers, as far as that can be known without a look at them.</summary>
    public FieldEstimate EstimateUnindexed(int liveRows) =>
        _expression is FilterConstant constant ? constant.Value ? new(liveRows, liveRows, liveRows) : default : new(0, liveRows / 2, liveRows);

    /// <summary>Puts the rows together.</summary>
    /// <param name="rowsOf">What was found for each condition.</param>
    /// <param name="live">Rows that are no tombstones; asked for only where <see cref="NeedsLiveRows"/>.</param>
    /// <returns>Rows, null for all, and what has to be tested on them, null for nothing.</returns>
    public (RowBitmap? Rows, FilterExpression? Remaining) Evaluate(Func<FieldCondition, RowBitmap> rowsOf, Func<RowBitmap> live)
    {
        if (!Narrows)
        {
            return (null, _expression);
        }

        if (Condition is not null)
        {
            return (Condition.IsNegated ? live().AndNot(rowsOf(Condition)) : rowsOf(Condition), null);
        }

        if (_expression is FilterConstant constant)
        {
            return (constant.Value ? live() : RowBitmap.Empty, null);
        }

        var operands = _operands.Select(o => o.Evaluate(rowsOf, live)).ToList();
        if (operands.Count == 1)
        {
            return (live().AndNot(operands[0].Rows!), null);
        }

        var isAnd = _expression is FilterAnd;
        var rows = operands.Select(o => o.Rows).OfType<RowBitmap>().Aggregate((a, b) => isAnd ? a.And(b) : a.Or(b));
        var remaining = operands.Select(o => o.Remaining).OfType<FilterExpression>().ToList();
        return (rows, remaining.Count == 0 ? null : !isAnd ? _expression : remaining.Count == 1 ? remaining[0] : FilterAnd.Of(remaining));
    }

    private static FieldPlan OnArray(FilterQuantifier quantifier)
    {
        if (quantifier.Kind == FilterQuantifierKind.Any)
        {
            return new FieldPlan(quantifier, FieldCondition.OnAnyElement(quantifier.Path, quantifier.Condition));
        }

        // Every element fulfils p when none fulfils "not p".
        var exception = new FilterQuantifier(FilterQuantifierKind.Any, quantifier.Path, new FilterNot(quantifier.Condition!));
        return new FieldPlan(quantifier, null, new FieldPlan(exception, FieldCondition.OnAnyElement(quantifier.Path, exception.Condition)));
    }

    private static FieldPlan OnArray(FilterComparison comparison, FilterPath array)
    {
        var missing = new FieldPlan(comparison with { Operator = FilterOperator.Equal }, FieldCondition.OnMissing(array));
        return comparison.Operator switch
        {
            FilterOperator.Equal => missing,
            FilterOperator.NotEqual => new FieldPlan(comparison, null, missing),
            _ => new FieldPlan(new FilterConstant(false), null),
        };
    }

    /// <summary>Joins the operands that are on the same field.</summary>
    private static IEnumerable<FilterExpression> Group(
        IReadOnlyList<FilterExpression> operands, Func<FilterPath, FieldType?> indexedAs, Func<IReadOnlyList<FilterExpression>, FilterExpression> join)
    {
        var indexed = operands.ToLookup(o => OnlyIndex(o, indexedAs));
        return indexed.SelectMany(g => g.Key is null || g.Count() == 1 ? g : (IEnumerable<FilterExpression>)[join([.. g])]);
    }

    /// <summary>The one indexed field that a filter asks, where it asks no other and each row has at most one value.</summary>
    private static FilterPath? OnlyIndex(FilterExpression filter, Func<FilterPath, FieldType?> indexedAs)
    {
        switch (filter)
        {
            case FilterNot not:
                return OnlyIndex(not.Operand, indexedAs);
            case FilterAnd { Operands: var operands }:
                return Common(operands);
            case FilterOr { Operands: var operands }:
                return Common(operands);
            default:
                var path = filter switch
                {
                    FilterComparison comparison => comparison.Operand as FilterPath,
                    FilterIn list => list.Operand as FilterPath,
                    FilterStringMatch match => match.Operand as FilterPath,
                    FilterGeoDistance distance => distance.Path,
                    _ => null,
                };
                return path is not null && indexedAs(path) is { } type && type != FieldType.StringArray ? path : null;
        }

        FilterPath? Common(IReadOnlyList<FilterExpression> operands)
        {
            var path = OnlyIndex(operands[0], indexedAs);
            return path is not null && operands.All(o => path.Equals(OnlyIndex(o, indexedAs))) ? path : null;
        }
    }
}
