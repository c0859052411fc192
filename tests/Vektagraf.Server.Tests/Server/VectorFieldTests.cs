using System.Net;

namespace Vektagraf.Server.Http;

/// <summary>Collections with several vector fields, each with a metric of its own.</summary>
public class VectorFieldTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string TwoFields = """
        { "shards": 2, "vectors": { "image": { "dimensions": 2, "metric": "euclidean" }, "words": { "dimensions": 3, "metric": "dot" } } }
        """;

    [Fact]
    public async Task Search_OfEachField_UsesItsMetricAndItsVectors()
    {
        var path = await CreateAsync();

        var image = await SearchAsync(path, """{ "vector": { "field": "image", "value": [3, 4] } }""");
        Assert.Equal(["both", "far", "image"], image.Ids);
        Assert.Equal([0, 5, 10], image.Json["results"]!.AsArray().Select(r => r!["distance"]!.GetValue<double>()));
        var words = await SearchAsync(path, """{ "vector": { "field": "words", "value": [1, 1, 0] }, "explain": true }""");
        Assert.Equal(["words", "far", "both"], words.Ids);
        Assert.Equal([9, 2, 1], words.Json["results"]!.AsArray().Select(r => r!["score"]!.GetValue<double>()));
        Assert.Equal("dot", words.Json["plan"]!["metric"]!.GetValue<string>());
    }

    [Fact]
    public async Task Search_ByIdOfAnObjectWithoutThatVector_SaysWhichFieldLacksIt()
    {
        var path = await CreateAsync();
        Assert.Equal(["both", "far"], (await SearchAsync(path, """{ "vector": { "field": "words", "id": "words" } }""")).Ids.Order(StringComparer.Ordinal));
        var missing = (await server.PostAsync(path + "/search", """{ "vector": { "field": "words", "id": "image" } }"""))
            .IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/vector/id");
        Assert.Contains("'words'", missing.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_WhenAVectorIsAddedOrTakenAway_FollowsIt()
    {
        var path = await CreateAsync();
        (await server.PatchAsync(path + "/objects/image", """{ "vectors": { "words": [5, 5, 5] } }""")).Is(HttpStatusCode.OK);
        (await server.PatchAsync(path + "/objects/words", """{ "vectors": { "words": null, "image": [3, 4] } }""")).Is(HttpStatusCode.OK);
        Assert.Equal(["image", "far", "both"], (await SearchAsync(path, """{ "vector": { "field": "words", "value": [1, 1, 0] } }""")).Ids);
        Assert.Equal(["both", "words", "far", "image"], (await SearchAsync(path, """{ "vector": { "field": "image", "value": [3, 4] } }""")).Ids);
    }

    [Theory]
    [InlineData("""{ "vector": { "value": [3, 4] } }""", "/vector/field", "image, words")]
    [InlineData("""{ "vector": { "field": "sound", "value": [3, 4] } }""", "/vector/field", "image, words")]
    [InlineData("""{ "vector": { "field": "words", "value": [3, 4] } }""", "/vector/value", "3")]
    public async Task Search_WhenTheFieldIsNotClear_SaysWhichThereAre(string body, string pointer, string says)
    {
        var path = await CreateAsync();
        var problem = (await server.PostAsync(path + "/search", body)).IsProblem(HttpStatusCode.BadRequest, "invalid-request", pointer);
        Assert.Contains(says, problem.Json["errors"]![pointer]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SearchBatch_OverBothFields_AnswersEachByItsMetric()
    {
        var path = await CreateAsync();
        var answer = (await server.PostAsync(path + "/search:batch", """
            { "queries": [ { "vector": { "field": "image", "value": [3, 4] }, "k": 1 }, { "vector": { "field": "words", "value": [1, 1, 0] }, "k": 1 },
                           { "vector": { "field": "image", "value": [0, 0] }, "k": 1 }, { "vector": { "field": "words", "value": [0, 0, 1] }, "k": 1 } ] }
            """)).Is(HttpStatusCode.OK);
        Assert.Equal(["both", "words", "far", "far"], answer.Json["results"]!.AsArray().Select(r => r!["results"]![0]!["id"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("euclidean", "[0, 0]", null)]
    [InlineData("dot", "[0, 0]", null)]
    [InlineData("cosine", "[0, 0]", "zero vector")]
    [InlineData("cosine", "[1e-30, 0]", "zero vector")]
    [InlineData("cosine", "\"AADAfwAAAAA=\"", "not a finite")]
    [InlineData("dot", "\"AADAfwAAAAA=\"", "not a finite")]
    [InlineData("euclidean", "[1e39, 0]", "not a finite")]
    [InlineData("dot", "[3e38, 3e38]", "too long")]
    [InlineData("dot", "[1]", "2")]
    [InlineData("euclidean", "[1, 2, 3]", "2")]
    public async Task VectorsThatAMetricCannotCompare_AreRefusedWhenSavedAndWhenSearchedFor(string metric, string vector, string? says)
    {
        var path = await server.CreateCollectionAsync($$"""{ "vectors": { "e": { "dimensions": 2, "metric": "{{metric}}" } } }""");
        var saved = await server.PutAsync(path + "/objects/x", $$"""{ "vectors": { "e": {{vector}} } }""");
        var searched = await server.PostAsync(path + "/search", $$"""{ "vector": { "value": {{vector}} } }""");
        if (says is null)
        {
            saved.Is(HttpStatusCode.Created);
            searched.Is(HttpStatusCode.OK);
            return;
        }

        saved.IsProblem(HttpStatusCode.BadRequest, "invalid-object", "/vectors/e");
        searched.IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/vector/value");
        Assert.Contains(says, saved.Json["errors"]!["/vectors/e"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains(says, searched.Json["errors"]!["/vector/value"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Patch_OfIndexQuantizationAndObjective_ChangesThemInPlaceAndKeepsAnswers()
    {
        var path = await CreateAsync();
        const string Search = """{ "vector": { "field": "image", "value": [3, 4] } }""";
        var before = (await SearchAsync(path, Search)).Ids;
        (string Index, string Quantization)[] steps = [("hnsw", "sq8"), ("ivf", "rabitq"), ("flat", "none"), ("auto", "auto")];
        foreach (var (index, quantization) in steps)
        {
            var patched = (await server.PatchAsync(path, $$"""
                { "objective": { "recall": 0.99, "k": 20 }, "vectors": { "image": { "index": "{{index}}", "quantization": "{{quantization}}" } } }
                """)).Is(HttpStatusCode.OK);
            Requests.AssertSameJson("""{ "recall": 0.99, "k": 20 }""", patched.Json["objective"]);
            var changed = (await server.GetAsync(path)).Json["vectors"]!;
            Assert.Equal((index, quantization), (changed["image"]!["index"]!.GetValue<string>(), changed["image"]!["quantization"]!.GetValue<string>()));
            Assert.Equal((3, "dot"), (changed["words"]!["dimensions"]!.GetValue<int>(), changed["words"]!["metric"]!.GetValue<string>()));
            Assert.Equal(before, (await SearchAsync(path, Search)).Ids);
        }

        (await server.PatchAsync(path, """{ "vectors": { "image": { "index": "tree" } } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/vectors/image/index");
        (await server.PatchAsync(path, """{ "vectors": { "image": { "quantization": "pq" } } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/vectors/image/quantization");
        (await server.PatchAsync(path, """{ "objective": { "recall": 2 } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-definition", "/objective/recall");
    }

    private async Task<string> CreateAsync()
    {
        var path = await server.CreateCollectionAsync(TwoFields);
        await server.ImportAsync(
            path,
            """{ "id": "both", "vectors": { "image": [3, 4], "words": [1, 0, 0] } }""",
            """{ "id": "image", "vectors": { "image": [9, 12] } }""",
            """{ "id": "words", "vectors": { "words": [4, 5, -1] } }""",
            """{ "id": "far", "vectors": { "image": [0, 0], "words": [1, 1, 1] } }""",
            """{ "id": "neither" }""");
        return path;
    }

    private async Task<Answer> SearchAsync(string path, string body) => (await server.PostAsync(path + "/search", body)).Is(HttpStatusCode.OK);
}
