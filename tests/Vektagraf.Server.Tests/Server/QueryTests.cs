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
    public async Task Query_WithAggregates_IsNotPartOfThisVersion()
    {
        var path = await CreateAsync(1);
        (await server.PostAsync(path + "/query", """{ "aggregate": { "count": true } }""")).IsProblem(HttpStatusCode.NotImplemented, "not-supported");
        await QueryAsync(path, """{ "aggregate": null }""");
    }
}
