using System.Net;

namespace Vektagraf.Server.Http;

public class QueryTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private async Task<string> CreateAsync(int objects, int shards = 1)
    {
        var path = await server.CreateCollectionAsync($$"""
            { "shards": {{shards}}, "vectors": { "e": { "dimensions": 1, "metric": "dot" } },
              "fields": { "n": { "type": "number", "index": true }, "group": { "type": "string", "index": true } } }
            """);
        await server.ImportAsync(path, Enumerable.Range(0, objects).Select(i =>
            $$"""{ "id": "o{{i:D4}}", "properties": { "n": {{i}}, "group": "g{{i % 7}}" }, "vectors": { "e": [{{i}}] } }"""));
        return path;
    }

    private async Task<Answer> QueryAsync(string path, string body) => (await server.PostAsync(path + "/query", body)).Is(HttpStatusCode.OK);

    [Fact]
    public async Task Query_WhenEmpty_ListsByIdAHundredAPage()
    {
        var path = await CreateAsync(120, shards: 2);
        var first = await QueryAsync(path, "{}");
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"o{i:D4}"), first.Ids);
        var cursor = first.Json["cursor"]!.GetValue<string>();
        var last = await QueryAsync(path, $$"""{ "cursor": "{{cursor}}" }""");
        Assert.Equal(Enumerable.Range(100, 20).Select(i => $"o{i:D4}"), last.Ids);
        Assert.True(last.Json.AsObject().ContainsKey("cursor"));
        Assert.Null(last.Json["cursor"]);
    }

    [Fact]
    public async Task Query_WithOrder_SortsThenById()
    {
        var path = await CreateAsync(14);
        Assert.Equal(["o0006", "o0013", "o0005", "o0012"], (await QueryAsync(path, """{ "orderBy": "group desc", "limit": 4 }""")).Ids);
        Assert.Equal(["o0013", "o0006", "o0012", "o0005"], (await QueryAsync(path, """{ "orderBy": ["group desc", "n desc"], "limit": 4 }""")).Ids);
        Assert.Equal(["o0013", "o0012"], (await QueryAsync(path, """{ "orderBy": "n desc, id", "limit": 2 }""")).Ids);
    }

    [Fact]
    public async Task Query_WithFilterAndSelect_ReturnsThose()
    {
        var path = await CreateAsync(30);
        var answer = await QueryAsync(path, """{ "filter": "group eq 'g3' and n ge 10", "select": ["n"], "includeVectors": true, "consistency": "eventual" }""");
        Assert.Equal(["o0010", "o0017", "o0024"], answer.Ids);
        var first = answer.Json["results"]![0]!;
        Requests.AssertSameJson("""{ "n": 10 }""", first["properties"]);
        Requests.AssertSameJson("""{ "e": [10] }""", first["vectors"]);
        Assert.Equal((await server.GetAsync(path + "/objects/o0010")).ETag, first["etag"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(3, "")]
    [InlineData(2, "\"orderBy\": \"group desc, n\",")]
    public async Task Query_WhenPagedWhileWritesHappen_ShowsTheFirstPagesSnapshot(int shards, string order)
    {
        const int Objects = 230;
        var path = await CreateAsync(Objects, shards);
        var expected = (await QueryAsync(path, $$"""{ {{order}} "limit": 1000 }""")).Ids;

        var seen = new List<string>();
        string? cursor = null;
        var pages = 0;
        do
        {
            var page = await QueryAsync(path, $$"""{ {{order}} "limit": 37, "filter": "n ge 0", "cursor": {{(cursor is null ? "null" : $"\"{cursor}\"")}} }""");
            seen.AddRange(page.Ids);
            cursor = page.Json["cursor"]?.GetValue<string>();

            // Before, after and at the page's end: objects that come, go and move.
            await server.PutAsync($"{path}/objects/a-new{pages}", """{ "properties": { "n": 5, "group": "g0" } }""");
            await server.PutAsync($"{path}/objects/z-new{pages}", """{ "properties": { "n": 5, "group": "g6" } }""");
            await server.DeleteAsync($"{path}/objects/{seen[^1]}");
            await server.PatchAsync($"{path}/objects/{expected[^(pages + 1)]}", """{ "properties": { "n": -1, "group": "moved" } }""");
            pages++;
        }
        while (cursor is not null);

        Assert.Equal(7, pages);
        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task Query_WhenTheCursorIsOfAnotherQuery_IsInvalid()
    {
        var path = await CreateAsync(10);
        var cursor = (await QueryAsync(path, """{ "limit": 3 }""")).Json["cursor"]!.GetValue<string>();
        (await server.PostAsync(path + "/query", $$"""{ "limit": 3, "orderBy": "n", "cursor": "{{cursor}}" }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/cursor");
        (await server.PostAsync(path + "/query", $$"""{ "filter": "n eq 1", "cursor": "{{cursor}}" }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/cursor");
    }

    [Fact]
    public async Task Query_WithAggregates_ComputesThemOverAllThatIsFound()
    {
        var path = await CreateAsync(30, shards: 2);
        var answer = await QueryAsync(path, """
            { "filter": "n lt 20", "limit": 1, "aggregate": { "count": true, "min": ["n"], "max": "n", "avg": ["n"], "sum": ["n"], "facets": ["group,count:2", { "field": "n", "limit": 1 }], "groupBy": { "field": "group", "limit": 1 } } }
            """);
        Requests.AssertSameJson("""
            { "count": 20, "min": { "n": 0 }, "max": { "n": 19 }, "avg": { "n": 9.5 }, "sum": { "n": 190 },
              "facets": { "group": [{ "value": "g0", "count": 3 }, { "value": "g1", "count": 3 }], "n": [{ "value": 0, "count": 1 }] },
              "groups": [{ "value": "g0", "count": 3, "min": { "n": 0 }, "max": { "n": 14 }, "avg": { "n": 7 }, "sum": { "n": 21 } }] }
            """, answer.Json["aggregates"]);
        Assert.Single(answer.Ids);
        Assert.Empty((await QueryAsync(path, """{ "limit": 0, "aggregate": { "facets": "group" } }""")).Ids);
        Assert.False((await QueryAsync(path, """{ "aggregate": null }""")).Json.AsObject().ContainsKey("aggregates"));
    }

    [Theory]
    [InlineData("""{ "aggregate": { "median": ["n"] } }""", "/aggregate/median")]
    [InlineData("""{ "aggregate": { "avg": ["group"] } }""", "/aggregate/avg/0")]
    [InlineData("""{ "aggregate": { "facets": [{ "field": "group", "limit": 0 }] } }""", "/aggregate/facets/0/limit")]
    public async Task Query_WithAggregatesThatMakeNoSense_SaysWhich(string body, string pointer)
    {
        var path = await CreateAsync(1);
        (await server.PostAsync(path + "/query", body)).IsProblem(HttpStatusCode.BadRequest, "invalid-request", pointer);
    }

    [Fact]
    public async Task QueryBatch_WithSeveralQueries_AnswersEach()
    {
        var path = await CreateAsync(10);
        var answer = (await server.PostAsync(path + "/query:batch", """{ "queries": [{ "filter": "n ge 8" }, { "limit": 0, "aggregate": { "count": true } }] }""")).Is(HttpStatusCode.OK);
        Assert.Equal(2, answer.Json["results"]![0]!["results"]!.AsArray().Count);
        Assert.Equal(10, answer.Json["results"]![1]!["aggregates"]!["count"]!.GetValue<int>());
        (await server.PostAsync(path + "/query:batch", """{ "queries": [{}, { "filter": "n eq" }] }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-filter", "/queries/1/filter");
    }

    [Fact]
    public async Task WritesByFilter_ChangeAndDeleteWhatItFinds()
    {
        var path = await CreateAsync(20, shards: 2);
        var patched = (await server.PostAsync(path + "/objects:patchByFilter", """{ "filter": "n lt 5", "patch": { "properties": { "group": "small" } } }""")).Is(HttpStatusCode.OK);
        Assert.Equal((5, 5), (patched.Json["matched"]!.GetValue<int>(), patched.Json["changed"]!.GetValue<int>()));
        Assert.Equal(5, (await QueryAsync(path, """{ "filter": "group eq 'small'" }""")).Ids.Length);
        var deleted = (await server.PostAsync(path + "/objects:deleteByFilter", """{ "filter": "group eq 'small' or n ge 15" }""")).Is(HttpStatusCode.OK);
        Assert.Equal(10, deleted.Json["deleted"]!.GetValue<int>());
        Assert.Equal(10, (await QueryAsync(path, "{}")).Ids.Length);
        (await server.PostAsync(path + "/objects:deleteByFilter", """{ "filter": "" }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/filter");
        (await server.PostAsync(path + "/objects:deleteByFilter", "{}")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await server.PostAsync(path + "/objects:patchByFilter", """{ "filter": "true" }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/patch");
    }
}
