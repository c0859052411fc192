using System.Globalization;
using System.Numerics;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Optimisation;

/// <summary>
/// What is left of a filter without its literals: each is a placeholder of its type, a list after <c>in</c> has the types and the band of its
/// length, and operands of <c>and</c> and <c>or</c> are in no order. <c>null</c> stays: a test for absence is planned unlike one for a value.
/// The hash and the text say the same; a property test holds them together.
/// </summary>
public static class FilterShape
{
    // Lists of 1, 2 to 4, 5 to 16, 17 to 64 and so on.
    private const int ListBandBits = 2;

    /// <summary>Hash of a filter's shape. Allocates nothing.</summary>
    /// <param name="filter">The filter, bound to the collection.</param>
    /// <returns>128 bits.</returns>
    public static UInt128 Hash(FilterExpression filter)
    {
        var hash = new ShapeHash();
        switch (filter)
        {
            case FilterAnd and:
                hash.Add('&');
                hash.Add(Sum(and.Operands));
                break;
            case FilterOr or:
                hash.Add('|');
                hash.Add(Sum(or.Operands));
                break;
            case FilterNot not:
                hash.Add('!');
                hash.Add(Hash(not.Operand));
                break;
            case FilterQuantifier quantifier:
                hash.Add(quantifier.Kind == FilterQuantifierKind.Any ? 'E' : 'A');
                Add(ref hash, quantifier.Path);
                hash.Add(quantifier.Condition is null ? UInt128.Zero : Hash(quantifier.Condition));
                break;
            default:
                AddLeaf(ref hash, filter);
                break;
        }

        return hash.Finish();
    }

    /// <summary>A filter's shape as text, such as <c>price lt ?number and category in (?string ×2..4)</c>.</summary>
    /// <param name="filter">The filter, bound to the collection.</param>
    /// <returns>The text, equal for filters of one shape.</returns>
    public static string Text(FilterExpression filter) => filter switch
    {
        FilterAnd and => string.Join(" and ", and.Operands.Select(o => o is FilterOr ? $"({Text(o)})" : Text(o)).Order(StringComparer.Ordinal)),
        FilterOr or => string.Join(" or ", or.Operands.Select(Text).Order(StringComparer.Ordinal)),
        FilterNot not => $"not ({Text(not.Operand)})",
        FilterConstant constant => constant.Value ? "true" : "false",
        FilterQuantifier q => $"{q.Path}/{(q.Kind == FilterQuantifierKind.Any ? "any" : "all")}({(q.Condition is null ? string.Empty : "e: " + Text(q.Condition))})",
        FilterComparison c => $"{c.Operand} {FilterText.Keyword(c.Operator)} {Placeholder(c.Literal.Kind)}",
        FilterIn i => $"{i.Operand} in ({string.Join('|', KindsOf(i).Select(Placeholder))} ×{ListBand(i.Literals.Count)})",
        FilterStringMatch m => $"{FilterText.Function(m.Match)}({m.Operand}, ?string)",
        FilterGeoDistance g => $"geo.distance({g.Path}, ?geo) {FilterText.Keyword(g.Operator)} ?number",
        _ => throw new InvalidOperationException($"{filter.GetType().Name} has no shape."),
    };

    private static void AddLeaf(ref ShapeHash hash, FilterExpression filter)
    {
        switch (filter)
        {
            case FilterConstant constant:
                hash.Add(constant.Value ? '1' : '0');
                break;
            case FilterComparison comparison:
                hash.Add('=');
                Add(ref hash, comparison.Operand);
                hash.Add((int)comparison.Operator);
                hash.Add((int)comparison.Literal.Kind);
                break;
            case FilterIn list:
                hash.Add('(');
                Add(ref hash, list.Operand);
                hash.Add(KindBits(list));
                hash.Add(ListBandOf(list.Literals.Count));
                break;
            case FilterStringMatch match:
                hash.Add('*');
                Add(ref hash, match.Operand);
                hash.Add((int)match.Match);
                break;
            case FilterGeoDistance distance:
                hash.Add('@');
                Add(ref hash, distance.Path);
                hash.Add((int)distance.Operator);
                break;
            default:
                throw new InvalidOperationException($"{filter.GetType().Name} has no shape.");
        }
    }

    /// <summary>Operands in no order: the sum of their hashes, each mixed already.</summary>
    private static UInt128 Sum(ValueList<FilterExpression> operands)
    {
        var sum = (UInt128)(uint)operands.Count;
        for (var i = 0; i < operands.Count; i++)
        {
            sum += Hash(operands[i]);
        }

        return sum;
    }

    internal static void Add(ref ShapeHash hash, FilterOperand operand)
    {
        if (operand is not FilterPath path)
        {
            hash.Add(-1);
            return;
        }

        hash.Add((int)path.Kind);
        hash.Add(path.Segments.Count);
        for (var i = 0; i < path.Segments.Count; i++)
        {
            hash.Add(path.Segments[i]);
        }
    }

    private static int KindBits(FilterIn list)
    {
        var bits = 0;
        for (var i = 0; i < list.Literals.Count; i++)
        {
            bits |= 1 << (int)list.Literals[i].Kind;
        }

        return bits;
    }

    private static IEnumerable<FieldValueKind> KindsOf(FilterIn list) => list.Literals.Select(l => l.Kind).Distinct().Order();

    private static int ListBandOf(int length) => (BitOperations.Log2((uint)Math.Max(1, length - 1)) / ListBandBits) + (length > 1 ? 1 : 0);

    private static string ListBand(int length)
    {
        var band = ListBandOf(length);
        return band == 0 ? "1" : string.Create(CultureInfo.InvariantCulture, $"{(1L << (ListBandBits * (band - 1))) + 1}..{1L << (ListBandBits * band)}");
    }

    private static string Placeholder(FieldValueKind kind) => kind == FieldValueKind.Null ? "null" : "?" + kind.ToString().ToLowerInvariant();
}
