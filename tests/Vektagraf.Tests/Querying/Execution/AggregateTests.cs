using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Querying.Execution;

/// <summary>Aggregates against a computation from the objects themselves.</summary>
public class AggregateTests
{
    private static readonly string[] Counted = ["name", "price", "ok", "at", "tags", "type", "id", "loose", "nowhere"];

    [Fact]
    public async Task QueryAsync_WithAggregates_ComputesThemOverAllThatFulfilTheFilter() => await Gen.Select(
        QueryWorld.Definitions, QueryWorld.Properties.Array[0, 60], QueryWorld.Filters, Gen.Int[1, 5], Gen.Int[0, 2]).SampleAsync(async (definition, properties, filter, limit, removed) =>
    {
        await using var things = await TestCollection.CreateAsync(definition);
        await things.SaveAllAsync(properties.Select((p, i) => QueryWorld.ObjectOf($"o{i:00}", i % 3 == 0 ? null : $"T{i % 3}", p)));
        for (var i = 0; i < Math.Min(removed, properties.Length); i++)
        {
            await things.DeleteAsync($"o{i:00}");
        }

        var request = new AggregateRequest
        {
            Count = true,
            Min = ["price", "name", "at"],
            Max = ["price", "type"],
            Avg = ["price"],
            Sum = ["price"],
            Facets = [.. Counted.Select(f => new FacetRequest(f, limit))],
            GroupBy = new FacetRequest("name", limit),
        };
        var found = (await things.Collection.QueryAsync(new QueryRequest { Filter = filter, Limit = 0, Aggregate = request }, default)).Aggregates!;
        var expected = QueryWorld.Expected(await QueryWorld.AllAsync(things), filter, [], things.Collection.Definition);
        Assert.Equal(expected.Count, found.Count);
        AssertMetrics(expected, found.Metrics, things.Collection.Definition);
        foreach (var facet in found.Facets)
        {
            Assert.Equal(First(Values(expected, facet.Field, things.Collection.Definition), limit), facet.Values.Select(v => (v.Value.ToString()!, v.Count)));
        }

        var groups = expected.GroupBy(o => ValueOf(o, "name", things.Collection.Definition)).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, FieldValueComparer.Ascending).Take(limit).ToList();
        Assert.Equal(groups.Select(g => (g.Key, (long)g.Count())), found.Groups!.Select(g => (g.Value, g.Count)));
        foreach (var (group, computed) in groups.Zip(found.Groups!))
        {
            AssertMetrics([.. group], computed.Metrics, things.Collection.Definition);
        }
    }, iter: 300);

    [Fact]
    public async Task QueryAsync_WithFacetsOverManyRows_CountsInEveryWay()
    {
        await using var things = await TestCollection.CreateAsync("""{"fields":{"k":{"type":"string","index":true},"n":{"type":"number","index":true},"t":{"type":"string[]","index":true},"free":{"type":"string"}}}""");
        var random = new Random(3);
        await things.Collection.ImportAsync(Enumerable.Range(0, 12_000).Select(i => ObjectJson.Read(System.Text.Encoding.UTF8.GetBytes(
            $$"""{"id":"o{{i}}","properties":{"k":"k{{random.Next(5)}}","n":{{random.Next(3_000)}},"t":["a","{{"bc"[i % 2]}}"],"free":"f{{random.Next(4)}}"} }"""), things.Collection.Definition)), null, default);
        for (var round = 0; round < 2; round++)
        {
            var all = await QueryWorld.AllAsync(things);
            foreach (var filter in (string?[])[null, "k eq 'k1'", "n lt 5", "n lt 2900", "t/any(x: x eq 'b')", "free eq 'f1'"])
            {
                var facets = (await things.Collection.QueryAsync(new QueryRequest { Filter = filter, Limit = 0, Aggregate = new AggregateRequest { Facets = [new("k"), new("n", 7), new("t"), new("free")] } }, default)).Aggregates!.Facets;
                var expected = QueryWorld.Expected(all, filter, [], things.Collection.Definition);
                Assert.All(facets, f => Assert.Equal(First(Values(expected, f.Field, things.Collection.Definition), f.Field == "n" ? 7 : 10), f.Values.Select(v => (v.Value.ToString()!, v.Count))));
            }

            await things.Collection.DeleteByFilterAsync(new FilterWriteRequest("k eq 'k2' or n gt 2500"), default);
        }
    }

    [Fact]
    public async Task QueryAsync_WithNumbersWhoseSumOverflows_HasTheirMean()
    {
        await using var things = await TestCollection.CreateAsync();
        await things.SaveAllAsync(Enumerable.Range(0, 4).Select(i => $$"""{"id":"{{i}}","properties":{"n":1.5e308} }"""));
        var metrics = (await things.Collection.QueryAsync(new QueryRequest { Limit = 0, Aggregate = new AggregateRequest { Avg = ["n"], Sum = ["n"] } }, default)).Aggregates!.Metrics;
        Assert.Equal((1.5e308, double.PositiveInfinity), (metrics.Avg[0].Value!.Value, metrics.Sum[0].Value!.Value));
    }

    [Theory]
    [InlineData("tags", "/aggregate/min/0")]
    [InlineData("price desc", "/aggregate/min/0")]
    [InlineData("a, b", "/aggregate/min/0")]
    [InlineData("", "/aggregate/min/0")]
    public async Task QueryAsync_WithAggregatesOfWhatHasNone_SaysWhich(string field, string pointer)
    {
        await using var things = await TestCollection.CreateAsync("""{"fields":{"tags":{"type":"string[]"} } }""");
        var error = await Assert.ThrowsAsync<VektagrafException>(() => things.Collection.QueryAsync(new QueryRequest { Aggregate = new AggregateRequest { Min = [field] } }, default));
        Assert.Equal((ErrorKind.Invalid, pointer), (error.Kind, Assert.Single(error.Errors).Key));
    }

    private static void AssertMetrics(List<StoredObject> objects, AggregateMetrics metrics, CollectionDefinition definition)
    {
        foreach (var (field, value) in metrics.Min)
        {
            Assert.Equal(Comparable(field).Order(FieldValueComparer.Ascending).FirstOrDefault(), value);
        }

        foreach (var (field, value) in metrics.Max)
        {
            Assert.Equal(Comparable(field).Order(FieldValueComparer.Ascending).LastOrDefault(), value);
        }

        var numbers = Comparable("price").Where(v => v.Kind == FieldValueKind.Number).Select(v => v.AsNumber).ToList();
        AssertClose(numbers.Count == 0 ? null : numbers.Sum(), metrics.Sum[0].Value);
        AssertClose(numbers.Count == 0 ? null : numbers.Average(), metrics.Avg[0].Value);

        IEnumerable<FieldValue> Comparable(string field) => objects.Select(o => ValueOf(o, field, definition)).Where(v => v.Kind is not (FieldValueKind.Null or FieldValueKind.Other));
    }

    private static void AssertClose(double? expected, double? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is { } value)
        {
            Assert.InRange(actual!.Value, value - (1e-9 * Math.Abs(value)) - 1e-9, value + (1e-9 * Math.Abs(value)) + 1e-9);
        }
    }

    private static IEnumerable<FieldValue> Values(IEnumerable<StoredObject> objects, string field, CollectionDefinition definition) => objects
        .SelectMany(o => ValueOf(o, field, definition) is { Kind: FieldValueKind.StringArray } array ? array.AsStringArray.Distinct().Select(FieldValue.From) : [ValueOf(o, field, definition)])
        .Where(v => v.Kind is not (FieldValueKind.Null or FieldValueKind.Other));

    private static IEnumerable<(string Value, long Count)> First(IEnumerable<FieldValue> values, int limit) => values
        .GroupBy(v => v is { Kind: FieldValueKind.Number, AsNumber: 0 } ? FieldValue.From(0) : v)
        .OrderByDescending(g => g.Count()).ThenBy(g => g.Key, FieldValueComparer.Ascending).Take(limit)
        .Select(g => (g.Key.ToString()!, (long)g.Count()));

    private static FieldValue ValueOf(StoredObject stored, string field, CollectionDefinition definition) =>
        QueryWorld.ValueOf(stored, FilterField.Resolve(field == "type" ? FilterPath.Type : field == "id" ? FilterPath.Id : FilterPath.Property(field), definition));
}
