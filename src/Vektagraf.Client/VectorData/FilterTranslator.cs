using System.Collections;
using System.Linq.Expressions;
using Microsoft.Extensions.VectorData.ProviderServices;
using Microsoft.Extensions.VectorData.ProviderServices.Filter;

namespace Vektagraf.Client.VectorData;

/// <summary>
/// From LINQ expressions to the filter language of docs/filters.md. What an expression says of records in memory, the filter says of
/// them stored, but for null where C# would throw: there, conditions are false.
/// </summary>
/// <remarks>Holds state while it translates: one instance for one filter.</remarks>
internal sealed partial class FilterTranslator : FilterTranslatorBase
{
    private const string ElementName = "e";
    private const string False = "false";
    private const string True = "true";

    /// <summary>The parameter of the <c>Any</c> or <c>All</c> at hand; null outside.</summary>
    private ParameterExpression? _element;

    /// <summary>Translates a filter.</summary>
    /// <param name="filter">A lambda from a record to a truth value.</param>
    /// <param name="model">What records consist of.</param>
    /// <returns>The filter's text.</returns>
    /// <exception cref="NotSupportedException">The language cannot express it; the message says what.</exception>
    public static string Translate(LambdaExpression filter, CollectionModel model)
    {
        var translator = new FilterTranslator();
        var body = translator.PreprocessFilter(filter, model, new FilterPreprocessingOptions { SupportsParameterization = false });
        return translator.Condition(body).Text;
    }

    /// <summary>The storage path of a property that results can be ordered by.</summary>
    public static string Path(PropertyModel property) => property is KeyPropertyModel ? RecordModelBuilder.KeyStorageName : FilterLiteral.OfName(property.StorageName);

    private Fragment Condition(Expression node)
    {
        switch (node)
        {
            case BinaryExpression { NodeType: ExpressionType.AndAlso or ExpressionType.And } both when IsTruth(both.Type):
                return Fragment.And(Condition(both.Left), Condition(both.Right));
            case BinaryExpression { NodeType: ExpressionType.OrElse or ExpressionType.Or } either when IsTruth(either.Type):
                return Fragment.Or(Condition(either.Left), Condition(either.Right));
            case BinaryExpression comparison when OperatorOf(comparison.NodeType) is { } name:
                return Comparison(comparison, name);
            case UnaryExpression { NodeType: ExpressionType.Not } negation when IsTruth(negation.Type):
                return Fragment.Not(Condition(negation.Operand));
            case UnaryExpression { NodeType: ExpressionType.Convert } conversion when IsTruth(conversion.Type) && IsTruth(conversion.Operand.Type):
                return Condition(conversion.Operand);
            case ConstantExpression { Value: bool truth }:
                return Fragment.Atom(truth ? True : False);
            case MemberExpression { Member.Name: nameof(Nullable<>.HasValue), Expression: { } source } when Nullable.GetUnderlyingType(source.Type) is not null:
                return Fragment.Atom($"{Bind(source).Text} ne null");
            case MethodCallExpression call when Call(call) is { } translated:
                return translated;
            default:
                return TryBind(node, out var operand) && IsTruth(operand.Type) ? Fragment.Atom($"{operand.Text} eq true") : throw NotTranslatable(node);
        }
    }

    private Fragment Comparison(BinaryExpression comparison, string name)
    {
        var (left, right) = (comparison.Left, comparison.Right);
        if (!TryConstant(right, out var value))
        {
            (left, right, name) = (right, left, Mirrored(name));
            if (!TryConstant(right, out value))
            {
                throw new NotSupportedException($"'{comparison}' compares two properties, or computes. Filters compare a property with a value that is known beforehand.");
            }
        }

        if (TryBind(left, out var operand))
        {
            return Comparison(comparison, operand, name, value);
        }

        // As in (a > b) == true.
        return value is bool truth && name is "eq" or "ne" && IsTruth(left.Type)
            ? (truth == (name is "eq") ? Condition(left) : Fragment.Not(Condition(left)))
            : throw NotTranslatable(comparison);
    }

    private static Fragment Comparison(BinaryExpression comparison, Operand operand, string name, object? value)
    {
        var isOrdering = name is not ("eq" or "ne");
        if (isOrdering && value is null)
        {
            return Fragment.Atom(False);
        }

        if (isOrdering && !IsOrdered(operand.Type))
        {
            throw new NotSupportedException($"'{comparison}' orders by a {operand.Type.Name}. Filters order numbers and datetimes.");
        }

        if (value is not null && operand.IsArray)
        {
            throw new NotSupportedException($"'{comparison}' compares a whole array. Filters ask what it contains: Contains, Any, All.");
        }

        return value switch
        {
            double number when !double.IsFinite(number) => NonFinite(operand, name, number),
            float number when !float.IsFinite(number) => NonFinite(operand, name, number),
            _ => Fragment.Atom($"{operand.Text} {name} {FilterLiteral.Of(value)}"),
        };
    }

    /// <summary>Nothing stored is NaN or infinite, so the outcome is known but for what is missing.</summary>
    private static Fragment NonFinite(Operand operand, string name, double number) => name switch
    {
        "eq" => Fragment.Atom(False),
        "ne" => Fragment.Atom(True),
        "lt" or "le" when double.IsPositiveInfinity(number) => Fragment.Atom($"{operand.Text} ne null"),
        "gt" or "ge" when double.IsNegativeInfinity(number) => Fragment.Atom($"{operand.Text} ne null"),
        _ => Fragment.Atom(False),
    };

    private Operand Bind(Expression expression) => TryBind(expression, out var operand) ? operand : throw NotTranslatable(expression);

    private bool TryBind(Expression expression, out Operand operand)
    {
        expression = Unwrap(expression);
        operand = default;
        if (expression is MemberExpression { Member.Name: nameof(Nullable<>.Value), Expression: { } nullable } && Nullable.GetUnderlyingType(nullable.Type) is not null)
        {
            return TryBind(nullable, out operand);
        }

        if (_element is not null && expression == _element)
        {
            operand = new Operand(ElementName, typeof(string));
            return true;
        }

        if (!TryBindProperty(expression, out var property))
        {
            return false;
        }

        operand = property is VectorPropertyModel
            ? throw new NotSupportedException($"'{property.ModelName}' is a vector. Filters compare data properties and the key.")
            : _element is not null
                ? throw new NotSupportedException($"Inside Any and All, filters see the element only, not '{property.ModelName}'.")
                : new Operand(Path(property), Nullable.GetUnderlyingType(property.Type) ?? property.Type);
        return true;
    }

    private static bool TryConstant(Expression expression, out object? value)
    {
        var constant = Unwrap(expression) as ConstantExpression;
        value = constant?.Value;
        return constant is not null;
    }

    /// <summary>Takes off conversions that change no comparison; narrowing ones do.</summary>
    private static Expression Unwrap(Expression expression)
    {
        while (expression is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.ConvertChecked } conversion && IsHarmless(conversion.Operand.Type, conversion.Type))
        {
            expression = conversion.Operand;
        }

        return expression;
    }

    private static bool IsHarmless(Type from, Type to)
    {
        from = Nullable.GetUnderlyingType(from) ?? from;
        to = Nullable.GetUnderlyingType(to) ?? to;
        return from == to || from == typeof(object) || to == typeof(object) || (WidthOf(from) is { } narrow && WidthOf(to) is { } wide && narrow < wide);
    }

    private static int? WidthOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte or TypeCode.SByte => 1,
        TypeCode.Int16 or TypeCode.UInt16 => 2,
        TypeCode.Int32 or TypeCode.UInt32 => 3,
        TypeCode.Int64 => 4,
        TypeCode.Single => 5,
        TypeCode.Double => 6,
        TypeCode.Decimal => 7,
        _ => null,
    };

    private static bool IsTruth(Type type) => type == typeof(bool) || type == typeof(bool?);

    private static bool IsOrdered(Type type) =>
        WidthOf(type) is not null || type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(DateOnly);

    private static string? OperatorOf(ExpressionType type) => type switch
    {
        ExpressionType.Equal => "eq",
        ExpressionType.NotEqual => "ne",
        ExpressionType.LessThan => "lt",
        ExpressionType.LessThanOrEqual => "le",
        ExpressionType.GreaterThan => "gt",
        ExpressionType.GreaterThanOrEqual => "ge",
        _ => null,
    };

    private static string Mirrored(string name) => name switch { "lt" => "gt", "le" => "ge", "gt" => "lt", "ge" => "le", _ => name };

    private static NotSupportedException NotTranslatable(Expression expression) => new(
        $"'{expression}' cannot be part of a filter. Filters know ==, !=, <, <=, >, >=, &&, ||, !, Contains, StartsWith, EndsWith, Any and All over properties and values; compute other values beforehand.");

    /// <summary>What a condition is about.</summary>
    private readonly record struct Operand(string Text, Type Type)
    {
        public bool IsArray => Type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(Type);
    }

    /// <summary>Part of a filter, with parentheses added only where its place asks for them: their depth is limited.</summary>
    private readonly record struct Fragment(string Text, int Binding)
    {
        private const int OrBinding = 0;
        private const int AndBinding = 1;
        private const int AtomBinding = 2;
        private const string NotPrefix = "not ";

        public static Fragment Atom(string text) => new(text, AtomBinding);

        public static Fragment And(Fragment left, Fragment right) => new($"{left.Within(AndBinding)} and {right.Within(AndBinding)}", AndBinding);

        public static Fragment Or(Fragment left, Fragment right) => new($"{left.Text} or {right.Text}", OrBinding);

        public static Fragment Not(Fragment operand) => Atom(NotPrefix + "(" + operand.Text + ")");

        private string Within(int binding) => Binding < binding ? $"({Text})" : Text;
    }
}
