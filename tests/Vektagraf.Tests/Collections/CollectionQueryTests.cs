using System.Globalization;
using Vektagraf.Collections;
using Vektagraf.Querying;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class CollectionQueryTests
{
    private const string Definition = """{"shards":SHARDS,"fields":{"price":{"type":"number"},"city":{"type":"string"},"note":{"type":"text"},"at":{"type":"datetime"}}}""";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task QueryAsync_OverPagesWhileOthersWrite_GivesTheFirstPagesSnapshot(int shards)
    {
        await using var things = await CreateAsync(DefinitionOf(shards));
        await things.SaveAllAsync(Enumerable.Range(0, 50).Select(i => Thing($"o{i:00}", price: i % 7)));
        var expected = Enumerable.Range(0, 50).Where(i => i % 7 > 1).OrderByDescending(i => i % 7).ThenBy(i => i).Select(i => $"o{i:00}").ToList();
        var found = new List<string>();
        string? cursor = null;
        do
        {
            var page = await things.Collection.QueryAsync(new QueryRequest { Filter = "price gt 1", OrderBy = ["price desc"], Limit = 8, Cursor = cursor }, Cancel);
            Assert.InRange(page.Results.Count, 1, 8);
            found.AddRange(page.Results.Select(o => o.Id));
            cursor = page.Cursor;

            // The last object of the page goes, others change their place or come new.
            await things.DeleteAsync(found[^1]);
            await things.SaveAsync(Thing($"o{found.Count % 50:00}", price: 6));
            await things.SaveAsync(Thing($"new{found.Count}", price: 3));
        }
        while (cursor is not null);
        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task QueryAsync_WhenThePageIsExactlyFull_HasNoFurtherOne()
    {
        await using var things = await CreateAsync();
        await things.SaveAllAsync(["""{"id":"a"}""", """{"id":"b"}"""]);
        Assert.Null((await things.Collection.QueryAsync(new QueryRequest { Limit = 2 }, Cancel)).Cursor);
        var first = await things.Collection.QueryAsync(new QueryRequest { Limit = 1 }, Cancel);
        var second = await things.Collection.QueryAsync(new QueryRequest { Limit = 1, Cursor = first.Cursor }, Cancel);
        Assert.Equal(("a", "b", null), (Ids(first.Results), Ids(second.Results), second.Cursor));
    }

    [Theory]
    [InlineData("price", "b a1 a2 c none1 none2")]
    [InlineData("price desc", "none1 none2 c a1 a2 b")]
    [InlineData("city desc, price", "b a1 none2 none1 a2 c")]
    [InlineData("id desc", "none2 none1 c b a2 a1")]
    public async Task QueryAsync_WithAnOrder_BreaksTiesById(string orderBy, string expected)
    {
        foreach (var shards in (int[])[1, 4])
        {
            await using var things = await CreateAsync(DefinitionOf(shards));
            await things.SaveAllAsync(
            [
                """{"id":"none2","properties":{}}""",
                """{"id":"none1","properties":{"price":null,"city":"Zlín"}}""",
                """{"id":"c","properties":{"price":3,"city":"Brno"}}""",
                """{"id":"a2","properties":{"price":2,"city":"Brno"}}""",
                """{"id":"a1","properties":{"price":2}}""",
                """{"id":"b","properties":{"price":-1e-300}}""",
            ]);
            Assert.Equal(expected, await things.IdsAsync(null, orderBy));
        }
    }

    [Fact]
    public async Task QueryAsync_WithRandomFilters_FindsWhatAScanOfTheModelFinds()
    {
        await using var things = await CreateAsync(DefinitionOf(3));
        var random = new Random(11);
        var model = new Dictionary<string, (double? Price, string? City)>(StringComparer.Ordinal);
        for (var i = 0; i < 300; i++)
        {
            var id = $"o{random.Next(120)}";
            if (random.Next(5) == 0 && model.Remove(id))
            {
                await things.DeleteAsync(id);
                continue;
            }

            double? price = random.Next(6) == 0 ? null : random.Next(20) / 2.0;
            var city = random.Next(6) == 0 ? null : $"c{random.Next(4)}";
            model[id] = (price, city);
            await things.SaveAsync(Thing(id, price, city));
        }

        for (var i = 0; i < 20; i++)
        {
            var least = random.Next(20) / 2.0;
            var city = $"c{random.Next(5)}";
            var filter = string.Create(CultureInfo.InvariantCulture, $"price ge {least} and not (city eq '{city}')");
            var expected = model.Where(m => m.Value.Price >= least && m.Value.City != city).Select(m => m.Key).Order(StringComparer.Ordinal);
            Assert.Equal(string.Join(' ', expected), await things.IdsAsync(filter));
        }
    }

    [Fact]
    public async Task QueryAsync_WhenTheRequestIsInvalid_SaysWhere()
    {
        await using var things = await CreateAsync(DefinitionOf(2));
        await things.SaveAllAsync([Thing("a", 1), Thing("b", 2)]);
        var cursor = (await things.Collection.QueryAsync(new QueryRequest { Limit = 1, Filter = "price gt 0" }, Cancel)).Cursor!;
        (QueryRequest Request, string Pointer)[] requests =
        [
            (new QueryRequest { Limit = 0 }, "/limit"),
            (new QueryRequest { Limit = Limits.MaxK + 1 }, "/limit"),
            (new QueryRequest { Cursor = "x" }, "/cursor"),
            (new QueryRequest { Cursor = "" }, "/cursor"),
            (new QueryRequest { Cursor = "bnVsbA" }, "/cursor"),
            (new QueryRequest { Cursor = "ž" }, "/cursor"),
            (new QueryRequest { Cursor = cursor, Filter = "price gt 1" }, "/cursor"),
            (new QueryRequest { Cursor = cursor, Filter = "price gt 0", OrderBy = ["price"] }, "/cursor"),
            (new QueryRequest { OrderBy = ["price sideways"] }, "/orderBy/0"),
        ];
        foreach (var (request, pointer) in requests)
        {
            var e = await FailsAsync(ErrorKind.Invalid, () => things.Collection.QueryAsync(request, Cancel));
            Assert.Equal(pointer, Assert.Single(e.Errors).Key);
        }

        await FailsAsync(ErrorKind.Invalid, () => things.QueryAsync("price gt"));
    }

    [Fact]
    public async Task QueryAsync_WhenTheCollectionWasCreatedAnew_RefusesItsOldCursor()
    {
        await using var things = await CreateAsync();
        await things.SaveAllAsync(["""{"id":"a"}""", """{"id":"b"}"""]);
        var cursor = (await things.Collection.QueryAsync(new QueryRequest { Limit = 1 }, Cancel)).Cursor;
        await things.Database.DropCollectionAsync(Name, Cancel);
        var (again, _) = await things.Database.PutCollectionAsync(Name, new CollectionDefinition(), Cancel);
        await FailsAsync(ErrorKind.Invalid, () => again.QueryAsync(new QueryRequest { Limit = 1, Cursor = cursor }, Cancel));
    }

    private static string DefinitionOf(int shards) => Definition.Replace("SHARDS", shards.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static string Thing(string id, double? price = null, string? city = null) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"id":"{{{id}}}","properties":{"price":{{{(price is { } p ? p.ToString(CultureInfo.InvariantCulture) : "null")}}},"city":{{{(city is null ? "null" : $"\"{city}\"")}}}}}""");
}
