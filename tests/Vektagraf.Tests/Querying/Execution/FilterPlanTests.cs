using System.Globalization;
using System.Text;
using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Querying.Execution;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards.Segments;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Querying.Execution;

public class FilterPlanTests
{
    private const string Definition = """{"fields":{"a":{"type":"number","index":true},"b":{"type":"string","index":true},"c":{"type":"number"},"t":{"type":"string[]","index":true},"w":{"type":"geo","index":true},"long":{"type":"text","index":true} } }""";

    [Fact]
    public async Task PlanFilterAsync_OfAnAnd_PutsFirstWhatLeavesOutMostForItsCost()
    {
        await using var things = await CreateAsync(5_000);
        var plan = (await things.Collection.PlanFilterAsync("nested/x eq 1 and b eq 'b1' and c lt 3 and a eq 17", run: true, default)).Shards[0];
        Assert.Equal(FilterPlanKind.And, plan.Kind);
        Assert.Equal(["a eq 17", "b eq 'b1'", "c lt 3", "nested/x eq 1"], plan.Operands.Select(o => o.Expression.ToString()));
        Assert.Equal([FilterPlanKind.Index, FilterPlanKind.Index, FilterPlanKind.Scan, FilterPlanKind.Scan], plan.Operands.Select(o => o.Kind));
        Assert.Equal((5, FilterAccess.Gathered), (plan.Operands[0].OutputRows, plan.Operands[0].Access));
        Assert.Equal((5, FilterAccess.Tested), (plan.Operands[1].InputRows, plan.Operands[1].Access));
    }

    [Fact]
    public async Task PlanFilterAsync_WhereAnIndexIsMissing_SaysOnWhichField()
    {
        await using var things = await CreateAsync(100);
        var plan = (await things.Collection.PlanFilterAsync("c eq 1 and a gt 5 and other eq 2 and long eq 'x' and nested/x eq 1", run: false, default)).Shards[0];
        var missing = Assert.Single(plan.DescendantsAndSelf(), n => n.LacksIndex);
        Assert.Equal(("c", FieldType.Number), (missing.Field!.ToString(), missing.DeclaredType));
        Assert.All(plan.DescendantsAndSelf(), n => Assert.Equal(FilterAccess.None, n.Access));
    }

    [Fact]
    public async Task PlanFilterAsync_AfterAnIndexWasAddedOrDropped_GoesByTheDefinition()
    {
        await using var things = await TestCollection.CreateAsync("""{"fields":{"n":{"type":"number"} } }""");
        await things.SaveAllAsync(Enumerable.Range(0, 50).Select(i => $$"""{"id":"o{{i}}","properties":{"n":{{i}}} }"""));
        foreach (var (index, kind) in new[] { (true, FilterPlanKind.Index), (false, FilterPlanKind.Scan), (true, FilterPlanKind.Index) })
        {
            var definition = CollectionJson.Read(Encoding.UTF8.GetBytes($$"""{"fields":{"n":{"type":"number","index":{{(index ? "true" : "false")}}} } }"""));
            var (collection, _) = await things.Database.PutCollectionAsync(TestCollection.Name, definition, default);
            var plan = await collection.PlanFilterAsync("n ge 45", run: true, default);
            Assert.Equal((kind, 5), (plan.Shards[0].Kind, plan.ActualRows));
        }
    }

    [Theory]
    [InlineData("a eq 17", 5)]
    [InlineData("a ge 990", 50)]
    [InlineData("b in ('b1', 'b2')", 1_000)]
    [InlineData("contains(b, '9')", 500)]
    [InlineData("id in ('o1', 'o2', 'nobody')", 2)]
    [InlineData("t/any(x: x eq 't3')", 714)]
    [InlineData("not (a lt 500)", 2_500)]
    [InlineData("type eq 'T'", 0)]
    public async Task PlanFilterAsync_OfWhatOneIndexAnswers_KnowsTheCount(string filter, int expected)
    {
        await using var things = await CreateAsync(5_000);
        var plan = await things.Collection.PlanFilterAsync(filter, run: true, default);
        Assert.Equal(((long)expected, (long)expected, (long)expected, (long?)expected), (plan.Estimate.Min, plan.Estimate.Expected, plan.Estimate.Max, plan.ActualRows));
    }

    [Fact]
    public async Task PlanFilterAsync_WhenOthersDied_BoundsTheLiving()
    {
        await using var things = await CreateAsync(1_000);
        await things.Collection.DeleteByFilterAsync(new FilterWriteRequest("a lt 600"), default);
        var plan = await things.Collection.PlanFilterAsync("b eq 'b1'", run: true, default);
        Assert.Equal((400, 40), (plan.LiveRows, plan.ActualRows));
        Assert.Equal(new FieldEstimate(0, 40, 100), plan.Shards[0].Estimate);
    }

    [Fact]
    public async Task QueryAsync_OfTheLongestAndTheDeepestFilters_Ends()
    {
        await using var things = await CreateAsync(2_000);
        var wide = new StringBuilder("a eq -1");
        for (var i = 0; wide.Length < FilterParser.MaxBytes - 60; i++)
        {
            wide.Append(CultureInfo.InvariantCulture, $" {(i % 2 == 0 ? "or" : "and")} {(i % 3) switch { 0 => "a ne ", 1 => "c lt ", _ => "x gt " }}{i}");
        }

        var deep = string.Concat(Enumerable.Repeat("not (a gt 5 or ", FilterParser.MaxDepth - 2)) + "c eq 1" + new string(')', FilterParser.MaxDepth - 2);
        var list = $"b in ({string.Join(',', Enumerable.Range(0, 1_500).Select(i => $"'b{i}'"))}) and not (t/all(x: x in ({string.Join(',', Enumerable.Range(0, 300).Select(i => $"'t{i}'"))})))";
        var all = await QueryWorld.AllAsync(things);
        foreach (var filter in (string[])[wide.ToString(), deep, list])
        {
            var expected = QueryWorld.Expected(all, filter, [], things.Collection.Definition);
            var found = await things.Collection.QueryAsync(new QueryRequest { Filter = filter, Limit = 0, Aggregate = new AggregateRequest { Count = true } }, default);
            Assert.Equal(expected.Count, found.Aggregates!.Count);
        }
    }

    [Fact]
    public async Task QueryAsync_OfCirclesAnywhere_FindsTheirPoints()
    {
        await using var things = await TestCollection.CreateAsync(Definition);
        var random = new Random(9);
        await things.SaveAllAsync(Enumerable.Range(0, 700).Select(i => string.Create(CultureInfo.InvariantCulture,
            $$"""{"id":"o{{i}}","properties":{"w":{"type":"Point","coordinates":[{{(i % 3 == 0 ? 179.9 + (random.NextDouble() / 10) : (random.NextDouble() * 360) - 180):F6}},{{(random.NextDouble() * 180) - 90:F6}}]} } }""")));
        var all = await QueryWorld.AllAsync(things);
        await Gen.Select(Gen.Double[-180, 180], Gen.Double[-90, 90], Gen.OneOf(Gen.Double[0, 500], Gen.Double[0, 20_100]), Gen.OneOf(Gen.Const("lt"), Gen.Const("ge"))).SampleAsync(async (longitude, latitude, radius, operation) =>
        {
            var filter = string.Create(CultureInfo.InvariantCulture, $"geo.distance(w, geography'POINT({longitude:F9} {latitude:F9})') {operation} {radius:F6}");
            var plan = await things.Collection.PlanFilterAsync(filter, run: true, default);
            Assert.Equal(QueryWorld.Expected(all, filter, [], things.Collection.Definition).Count, plan.ActualRows);
            Assert.InRange(plan.ActualRows!.Value, plan.Estimate.Min, plan.Estimate.Max);
        }, iter: 200);
    }

    private static async Task<TestCollection> CreateAsync(int objects)
    {
        var things = await TestCollection.CreateAsync(Definition);
        await things.Collection.ImportAsync(
            Enumerable.Range(0, objects).Select(i => ObjectJson.Read(Encoding.UTF8.GetBytes(
                $$"""{"id":"o{{i}}","properties":{"a":{{i % 1000}},"b":"b{{i % 10}}","c":{{i % 7}},"t":["t{{i % 7}}"],"nested":{"x":{{i % 2}}} } }"""), things.Collection.Definition)), null, default);
        return things;
    }
}
