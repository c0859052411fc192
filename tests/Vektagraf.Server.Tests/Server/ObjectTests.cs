using System.Net;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

public class ObjectTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Definition = """
        { "vectors": { "e": { "dimensions": 2, "metric": "euclidean" }, "f": { "dimensions": 1, "metric": "dot" } },
          "fields": { "price": { "type": "number" } } }
        """;

    private const string Shoe = """
        { "type": "Product", "properties": { "price": 80, "name": "Läufer 🏃", "nested": { "a": 1, "b": [1, null, "x"] } }, "vectors": { "e": [0.1, -3e-5] } }
        """;

    [Fact]
    public async Task Put_WhenNewAndAgain_AnswersCreatedThenOkWithAnotherETag()
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/shoe";
        var created = (await server.PutAsync(path, Shoe)).Is(HttpStatusCode.Created);
        var replaced = (await server.PutAsync(path, Shoe)).Is(HttpStatusCode.OK);

        Assert.Matches("^\"[^\"]+\"$", created.ETag);
        Assert.NotEqual(created.ETag, replaced.ETag);
        Assert.Equal("shoe", created.Json["id"]!.GetValue<string>());
        Assert.Equal(created.ETag, created.Json["etag"]!.GetValue<string>());
        Assert.Equal(created.Header("Vektagraf-Session"), created.Session);
    }

    [Fact]
    public async Task Get_WhenSaved_ReturnsWhatWasSaved()
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/shoe";
        var saved = (await server.PutAsync(path, Shoe)).Is(HttpStatusCode.Created);

        var read = (await server.GetAsync(path)).Is(HttpStatusCode.OK);
        Assert.Equal(saved.ETag, read.ETag);
        Assert.Equal("shoe", read.Json["id"]!.GetValue<string>());
        Assert.Equal("Product", read.Json["type"]!.GetValue<string>());
        Requests.AssertSameJson("""{ "price": 80, "name": "Läufer 🏃", "nested": { "a": 1, "b": [1, null, "x"] } }""", read.Json["properties"]);
        Assert.Null(read.Json["vectors"]);

        var whole = (await server.GetAsync(path + "?vectors=true")).Is(HttpStatusCode.OK);
        Assert.Equal([0.1f, -3e-5f], whole.Json["vectors"]!["e"]!.AsArray().Select(v => v!.GetValue<float>()));
        Assert.Null(whole.Json["vectors"]!["f"]);
    }

    [Fact]
    public async Task Get_WhenVersionIsKnown_AnswersNotModified()
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/shoe";
        var saved = await server.PutAsync(path, Shoe);

        var same = (await server.GetAsync(path, ("If-None-Match", saved.ETag))).Is(HttpStatusCode.NotModified);
        Assert.Equal(saved.ETag, same.ETag);
        Assert.Empty(same.Bytes);
        (await server.GetAsync(path, ("If-None-Match", $"\"other\", W/{saved.ETag}"))).Is(HttpStatusCode.NotModified);

        var newer = (await server.PutAsync(path, Shoe)).Is(HttpStatusCode.OK);
        var read = (await server.GetAsync(path, ("If-None-Match", saved.ETag))).Is(HttpStatusCode.OK);
        Assert.Equal(newer.ETag, read.ETag);
    }

    [Fact]
    public async Task Get_WhenMissing_IsNotFound()
    {
        var path = await server.CreateCollectionAsync(Definition);
        (await server.GetAsync(path + "/objects/none")).IsProblem(HttpStatusCode.NotFound, "object-not-found");
        (await server.GetAsync("/api/collections/none/objects/none")).IsProblem(HttpStatusCode.NotFound, "collection-not-found");
    }

    [Fact]
    public async Task Put_WhenAnAnswerIsSentBack_Saves()
    {
        var path = await server.CreateCollectionAsync(Definition);
        await server.PutAsync(path + "/objects/shoe", Shoe);
        var read = (await server.PostAsync(path + "/objects:batchGet", """{ "ids": ["shoe"], "includeVectors": true }""")).Is(HttpStatusCode.OK);
        var shoe = read.Json["objects"]![0]!;

        (await server.PutAsync(path + "/objects/shoe", shoe.ToJsonString())).Is(HttpStatusCode.OK);
        var again = (await server.GetAsync(path + "/objects/shoe?vectors=true")).Json.AsObject();
        foreach (var member in new[] { "id", "type", "properties", "vectors" })
        {
            Assert.True(JsonNode.DeepEquals(shoe[member], again[member]), member);
        }
    }

    [Fact]
    public async Task Patch_WhenMerging_SetsReplacesAndRemoves()
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/shoe";
        var saved = await server.PutAsync(path, Shoe);
        const string Patch = """
            { "type": "Shoe", "properties": { "price": 70, "name": null, "nested": { "a": null, "c": { "d": null, "e": 1 } }, "new": [1] }, "vectors": { "f": [4] } }
            """;
        var patched = (await server.PatchAsync(path, Patch)).Is(HttpStatusCode.OK);
        Assert.NotEqual(saved.ETag, patched.ETag);

        var read = (await server.GetAsync(path + "?vectors=true")).Is(HttpStatusCode.OK);
        Assert.Equal(patched.ETag, read.ETag);
        Requests.AssertSameJson(
            """
            { "id": "shoe", "type": "Shoe", "properties": { "price": 70, "nested": { "b": [1, null, "x"], "c": { "e": 1 } }, "new": [1] },
              "vectors": { "e": [0.1, -3e-05], "f": [4] } }
            """,
            read.Json);
    }

    [Fact]
    public async Task Patch_WhenNullsRemove_TypeAndVectorAreGone()
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/shoe";
        await server.PutAsync(path, Shoe);
        (await server.PatchAsync(path, """{ "type": null, "vectors": { "e": null }, "properties": null }""")).Is(HttpStatusCode.OK);
        Requests.AssertSameJson("""{ "id": "shoe", "properties": {} }""", (await server.GetAsync(path + "?vectors=true")).Json);
    }

    [Fact]
    public async Task Patch_WhenVectorsAreNull_AllAreRemoved()
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/shoe";
        await server.PutAsync(path, Shoe);
        (await server.PatchAsync(path, """{ "vectors": null }""")).Is(HttpStatusCode.OK);
        Assert.Null((await server.GetAsync(path + "?vectors=true")).Json["vectors"]);
    }

    [Theory]
    [InlineData("""{ "properties": { "price": "cheap" } }""", "/properties/price")]
    [InlineData("""{ "vectors": { "e": [1] } }""", "/vectors/e")]
    [InlineData("""{ "id": "other" }""", "/id")]
    [InlineData("""{ "unknown": 1 }""", "/unknown")]
    public async Task Patch_WhenTheResultIsInvalid_ChangesNothing(string patch, string pointer)
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/shoe";
        var saved = await server.PutAsync(path, Shoe);
        (await server.PatchAsync(path, patch)).IsProblem(HttpStatusCode.BadRequest, "invalid-object", pointer);
        Assert.Equal(saved.ETag, (await server.GetAsync(path)).ETag);
    }

    [Fact]
    public async Task Patch_WhenMissing_IsNotFound()
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/none";
        (await server.PatchAsync(path, """{ "type": "x" }""")).IsProblem(HttpStatusCode.NotFound, "object-not-found");
        (await server.GetAsync(path)).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Patch_WhenManyRace_EachIsApplied()
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/shared";
        await server.PutAsync(path, "{}");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
            (await server.PatchAsync(path, $$"""{ "properties": { "p{{i}}": {{i}} } }""")).Is(HttpStatusCode.OK)));
        Assert.Equal(10, (await server.GetAsync(path)).Json["properties"]!.AsObject().Count);
    }

    [Fact]
    public async Task Delete_WhenThereAndThenNot_AnswersNoContentThenNotFound()
    {
        var path = await server.CreateCollectionAsync(Definition) + "/objects/shoe";
        await server.PutAsync(path, Shoe);
        var deleted = (await server.DeleteAsync(path)).Is(HttpStatusCode.NoContent);
        Assert.NotEmpty(deleted.Header("Vektagraf-Session"));
        (await server.GetAsync(path)).IsProblem(HttpStatusCode.NotFound, "object-not-found");
        (await server.DeleteAsync(path)).IsProblem(HttpStatusCode.NotFound, "object-not-found");
        (await server.PutAsync(path, Shoe)).Is(HttpStatusCode.Created);
    }

    [Fact]
    public async Task BatchGet_WhenSomeAreMissing_KeepsOrderWithNulls()
    {
        var path = await server.CreateCollectionAsync("""{ "shards": 3, "vectors": { "e": { "dimensions": 1, "metric": "dot" } } }""");
        await server.ImportAsync(path, Enumerable.Range(0, 20).Select(i => $$"""{ "id": "o{{i}}", "vectors": { "e": [{{i}}] } }"""));

        var answer = (await server.PostAsync(path + "/objects:batchGet", """{ "ids": ["o7", "none", "o0", "o19", "o7"] }""")).Is(HttpStatusCode.OK);
        var objects = answer.Json["objects"]!.AsArray();
        Assert.Equal(["o7", null, "o0", "o19", "o7"], objects.Select(o => o?["id"]!.GetValue<string>()));
        Assert.Equal((await server.GetAsync(path + "/objects/o7")).ETag, objects[0]!["etag"]!.GetValue<string>());
        Assert.Null(objects[0]!["vectors"]);

        var whole = await server.PostAsync(path + "/objects:batchGet?vectors=true", """{ "ids": ["o7"] }""");
        Assert.Equal(7f, whole.Json["objects"]![0]!["vectors"]!["e"]![0]!.GetValue<float>());
        Assert.Empty((await server.PostAsync(path + "/objects:batchGet", """{ "ids": [] }""")).Is(HttpStatusCode.OK).Json["objects"]!.AsArray());
    }
}
