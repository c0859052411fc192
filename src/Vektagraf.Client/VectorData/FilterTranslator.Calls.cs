using System.Collections;
using System.Linq.Expressions;

namespace Vektagraf.Client.VectorData;

/// <summary>Method calls: of strings, and of sequences.</summary>
internal sealed partial class FilterTranslator
{
    private Fragment? Call(MethodCallExpression call)
    {
        if (call.Object is { } text && call.Method.DeclaringType == typeof(string))
        {
            return StringCall(call, text);
        }

        if (TryMatchContains(call, out var source, out var item))
        {
            return Contains(call, source, item);
        }

        return call.Method.DeclaringType == typeof(Enumerable) && call.Method.Name is nameof(Enumerable.Any) or nameof(Enumerable.All)
            ? Quantified(call)
            : null;
    }

    private Fragment? StringCall(MethodCallExpression call, Expression text)
    {
        var function = call.Method.Name switch
        {
            nameof(string.Contains) => "contains",
            nameof(string.StartsWith) => "startswith",
            nameof(string.EndsWith) => "endswith",
            nameof(string.Equals) => "eq",
            _ => null,
        };
        if (function is null || !TryConstant(call.Arguments[0], out var value) || value is not (string or char or null))
        {
            return null;
        }

        var isOrdinal = call.Arguments.Count == 1
            || (call.Arguments.Count == 2 && TryConstant(call.Arguments[1], out var comparison) && comparison is StringComparison.Ordinal);
        if (!isOrdinal)
        {
            throw new NotSupportedException($"'{call}' asks for another comparison than the ordinal one, which is the one filters have.");
        }

        var operand = Bind(text).Text;
        return Fragment.Atom(function is "eq" ? $"{operand} eq {FilterLiteral.Of(value)}" : $"{function}({operand}, {FilterLiteral.Of(value ?? throw new ArgumentNullException(nameof(call)))})");
    }

    private Fragment Contains(MethodCallExpression call, Expression source, Expression item)
    {
        if (TryBind(source, out var array))
        {
            return TryConstant(item, out var value)
                ? Fragment.Atom(value is null ? False : $"{array.Text}/any({ElementName}: {ElementName} eq {FilterLiteral.Of(value)})")
                : throw NotTranslatable(call);
        }

        var operand = Bind(item);
        var literals = ValuesOf(call, source)
            .Where(v => v is not (double or float) || double.IsFinite(Convert.ToDouble(v, System.Globalization.CultureInfo.InvariantCulture)))
            .Select(FilterLiteral.Of)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return Fragment.Atom(literals.Count == 0 ? False : $"{operand.Text} in ({string.Join(", ", literals)})");
    }

    private static IEnumerable<object?> ValuesOf(MethodCallExpression call, Expression source)
    {
        switch (source)
        {
            case ConstantExpression { Value: IEnumerable values and not string }:
                return values.Cast<object?>();
            case NewArrayExpression { NodeType: ExpressionType.NewArrayInit } array:
                return array.Expressions.Select(e => TryConstant(e, out var value) ? value : throw NotTranslatable(call));
            default:
                throw NotTranslatable(call);
        }
    }

    private Fragment Quantified(MethodCallExpression call)
    {
        var operand = Bind(call.Arguments[0]);
        if (!operand.IsArray)
        {
            throw NotTranslatable(call);
        }

        var function = call.Method.Name.ToLowerInvariant();
        if (call.Arguments.Count == 1)
        {
            return Fragment.Atom($"{operand.Text}/{function}()");
        }

        if (call.Arguments[1] is not LambdaExpression { Parameters: [var element] } lambda)
        {
            throw NotTranslatable(call);
        }

        _element = element;
        var condition = Condition(lambda.Body).Text;
        _element = null;
        return Fragment.Atom($"{operand.Text}/{function}({ElementName}: {condition})");
    }
}
