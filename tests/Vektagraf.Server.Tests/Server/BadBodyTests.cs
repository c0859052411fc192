using System.Net;
using System.Text;

namespace Vektagraf.Server.Http;

/// <summary>Bodies that must be refused, with an answer that says why, and without any effect.</summary>
public class BadBodyTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Definition = """
        { "vectors": { "e": { "dimensions": 2 }, "d": { "dimensions": 2, "metric": "dot" } },
          "fields": { "n": { "type": "number" }, "when": { "type": "datetime" }, "where": { "type": "geo" }, "tags": { "type": "string[]" }, "flag": { "type": "boolean" } } }
        """;

    private Task<string> NewCollectionAsync() => server.CreateCollectionAsync(Definition);

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("[", depth)) + string.Concat(Enumerable.Repeat("]", depth));

    public static TheoryData<string, string, string?> Objects => new()
    {
        { "", "malformed-json", "" },
        { "{", "malformed-json", "" },
        { """{ "properties": { "n": 1 }""", "malformed-json", "" },
        { "{} trailing", "malformed-json", "" },
        { "{}{}", "malformed-json", "" },
        { "[]", "malformed-json", "" },
        { "null", "malformed-json", "" },
        { "\"text\"", "malformed-json", "" },
        { """{ 'properties': {} }""", "malformed-json", "" },
        { """{ "properties": { "n": NaN } }""", "malformed-json", "" },
        { """{ "properties": { "n": 01 } }""", "malformed-json", "" },
        { """{ "properties": {}, }""", "malformed-json", "" },
        { """{ "properties": { "deep": """ + Nested(100) + " } }", "malformed-json", "" },
        { """{ "type": "a", "type": "b" }""", "invalid-object", "/type" },
        { """{ "properties": { "n": 1, "n": 2 } }""", "invalid-object", "/properties/n" },
        { """{ "properties": { "a": { "b": 1, "b": 2 } } }""", "invalid-object", "/properties/a" },
        { """{ "vectors": { "e": [1, 0], "e": [0, 1] } }""", "invalid-object", "/vectors/e" },
        { """{ "unknown": 1 }""", "invalid-object", "/unknown" },
        { """{ "Properties": {} }""", "invalid-object", "/Properties" },
        { """{ "id": "another" }""", "invalid-object", "/id" },
        { """{ "id": 7 }""", "invalid-object", "/id" },
        { """{ "type": 7 }""", "invalid-object", "/type" },
        { """{ "properties": [] }""", "invalid-object", "/properties" },
        { """{ "properties": "n" }""", "invalid-object", "/properties" },
        { """{ "properties": { "n": "seven" } }""", "invalid-object", "/properties/n" },
        { """{ "properties": { "flag": 1 } }""", "invalid-object", "/properties/flag" },
        { """{ "properties": { "when": "yesterday" } }""", "invalid-object", "/properties/when" },
        { """{ "properties": { "where": { "type": "Point", "coordinates": [1, 100] } } }""", "invalid-object", "/properties/where" },
        { """{ "properties": { "tags": ["a", 1] } }""", "invalid-object", "/properties/tags" },
        { """{ "properties": { "a": "\ud800" } }""", "invalid-object", "/properties/a" },
        { """{ "vectors": [] }""", "invalid-object", "/vectors" },
        { """{ "vectors": { "none": [1, 0] } }""", "invalid-object", "/vectors/none" },
        { """{ "vectors": { "e": [1] } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": [1, 2, 3] } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": [1, "0"] } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": [1, null] } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": [[1, 0]] } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": [1e40, 0] } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": [3e38, 3e38] } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": [0, 0] } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": "not base64!" } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": "AAAA" } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": "AADAfwAAgD8=" } }""", "invalid-object", "/vectors/e" },
        { """{ "vectors": { "e": 7 } }""", "invalid-object", "/vectors/e" },
    };

    [Theory]
    [MemberData(nameof(Objects))]
    public async Task Put_WhenTheObjectIsBad_SaysWhereAndStoresNothing(string body, string slug, string? pointer)
    {
        var path = await NewCollectionAsync();
        (await server.PutAsync(path + "/objects/x", body)).IsProblem(HttpStatusCode.BadRequest, slug, pointer);
        (await server.GetAsync(path + "/objects/x")).Is(HttpStatusCode.NotFound);
        Assert.Equal(0, (await server.GetAsync(path)).Json["statistics"]!["objects"]!.GetValue<int>());
    }

    /// <summary>The same as lines, without those that are good in a line: a blank one, and one with an id of its own.</summary>
    public static TheoryData<string> Lines => new(Objects.Select(o => o.Data.Item1).Where(o => o.Length > 0 && !o.Contains("another", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Import_WhenTheLineIsBad_ReportsItAndStoresNothing(string body)
    {
        // The id is wanted in the line; what is no object at all stays as it is.
        var line = body.StartsWith("{ ", StringComparison.Ordinal) && !body.Contains("\"id\"", StringComparison.Ordinal) ? """{ "id": "x", """ + body[1..] : body;
        var path = await NewCollectionAsync();
        var answer = (await server.SendAsync(HttpMethod.Post, path + "/objects:import", Requests.NdJson(line))).Is(HttpStatusCode.OK);
        Assert.Equal(0, answer.Json["imported"]!.GetValue<int>());
        Assert.Equal(1, answer.Json["failed"]![0]!["line"]!.GetValue<int>());
        Assert.True(answer.Json["failed"]![0]!["detail"]!.GetValue<string>().Length > 10);
    }

    [Fact]
    public async Task Put_WhenBytesAreNotUtf8_IsMalformed()
    {
        var path = await NewCollectionAsync();
        byte[] body = [.. Encoding.UTF8.GetBytes("""{ "properties": { "a": " """), 0xC3, 0x28, .. Encoding.UTF8.GetBytes("\" } }")];
        (await server.SendAsync(HttpMethod.Put, path + "/objects/x", Requests.Bytes(body))).IsProblem(HttpStatusCode.BadRequest, "malformed-json");
        (await server.SendAsync(HttpMethod.Patch, path + "/objects/x", Requests.Bytes(body))).Is(HttpStatusCode.NotFound);
        (await server.PutAsync(path + "/objects/x", "{}")).Is(HttpStatusCode.Created);
        (await server.SendAsync(HttpMethod.Patch, path + "/objects/x", Requests.Bytes(body))).IsProblem(HttpStatusCode.BadRequest, "malformed-json");
        (await server.SendAsync(HttpMethod.Post, path + "/search", Requests.Bytes(body))).Is(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Put_WhenManyThingsAreWrong_NamesThemAll()
    {
        var path = await NewCollectionAsync();
        var answer = (await server.PutAsync(path + "/objects/x", """{ "type": 1, "properties": { "n": "a", "a/b~c": "\udc00" }, "vectors": { "e": [1], "none": [] } }"""))
            .IsProblem(HttpStatusCode.BadRequest, "invalid-object");
        Assert.Equal(
            ["/properties/a~1b~0c", "/properties/n", "/type", "/vectors/e", "/vectors/none"],
            answer.Json["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("[]", "malformed-json", "")]
    [InlineData("7", "malformed-json", "")]
    [InlineData("""{ "shards": 0 }""", "invalid-definition", "/shards")]
    [InlineData("""{ "shards": 65 }""", "invalid-definition", "/shards")]
    [InlineData("""{ "shards": "1" }""", "invalid-request", "/shards")]
    [InlineData("""{ "unknown": 1 }""", "invalid-request", "/unknown")]
    [InlineData("""{ "shards": 1, "shards": 2 }""", "invalid-request", "/shards")]
    [InlineData("""{ "objective": { "recall": 1.5 } }""", "invalid-definition", "/objective/recall")]
    [InlineData("""{ "objective": { "k": 0 } }""", "invalid-definition", "/objective/k")]
    [InlineData("""{ "vectors": { "e": {} } }""", "invalid-definition", "/vectors/e/dimensions")]
    [InlineData("""{ "vectors": { "e": { "dimensions": 16385 } } }""", "invalid-definition", "/vectors/e/dimensions")]
    [InlineData("""{ "vectors": { "e": { "dimensions": 2, "metric": "manhattan" } } }""", "invalid-request", "/vectors/e/metric")]
    [InlineData("""{ "vectors": { "e": { "dimensions": 2, "metric": 1 } } }""", "invalid-request", "/vectors/e/metric")]
    [InlineData("""{ "vectors": { "e": { "dimensions": 2, "generator": "none", "from": ["a"] } } }""", "invalid-request", "/vectors/e/generator")]
    [InlineData("""{ "vectors": { "e": { "dimensions": 2, "generator": "lsa" } } }""", "invalid-definition", "/vectors/e/from")]
    [InlineData("""{ "vectors": { "e": { "dimensions": 2, "from": ["a"] } } }""", "invalid-definition", "/vectors/e/from")]
    [InlineData("""{ "vectors": { "e": null } }""", "invalid-definition", "/vectors/e")]
    [InlineData("""{ "vectors": { "": { "dimensions": 2 } } }""", "invalid-definition", "/vectors/")]
    [InlineData("""{ "fields": { "a": null } }""", "invalid-definition", "/fields/a")]
    [InlineData("""{ "fields": { "a": { "type": "varchar" } } }""", "invalid-request", "/fields/a/type")]
    [InlineData("""{ "fields": { "a": "string" } }""", "invalid-request", "/fields/a")]
    [InlineData("""{ "fields": { "id": { "type": "string" } } }""", "invalid-definition", "/fields/id")]
    public async Task PutCollection_WhenTheDefinitionIsBad_SaysWhereAndCreatesNothing(string definition, string slug, string pointer)
    {
        var path = "/api/collections/" + server.NewName();
        (await server.PutAsync(path, definition)).IsProblem(HttpStatusCode.BadRequest, slug, pointer);
        (await server.GetAsync(path)).IsProblem(HttpStatusCode.NotFound, "collection-not-found");
    }

    [Theory]
    [InlineData("", "malformed-json", "")]
    [InlineData("{", "malformed-json", "")]
    [InlineData("[]", "malformed-json", "")]
    [InlineData("null", "malformed-json", "")]
    [InlineData("{} x", "malformed-json", "")]
    [InlineData("{}", "invalid-request", "/vector")]
    [InlineData("""{ "vector": {} }""", "invalid-request", "/vector")]
    [InlineData("""{ "vector": { "value": [1, 0], "id": "a" } }""", "invalid-request", "/vector")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "bogus": 1 }""", "invalid-request", "/bogus")]
    [InlineData("""{ "vector": { "value": [1, 0], "bogus": 1 } }""", "invalid-request", "/vector/bogus")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "k": 0 }""", "invalid-request", "/k")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "k": -1 }""", "invalid-request", "/k")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "k": 10001 }""", "invalid-request", "/k")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "k": 1.5 }""", "invalid-request", "/k")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "k": 99999999999 }""", "invalid-request", "/k")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "k": "10" }""", "invalid-request", "/k")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "k": null }""", "invalid-request", "/k")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "k": 5, "k": 6 }""", "invalid-request", "/k")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "offset": -1 }""", "invalid-request", "/offset")]
    [InlineData("""{ "vector": { "value": [1, 0] }, "offset": 10001 }""", "invalid-request", "/offset")]
    [InlineData("""{ "vector": { "value": [1] } }""", "invalid-request", "/vector/value")]
    [InlineData("""{ "vector": { "value": [] } }""", "invalid-request", "/vector/value")]
    [InlineData("""{ "vector": { "value": [0, 0] } }""", "invalid-request", "/vector/value")]
    [InlineData("""{ "vector": { "value": [1e40, 0] } }""", "invalid-request", "/vector/value")]
    [InlineData("""{ "vector": { "value": ["1", "0"] } }""", "invalid-request", "/vector/value")]
    [InlineData("""{ "vector": { "value": "???" } }""", "invalid-request", "/vector/value")]
    [InlineData("""{ "vector": { "value": 7 } }""", "invalid-request", "/vector/value")]
    [InlineData("""{ "vector": { "field": "none", "value": [1, 0] } }""", "invalid-request", "/vector/field")]
    [InlineData("""{ "vector": { "field": "e", "text": "words" } }""", "invalid-request", "/vector/text")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "filter": "n eq" }""", "invalid-filter", "/filter")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "filter": 7 }""", "invalid-request", "/filter")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "recall": 0 }""", "invalid-request", "/recall")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "recall": 1.01 }""", "invalid-request", "/recall")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "params": { "efSearch": 0 } }""", "invalid-request", "/params/efSearch")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "params": { "efSearch": 1048577 } }""", "invalid-request", "/params/efSearch")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "params": { "nprobe": 0 } }""", "invalid-request", "/params/nprobe")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "params": { "exact": 1 } }""", "invalid-request", "/params/exact")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "minScore": "NaN" }""", "invalid-request", "/minScore")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "groupBy": {} }""", "invalid-request", "/groupBy/field")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "diversity": { "lambda": 1.5 } }""", "invalid-request", "/diversity/lambda")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "diversity": { "candidates": 9 } }""", "invalid-request", "/diversity/candidates")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "diversity": { "weight": 1 } }""", "invalid-request", "/diversity/weight")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "diversity": {}, "groupBy": { "field": "n" } }""", "invalid-request", "/diversity")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "groupBy": { "field": "n", "limit": 0 } }""", "invalid-request", "/groupBy/limit")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "consistency": "sometimes" }""", "invalid-request", "/consistency")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "consistency": { "boundedMs": -1 } }""", "invalid-request", "/consistency")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "consistency": { "session": "nonsense" } }""", "invalid-request", "/consistency/session")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "asOf": "nonsense" }""", "invalid-request", "/asOf")]
    [InlineData("""{ "vector": { "field": "e", "value": [1, 0] }, "asOf": "0123456789ab.1" }""", "invalid-request", "/asOf")]
    public async Task Search_WhenTheBodyIsBad_SaysWhere(string body, string slug, string pointer)
    {
        var path = await NewCollectionAsync();
        // Where the field does not matter, the first of the two.
        var one = body.Contains("\"field\"", StringComparison.Ordinal) ? body : body.Replace("\"value\"", "\"field\": \"e\", \"value\"", StringComparison.Ordinal);
        (await server.PostAsync(path + "/search", one)).IsProblem(HttpStatusCode.BadRequest, slug, pointer);
        if (pointer.Length > 0)
        {
            (await server.PostAsync(path + "/search:batch", $$"""{ "queries": [{ "vector": { "field": "d", "value": [1, 0] } }, {{one}}] }"""))
                .IsProblem(HttpStatusCode.BadRequest, slug, "/queries/1" + pointer);
        }
    }

    [Fact]
    public async Task Search_WhenTheFilterIsBad_NamesThePosition()
    {
        var path = await NewCollectionAsync();
        var answer = (await server.PostAsync(path + "/search", """{ "vector": { "field": "e", "value": [1, 0] }, "filter": "n eq 1 and and" }"""))
            .IsProblem(HttpStatusCode.BadRequest, "invalid-filter", "/filter");
        Assert.Contains("character 12", answer.Json["errors"]!["/filter"]!.GetValue<string>(), StringComparison.Ordinal);

        var tooLong = new string('(', 20_000);
        (await server.PostAsync(path + "/query", $$"""{ "filter": "{{tooLong}}" }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-filter", "/filter");
        (await server.PostAsync(path + "/query", $$"""{ "filter": "{{tooLong[..100]}}" }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-filter", "/filter");
    }

    [Theory]
    [InlineData("""{ "limit": 0 }""", "invalid-request", "/limit")]
    [InlineData("""{ "limit": 10001 }""", "invalid-request", "/limit")]
    [InlineData("""{ "cursor": "nonsense" }""", "invalid-request", "/cursor")]
    [InlineData("""{ "cursor": "e30" }""", "invalid-request", "/cursor")]
    [InlineData("""{ "cursor": "bnVsbA" }""", "invalid-request", "/cursor")]
    [InlineData("""{ "orderBy": "tags" }""", "invalid-order-by", "/orderBy")]
    [InlineData("""{ "orderBy": "n sideways" }""", "invalid-order-by", "/orderBy/0")]
    [InlineData("""{ "orderBy": 7 }""", "invalid-request", "/orderBy")]
    [InlineData("""{ "orderBy": [null] }""", "invalid-request", "/orderBy")]
    [InlineData("""{ "select": "n" }""", "invalid-request", "/select")]
    [InlineData("""{ "k": 3 }""", "invalid-request", "/k")]
    public async Task Query_WhenTheBodyIsBad_SaysWhere(string body, string slug, string pointer)
    {
        var path = await NewCollectionAsync();
        (await server.PostAsync(path + "/query", body)).IsProblem(HttpStatusCode.BadRequest, slug, pointer);
    }

    [Theory]
    [InlineData("objects:batchGet", "{}", "/ids")]
    [InlineData("objects:batchGet", """{ "ids": null }""", "/ids")]
    [InlineData("objects:batchGet", """{ "ids": [null] }""", "/ids/0")]
    [InlineData("objects:batchGet", """{ "ids": ["a", 7] }""", "/ids/1")]
    [InlineData("objects:batchGet", """{ "ids": ["\ud800"] }""", "/ids/0")]
    [InlineData("search:batch", "{}", "/queries")]
    [InlineData("search:batch", """{ "queries": [] }""", "/queries")]
    [InlineData("search:batch", """{ "queries": [null] }""", "/queries/0")]
    public async Task Batch_WhenTheBodyIsBad_SaysWhere(string call, string body, string pointer)
    {
        var path = await NewCollectionAsync();
        (await server.PostAsync($"{path}/{call}", body)).IsProblem(HttpStatusCode.BadRequest, "invalid-request", pointer);
    }

    [Theory]
    [InlineData("consistency=sometimes")]
    [InlineData("consistency=bounded:x")]
    [InlineData("session=nonsense")]
    [InlineData("vectors=maybe")]
    public async Task Get_WhenAQueryParameterIsBad_IsInvalid(string parameter)
    {
        var path = await NewCollectionAsync();
        await server.PutAsync(path + "/objects/x", "{}");
        (await server.GetAsync($"{path}/objects/x?{parameter}")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await server.GetAsync($"{path}/objects/x?consistency=bounded:250")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("7")]
    public async Task Patch_WhenItIsNoObject_IsMalformed(string patch)
    {
        var path = await NewCollectionAsync();
        await server.PutAsync(path + "/objects/x", "{}");
        (await server.PatchAsync(path + "/objects/x", patch)).IsProblem(HttpStatusCode.BadRequest, "malformed-json");
        (await server.PatchAsync(path, patch)).IsProblem(HttpStatusCode.BadRequest, "malformed-json");
    }

    [Fact]
    public async Task Search_ForWordsWithoutATextField_IsRefused()
    {
        var path = await NewCollectionAsync();
        (await server.PostAsync(path + "/search", """{ "text": { "query": "shoes" } }""")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/text");
    }

    [Theory]
    [InlineData("POST", "/search", """{ "vector": { "value": [1] } }""")]
    [InlineData("POST", "/search:batch", """{ "queries": [{ "vector": { "value": [1] } }] }""")]
    [InlineData("POST", "/query", "{}")]
    [InlineData("POST", "/warm", "")]
    [InlineData("POST", "/objects:batchGet", """{ "ids": [] }""")]
    [InlineData("GET", "/objects:export", null)]
    [InlineData("PUT", "/objects/x", "{}")]
    [InlineData("PATCH", "/objects/x", "{}")]
    [InlineData("DELETE", "/objects/x", null)]
    [InlineData("PATCH", "", "{}")]
    public async Task Request_WhenTheCollectionIsUnknown_IsNotFound(string method, string path, string? body) =>
        (await server.SendAsync(new HttpMethod(method), "/api/collections/unknown" + path, body is null ? null : Requests.Json(body)))
            .IsProblem(HttpStatusCode.NotFound, "collection-not-found");
}
