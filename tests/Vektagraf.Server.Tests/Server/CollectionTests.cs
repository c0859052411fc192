using System.Net;

namespace Vektagraf.Server.Http;

public class CollectionTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Definition = """
        { "vectors": { "e": { "dimensions": 3, "metric": "euclidean" } },
          "fields": { "category": { "type": "string", "index": true }, "price": { "type": "number" } } }
        """;

    [Fact]
    public async Task Put_WhenNew_CreatesWithDefaultsAndLocation()
    {
        var name = server.NewName();
        var created = (await server.PutAsync($"/api/collections/{name}", Definition)).Is(HttpStatusCode.Created);

        Assert.Equal($"/api/collections/{name}", created.Header("Location"));
        Assert.Equal("application/json; charset=utf-8", created.Header("Content-Type"));
        Assert.Equal(name, created.Json["name"]!.GetValue<string>());
        Assert.Equal(1, created.Json["shards"]!.GetValue<int>());
        Requests.AssertSameJson("""{ "recall": 0.95, "k": 10 }""", created.Json["objective"]);
        Requests.AssertSameJson(
            """{ "e": { "dimensions": 3, "metric": "euclidean", "index": "auto", "quantization": "auto" } }""", created.Json["vectors"]);
        Assert.Equal(0, created.Json["statistics"]!["objects"]!.GetValue<int>());
    }

    [Fact]
    public async Task Put_WhenSameAgain_AnswersOk()
    {
        var path = await server.CreateCollectionAsync(Definition);
        (await server.PutAsync(path, Definition)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Put_WhenBodyEmpty_CreatesCollectionWithoutFields()
    {
        var path = await server.CreateCollectionAsync(string.Empty);
        (await server.PutAsync(path + "/objects/a", """{ "properties": { "free": 1 } }""")).Is(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("""{ "vectors": { "e": { "dimensions": 4, "metric": "euclidean" } } }""")]
    [InlineData("""{ "vectors": { "e": { "dimensions": 3, "metric": "dot" } } }""")]
    [InlineData("""{ "vectors": {} }""")]
    [InlineData("""{ "shards": 2, "vectors": { "e": { "dimensions": 3, "metric": "euclidean" } } }""")]
    [InlineData("""{ "vectors": { "e": { "dimensions": 3, "metric": "euclidean" } }, "fields": { "price": { "type": "string" } } }""")]
    public async Task Put_WhenChangeNeedsRebuild_ConflictsAndChangesNothing(string changed)
    {
        var path = await server.CreateCollectionAsync(Definition);
        (await server.PutAsync(path, changed)).IsProblem(HttpStatusCode.Conflict, "needs-rebuild");
        (await server.PutAsync(path, Definition)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Put_WhenFieldsAreAdded_ChangesInPlaceAndKeepsObjects()
    {
        var path = await server.CreateCollectionAsync(Definition);
        await server.ImportAsync(path, """{ "id": "a", "properties": { "category": "x", "stock": 4 } }""");

        const string Wider = """
            { "objective": { "recall": 0.9, "k": 5 },
              "vectors": { "e": { "dimensions": 3, "metric": "euclidean" }, "f": { "dimensions": 2 } },
              "fields": { "category": { "type": "string", "index": true }, "price": { "type": "number" }, "stock": { "type": "number" } } }
            """;
        var changed = (await server.PutAsync(path, Wider)).Is(HttpStatusCode.OK);
        Assert.Equal(1, changed.Json["statistics"]!["objects"]!.GetValue<int>());
        Assert.Equal(0.9, changed.Json["objective"]!["recall"]!.GetValue<double>());

        var found = (await server.PostAsync(path + "/query", """{ "filter": "stock eq 4" }""")).Is(HttpStatusCode.OK);
        Assert.Equal(["a"], found.Ids);
        (await server.PutAsync(path + "/objects/b", """{ "vectors": { "f": [1, 0] } }""")).Is(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Patch_WhenFieldIndexAddedAndFieldDropped_KeepsTheRest()
    {
        var path = await server.CreateCollectionAsync(Definition);
        var patched = (await server.PatchAsync(path, """{ "fields": { "price": { "index": true }, "category": null }, "vectors": { "e": { "index": "hnsw", "quantization": "sq8" } } }"""))
            .Is(HttpStatusCode.OK);

        Requests.AssertSameJson("""{ "price": { "type": "number", "index": true } }""", patched.Json["fields"]);
        Requests.AssertSameJson(
            """{ "e": { "dimensions": 3, "metric": "euclidean", "index": "hnsw", "quantization": "sq8" } }""",
            (await server.GetAsync(path)).Json["vectors"]);
    }

    [Fact]
    public async Task Patch_WhenItNeedsRebuild_Conflicts()
    {
        var path = await server.CreateCollectionAsync(Definition);
        (await server.PatchAsync(path, """{ "vectors": { "e": { "dimensions": 5 } } }""")).IsProblem(HttpStatusCode.Conflict, "needs-rebuild");
    }

    [Fact]
    public async Task Delete_WhenDone_ObjectsAreGoneForItsNamesake()
    {
        var path = await server.CreateCollectionAsync(Definition);
        var session = await server.ImportAsync(path, """{ "id": "a" }""");
        (await server.DeleteAsync(path)).Is(HttpStatusCode.NoContent);

        (await server.GetAsync(path)).IsProblem(HttpStatusCode.NotFound, "collection-not-found");
        (await server.GetAsync(path + "/objects/a")).IsProblem(HttpStatusCode.NotFound, "collection-not-found");
        (await server.DeleteAsync(path)).IsProblem(HttpStatusCode.NotFound, "collection-not-found");

        (await server.PutAsync(path, Definition)).Is(HttpStatusCode.Created);
        (await server.GetAsync(path + "/objects/a")).IsProblem(HttpStatusCode.NotFound, "object-not-found");
        (await server.GetAsync($"{path}/objects/a?session={session}")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task List_WhenCollectionsExist_NamesThemWithCounts()
    {
        var path = await server.CreateCollectionAsync(Definition);
        await server.ImportAsync(path, """{ "id": "a", "properties": { "category": "x" }, "vectors": { "e": [1, 2, 3] } }""", """{ "id": "b" }""");

        var all = (await server.GetAsync("/api/collections")).Is(HttpStatusCode.OK).Json["collections"]!.AsArray();
        var listed = Assert.Single(all, c => path.EndsWith("/" + c!["name"]!.GetValue<string>(), StringComparison.Ordinal));
        Assert.Equal(2, listed!["objects"]!.GetValue<int>());
        Assert.True(listed["bytes"]!["vectors"]!.GetValue<long>() >= 12);
    }

    [Fact]
    public async Task Get_AfterWrites_CountsObjectsAndValues()
    {
        var path = await server.CreateCollectionAsync(Definition);
        await server.ImportAsync(path, """{ "id": "a", "properties": { "category": "x" } }""", """{ "id": "b", "properties": { "category": "y" } }""");
        (await server.DeleteAsync(path + "/objects/a")).Is(HttpStatusCode.NoContent);

        var statistics = (await server.GetAsync(path)).Is(HttpStatusCode.OK).Json["statistics"]!;
        Assert.Equal(1, statistics["objects"]!.GetValue<int>());
        Assert.True(statistics["walTail"]!.GetValue<int>() > 0);
        Assert.InRange(statistics["cardinality"]!["category"]!.GetValue<int>(), 1, 2);
    }

    [Fact]
    public async Task Warm_WhenCollectionExists_AnswersItsStatistics()
    {
        var path = await server.CreateCollectionAsync(Definition);
        var warm = (await server.PostAsync(path + "/warm", string.Empty)).Is(HttpStatusCode.OK);
        Assert.Equal(0, warm.Json["statistics"]!["objects"]!.GetValue<int>());
    }

    [Fact]
    public async Task Put_WhenManyRaceForOneName_OneCreates()
    {
        var path = "/api/collections/" + server.NewName();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.PutAsync(path, Definition)));
        Assert.Single(answers, a => a.Response.StatusCode == HttpStatusCode.Created);
        Assert.All(answers, a => Assert.True(a.Response.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK, a.Text));
    }

    [Fact]
    public async Task Requests_WhileTheDefinitionChanges_AreAnsweredOrAskedToRetry()
    {
        var path = await server.CreateCollectionAsync(Definition);
        var stop = 0;
        var traffic = Enumerable.Range(0, 4).Select(async worker =>
        {
            for (var i = 0; Volatile.Read(ref stop) == 0; i++)
            {
                var write = await server.PutAsync($"{path}/objects/{worker}-{i}", """{ "vectors": { "e": [1, 2, 3] } }""");
                Assert.True(write.Response.StatusCode is HttpStatusCode.Created or HttpStatusCode.ServiceUnavailable, write.Text);
                var read = await server.PostAsync(path + "/search", """{ "vector": { "value": [1, 2, 3] } }""");
                Assert.True(read.Response.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, read.Text);
            }
        }).ToArray();

        for (var i = 0; i < 10; i++)
        {
            (await server.PatchAsync(path, $$"""{ "fields": { "extra{{i}}": { "type": "number", "index": true } } }""")).Is(HttpStatusCode.OK);
        }

        Volatile.Write(ref stop, 1);
        await Task.WhenAll(traffic);
    }
}
