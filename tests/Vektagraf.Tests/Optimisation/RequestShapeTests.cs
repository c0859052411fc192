using CsCheck;
using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Tests.Optimisation;

public class RequestShapeTests
{
    private static readonly Gen<RequestShape> AnyShape = Gen.Select(
        FilterGen.Any, Gen.Bool, Gen.OneOf(null, "embedding", "title"), Gen.Int[1, 3_000], Gen.OneOf(0.5, 0.9, 0.95, 0.999, 0.9999, 1), Gen.Int[0, 15], Gen.Int[0, 3]).Select(
        (filter, isSearch, field, depth, recall, bits, order) => new RequestShape
        {
            Kind = isSearch ? RequestKind.Search : RequestKind.Query,
            Filter = (bits & 1) == 0 ? filter : null,
            VectorField = isSearch ? field : null,
            Vector = isSearch && field is not null ? (VectorSource)(1 + (bits % 3)) : VectorSource.None,
            TextFields = isSearch && (bits & 2) != 0 ? ["title", "body"] : null,
            Depth = depth,
            Recall = recall,
            HasParameters = isSearch && (bits & 4) != 0,
            HasMinScore = (bits & 8) != 0,
            HasAggregates = !isSearch && (bits & 4) != 0,
            GroupBy = isSearch && bits == 15 ? "brand" : null,
            Order = order == 0 || isSearch ? null : [new OrderByTerm(FilterPath.Property("price"), order == 1), new OrderByTerm(FilterPath.Id, Descending: order == 3)],
        });

    private static readonly Gen<FilterExpression> FewFilters = FilterGen.Trees(
        FilterGen.Leaf(Gen.OneOf(FilterPath.Id, FilterPath.Property("a")), FilterGen.AnyLiteral), 1);

    [Fact]
    public void Signature_WhenShapesAreWrittenAlike_IsEqual_AndElseNot() =>
        Gen.Select(AnyShape, AnyShape).Sample((a, b) => Assert.Equal(string.Equals(a.Text(), b.Text(), StringComparison.Ordinal), a.Signature() == b.Signature()), iter: 3_000);

    [Fact]
    public void Hash_OfFiltersThatOftenHaveOneShape_IsEqualExactlyForThose()
    {
        var equal = 0;
        Gen.Select(FewFilters, FewFilters).Sample(
            (a, b) =>
            {
                var areAlike = string.Equals(FilterShape.Text(a), FilterShape.Text(b), StringComparison.Ordinal);
                Interlocked.Add(ref equal, areAlike ? 1 : 0);
                Assert.Equal(areAlike, FilterShape.Hash(a) == FilterShape.Hash(b));
            },
            iter: 40_000);
        Assert.True(equal > 30, $"Only {equal} pairs had one shape: the test says little.");
    }

    [Fact]
    public void Signature_WhenLiteralsAreReplacedAndOperandsShuffled_StaysTheSame() => Gen.Select(AnyShape, Gen.Int).Sample(
        (shape, seed) =>
        {
            var random = new Random(seed);
            var other = shape with { Filter = shape.Filter is null ? null : Disguise(shape.Filter, random) };
            Assert.Equal(shape.Text(), other.Text());
            Assert.Equal(shape.Signature(), other.Signature());
        },
        iter: 3_000);

    [Fact]
    public void Text_WhenThereAreLiterals_ShowsNoneOfThem() => Gen.String[Gen.Char['k', 'q'], 8, 12].Sample(secret =>
    {
        var filter = FilterParser.Parse($"a eq '{secret}' and b in ('{secret}', '{secret}x') and startswith(c, '{secret}') and tags/any(t: t eq '{secret}')");
        Assert.DoesNotContain(secret, FilterShape.Text(filter), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("price lt 1", "price lt 2")]
    [InlineData("a eq 1 and b eq 2", "b eq 7 and a eq 9")]
    [InlineData("(a eq 1 or b eq 2) and c eq 3", "c eq 1 and (b eq 1 or a eq 1)")]
    [InlineData("a in (1,2)", "a in (5,6,7,8)")]
    [InlineData("t/any(x: x eq 'a')", "t/any(y: y eq 'b')")]
    [InlineData("not (a eq 'x')", "not (a eq 'y')")]
    public void Hash_WhenOnlyLiteralsOrOrderDiffer_IsEqual(string a, string b) => Assert.Equal(Hash(a), Hash(b));

    [Theory]
    [InlineData("price lt 1", "price le 1")]
    [InlineData("price lt 1", "cost lt 1")]
    [InlineData("a eq 1", "a eq 'x'")]
    [InlineData("a eq null", "a eq 'x'")]
    [InlineData("a eq 1 and b eq 1", "a eq 1 or b eq 1")]
    [InlineData("a eq 1", "a eq 1 and a eq 2")]
    [InlineData("a eq 1 and a eq 2", "a eq 1 and a eq 2 and a eq 3")]
    [InlineData("a in (1,2,3,4)", "a in (1,2,3,4,5)")]
    [InlineData("a in (1)", "a in (1,2)")]
    [InlineData("a in (1,2)", "a in (1,'2')")]
    [InlineData("t/any(x: x eq 'a')", "t/all(x: x eq 'a')")]
    [InlineData("a eq 1 and (b eq 1 or c eq 1)", "(a eq 1 and b eq 1) or c eq 1")]
    [InlineData("a/b eq 1", "\"a/b\" eq 1")]
    [InlineData("id eq 'x'", "\"id\" eq 'x'")]
    [InlineData("a eq 1", "not (a eq 1)")]
    public void Hash_WhenShapesDiffer_Differs(string a, string b) => Assert.NotEqual(Hash(a), Hash(b));

    [Fact]
    public void Signature_WhenOneOfItsPartsDiffers_Differs()
    {
        var shape = new RequestShape { Kind = RequestKind.Search, VectorField = "v", Vector = VectorSource.Value, Depth = 10, Recall = 0.95 };
        RequestShape[] others =
        [
            shape with { Depth = 11 }, shape with { Recall = 0.99 }, shape with { Recall = 1 }, shape with { VectorField = "w" }, shape with { Vector = VectorSource.Id },
            shape with { TextFields = [] }, shape with { TextFields = ["a"] }, shape with { HasParameters = true }, shape with { HasMinScore = true }, shape with { IsDiverse = true }, shape with { HasAggregates = true },
            shape with { GroupBy = "g" }, shape with { Filter = new FilterConstant(true) }, shape with { Kind = RequestKind.Query },
        ];
        Assert.Equal(others.Length + 1, others.Append(shape).Select(s => s.Signature()).Distinct().Count());
        Assert.Equal(shape.Signature(), (shape with { Depth = 2, Recall = 0.92 }).Signature());
    }

    [Fact]
    public void Signature_WhenComputed_AllocatesNothing()
    {
        var shape = new RequestShape
        {
            Kind = RequestKind.Search,
            VectorField = "embedding",
            Depth = 10,
            Filter = FilterParser.Parse("category eq 'a' and price lt 80 and not (tags/any(t: t in ('x', 'y'))) and (a eq 1 or b eq 2)"),
        };
        shape.Signature();
        var before = GC.GetAllocatedBytesForCurrentThread();
        shape.Signature();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void ToString_OfASignature_ParsesBack() => AnyShape.Sample(shape =>
    {
        Assert.True(QuerySignature.TryParse(shape.Signature().ToString(), out var parsed));
        Assert.Equal(shape.Signature(), parsed);
        Assert.False(QuerySignature.TryParse(shape.Signature().ToString()[1..], out _));
    });

    private static UInt128 Hash(string filter) => FilterShape.Hash(FilterParser.Parse(filter));

    /// <summary>The same shape with other literals and another order.</summary>
    private static FilterExpression Disguise(FilterExpression filter, Random random) => filter switch
    {
        FilterAnd and => FilterAnd.Of(Shuffle(and.Operands, random)),
        FilterOr or => FilterOr.Of(Shuffle(or.Operands, random)),
        FilterNot not => new FilterNot(Disguise(not.Operand, random)),
        FilterQuantifier { Condition: { } condition } quantifier => quantifier with { Condition = Disguise(condition, random) },
        FilterComparison comparison => comparison with { Literal = Another(comparison.Literal, random) },
        FilterIn list => list with { Literals = new(list.Literals.Reverse().Select(l => Another(l, random))) },
        FilterStringMatch match => match with { Pattern = "p" + random.Next() },
        FilterGeoDistance distance => distance with { Center = FieldValue.FromGeo(random.Next(90), 1), Kilometres = random.Next() },
        _ => filter,
    };

    private static FilterExpression[] Shuffle(IEnumerable<FilterExpression> operands, Random random)
    {
        var shuffled = operands.Select(o => Disguise(o, random)).ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }

    private static FieldValue Another(FieldValue value, Random random) => value.Kind switch
    {
        FieldValueKind.String => FieldValue.From("s" + random.Next()),
        FieldValueKind.Number => FieldValue.From(random.NextDouble()),
        FieldValueKind.Boolean => FieldValue.From(random.Next(2) == 0),
        FieldValueKind.DateTime => FieldValue.FromUtcTicks(random.NextInt64(DateTime.MaxValue.Ticks)),
        _ => value,
    };
}
