namespace Vektagraf.Querying.Filters;

/// <summary>Single conditions: comparisons, lists, functions, any and all.</summary>
public sealed partial class FilterParser
{
    private enum SideKind
    {
        Field,
        Literal,
        Distance,
    }

    /// <summary>One side of a comparison: a field or element, a literal, or the distance of a field from a point.</summary>
    private readonly record struct Side(SideKind Kind, int Position, FilterOperand? Operand, FieldValue Value);

    private FilterExpression ParseCondition()
    {
        int position = _current.Position;
        if (_current.IsName)
        {
            FilterToken name = Advance();
            bool function = _current.Kind == FilterTokenKind.Open && name.Kind == FilterTokenKind.Word && name.Text != "geo.distance";
            return function ? ParseStringMatch(name) : ParsePathCondition(name);
        }

        Side literal = ParseSide();
        if (TryTakeOperator(out FilterOperator operation))
        {
            return Compare(literal, operation, ParseSide());
        }

        if (literal.Value.Kind == FieldValueKind.Boolean)
        {
            return new FilterConstant(literal.Value.AsBoolean) { Position = position };
        }

        throw _current.Is("in")
            ? FilterError.At(position, "'in' looks a field up in a list of literals: for an array field write field/any(e: e eq 'x').")
            : FilterError.At(position, "a literal alone is no condition: compare it with a field, as in category eq 'x'.");
    }

    /// <summary>Goes on after the first word of a path or of <c>geo.distance</c>.</summary>
    private FilterExpression ParsePathCondition(FilterToken first)
    {
        if (first.Is("geo.distance"))
        {
            Side distance = ParseDistance(first.Position);
            return TryTakeOperator(out FilterOperator ordering)
                ? Compare(distance, ordering, ParseSide())
                : throw FilterError.At(_current.Position, "a distance is compared with kilometres: write lt, le, gt or ge and a number.");
        }

        FilterOperand operand = ParseOperand(first, out FilterToken? quantifier);
        if (quantifier is { } kind)
        {
            return ParseQuantifier((FilterPath)operand, kind);
        }

        if (TryTakeOperator(out FilterOperator operation))
        {
            return Compare(new Side(SideKind.Field, first.Position, operand, default), operation, ParseSide());
        }

        if (_current.Is("in"))
        {
            return ParseList(operand);
        }

        if (_current.Is("not"))
        {
            Advance();
            return _current.Is("in")
                ? new FilterNot(ParseList(operand)) { Position = first.Position }
                : throw FilterError.At(_current.Position, $"expected 'in' but found {_current}: to negate a condition, write 'not' before it.");
        }

        bool ends = Power() > 0 || _current.Kind is FilterTokenKind.End or FilterTokenKind.Close;
        return ends
            ? new FilterComparison(operand, FilterOperator.Equal, FieldValue.From(true)) { Position = first.Position }
            : throw UnexpectedAfterField();
    }

    private VektagrafException UnexpectedAfterField()
    {
        string lower = _current.Text.ToLowerInvariant();
        string hint = _current.Kind == FilterTokenKind.Word && FilterLexer.IsReserved(lower)
            ? $"operators are written in lower case: '{lower}'."
            : $"expected an operator (eq, ne, gt, ge, lt, le, in) after the field but found {_current}.";
        return FilterError.At(_current.Position, hint);
    }

    private FilterIn ParseList(FilterOperand operand)
    {
        Advance();
        int open = Expect(FilterTokenKind.Open, "'(' and a list of literals after 'in'").Position;
        List<FieldValue> literals = [ParseListLiteral()];
        while (_current.Kind == FilterTokenKind.Comma)
        {
            Advance();
            literals.Add(ParseListLiteral());
        }

        if (_current.Kind == FilterTokenKind.End)
        {
            throw FilterError.At(open, "this list is never closed: add ')'.");
        }

        Expect(FilterTokenKind.Close, "',' or ')' in the list");
        return new FilterIn(operand, new ValueList<FieldValue>(literals)) { Position = operand.Position };
    }

    private FieldValue ParseListLiteral()
    {
        int position = _current.Position;
        if (!TryTakeLiteral(out FieldValue literal))
        {
            throw FilterError.At(position, $"expected a literal but found {_current}: a list is written ('a', 'b'), with one literal or more.");
        }

        return literal.Kind == FieldValueKind.Geo ? throw PointOutsideDistance(position) : literal;
    }

    private FilterStringMatch ParseStringMatch(FilterToken name)
    {
        FilterStringMatchKind match = name.Text switch
        {
            "startswith" => FilterStringMatchKind.StartsWith,
            "contains" => FilterStringMatchKind.Contains,
            "endswith" => FilterStringMatchKind.EndsWith,
            _ => throw FilterError.At(
                name.Position,
                $"there is no function {name}: the functions are startswith, contains, endswith and geo.distance, and any and all after a field."),
        };
        Advance();
        if (!_current.IsName)
        {
            throw FilterError.At(_current.Position, $"the first argument of {name.Text} is a field, as in {name.Text}(title, 'x').");
        }

        FilterOperand operand = ParseOperand(Advance());
        Expect(FilterTokenKind.Comma, "',' and a string");
        int position = _current.Position;
        if (!TryTakeLiteral(out FieldValue pattern) || pattern.Kind != FieldValueKind.String)
        {
            throw FilterError.At(position, $"the second argument of {name.Text} is a string, as in {name.Text}(title, 'x').");
        }

        Expect(FilterTokenKind.Close, "')' after the string");
        return new FilterStringMatch(match, operand, pattern.AsString) { Position = name.Position };
    }

    private FilterQuantifier ParseQuantifier(FilterPath path, FilterToken name)
    {
        Enter(name.Position);
        int open = Advance().Position;
        FilterQuantifierKind kind = name.Text == "any" ? FilterQuantifierKind.Any : FilterQuantifierKind.All;
        FilterExpression? condition = null;
        if (_current.Kind != FilterTokenKind.Close || kind == FilterQuantifierKind.All)
        {
            condition = ParseLambda($"as in {name.Text}(t: t eq 'x')");
        }

        CloseParenthesis(open);
        _depth--;
        return new FilterQuantifier(kind, path, condition) { Position = path.Position };
    }

    private FilterExpression ParseLambda(string example)
    {
        FilterToken variable = Expect(FilterTokenKind.Word, $"a name for the element, {example},");
        if (FilterLexer.IsReserved(variable.Text))
        {
            throw FilterError.At(variable.Position, $"{variable} is an operator: name the element otherwise, {example}.");
        }

        Expect(FilterTokenKind.Colon, $"':' after the element's name, {example},");
        _element = variable.Text;
        FilterExpression condition = ParseExpression(0);
        _element = null;
        return condition;
    }
}
