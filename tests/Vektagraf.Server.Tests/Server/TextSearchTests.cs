using System.Net;

namespace Vektagraf.Server.Http;

public class TextSearchTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Definition = """
        { "shards": 2, "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } },
          "fields": { "title": { "type": "text" }, "summary": { "type": "text" }, "brand": { "type": "string" }, "price": { "type": "number" } } }
        """;

    private async Task<string> CreateShopAsync()
    {
        var path = await server.CreateCollectionAsync(Definition);
        await server.ImportAsync(
            path,
            """{ "id": "a", "type": "Shoe", "properties": { "title": "Running shoes", "summary": "Light shoes for the road", "brand": "Nord", "price": 80 }, "vectors": { "e": [0, 0] } }""",
            """{ "id": "b", "type": "Shoe", "properties": { "title": "Trail shoe", "summary": "For runners in the woods", "brand": "Syd", "price": 120 }, "vectors": { "e": [5, 0] } }""",
            """{ "id": "c", "type": "Shirt", "properties": { "title": "Rain jacket", "summary": "Waterproof", "brand": "Nord", "price": 60 }, "vectors": { "e": [1, 0] } }""");
        return path;
    }

    private async Task<Answer> SearchAsync(string path, string body) => (await server.PostAsync(path + "/search", body)).Is(HttpStatusCode.OK);

    [Fact]
    public async Task Search_ForWords_RanksWithScoresAndWithoutDistances()
    {
        var path = await CreateShopAsync();
        var answer = await SearchAsync(path, """{ "text": { "query": "running shoes" } }""");
        Assert.Equal(["a", "b"], answer.Ids);
        var first = answer.Json["results"]![0]!;
        Assert.True(first["score"]!.GetValue<double>() > answer.Json["results"]![1]!["score"]!.GetValue<double>());
        Assert.Null(first["distance"]);
        Assert.Null(first["highlights"]);
        Assert.Equal("Shoe", first["type"]!.GetValue<string>());
        Assert.Equal("Running shoes", first["properties"]!["title"]!.GetValue<string>());
        Assert.Empty(answer.Json["missingShards"]!.AsArray());
    }

    [Fact]
    public async Task Search_WithEverythingElse_TakesIt()
    {
        var path = await CreateShopAsync();
        Assert.Equal(["b"], (await SearchAsync(path, """{ "text": { "query": "shoes" }, "filter": "price gt 100" }""")).Ids);
        Assert.Equal(["b"], (await SearchAsync(path, """{ "text": { "query": "shoes", "fields": ["title"] }, "filter": "contains(title, 'Trail')", "k": 1 }""")).Ids);
        Assert.Equal(["b"], (await SearchAsync(path, """{ "text": { "query": "running shoes" }, "offset": 1 }""")).Ids);
        Assert.Empty((await SearchAsync(path, """{ "text": { "query": "+shoe +nowhere waterproof" } }""")).Ids);
        var answer = await SearchAsync(path, """{ "text": { "query": "shoes", "fields": ["title"] }, "select": ["brand"], "includeVectors": true, "explain": true, "highlight": { "preTag": "<b>", "postTag": "</b>" } }""");
        var hit = answer.Json["results"]![0]!;
        Requests.AssertSameJson("""{ "brand": "Nord" }""", hit["properties"]);
        Assert.Equal(2, hit["vectors"]!["e"]!.AsArray().Count);
        Requests.AssertSameJson("""{ "title": ["Running <b>shoes</b>"] }""", hit["highlights"]);
        Assert.Equal("text-index", answer.Json["plan"]!["accessPath"]!.GetValue<string>());
        Assert.Equal("bm25", answer.Json["plan"]!["metric"]!.GetValue<string>());
    }

    [Fact]
    public async Task Search_ForBoth_FusesRanks()
    {
        var path = await CreateShopAsync();
        var answer = await SearchAsync(path, """{ "vector": { "value": [1, 0] }, "text": { "query": "waterproof shoes" }, "explain": true }""");
        var results = answer.Json["results"]!.AsArray();
        Assert.Equal(3, results.Count);
        foreach (var hit in results)
        {
            var ranks = hit!["ranks"]!;
            var expected = (1 / (60 + ranks["vector"]!["rank"]!.GetValue<double>())) + (1 / (60 + ranks["text"]!["rank"]!.GetValue<double>()));
            Assert.Equal(expected, hit["score"]!.GetValue<double>(), 1e-12);
            Assert.NotNull(hit["distance"]);
        }

        var byVector = await SearchAsync(path, """{ "vector": { "value": [1, 0] }, "text": { "query": "trail" }, "fusion": { "weights": { "text": 0 } } }""");
        Assert.Equal(["c", "a", "b"], byVector.Ids);
        var byText = await SearchAsync(path, """{ "vector": { "value": [1, 0] }, "text": { "query": "trail" }, "fusion": { "k": 1, "weights": { "vector": 0.1, "text": 1 } } }""");
        Assert.Equal("b", byText.Ids[0]);
        Assert.Null(byText.Json["results"]![0]!["ranks"]);
    }

    [Fact]
    public async Task Search_AfterWrites_SeesThem()
    {
        var path = await CreateShopAsync();
        (await server.PutAsync(path + "/objects/d", """{ "properties": { "title": "Zebra shoes" } }""")).Is(HttpStatusCode.Created);
        Assert.Equal(["d"], (await SearchAsync(path, """{ "text": { "query": "zebra" } }""")).Ids);
        (await server.PatchAsync(path + "/objects/d", """{ "properties": { "title": "Lion shoes" } }""")).Is(HttpStatusCode.OK);
        Assert.Empty((await SearchAsync(path, """{ "text": { "query": "zebra" } }""")).Ids);
        Assert.Equal(["d"], (await SearchAsync(path, """{ "text": { "query": "lions" } }""")).Ids);
        (await server.DeleteAsync(path + "/objects/d")).Is(HttpStatusCode.NoContent);
        Assert.Empty((await SearchAsync(path, """{ "text": { "query": "lions" } }""")).Ids);
    }

    [Theory]
    [InlineData("""{ "text": { "query": "" } }""", "/text/query")]
    [InlineData("""{ "text": { "query": "   " } }""", "/text/query")]
    [InlineData("""{ "text": {} }""", "/text/query")]
    [InlineData("""{ "text": { "query": "a", "fields": ["titel"] } }""", "/text/fields/0")]
    [InlineData("""{ "text": { "query": "a", "fields": ["title", "brand"] } }""", "/text/fields/1")]
    [InlineData("""{ "text": { "query": "a", "fields": [null] } }""", "/text/fields/0")]
    [InlineData("""{ "text": { "query": "a", "fields": [] } }""", "/text/fields")]
    [InlineData("""{ "text": { "query": "a", "fields": ["title"], "weights": { "summary": 1 } } }""", "/text/weights/summary")]
    [InlineData("""{ "text": { "query": "a", "weights": { "title": 0 } } }""", "/text/weights/title")]
    [InlineData("""{ "text": { "query": "a" }, "k": 0 }""", "/k")]
    [InlineData("""{ "text": { "query": "a" }, "diversity": {} }""", "/diversity")]
    [InlineData("""{ "text": { "query": "a" }, "highlight": { "fields": ["nope"] } }""", "/highlight/fields/0")]
    [InlineData("""{ "text": { "query": "a" }, "highlight": { "fragments": 101 } }""", "/highlight/fragments")]
    [InlineData("""{ "text": { "query": "a" }, "highlight": { "fragmentLength": 1 } }""", "/highlight/fragmentLength")]
    [InlineData("""{ "text": { "query": "a" }, "fusion": { "k": 0 } }""", "/fusion/k")]
    [InlineData("""{ "text": { "query": "a" }, "fusion": { "weights": { "text": -1 } } }""", "/fusion/weights/text")]
    [InlineData("""{ "vector": { "value": [1, 2] }, "highlight": {} }""", "/highlight")]
    [InlineData("""{ "vector": { "value": [1, 2] }, "fusion": {} }""", "/fusion")]
    [InlineData("""{ "vector": { "value": [1] }, "text": { "query": "a" } }""", "/vector/value")]
    [InlineData("""{ "vector": { "field": "x", "value": [1] }, "text": { "query": "a" } }""", "/vector/field")]
    [InlineData("""{ }""", "/vector")]
    public async Task Search_WithSomethingWrong_SaysWhere(string body, string pointer)
    {
        var path = await CreateShopAsync();
        (await server.PostAsync(path + "/search", body)).IsProblem(HttpStatusCode.BadRequest, "invalid-request", pointer);
    }

    [Fact]
    public async Task Search_ForAFieldOfAlmostThatName_AsksWhetherItIsMeant()
    {
        var path = await CreateShopAsync();
        var problem = (await server.PostAsync(path + "/search", """{ "text": { "query": "a", "fields": ["titel"] } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        Assert.Contains("did you mean 'title'", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_WithoutATextField_SaysHowToDeclareOne()
    {
        var path = await server.CreateCollectionAsync("""{ "fields": { "brand": { "type": "string" } } }""");
        var problem = (await server.PostAsync(path + "/search", """{ "text": { "query": "a" } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/text");
        Assert.Contains("Declare one", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SearchBatch_WithWords_AnswersEach()
    {
        var path = await CreateShopAsync();
        var answer = (await server.PostAsync(path + "/search:batch", """{ "queries": [{ "text": { "query": "jacket" } }, { "vector": { "value": [0, 0] }, "k": 1 }, { "text": { "query": "shoe" }, "highlight": {} }] }""")).Is(HttpStatusCode.OK);
        var results = answer.Json["results"]!.AsArray();
        Assert.Equal(["c", "a", "a"], results.Select(r => r!["results"]![0]!["id"]!.GetValue<string>()));
        Assert.NotNull(results[2]!["results"]![0]!["highlights"]);
        (await server.PostAsync(path + "/search:batch", """{ "queries": [{ "text": { "query": "jacket" } }, { "text": { "query": "" } }] }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/queries/1/text/query");
    }
}
