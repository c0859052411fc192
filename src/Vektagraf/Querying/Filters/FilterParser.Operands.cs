namespace Vektagraf.Querying.Filters;

/// <summary>Fields, literals, distances, and what two of them make when compared.</summary>
public sealed partial class FilterParser
{
    private Side ParseSide()
    {
        if (!_current.Is("geo.distance"))
        {
            return ParseFieldOrLiteral();
        }

        return ParseDistance(Advance().Position);
    }

    private Side ParseFieldOrLiteral()
    {
        int position = _current.Position;
        if (TryTakeLiteral(out FieldValue literal))
        {
            return new Side(SideKind.Literal, position, null, literal);
        }

        return _current.IsName
            ? new Side(SideKind.Field, position, ParseOperand(Advance()), default)
            : throw FilterError.At(position, $"expected a field or a literal but found {_current}.");
    }

    private FilterOperand ParseOperand(FilterToken first)
    {
        FilterOperand operand = ParseOperand(first, out FilterToken? quantifier);
        return quantifier is { } kind
            ? throw FilterError.At(kind.Position, $"{kind.Text}(…) is a condition by itself and cannot stand here.")
            : operand;
    }

    private FilterOperand ParseOperand(FilterToken first, out FilterToken? quantifier)
    {
        quantifier = null;
        return _element is null ? ParsePath(first, out quantifier) : ParseElement(first, _element);
    }

    /// <summary>Reads the rest of a path; stops before the parenthesis of <c>any(</c> or <c>all(</c>.</summary>
    private FilterPath ParsePath(FilterToken first, out FilterToken? quantifier)
    {
        quantifier = null;
        List<string> segments = [first.Text];
        while (_current.Kind == FilterTokenKind.Slash)
        {
            Advance();
            if (_current.Kind is not (FilterTokenKind.Word or FilterTokenKind.QuotedName))
            {
                throw FilterError.At(_current.Position, $"expected the name of a nested property after '/' but found {_current}.");
            }

            FilterToken segment = Advance();
            if (_current.Kind == FilterTokenKind.Open && (segment.Is("any") || segment.Is("all")))
            {
                quantifier = segment;
                break;
            }

            segments.Add(segment.Text);
        }

        return FilterPath.Parsed(first, segments);
    }

    private FilterElement ParseElement(FilterToken first, string element)
    {
        if (!first.Is(element))
        {
            string name = FilterError.Excerpt(element);
            throw FilterError.At(first.Position, $"inside any and all only the element '{name}' can be used, not fields of the object.");
        }

        return _current.Kind == FilterTokenKind.Slash
            ? throw FilterError.At(_current.Position, "elements are strings and have no properties: remove what follows the name.")
            : new FilterElement { Position = first.Position };
    }

    private Side ParseDistance(int position)
    {
        if (_element is not null)
        {
            throw FilterError.At(position, "elements are strings and have no distance.");
        }

        const string Example = "geo.distance(location, geography'POINT(18.07 59.33)')";
        Expect(FilterTokenKind.Open, $"'(' as in {Example}");
        Side left = ParseFieldOrLiteral();
        Expect(FilterTokenKind.Comma, $"',' as in {Example}");
        Side right = ParseFieldOrLiteral();
        Expect(FilterTokenKind.Close, $"')' as in {Example}");
        (Side field, Side point) = left.Kind == SideKind.Field ? (left, right) : (right, left);
        return field.Operand is FilterPath path && point.Value.Kind == FieldValueKind.Geo
            ? new Side(SideKind.Distance, position, path, point.Value)
            : throw FilterError.At(position, $"geo.distance takes a field and a point: {Example}.");
    }

    private bool TryTakeLiteral(out FieldValue value)
    {
        bool word = _current.Kind == FilterTokenKind.Word;
        FieldValue? literal = _current switch
        {
            { Kind: FilterTokenKind.Literal } token => token.Value,
            { Text: "true" } when word => FieldValue.From(true),
            { Text: "false" } when word => FieldValue.From(false),
            { Text: "null" } when word => FieldValue.Null,
            _ => null,
        };
        value = literal ?? default;
        if (literal is not null)
        {
            Advance();
        }

        return literal is not null;
    }

    private bool TryTakeOperator(out FilterOperator operation)
    {
        FilterOperator? found = _current.Kind != FilterTokenKind.Word ? null : _current.Text switch
        {
            "eq" => FilterOperator.Equal,
            "ne" => FilterOperator.NotEqual,
            "gt" => FilterOperator.GreaterThan,
            "ge" => FilterOperator.GreaterOrEqual,
            "lt" => FilterOperator.LessThan,
            "le" => FilterOperator.LessOrEqual,
            _ => null,
        };
        operation = found ?? default;
        if (found is not null)
        {
            Advance();
        }

        return found is not null;
    }

    private static FilterExpression Compare(Side left, FilterOperator operation, Side right)
    {
        if (left.Kind == SideKind.Literal && right.Kind != SideKind.Literal)
        {
            return Compare(right, Mirror(operation), left, left.Position);
        }

        return Compare(left, operation, right, left.Position);
    }

    private static FilterExpression Compare(Side subject, FilterOperator operation, Side literal, int position)
    {
        if (literal.Kind != SideKind.Literal)
        {
            const string Problem = "a field is compared with a literal, not with another field: write text in single quotes, 'x'.";
            throw FilterError.At(literal.Position, Problem);
        }

        if (subject.Kind == SideKind.Literal)
        {
            throw FilterError.At(position, "two literals are compared: one side must be a field.");
        }

        if (subject.Kind == SideKind.Field)
        {
            return literal.Value.Kind == FieldValueKind.Geo
                ? throw PointOutsideDistance(literal.Position)
                : new FilterComparison(subject.Operand!, operation, literal.Value) { Position = position };
        }

        if (literal.Value.Kind != FieldValueKind.Number || operation is FilterOperator.Equal or FilterOperator.NotEqual)
        {
            throw FilterError.At(position, "a distance is compared with kilometres by lt, le, gt or ge.");
        }

        FilterPath path = (FilterPath)subject.Operand!;
        return new FilterGeoDistance(path, subject.Value, operation, literal.Value.AsNumber) { Position = position };
    }

    private static VektagrafException PointOutsideDistance(int position) =>
        FilterError.At(position, "points are not compared directly: write geo.distance(field, geography'POINT(…)') lt 5.");

    /// <summary>The operator that says the same with its sides exchanged.</summary>
    private static FilterOperator Mirror(FilterOperator operation) => operation switch
    {
        FilterOperator.GreaterThan => FilterOperator.LessThan,
        FilterOperator.GreaterOrEqual => FilterOperator.LessOrEqual,
        FilterOperator.LessThan => FilterOperator.GreaterThan,
        FilterOperator.LessOrEqual => FilterOperator.GreaterOrEqual,
        _ => operation,
    };
}
