using CsCheck;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

/// <summary>Random filter trees. Small vocabularies, so that filters and objects meet often.</summary>
internal static class FilterGen
{
    private static readonly Gen<string> AnyText = Gen.Frequency(
        (4, Gen.OneOf("", "a", "b", "ab", "abc", "it's", "é", "2024-01-01", "2024-06-01T00:00:00Z")),
        (1, Gen.String));

    private static readonly Gen<string> Name = Gen.Frequency(
        (6, Gen.OneOf("color", "size", "address", "city", "any", "geo", "first-name", "and", "id", "type", "a b", "x\"y", "a/b")),
        (1, Gen.String.Where(name => name.Length > 0)));

    public static readonly Gen<FilterPath> AnyPath = Gen.Frequency<FilterPath>(
        (1, Gen.Const(FilterPath.Id)),
        (1, Gen.Const(FilterPath.Type)),
        (6, Name.Array[1, 3].Select(segments => FilterPath.Property(segments))));

    public static readonly Gen<FieldValue> Number = Gen.Frequency(
        (3, Gen.OneOf(-1.0, 0.0, 0.5, 1.0, 2.0, 1e300)),
        (1, Gen.Double.Where(double.IsFinite))).Select(FieldValue.From);

    public static readonly Gen<FieldValue> Text = AnyText.Select(FieldValue.From);

    public static readonly Gen<FieldValue> Moment = Gen.Frequency(
        (3, Gen.OneOf("2024-01-01", "2024-06-01", "2025-01-01").Select(Ticks)),
        (1, Gen.Long[DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks])).Select(FieldValue.FromUtcTicks);

    public static readonly Gen<FieldValue> Boolean = Gen.Bool.Select(FieldValue.From);

    public static readonly Gen<FieldValue> Null = Gen.Const(FieldValue.Null);

    public static readonly Gen<FieldValue> AnyLiteral = Gen.OneOf(Number, Text, Moment, Boolean, Null);

    public static readonly Gen<FilterExpression> Any = Trees(Leaf(AnyPath, AnyLiteral), 4);

    private static long Ticks(string text) => IsoDateTime.TryParse(text, out long ticks, out _) ? ticks : throw new ArgumentException(text);

    /// <summary>Trees over the given leaves, at most so many levels of and, or and not.</summary>
    public static Gen<FilterExpression> Trees(Gen<FilterExpression> leaf, int depth)
    {
        if (depth == 0)
        {
            return leaf;
        }

        Gen<FilterExpression> inner = Trees(leaf, depth - 1);
        return Gen.Frequency<FilterExpression>(
            (3, leaf),
            (1, inner.Select(operand => (FilterExpression)new FilterNot(operand))),
            (2, inner.Array[2, 4].Select(operands => (FilterExpression)FilterAnd.Of(operands))),
            (2, inner.Array[2, 4].Select(operands => (FilterExpression)FilterOr.Of(operands))));
    }

    /// <summary>Every kind of leaf, without regard to types.</summary>
    public static Gen<FilterExpression> Leaf(Gen<FilterPath> path, Gen<FieldValue> literal)
    {
        Gen<FilterOperand> operand = path.Select(p => (FilterOperand)p);
        return Gen.Frequency<FilterExpression>(
            (4, Simple(operand, literal)),
            (1, Gen.Bool.Select(value => (FilterExpression)new FilterConstant(value))),
            (1, GeoDistance(path)),
            (2, Quantifier(path, literal)));
    }

    /// <summary>Comparisons, lists and string functions of one operand.</summary>
    public static Gen<FilterExpression> Simple(Gen<FilterOperand> operand, Gen<FieldValue> literal) => Gen.OneOf<FilterExpression>(
        Comparison(operand, literal, Gen.Enum<FilterOperator>()),
        In(operand, literal),
        StringMatch(operand));

    public static Gen<FilterExpression> Comparison(Gen<FilterOperand> operand, Gen<FieldValue> literal, Gen<FilterOperator> operation) =>
        Gen.Select(operand, operation, literal, (o, op, l) => (FilterExpression)new FilterComparison(o, op, l));

    public static Gen<FilterExpression> In(Gen<FilterOperand> operand, Gen<FieldValue> literal) =>
        Gen.Select(operand, literal.Array[1, 4], (o, l) => (FilterExpression)new FilterIn(o, new(l)));

    public static Gen<FilterExpression> StringMatch(Gen<FilterOperand> operand) =>
        Gen.Select(Gen.Enum<FilterStringMatchKind>(), operand, AnyText, (m, o, p) => (FilterExpression)new FilterStringMatch(m, o, p));

    public static Gen<FilterExpression> GeoDistance(Gen<FilterPath> path) => Gen.Select(
        path,
        Gen.Select(Gen.Double[-180, 180], Gen.Double[-90, 90]),
        Gen.OneOf(FilterOperator.GreaterOrEqual, FilterOperator.GreaterThan, FilterOperator.LessOrEqual, FilterOperator.LessThan),
        Gen.Double[0, 20_000],
        (p, center, op, km) => (FilterExpression)new FilterGeoDistance(p, FieldValue.FromGeo(center.Item1, center.Item2), op, km));

    public static Gen<FilterExpression> Quantifier(Gen<FilterPath> path, Gen<FieldValue> literal)
    {
        Gen<FilterExpression> condition = Trees(Simple(Gen.Const<FilterOperand>(new FilterElement()), literal), 2);
        return Gen.Select(path, Gen.Enum<FilterQuantifierKind>(), condition, Gen.Int[0, 5], (p, kind, c, choice) =>
            (FilterExpression)(choice == 0 ? new FilterQuantifier(FilterQuantifierKind.Any, p, null) : new FilterQuantifier(kind, p, c)));
    }
}
