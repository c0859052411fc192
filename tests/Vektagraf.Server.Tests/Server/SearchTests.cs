using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

public class SearchTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    /// <summary>Ten points on a line: the nearest of (4, 0) are 4, then 3 and 5 in order of their ids, and so on.</summary>
    private async Task<string> CreateLineAsync(int shards = 1)
    {
        var path = await server.CreateCollectionAsync($$"""
            { "shards": {{shards}}, "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } },
              "fields": { "n": { "type": "number", "index": true }, "parity": { "type": "string", "index": true } } }
            """);
        await server.ImportAsync(path, Enumerable.Range(0, 10).Select(i => $$"""
            { "id": "p{{i}}", "type": "Point", "properties": { "n": {{i}}, "parity": "{{(i % 2 == 0 ? "even" : "odd")}}", "more": { "x": {{i}} } }, "vectors": { "e": [{{i}}, 0] } }
            """.Replace("\n", string.Empty, StringComparison.Ordinal)));
        return path;
    }

    private async Task<Answer> SearchAsync(string path, string body) => (await server.PostAsync(path + "/search", body)).Is(HttpStatusCode.OK);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Search_ByValue_RanksByDistanceThenId(int shards)
    {
        var path = await CreateLineAsync(shards);
        var answer = await SearchAsync(path, """{ "vector": { "field": "e", "value": [4, 0] }, "k": 4 }""");

        Assert.Equal(["p4", "p3", "p5", "p2"], answer.Ids);
        var first = answer.Json["results"]![0]!;
        Assert.Equal("Point", first["type"]!.GetValue<string>());
        Assert.Equal(0, first["distance"]!.GetValue<double>());
        Assert.Equal(1, first["score"]!.GetValue<double>());
        Requests.AssertSameJson("""{ "n": 4, "parity": "even", "more": { "x": 4 } }""", first["properties"]);
        Assert.Null(first["vectors"]);
        Assert.Equal(2, answer.Json["results"]![3]!["distance"]!.GetValue<double>(), 1e-6);
        Assert.True(answer.Json["tookMs"]!.GetValue<double>() >= 0);
        Assert.Empty(answer.Json["missingShards"]!.AsArray());
        Assert.Null(answer.Json["plan"]);
    }

    [Fact]
    public async Task Search_ByBase64_EqualsTheArray()
    {
        var path = await CreateLineAsync();
        var base64 = Convert.ToBase64String(MemoryMarshal.AsBytes<float>([4f, 0f]));
        var answer = await SearchAsync(path, $$"""{ "vector": { "value": "{{base64}}" }, "k": 3 }""");
        Assert.Equal(["p4", "p3", "p5"], answer.Ids);
    }

    [Fact]
    public async Task Search_WhenKIsLeftOut_IsTen()
    {
        var path = await CreateLineAsync();
        await server.ImportAsync(path, """{ "id": "eleventh", "vectors": { "e": [99, 0] } }""");
        Assert.Equal(10, (await SearchAsync(path, """{ "vector": { "value": [0, 0] } }""")).Ids.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Search_ById_ExcludesTheObjectItself(int shards)
    {
        var path = await CreateLineAsync(shards);
        Assert.Equal(["p6", "p8", "p5"], (await SearchAsync(path, """{ "vector": { "id": "p7" }, "k": 3 }""")).Ids);
        Assert.Equal(9, (await SearchAsync(path, """{ "vector": { "id": "p7" }, "k": 100 }""")).Ids.Length);
    }

    [Fact]
    public async Task Search_ByIdThatIsMissingOrHasNoVector_Fails()
    {
        var path = await CreateLineAsync();
        await server.PutAsync(path + "/objects/bare", "{}");
        (await server.PostAsync(path + "/search", """{ "vector": { "id": "none" } }""")).IsProblem(HttpStatusCode.NotFound, "object-not-found");
        (await server.PostAsync(path + "/search", """{ "vector": { "id": "bare" } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/vector/id");
    }

    [Fact]
    public async Task Search_ByText_FindsWhatIsMeant()
    {
        var path = await server.CreateCollectionAsync("""
            { "vectors": { "e": { "dimensions": 8, "generator": "lsa", "from": ["title", "tags"] } }, "fields": { "title": { "type": "text" }, "tags": { "type": "string[]" } } }
            """);
        string[] topics = ["running shoes for the marathon", "coffee beans from the mountains", "guitar strings made of steel", "garden tools for spring"];
        await server.ImportAsync(path, Enumerable.Range(0, 40).Select(i => $$"""{ "id": "t{{i}}", "properties": { "title": "{{topics[i % 4]}} {{i}}", "tags": ["kind{{i % 4}}"] } }"""));

        var answer = await SearchAsync(path, """{ "vector": { "text": "shoes for running a marathon" }, "k": 5 }""");
        Assert.Equal(5, answer.Ids.Length);
        Assert.All(answer.Json["results"]!.AsArray(), r => Assert.StartsWith("running", r!["properties"]!["title"]!.GetValue<string>(), StringComparison.Ordinal));

        // Saved later: embedded by the same model, and found at once.
        (await server.PutAsync(path + "/objects/late", """{ "properties": { "title": "steel guitar strings" } }""")).Is(HttpStatusCode.Created);
        Assert.Contains("late", (await SearchAsync(path, """{ "vector": { "text": "guitar strings of steel" }, "k": 11 }""")).Ids);
        (await server.PostAsync(path + "/search", """{ "vector": { "text": "?! …" } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/vector/text");
    }

    [Fact]
    public async Task Search_WithFilter_RanksOnlyWhatFulfilsIt()
    {
        var path = await CreateLineAsync(2);
        Assert.Equal(["p5", "p3", "p7"], (await SearchAsync(path, """{ "vector": { "value": [4.2, 0] }, "k": 3, "filter": "parity eq 'odd' and n gt 2" }""")).Ids);
        Assert.Equal(["p4"], (await SearchAsync(path, """{ "vector": { "value": [0, 0] }, "filter": "more/x eq 4" }""")).Ids);
        Assert.Empty((await SearchAsync(path, """{ "vector": { "value": [0, 0] }, "filter": "n gt 99" }""")).Ids);
    }

    [Fact]
    public async Task Search_WithOffset_ContinuesTheRanking()
    {
        var path = await CreateLineAsync(3);
        var whole = (await SearchAsync(path, """{ "vector": { "value": [4.1, 0] }, "k": 10 }""")).Ids;
        var paged = new List<string>();
        for (var offset = 0; offset <= 10; offset += 3)
        {
            paged.AddRange((await SearchAsync(path, $$"""{ "vector": { "value": [4.1, 0] }, "k": 3, "offset": {{offset}} }""")).Ids);
        }

        Assert.Equal(whole, paged);
        Assert.Empty((await SearchAsync(path, """{ "vector": { "value": [4.1, 0] }, "offset": 10000 }""")).Ids);
    }

    [Fact]
    public async Task Search_WithMinScore_CutsTheTail()
    {
        var path = await CreateLineAsync();
        var answer = await SearchAsync(path, """{ "vector": { "value": [0, 0] }, "minScore": 0.25 }""");
        Assert.Equal(["p0", "p1", "p2", "p3"], answer.Ids);
        Assert.All(answer.Json["results"]!.AsArray(), r => Assert.True(r!["score"]!.GetValue<double>() >= 0.25));
    }

    [Fact]
    public async Task Search_WithSelectAndVectors_ReturnsThose()
    {
        var path = await CreateLineAsync();
        var result = (await SearchAsync(path, """{ "vector": { "value": [7, 0] }, "k": 1, "select": ["n", "absent"], "includeVectors": true }""")).Json["results"]![0]!;
        Requests.AssertSameJson("""{ "n": 7 }""", result["properties"]);
        Requests.AssertSameJson("""{ "e": [7, 0] }""", result["vectors"]);
        Requests.AssertSameJson("{}", (await SearchAsync(path, """{ "vector": { "value": [7, 0] }, "k": 1, "select": [] }""")).Json["results"]![0]!["properties"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Search_WithGroups_LimitsEach(int shards)
    {
        var path = await CreateLineAsync(shards);
        Assert.Equal(["p0", "p1"], (await SearchAsync(path, """{ "vector": { "value": [0, 0] }, "groupBy": { "field": "parity" } }""")).Ids);
        Assert.Equal(["p0", "p1", "p2", "p3"], (await SearchAsync(path, """{ "vector": { "value": [0, 0] }, "groupBy": { "field": "parity", "limit": 2 } }""")).Ids);
        Assert.Equal(["p0"], (await SearchAsync(path, """{ "vector": { "value": [0, 0] }, "k": 5, "groupBy": { "field": "type" } }""")).Ids);
    }

    [Fact]
    public async Task Search_WithExplain_TellsThePlan()
    {
        var path = await CreateLineAsync(2);
        var plan = (await SearchAsync(path, """
            { "vector": { "value": [0, 0] }, "filter": "parity eq 'odd'", "explain": true, "recall": 0.9,
              "params": { "efSearch": 64, "nprobe": 8, "exact": true } }
            """)).Json["plan"]!;
        Assert.Equal("euclidean", plan["metric"]!.GetValue<string>());
        Assert.Equal("e", plan["field"]!.GetValue<string>());
        Assert.Equal(2, plan["shards"]!.GetValue<int>());
        Assert.Equal("parity eq 'odd'", plan["filter"]!.GetValue<string>());
        Assert.Equal(10, plan["considered"]!.GetValue<int>());
        // Five fulfil the filter; how many more are measured before they are filtered is the scan's business.
        Assert.InRange(plan["scored"]!.GetValue<int>(), 5, 10);
    }

    [Theory]
    [InlineData("\"strong\"")]
    [InlineData("\"eventual\"")]
    [InlineData("""{ "boundedMs": 500 }""")]
    [InlineData("""{ "boundedMs": 0 }""")]
    [InlineData("null")]
    public async Task Search_WithConsistency_IsTaken(string consistency)
    {
        var path = await CreateLineAsync();
        Assert.Equal(["p0"], (await SearchAsync(path, $$"""{ "vector": { "value": [0, 0] }, "k": 1, "consistency": {{consistency}} }""")).Ids);
    }

    [Fact]
    public async Task Search_WithTheSessionOfAWrite_SeesIt()
    {
        var path = await CreateLineAsync(3);
        for (var i = 0; i < 5; i++)
        {
            var written = await server.PutAsync($"{path}/objects/far{i}", $$"""{ "vectors": { "e": [{{1000 + i}}, 0] } }""");
            var search = $$"""{ "vector": { "value": [{{1000 + i}}, 0] }, "k": 1, "consistency": { "session": "{{written.Session}}" } }""";
            Assert.Equal([$"far{i}"], (await SearchAsync(path, search)).Ids);
            (await server.GetAsync($"{path}/objects/far{i}?session={written.Session}")).Is(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Search_AsOfASession_SeesTheDataAsItWas()
    {
        var path = await CreateLineAsync(2);
        var then = (await SearchAsync(path, """{ "vector": { "value": [0, 0] } }""")).Session;
        await server.DeleteAsync(path + "/objects/p0");
        await server.PutAsync(path + "/objects/p1", """{ "vectors": { "e": [500, 0] } }""");
        await server.PutAsync(path + "/objects/new", """{ "vectors": { "e": [0, 0] } }""");

        Assert.Equal(["p0", "p1"], (await SearchAsync(path, $$"""{ "vector": { "value": [0, 0] }, "k": 2, "asOf": "{{then}}" }""")).Ids);
        Assert.Equal(["new", "p2"], (await SearchAsync(path, """{ "vector": { "value": [0, 0] }, "k": 2 }""")).Ids);
    }

    [Fact]
    public async Task SearchBatch_AnswersEachQueryInOrder()
    {
        var path = await CreateLineAsync();
        var answer = (await server.PostAsync(path + "/search:batch", """
            { "queries": [ { "vector": { "value": [9, 0] }, "k": 1, "explain": true }, { "vector": { "id": "p0" }, "k": 2 } ] }
            """)).Is(HttpStatusCode.OK);
        var results = answer.Json["results"]!.AsArray();
        Assert.Equal("p9", results[0]!["results"]![0]!["id"]!.GetValue<string>());
        Assert.NotNull(results[0]!["plan"]);
        Assert.Equal(["p1", "p2"], results[1]!["results"]!.AsArray().Select(r => r!["id"]!.GetValue<string>()));
        Assert.Null(results[1]!["plan"]);
    }

    [Fact]
    public async Task SearchBatch_OfQueriesThatAskAlike_AnswersEachAsAlone()
    {
        var path = await CreateLineAsync(2);
        var queries = Enumerable.Range(0, 40).Select(i => $$"""
            { "vector": { "value": [{{i / 4}}.2, 0] }, "k": {{2 + (i % 2)}}, "filter": "n ne 3", "explain": true{{(i % 5 == 0 ? ", \"diversity\": { \"lambda\": 0.3 }" : "")}} }
            """).ToList();
        var answers = (await server.PostAsync(path + "/search:batch", $$"""{ "queries": [ {{string.Join(',', queries)}} ] }""")).Is(HttpStatusCode.OK).Json["results"]!.AsArray();
        Assert.Equal(queries.Count, answers.Count);
        foreach (var (query, answer) in queries.Zip(answers))
        {
            var alone = (await SearchAsync(path, query)).Json;
            Requests.AssertSameJson(alone["results"]!.ToJsonString(), answer!["results"]);
            Assert.Equal(alone["plan"]!["considered"]!.GetValue<int>(), answer["plan"]!["considered"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task Search_WithDiversity_PassesOverWhatIsAlike()
    {
        var path = await CreateLineAsync();
        await server.ImportAsync(path, Enumerable.Range(0, 5).Select(i => $$"""{ "id": "q{{i}}", "vectors": { "e": [4, 0] } }"""));
        Assert.Equal(["p4", "q0", "q1"], (await SearchAsync(path, """{ "vector": { "value": [4, 0] }, "k": 3 }""")).Ids);
        Assert.Equal(["p4", "p1", "p7"], (await SearchAsync(path, """{ "vector": { "value": [4, 0] }, "k": 3, "diversity": { "lambda": 0.45, "candidates": 12 } }""")).Ids);
        Assert.Equal(["p4", "q0", "q1"], (await SearchAsync(path, """{ "vector": { "value": [4, 0] }, "k": 3, "diversity": {} }""")).Ids);
    }

    [Fact]
    public async Task Search_WithMisspelledField_Warns()
    {
        var path = await CreateLineAsync();
        var warnings = (await SearchAsync(path, """{ "vector": { "value": [0, 0] }, "filter": "paritty eq 'odd'" }""")).Json["warnings"];
        Assert.Contains("parity", Assert.Single(warnings!.AsArray())!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cosine", "[0, 2]", 1.0, 0.0)]
    [InlineData("dot", "[0, 2]", 6.0, -6.0)]
    [InlineData("euclidean", "[0, 2]", 0.5, 1.0)]
    public async Task Search_ByMetric_ScoresAsDocumented(string metric, string query, double score, double distance)
    {
        var path = await server.CreateCollectionAsync($$"""{ "vectors": { "e": { "dimensions": 2, "metric": "{{metric}}" } } }""");
        await server.ImportAsync(path, """{ "id": "a", "vectors": { "e": [0, 3] } }""");
        var result = (await SearchAsync(path, $$"""{ "vector": { "value": {{query}} } }""")).Json["results"]![0]!;
        Assert.Equal(score, result["score"]!.GetValue<double>(), 1e-6);
        Assert.Equal(distance, result["distance"]!.GetValue<double>(), 1e-6);
    }

    [Fact]
    public async Task Search_OverRandomVectors_IsExact()
    {
        const int Objects = 500;
        const int Dimensions = 16;
        const int Seed = 71;
        var random = new Random(Seed);
        var vectors = Enumerable.Range(0, Objects).Select(_ => Enumerable.Range(0, Dimensions).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray()).ToArray();
        var path = await server.CreateCollectionAsync($$"""{ "shards": 2, "vectors": { "e": { "dimensions": {{Dimensions}}, "metric": "euclidean" } } }""");
        await server.ImportAsync(path, vectors.Select((v, i) => $$"""{ "id": "{{i}}", "vectors": { "e": {{Array(v)}} } }"""));

        var query = vectors[3].Select(x => x + 0.01f).ToArray();
        var expected = Enumerable.Range(0, Objects).OrderBy(i => vectors[i].Zip(query, (a, b) => ((double)a - b) * (a - b)).Sum()).Take(20)
            .Select(i => i.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(expected, (await SearchAsync(path, $$"""{ "vector": { "value": {{Array(query)}} }, "k": 20 }""")).Ids);

        static string Array(float[] values) => new JsonArray([.. values.Select(v => (JsonNode)JsonValue.Create(v))]).ToJsonString();
    }
}
