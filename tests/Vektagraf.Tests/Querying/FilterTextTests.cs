using CsCheck;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

public class FilterTextTests
{
    [Fact]
    public void Canonical_OfRandomTree_ParsesToAnEqualTree() =>
        FilterGen.Any.Sample(
            tree =>
            {
                FilterExpression parsed = FilterParser.Parse(tree.ToString());
                Assert.Equal(tree, parsed);
                Assert.Equal(tree.GetHashCode(), parsed.GetHashCode());
                Assert.Equal(tree.ToString(), parsed.ToString());
            },
            iter: 5_000,
            print: tree => tree.ToString());

    [Fact]
    public void Shape_WhenOnlyLiteralsDiffer_IsTheSame() =>
        Gen.Select(FilterGen.Any, Gen.Int).Sample(
            (tree, seed) =>
            {
                FilterExpression other = ReplaceLiterals(tree, new Random(seed));
                Assert.Equal(FilterText.Shape(tree), FilterText.Shape(other));
            },
            iter: 5_000,
            print: pair => pair.Item1.ToString());

    [Theory]
    [InlineData("a eq 1", "b eq 1")]
    [InlineData("a eq 1", "a ne 1")]
    [InlineData("a eq 1", "a eq null")]
    [InlineData("a eq 1", "a in (1)")]
    [InlineData("a eq 1 and b eq 1", "a eq 1 or b eq 1")]
    [InlineData("not (a eq 1)", "a eq 1")]
    [InlineData("id eq 'x'", "\"id\" eq 'x'")]
    [InlineData("t/any(e: e eq 'x')", "t/all(e: e eq 'x')")]
    [InlineData("startswith(a, 'x')", "endswith(a, 'x')")]
    public void Shape_WhenStructureDiffers_Differs(string left, string right) =>
        Assert.NotEqual(FilterText.Shape(FilterParser.Parse(left)), FilterText.Shape(FilterParser.Parse(right)));

    private static FilterExpression ReplaceLiterals(FilterExpression tree, Random random) => tree switch
    {
        FilterNot not => new FilterNot(ReplaceLiterals(not.Operand, random)),
        FilterAnd and => FilterAnd.Of([.. and.Operands.Select(operand => ReplaceLiterals(operand, random))]),
        FilterOr or => FilterOr.Of([.. or.Operands.Select(operand => ReplaceLiterals(operand, random))]),
        FilterComparison { Literal.Kind: FieldValueKind.Null } => tree,
        FilterComparison c => c with { Literal = RandomLiteral(random) },
        FilterIn list => list with { Literals = new(Enumerable.Range(0, random.Next(1, 5)).Select(_ => RandomLiteral(random))) },
        FilterStringMatch match => match with { Pattern = RandomLiteral(random).ToString() },
        FilterGeoDistance d => d with { Center = FieldValue.FromGeo(random.Next(180), random.Next(90)), Kilometres = random.Next(9) },
        FilterQuantifier { Condition: not null } q => q with { Condition = ReplaceLiterals(q.Condition, random) },
        _ => tree,
    };

    private static FieldValue RandomLiteral(Random random) => random.Next(4) switch
    {
        0 => FieldValue.From(random.NextDouble()),
        1 => FieldValue.From(random.Next().ToString(System.Globalization.CultureInfo.InvariantCulture) + "' ? and"),
        2 => FieldValue.From(random.Next(2) == 0),
        _ => FieldValue.FromUtcTicks(random.NextInt64(DateTime.MaxValue.Ticks)),
    };
}
