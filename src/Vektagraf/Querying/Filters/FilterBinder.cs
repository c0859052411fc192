using Vektagraf.Collections;

namespace Vektagraf.Querying.Filters;

/// <summary>
/// Checks a filter against the declared fields of a collection. Undeclared fields are legal and compared as they are stored; a
/// name close to a declared one becomes a warning.
/// </summary>
public sealed class FilterBinder
{
    private readonly CollectionDefinition _collection;
    private readonly List<FilterField> _fields = [];
    private readonly Dictionary<FilterPath, FilterField> _byPath = [];
    private readonly List<FilterWarning> _warnings = [];

    private FilterBinder(CollectionDefinition collection) => _collection = collection;

    /// <summary>Binds a filter.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="collection">The collection it is to run on.</param>
    /// <returns>The filter, ready to run.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <c>invalid-filter</c>: a declared field is used against
    /// its type.</exception>
    public static FilterBinding Bind(FilterExpression filter, CollectionDefinition collection)
    {
        FilterBinder binder = new(collection);
        FilterExpression bound = binder.Visit(filter);
        return new FilterBinding(bound, binder._fields, binder._warnings);
    }

    private FilterExpression Visit(FilterExpression expression)
    {
        switch (expression)
        {
            case FilterNot not:
                return not with { Operand = Visit(not.Operand) };
            case FilterAnd and:
                return FilterAnd.Of([.. and.Operands.Select(Visit)]);
            case FilterOr or:
                return FilterOr.Of([.. or.Operands.Select(Visit)]);
            case FilterComparison comparison:
                return BindComparison(comparison);
            case FilterIn list:
                FieldType? type = TypeOf(list.Operand);
                RequireComparable(list.Operand, type);
                return list with { Literals = new(list.Literals.Select(literal => Convert(list.Operand, type, literal))) };
            case FilterStringMatch match:
                RequireType(match.Operand, FilterText.Function(match.Match), FieldType.String, FieldType.Text);
                return match;
            case FilterGeoDistance distance:
                RequireType(distance.Path, "geo.distance", FieldType.Geo);
                return distance;
            case FilterQuantifier quantifier:
                RequireType(quantifier.Path, quantifier.Kind == FilterQuantifierKind.Any ? "any" : "all", FieldType.StringArray);
                return quantifier with { Condition = quantifier.Condition is null ? null : Visit(quantifier.Condition) };
            default:
                return expression;
        }
    }

    private FilterComparison BindComparison(FilterComparison comparison)
    {
        FieldType? type = TypeOf(comparison.Operand);
        bool ordering = comparison.Operator is not (FilterOperator.Equal or FilterOperator.NotEqual);
        if (comparison.Literal.Kind == FieldValueKind.Null)
        {
            if (ordering)
            {
                string keyword = FilterText.Keyword(comparison.Operator);
                _warnings.Add(new(comparison.Position, $"'{keyword} null' is never true: write 'eq null' or 'ne null'."));
            }

            return comparison;
        }

        RequireComparable(comparison.Operand, type);
        if (ordering && comparison.Literal.Kind == FieldValueKind.Boolean)
        {
            throw FilterError.At(comparison.Position, "true and false have no order: compare them with eq or ne.");
        }

        return comparison with { Literal = Convert(comparison.Operand, type, comparison.Literal) };
    }

    /// <summary>Looks an operand's type up, and enters a path into the table of fields.</summary>
    private FieldType? TypeOf(FilterOperand operand)
    {
        if (operand is not FilterPath path)
        {
            return FieldType.String;
        }

        if (!_byPath.TryGetValue(path, out FilterField? field))
        {
            RejectStepIntoDeclared(path);
            field = FilterField.Resolve(path, _collection);
            _fields.Add(field);
            _byPath.Add(path, field);
            if (field.DeclaredType is null && FieldNameSuggestion.Find(path, _collection) is { } name)
            {
                _warnings.Add(new(path.Position, $"'{path}' is not a declared field; did you mean '{name}'?", name));
            }
        }

        return field.DeclaredType;
    }

    private void RejectStepIntoDeclared(FilterPath path)
    {
        if (path.Segments.Count > 1 && _collection.Fields.TryGetValue(path.Segments[0], out FieldDefinition? declared))
        {
            string what = $"'{path.Segments[0]}' is declared as {TypeName(declared.Type)}";
            throw FilterError.At(path.Position, $"{what} and has no properties inside: use the field itself.");
        }
    }

    private static void RequireComparable(FilterOperand operand, FieldType? type)
    {
        string? instead = type switch
        {
            FieldType.StringArray => $"write {operand}/any(t: t eq 'x')",
            FieldType.Geo => $"write geo.distance({operand}, geography'POINT(…)') lt 5",
            _ => null,
        };
        if (instead is not null)
        {
            string what = $"'{operand}' is declared as {TypeName(type!.Value)}";
            throw FilterError.At(operand.Position, $"{what} and is compared with nothing but null: {instead}.");
        }
    }

    private void RequireType(FilterOperand operand, string function, params ReadOnlySpan<FieldType> allowed)
    {
        if (TypeOf(operand) is { } type && !allowed.Contains(type))
        {
            string what = operand is FilterElement ? "an element" : $"'{operand}', declared as {TypeName(type)},";
            throw FilterError.At(operand.Position, $"{function} works on {TypeName(allowed[0])}: {what} cannot be used with it.");
        }
    }

    /// <summary>Brings a literal into the field's type.</summary>
    private static FieldValue Convert(FilterOperand operand, FieldType? type, FieldValue literal)
    {
        if (type is null || literal.Kind == FieldValueKind.Null)
        {
            return literal;
        }

        FieldValueKind wanted = type switch
        {
            FieldType.Number => FieldValueKind.Number,
            FieldType.Boolean => FieldValueKind.Boolean,
            FieldType.DateTime => FieldValueKind.DateTime,
            _ => FieldValueKind.String,
        };
        if (literal.Kind == wanted)
        {
            return literal;
        }

        string? problem = null;
        if (wanted == FieldValueKind.DateTime && literal.Kind == FieldValueKind.String &&
            IsoDateTime.TryParse(literal.AsString, out long ticks, out problem))
        {
            return FieldValue.FromUtcTicks(ticks);
        }

        throw WrongLiteral(operand, type.Value, literal, problem);
    }

    private static VektagrafException WrongLiteral(FilterOperand operand, FieldType type, FieldValue literal, string? problem)
    {
        string change = problem ?? type switch
        {
            FieldType.Number => "compare it with a number such as 12.5",
            FieldType.Boolean => "compare it with true or false",
            FieldType.DateTime => "compare it with a datetime such as 2024-01-31T10:00:00Z",
            _ => "write the text in single quotes, as in 'x'",
        };
        string shown = FilterError.Excerpt(literal.ToString());
        return FilterError.At(operand.Position, operand is FilterElement
            ? $"elements are strings and cannot be compared with {shown}: {change}."
            : $"'{operand}' is a {TypeName(type)} field and cannot be compared with {shown}: {change}.");
    }

    private static string TypeName(FieldType type) => type switch
    {
        FieldType.StringArray => "string[]",
        FieldType.DateTime => "datetime",
        FieldType.String => "string",
        FieldType.Number => "number",
        FieldType.Boolean => "boolean",
        FieldType.Text => "text",
        _ => "geo",
    };
}
