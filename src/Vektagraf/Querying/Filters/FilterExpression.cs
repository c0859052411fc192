namespace Vektagraf.Querying.Filters;

/// <summary>
/// A condition on one object: the syntax tree of a filter. Trees are immutable and equal by content; where in the text a node
/// came from is not part of its content.
/// </summary>
public abstract record FilterExpression
{
    private protected FilterExpression()
    {
    }

    /// <summary>Place of the node's first character in the filter text, counted from 1 in UTF-16 code units; 0 when it came from no
    /// text.</summary>
    public int Position { get; init; }

    /// <summary>Compares everything but <see cref="Position"/>.</summary>
    /// <param name="other">The other condition.</param>
    /// <returns>Whether both are the same condition, written the same way.</returns>
    public virtual bool Equals(FilterExpression? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <inheritdoc/>
    public override int GetHashCode() => EqualityContract.GetHashCode();

    /// <summary>The canonical text, see <see cref="FilterText.Canonical"/>.</summary>
    /// <returns>Filter text that parses to an equal tree.</returns>
    public sealed override string ToString() => FilterText.Canonical(this);
}

/// <summary>Always true or always false.</summary>
/// <param name="Value">Which of both.</param>
public sealed record FilterConstant(bool Value) : FilterExpression;

/// <summary>Negation, in two-valued logic.</summary>
/// <param name="Operand">The condition that must not hold.</param>
public sealed record FilterNot(FilterExpression Operand) : FilterExpression;

/// <summary>True when every operand is. Built by <see cref="Of"/>, which keeps the tree flat.</summary>
public sealed record FilterAnd : FilterExpression
{
    private FilterAnd(ValueList<FilterExpression> operands) => Operands = operands;

    /// <summary>The operands, in the order written: two or more, none of them a <see cref="FilterAnd"/>.</summary>
    public ValueList<FilterExpression> Operands { get; }

    /// <summary>Joins conditions; operands that are conjunctions themselves are dissolved into this one.</summary>
    /// <param name="operands">Two or more conditions.</param>
    /// <returns>The conjunction, at the position of its first operand.</returns>
    public static FilterAnd Of(params IReadOnlyList<FilterExpression> operands)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(operands.Count, 2);
        var flat = operands.SelectMany(IEnumerable<FilterExpression> (operand) => operand is FilterAnd and ? and.Operands : [operand]);
        return new FilterAnd(new ValueList<FilterExpression>(flat)) { Position = operands[0].Position };
    }
}

/// <summary>True when any operand is. Built by <see cref="Of"/>, which keeps the tree flat.</summary>
public sealed record FilterOr : FilterExpression
{
    private FilterOr(ValueList<FilterExpression> operands) => Operands = operands;

    /// <summary>The operands, in the order written: two or more, none of them a <see cref="FilterOr"/>.</summary>
    public ValueList<FilterExpression> Operands { get; }

    /// <summary>Joins conditions; operands that are disjunctions themselves are dissolved into this one.</summary>
    /// <param name="operands">Two or more conditions.</param>
    /// <returns>The disjunction, at the position of its first operand.</returns>
    public static FilterOr Of(params IReadOnlyList<FilterExpression> operands)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(operands.Count, 2);
        var flat = operands.SelectMany(IEnumerable<FilterExpression> (operand) => operand is FilterOr or ? or.Operands : [operand]);
        return new FilterOr(new ValueList<FilterExpression>(flat)) { Position = operands[0].Position };
    }
}

/// <summary>Comparison of a field or element with a literal; <c>active</c> alone is <c>active eq true</c>.</summary>
/// <param name="Operand">What is compared.</param>
/// <param name="Operator">How.</param>
/// <param name="Literal">With what: null, string, number, boolean or datetime.</param>
public sealed record FilterComparison(FilterOperand Operand, FilterOperator Operator, FieldValue Literal) : FilterExpression;

/// <summary>True when a field or element equals one of the literals.</summary>
/// <param name="Operand">What is looked up.</param>
/// <param name="Literals">One literal or more.</param>
public sealed record FilterIn(FilterOperand Operand, ValueList<FieldValue> Literals) : FilterExpression;

/// <summary>True for a string that starts with, contains or ends with a pattern, ordinally.</summary>
/// <param name="Match">Where the pattern must be.</param>
/// <param name="Operand">The string.</param>
/// <param name="Pattern">The pattern, taken literally.</param>
public sealed record FilterStringMatch(FilterStringMatchKind Match, FilterOperand Operand, string Pattern) : FilterExpression;

/// <summary>Compares the great-circle distance of a point field from a fixed point; false where the field is not a point.</summary>
/// <param name="Path">The point field.</param>
/// <param name="Center">The fixed point.</param>
/// <param name="Operator">One of the four orderings.</param>
/// <param name="Kilometres">The distance compared with.</param>
public sealed record FilterGeoDistance(FilterPath Path, FieldValue Center, FilterOperator Operator, double Kilometres) : FilterExpression;

/// <summary>A condition on the elements of an array of strings. What is no array of strings has no elements.</summary>
/// <param name="Kind">Whether any or every element must fulfil it.</param>
/// <param name="Path">The array.</param>
/// <param name="Condition">The condition on one <see cref="FilterElement"/>; null, with <see cref="FilterQuantifierKind.Any"/> only,
/// for "has an element".</param>
public sealed record FilterQuantifier(FilterQuantifierKind Kind, FilterPath Path, FilterExpression? Condition) : FilterExpression;

/// <summary>Comparison operators.</summary>
public enum FilterOperator
{
    /// <summary><c>eq</c>.</summary>
    Equal,

    /// <summary><c>ne</c>, the negation of <c>eq</c>.</summary>
    NotEqual,

    /// <summary><c>gt</c>.</summary>
    GreaterThan,

    /// <summary><c>ge</c>.</summary>
    GreaterOrEqual,

    /// <summary><c>lt</c>.</summary>
    LessThan,

    /// <summary><c>le</c>.</summary>
    LessOrEqual,
}

/// <summary>Where a pattern must be in a string.</summary>
public enum FilterStringMatchKind
{
    /// <summary><c>startswith</c>.</summary>
    StartsWith,

    /// <summary><c>contains</c>.</summary>
    Contains,

    /// <summary><c>endswith</c>.</summary>
    EndsWith,
}

/// <summary>How many elements must fulfil a condition.</summary>
public enum FilterQuantifierKind
{
    /// <summary>At least one.</summary>
    Any,

    /// <summary>Every one; true where there are none.</summary>
    All,
}
