using System.Net;

namespace Vektagraf.Server.Http;

public class SparseSearchTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Definition = """
        { "shards": 2, "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } }, "sparse": { "lexical": {} },
          "fields": { "title": { "type": "text" }, "price": { "type": "number" } } }
        """;

    private async Task<string> CreateShopAsync()
    {
        var path = await server.CreateCollectionAsync(Definition);
        await server.ImportAsync(
            path,
            """{ "id": "a", "type": "Shoe", "properties": { "title": "Running shoes", "price": 80 }, "vectors": { "e": [0, 0] }, "sparse": { "lexical": { "indices": [7, 1], "values": [0.5, 2] } } }""",
            """{ "id": "b", "type": "Shoe", "properties": { "title": "Trail shoe", "price": 120 }, "vectors": { "e": [5, 0] }, "sparse": { "lexical": { "values": [1], "indices": [7] } } }""",
            """{ "id": "c", "type": "Shirt", "properties": { "title": "Rain jacket", "price": 60 }, "vectors": { "e": [1, 0] }, "sparse": { "lexical": { "indices": [4294967295], "values": [3] } } }""",
            """{ "id": "d", "properties": { "title": "Nothing" }, "sparse": { "lexical": { "indices": [9], "values": [0] } } }""");
        return path;
    }

    private async Task<Answer> SearchAsync(string path, string body) => (await server.PostAsync(path + "/search", body)).Is(HttpStatusCode.OK);

    [Fact]
    public async Task Search_ForASparseVector_RanksByDotProduct()
    {
        var path = await CreateShopAsync();
        var answer = await SearchAsync(path, """{ "sparse": { "field": "lexical", "indices": [1, 7], "values": [0.25, 2] }, "explain": true }""");
        Assert.Equal(["b", "a"], answer.Ids);
        Assert.Equal([2, 1.5], answer.Json["results"]!.AsArray().Select(r => r!["score"]!.GetValue<double>()));
        Assert.Null(answer.Json["results"]![0]!["distance"]);
        Assert.Null(answer.Json["results"]![0]!["sparse"]);
        Assert.Equal("sparse-index", answer.Json["plan"]!["accessPath"]!.GetValue<string>());
        Assert.Equal(("dot", "lexical"), (answer.Json["plan"]!["metric"]!.GetValue<string>(), answer.Json["plan"]!["field"]!.GetValue<string>()));
        Assert.Empty((await SearchAsync(path, """{ "sparse": { "indices": [9], "values": [1] } }""")).Ids);
    }

    [Fact]
    public async Task Search_WithEverythingElse_TakesIt()
    {
        var path = await CreateShopAsync();
        const string Query = "\"sparse\": { \"indices\": [7, 4294967295], \"values\": [1, 1] }";
        Assert.Equal(["c", "b", "a"], (await SearchAsync(path, $$"""{ {{Query}} }""")).Ids);
        Assert.Equal(["b"], (await SearchAsync(path, $$"""{ {{Query}}, "filter": "price gt 100" }""")).Ids);
        Assert.Equal(["b"], (await SearchAsync(path, $$"""{ {{Query}}, "offset": 1, "k": 1 }""")).Ids);
        Assert.Equal(["c", "b"], (await SearchAsync(path, $$"""{ {{Query}}, "minScore": 1 }""")).Ids);
        Assert.Equal(["c", "b"], (await SearchAsync(path, $$"""{ {{Query}}, "groupBy": { "field": "type" } }""")).Ids);
        var hit = (await SearchAsync(path, $$"""{ {{Query}}, "select": ["price"], "includeVectors": true, "consistency": "eventual" }""")).Json["results"]![2]!;
        Requests.AssertSameJson("""{ "price": 80 }""", hit["properties"]);
        Requests.AssertSameJson("""{ "lexical": { "indices": [1, 7], "values": [2, 0.5] } }""", hit["sparse"]);
    }

    [Fact]
    public async Task Search_ForThreeThings_FusesRanks()
    {
        var path = await CreateShopAsync();
        var answer = await SearchAsync(
            path,
            """{ "vector": { "value": [0, 0] }, "text": { "query": "jacket" }, "sparse": { "indices": [7], "values": [1] }, "fusion": { "weights": { "sparse": 3, "text": 0.5 } }, "explain": true }""");
        Assert.Equal(["b", "a", "c"], answer.Ids);
        Assert.Equal((1.0 / 63) + (3.0 / 61), answer.Json["results"]![0]!["score"]!.GetValue<double>(), 1e-12);
        var second = answer.Json["results"]![1]!;
        Assert.Equal((1.0 / 61) + (3.0 / 62), second["score"]!.GetValue<double>(), 1e-12);
        Requests.AssertSameJson("""{ "vector": { "rank": 1, "score": 1 }, "sparse": { "rank": 2, "score": 0.5 } }""", second["ranks"]);
        Assert.Equal("flat + text-index + sparse-index", answer.Json["plan"]!["accessPath"]!.GetValue<string>());
        Assert.Equal((1.0 / 62) + (0.5 / 61), answer.Json["results"]![2]!["score"]!.GetValue<double>(), 1e-12);
    }

    [Fact]
    public async Task Explain_OfASparseVector_TellsItIsASearch()
    {
        var path = await CreateShopAsync();
        var answer = (await server.PostAsync(path + "/explain", """{ "sparse": { "indices": [7], "values": [1] }, "analyze": true }""")).Is(HttpStatusCode.OK);
        Assert.Contains("sparse lexical", answer.Json["shape"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_WithSparseVectors_TravelThroughAllWrites()
    {
        var path = await CreateShopAsync();
        var got = (await server.GetAsync(path + "/objects/a?vectors=true")).Is(HttpStatusCode.OK);
        Requests.AssertSameJson("""{ "lexical": { "indices": [1, 7], "values": [2, 0.5] } }""", got.Json["sparse"]);
        Assert.Null((await server.GetAsync(path + "/objects/a")).Json["sparse"]);
        Assert.Null((await server.GetAsync(path + "/objects/d?vectors=true")).Json["sparse"]);

        (await server.PatchAsync(path + "/objects/b", """{ "properties": { "price": 1 } }""")).Is(HttpStatusCode.OK);
        Assert.Equal(["b", "a"], (await SearchAsync(path, """{ "sparse": { "indices": [7], "values": [1] } }""")).Ids);
        (await server.PatchAsync(path + "/objects/b", """{ "sparse": { "lexical": null } }""")).Is(HttpStatusCode.OK);
        Assert.Equal(["a"], (await SearchAsync(path, """{ "sparse": { "indices": [7], "values": [1] } }""")).Ids);
        (await server.PostAsync(path + "/transactions", """{ "operations": [{ "save": { "id": "t", "sparse": { "lexical": { "indices": [7], "values": [9] } } } }, { "patch": { "id": "c", "sparse": { "lexical": { "indices": [7], "values": [8] } } } }] }""")).Is(HttpStatusCode.OK);
        Assert.Equal(["t", "c", "a"], (await SearchAsync(path, """{ "sparse": { "indices": [7], "values": [1] } }""")).Ids);
        (await server.PostAsync(path + "/objects:patchByFilter", """{ "filter": "price eq 80", "patch": { "sparse": { "lexical": { "indices": [7], "values": [10] } } } }""")).Is(HttpStatusCode.OK);
        Assert.Equal(["a", "t", "c"], (await SearchAsync(path, """{ "sparse": { "indices": [7], "values": [1] } }""")).Ids);
        var exported = (await server.GetAsync(path + "/objects:export")).Is(HttpStatusCode.OK);
        Assert.Contains("""
            "sparse":{"lexical":{"indices":[7],"values":[8]}}
            """, exported.Text, StringComparison.Ordinal);
        Assert.True((await server.GetAsync(path)).Json["statistics"]!["bytes"]!["sparse"]!.GetValue<long>() > 0);
    }

    [Fact]
    public async Task Patch_OfTheCollection_AddsAndDropsASparseField()
    {
        var path = await CreateShopAsync();
        var more = (await server.PatchAsync(path, """{ "sparse": { "other": {} } }""")).Is(HttpStatusCode.OK);
        Requests.AssertSameJson("""{ "lexical": {}, "other": {} }""", more.Json["sparse"]);
        (await server.PostAsync(path + "/search", """{ "sparse": { "indices": [1], "values": [1] } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/sparse/field");
        Assert.Equal(["a"], (await SearchAsync(path, """{ "sparse": { "field": "lexical", "indices": [1], "values": [1] } }""")).Ids);
        var less = (await server.PatchAsync(path, """{ "sparse": { "lexical": null } }""")).Is(HttpStatusCode.OK);
        Requests.AssertSameJson("""{ "other": {} }""", less.Json["sparse"]);
        Assert.Empty((await SearchAsync(path, """{ "sparse": { "indices": [1], "values": [1] } }""")).Ids);
    }

    [Theory]
    [InlineData("""{ "sparse": { "indices": [1], "values": [1, 2] } }""", "/sparse")]
    [InlineData("""{ "sparse": { "indices": [1, 1], "values": [1, 2] } }""", "/sparse/indices")]
    [InlineData("""{ "sparse": { "indices": [1], "values": [1e39] } }""", "/sparse/values")]
    [InlineData("""{ "sparse": { "indices": [1], "values": [1e20] } }""", "/sparse/values")]
    [InlineData("""{ "sparse": { "indices": [1], "values": [1], "field": "nope" } }""", "/sparse/field")]
    [InlineData("""{ "sparse": { "indices": [1], "values": [1] }, "diversity": {} }""", "/diversity")]
    [InlineData("""{ "sparse": { "indices": [1], "values": [1] }, "highlight": {} }""", "/highlight")]
    [InlineData("""{ "sparse": { "indices": [1], "values": [1] }, "fusion": { "weights": { "sparse": -1 } } }""", "/fusion/weights/sparse")]
    [InlineData("""{ "sparse": { "indices": [1], "values": [1] }, "k": 0 }""", "/k")]
    public async Task Search_WithSomethingWrong_SaysWhere(string body, string pointer)
    {
        var path = await CreateShopAsync();
        (await server.PostAsync(path + "/search", body)).IsProblem(HttpStatusCode.BadRequest, "invalid-request", pointer);
    }

    [Theory]
    [InlineData("""{ "sparse": { "indices": [-1], "values": [1] } }""")]
    [InlineData("""{ "sparse": { "indices": [4294967296], "values": [1] } }""")]
    [InlineData("""{ "sparse": { "indices": [1.5], "values": [1] } }""")]
    [InlineData("""{ "sparse": { "indices": [1], "values": ["a"] } }""")]
    [InlineData("""{ "sparse": { "indices": [1] } }""")]
    [InlineData("""{ "sparse": { "indices": null, "values": [1] } }""")]
    [InlineData("""{ "sparse": { "indices": [1], "values": [1], "x": 1 } }""")]
    [InlineData("""{ "sparse": [1] }""")]
    public async Task Search_WithAnotherShape_IsRefused(string body)
    {
        var path = await CreateShopAsync();
        var problem = await server.PostAsync(path + "/search", body);
        Assert.Equal(400, problem.Status);
        Assert.Contains("sparse", problem.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "sparse": [] }""", "/sparse")]
    [InlineData("""{ "sparse": { "nope": { "indices": [1], "values": [1] } } }""", "/sparse/nope")]
    [InlineData("""{ "sparse": { "lexical": [1] } }""", "/sparse/lexical")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [1], "values": [1, 2] } } }""", "/sparse/lexical")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [1] } } }""", "/sparse/lexical")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [3, 3], "values": [1, 2] } } }""", "/sparse/lexical/indices")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [-3], "values": [1] } } }""", "/sparse/lexical/indices")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [4294967296], "values": [1] } } }""", "/sparse/lexical/indices")]
    [InlineData("""{ "sparse": { "lexical": { "indices": "1", "values": [1] } } }""", "/sparse/lexical/indices")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [1], "values": [null] } } }""", "/sparse/lexical/values")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [1], "values": [1e40] } } }""", "/sparse/lexical/values")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [1], "values": [1], "more": [[1]] } } }""", "/sparse/lexical")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [1], "indices": [1], "values": [1] } } }""", "/sparse/lexical")]
    [InlineData("""{ "sparse": { "lexical": { "indices": [1], "values": [1] }, "lexical": null } }""", "/sparse/lexical")]
    public async Task Put_OfAWrongSparseVector_SaysWhere(string body, string pointer)
    {
        var path = await CreateShopAsync();
        (await server.PutAsync(path + "/objects/x", body)).IsProblem(HttpStatusCode.BadRequest, "invalid-object", pointer);
    }

    [Fact]
    public async Task Put_OfTooManyEntries_NamesTheLimit()
    {
        var path = await CreateShopAsync();
        var indices = string.Join(',', Enumerable.Range(0, 16_385));
        var values = string.Join(',', Enumerable.Repeat(1, 16_385));
        var problem = (await server.PutAsync(path + "/objects/x", $$$"""{ "sparse": { "lexical": { "indices": [{{{indices}}}], "values": [{{{values}}}] } } }"""))
            .IsProblem(HttpStatusCode.BadRequest, "invalid-object", "/sparse/lexical/indices");
        Assert.Contains("16,384", problem.Text, StringComparison.Ordinal);
        var ready = await server.GetAsync("/api/health/ready");
        Assert.Equal((16_384, 8), (ready.Json["limits"]!["sparseEntries"]!.GetValue<int>(), ready.Json["limits"]!["sparseFields"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("""{ "sparse": { "": {} } }""", "/sparse/")]
    [InlineData("""{ "sparse": { "a": null } }""", "/sparse/a")]
    [InlineData("""{ "sparse": { "a": {}, "b": {}, "c": {}, "d": {}, "e": {}, "f": {}, "g": {}, "h": {}, "i": {} } }""", "/sparse")]
    public async Task PutCollection_WithAWrongSparseField_SaysWhere(string definition, string pointer) =>
        (await server.PutAsync("/api/collections/wrong-sparse", definition)).IsProblem(HttpStatusCode.BadRequest, "invalid-definition", pointer);

    [Fact]
    public async Task Search_WithoutASparseField_SaysSo()
    {
        var path = await server.CreateCollectionAsync("{}");
        var problem = (await server.PostAsync(path + "/search", """{ "sparse": { "indices": [1], "values": [1] } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/sparse/field");
        Assert.Contains("no sparse vector fields", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_ForNothing_Warns()
    {
        var path = await CreateShopAsync();
        var answer = await SearchAsync(path, """{ "sparse": { "indices": [1], "values": [0] } }""");
        Assert.Empty(answer.Ids);
        Assert.Contains("finds nothing", answer.Json["warnings"]![0]!.GetValue<string>(), StringComparison.Ordinal);
    }
}
