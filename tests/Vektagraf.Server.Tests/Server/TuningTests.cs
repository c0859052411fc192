using System.Net;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

public class TuningTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private async Task<string> CreateAsync(int objects = 200)
    {
        var path = await server.CreateCollectionAsync("""
            { "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } },
              "fields": { "n": { "type": "number", "index": true }, "price": { "type": "number" } } }
            """);
        await server.ImportAsync(path, Enumerable.Range(0, objects).Select(i =>
            $$"""{ "id": "o{{i:D4}}", "properties": { "n": {{i}}, "price": {{i}} }, "vectors": { "e": [{{i}}, 1] } }"""));
        return path;
    }

    [Fact]
    public async Task Plans_AfterRequests_AreListedByShape()
    {
        var path = await CreateAsync();
        for (var i = 0; i < 3; i++)
        {
            (await server.PostAsync(path + "/query", $$"""{ "filter": "price lt {{i + 1}}" }""")).Is(HttpStatusCode.OK);
            (await server.PostAsync(path + "/search", $$"""{ "vector": { "value": [{{i}}, 1] }, "k": 5, "select": ["n"] }""")).Is(HttpStatusCode.OK);
        }

        (await server.PostAsync(path + "/query", """{ "filter": "price lt" }""")).Is(HttpStatusCode.BadRequest);
        var plans = (await server.GetAsync(path + "/plans")).Is(HttpStatusCode.OK).Json["plans"]!.AsArray();
        Assert.Equal(["query", "search"], plans.Select(p => p!["kind"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        foreach (var plan in plans)
        {
            Assert.Equal(3, plan!["executions"]!.GetValue<int>());
            Assert.Equal(1, plan["successRate"]!.GetValue<double>());
            var (min, average, p95, max) = (Number(plan, "minMs"), Number(plan, "avgMs"), Number(plan, "p95Ms"), Number(plan, "maxMs"));
            Assert.True(min > 0 && min <= average && average <= max && min <= p95 && p95 <= max, plan.ToJsonString());
            Assert.Equal(3, plan["last100"]!["executions"]!.GetValue<int>());
            Assert.True(Number(plan["cost"]!["actual"]!, "requests") > 0);
        }
    }

    [Fact]
    public async Task Plans_WhenTheServerStartsAgain_AreStillThere()
    {
        using var directory = new TestKit.TemporaryDirectory();
        var settings = new ServerSettings { Store = new() { Directory = directory.Path }, Port = 0 };
        const string Path = "/api/collections/again";
        await using (var first = await VektagrafServer.StartAsync(settings, TestContext.Current.CancellationToken))
        {
            using var client = new HttpClient { BaseAddress = first.Address };
            (await Requests.SendAsync(client, first.Address, HttpMethod.Put, Path, Requests.Json("{}"))).Is(HttpStatusCode.Created);
            (await Requests.SendAsync(client, first.Address, HttpMethod.Post, Path + "/query", Requests.Json("""{ "filter": "a eq 1" }"""))).Is(HttpStatusCode.OK);
        }

        Assert.True(File.Exists(System.IO.Path.Combine(directory.Path, "insights.db")));
        await using var second = await VektagrafServer.StartAsync(settings, TestContext.Current.CancellationToken);
        using var again = new HttpClient { BaseAddress = second.Address };
        var plan = Assert.Single((await Requests.SendAsync(again, second.Address, HttpMethod.Get, Path + "/plans", null)).Json["plans"]!.AsArray())!;
        Assert.Equal("query top 100 where a eq ?number", plan["shape"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{ "filter": "n lt 10" }""", "query")]
    [InlineData("""{ "query": { "filter": "n lt 10" } }""", "query")]
    [InlineData("{}", "query")]
    [InlineData("""{ "vector": { "id": "o0001" }, "k": 3 }""", "search")]
    [InlineData("""{ "search": { "vector": { "id": "o0001" } } }""", "search")]
    public async Task Explain_TellsSearchesFromQueries(string body, string kind)
    {
        var path = await CreateAsync(20);
        var answer = (await server.PostAsync(path + "/explain", body)).Is(HttpStatusCode.OK).Json;
        Assert.Equal(kind, answer["kind"]!.GetValue<string>());
        Assert.Equal(kind, answer["plan"]!["kind"]!.GetValue<string>());
        Assert.False(answer.AsObject().ContainsKey("actual"));
        Assert.False(answer.AsObject().ContainsKey("whatIf"));
    }

    [Fact]
    public async Task Explain_WithAnalyzeAndWhatIf_MeasuresSideBySide()
    {
        var path = await CreateAsync();
        var answer = (await server.PostAsync(path + "/explain", """
            { "vector": { "value": [7, 1] }, "k": 4, "filter": "price lt 100", "analyze": true,
              "whatIf": [{ "index": "flat" }, { "filterMode": "after" }, { "efSearch": 32 }, { "fieldIndex": "price" }] }
            """)).Is(HttpStatusCode.OK).Json;
        Assert.Equal(4, answer["actual"]!["rows"]!.GetValue<int>());
        Assert.NotEmpty(answer["actual"]!["stages"]!.AsArray());
        Assert.Equal("memory", answer["actual"]!["cacheTier"]!.GetValue<string>());
        Assert.Equal(["price"], answer["analysis"]!["indexes"]!["missing"]!.AsArray().Select(f => f!.GetValue<string>()));
        var results = answer["whatIf"]!.AsArray();
        Assert.Equal(5, results.Count);
        Assert.All(results.Take(3), r => Assert.Equal(1, r!["recall"]!.GetValue<double>()));
        Assert.NotNull(results[3]!["problem"]);
        Assert.True(results[4]!["hypothetical"]!.GetValue<bool>());
        Assert.Null(results[4]!["ms"]);
    }

    [Theory]
    [InlineData("""{ "search": { "vector": { "id": "o1" } }, "query": {} }""", "")]
    [InlineData("""{ "search": { "vector": { "id": "o1" } }, "k": 3 }""", "")]
    [InlineData("""{ "vector": { "id": "o1" }, "whatIf": [{ "efSearch": 0 }] }""", "/whatIf/0")]
    [InlineData("""{ "vector": { "id": "o1" }, "whatIf": [null] }""", "/whatIf/0")]
    [InlineData("""{ "filter": "n lt 1", "whatIf": [{ "efSearch": 9 }] }""", "/whatIf/0")]
    [InlineData("""{ "search": { "vector": { } } }""", "/search/vector")]
    public async Task Explain_WhenTheBodyIsWrong_SaysWhere(string body, string pointer)
    {
        var path = await CreateAsync(3);
        var problem = (await server.PostAsync(path + "/explain", body)).Is(HttpStatusCode.BadRequest).Json;
        Assert.Contains(pointer, problem["errors"]!.AsObject().Select(e => e.Key));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{ "k": 3 }""")]
    [InlineData("""{ "analyze": "yes" }""")]
    [InlineData("""{ "filter": "n lt", "analyze": true }""")]
    public async Task Explain_WhenTheBodyIsNoRequest_IsABadRequest(string body) =>
        (await server.PostAsync(await CreateAsync(3) + "/explain", body)).Is(HttpStatusCode.BadRequest);

    [Theory]
    [InlineData("GET", "/plans")]
    [InlineData("GET", "/recommendations")]
    [InlineData("POST", "/explain")]
    [InlineData("POST", "/recommendations/x:apply")]
    public async Task EveryCall_WhenThereIsNoCollection_IsNotFound(string method, string call) =>
        (await server.SendAsync(new HttpMethod(method), "/api/collections/nobody" + call, method == "POST" ? Requests.Json("{}") : null)).Is(HttpStatusCode.NotFound);

    [Fact]
    public async Task Recommendations_WhenOnlyTheCallerCanApplyOne_ApplyConflicts()
    {
        var path = await CreateAsync(5_000);
        for (var i = 0; i < 12; i++)
        {
            (await server.PostAsync(path + "/query", """{ "limit": 5000, "select": [] }""")).Is(HttpStatusCode.OK);
        }

        var recommendations = (await server.GetAsync(path + "/recommendations")).Is(HttpStatusCode.OK).Json["recommendations"]!.AsArray();
        foreach (var limit in recommendations.Where(r => r!["kind"]!.GetValue<string>() == "addLimit"))
        {
            Assert.False(limit!["applicable"]!.GetValue<bool>());
            var problem = (await server.PostAsync($"{path}/recommendations/{limit["id"]!.GetValue<string>()}:apply", "{}")).Is(HttpStatusCode.Conflict).Json;
            Assert.Equal("urn:vektagraf:problem:not-applicable", problem["type"]!.GetValue<string>());
        }

        Assert.All(recommendations, r => Assert.Equal("open", r!["status"]!.GetValue<string>()));
    }

    private static double Number(JsonNode node, string name) => node[name]!.GetValue<double>();
}
