using System.Globalization;
using System.Text;

namespace Vektagraf.Querying.Filters;

/// <summary>Writes filters as text.</summary>
public static class FilterText
{
    /// <summary>Name that canonical text gives to the element inside <c>any</c> and <c>all</c>.</summary>
    private const string ElementName = "e";

    /// <summary>The one text of a filter: parsing it gives an equal tree, and equal trees have equal text.</summary>
    /// <param name="expression">The filter.</param>
    /// <returns>Its text, with no more parentheses than needed.</returns>
    public static string Canonical(FilterExpression expression) => Write(expression, shape: false);

    /// <summary>
    /// What is left of a filter when its literals are taken out, for plan signatures: each literal becomes <c>?</c>, a list after
    /// <c>in</c> becomes <c>(?)</c> however long it is. <c>null</c> after <c>eq</c>, <c>ne</c> and the orderings stays, because a test for
    /// absence is planned unlike a test for a value.
    /// </summary>
    /// <param name="expression">The filter.</param>
    /// <returns>The shape, equal for filters that differ only in literals.</returns>
    public static string Shape(FilterExpression expression) => Write(expression, shape: true);

    /// <summary>A value as the literal that stands for it in a filter.</summary>
    /// <param name="value">The value; arrays and <see cref="FieldValueKind.Other"/> have no literal and are described instead.</param>
    /// <returns>The literal.</returns>
    public static string Literal(FieldValue value) => value.Kind switch
    {
        FieldValueKind.Null => "null",
        FieldValueKind.String => Quote(value.AsString, '\''),
        // −0 equals 0, so it is written like it.
        FieldValueKind.Number => (value.AsNumber + 0.0).ToString("R", CultureInfo.InvariantCulture),
        FieldValueKind.Boolean => value.AsBoolean ? "true" : "false",
        FieldValueKind.DateTime => IsoDateTime.Format(value.AsUtcTicks),
        FieldValueKind.Geo => string.Create(CultureInfo.InvariantCulture, $"geography'POINT({value.Longitude:R} {value.Latitude:R})'"),
        FieldValueKind.StringArray => "[" + string.Join(",", value.AsStringArray.Select(element => Quote(element, '\''))) + "]",
        _ => "(object or array)",
    };

    /// <summary>The keyword of an operator.</summary>
    /// <param name="operation">The operator.</param>
    /// <returns>Such as <c>eq</c>.</returns>
    public static string Keyword(FilterOperator operation) => operation switch
    {
        FilterOperator.Equal => "eq",
        FilterOperator.NotEqual => "ne",
        FilterOperator.GreaterThan => "gt",
        FilterOperator.GreaterOrEqual => "ge",
        FilterOperator.LessThan => "lt",
        _ => "le",
    };

    internal static string Operand(FilterOperand operand) => operand switch
    {
        FilterPath { Kind: FilterPathKind.Property } path => string.Join('/', path.Segments.Select((name, i) =>
            FilterLexer.IsPlainName(name) && !(path.Segments.Count == 1 && IsPseudoField(name)) ? name : Quote(name, '"'))),
        FilterPath path => path.Segments[0],
        _ => ElementName,
    };

    internal static string Function(FilterStringMatchKind match) => match switch
    {
        FilterStringMatchKind.StartsWith => "startswith",
        FilterStringMatchKind.Contains => "contains",
        _ => "endswith",
    };

    internal static bool IsPseudoField(string name) => name is "id" or "type";

    private static string Quote(string text, char quote)
    {
        string mark = quote.ToString();
        return mark + text.Replace(mark, mark + mark, StringComparison.Ordinal) + mark;
    }

    private static string Write(FilterExpression expression, bool shape)
    {
        StringBuilder text = new();
        Append(text, expression, shape);
        return text.ToString();
    }

    private static void Append(StringBuilder text, FilterExpression expression, bool shape)
    {
        switch (expression)
        {
            case FilterConstant constant:
                text.Append(constant.Value ? "true" : "false");
                break;
            case FilterNot not:
                text.Append("not (");
                Append(text, not.Operand, shape);
                text.Append(')');
                break;
            case FilterAnd and:
                AppendJoined(text, and.Operands, " and ", shape);
                break;
            case FilterOr or:
                AppendJoined(text, or.Operands, " or ", shape);
                break;
            case FilterQuantifier quantifier:
                AppendQuantifier(text, quantifier, shape);
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{Leaf(expression, shape)}");
                break;
        }
    }

    private static string Leaf(FilterExpression expression, bool shape) => expression switch
    {
        FilterComparison { Literal.Kind: not FieldValueKind.Null } c when shape => $"{Operand(c.Operand)} {Keyword(c.Operator)} ?",
        FilterComparison c => $"{Operand(c.Operand)} {Keyword(c.Operator)} {Literal(c.Literal)}",
        FilterIn i when shape => $"{Operand(i.Operand)} in (?)",
        FilterIn i => $"{Operand(i.Operand)} in ({string.Join(", ", i.Literals.Select(Literal))})",
        FilterStringMatch m => $"{Function(m.Match)}({Operand(m.Operand)}, {(shape ? "?" : Quote(m.Pattern, '\''))})",
        FilterGeoDistance g when shape => $"geo.distance({Operand(g.Path)}, ?) {Keyword(g.Operator)} ?",
        FilterGeoDistance g =>
            $"geo.distance({Operand(g.Path)}, {Literal(g.Center)}) {Keyword(g.Operator)} {Literal(FieldValue.From(g.Kilometres))}",
        _ => throw new InvalidOperationException($"{expression.GetType().Name} is not written by {nameof(FilterText)}."),
    };

    private static void AppendJoined(StringBuilder text, ValueList<FilterExpression> operands, string separator, bool shape)
    {
        for (int i = 0; i < operands.Count; i++)
        {
            // "and" binds tighter than "or": only an "or" inside an "and" needs parentheses.
            bool parenthesized = operands[i] is FilterOr;
            text.Append(i == 0 ? "" : separator);
            if (!parenthesized)
            {
                Append(text, operands[i], shape);
                continue;
            }

            text.Append('(');
            Append(text, operands[i], shape);
            text.Append(')');
        }
    }

    private static void AppendQuantifier(StringBuilder text, FilterQuantifier quantifier, bool shape)
    {
        text.Append(Operand(quantifier.Path)).Append(quantifier.Kind == FilterQuantifierKind.Any ? "/any(" : "/all(");
        if (quantifier.Condition is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"{ElementName}: ");
            Append(text, quantifier.Condition, shape);
        }

        text.Append(')');
    }
}
