using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

public class ImportExportTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Definition = """
        { "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } }, "fields": { "n": { "type": "number", "index": true } } }
        """;

    private Task<Answer> PostLinesAsync(string collection, string lines) =>
        server.SendAsync(HttpMethod.Post, collection + "/objects:import", Requests.NdJson(lines));

    [Fact]
    public async Task Import_WhenLinesAreMixed_KeepsGoodOnesAndReportsTheOthers()
    {
        var path = await server.CreateCollectionAsync(Definition);
        string[] lines =
        [
            """{ "id": "a", "properties": { "n": 1 }, "vectors": { "e": [1, 2] } }""",
            """{ "id": "b", "vectors": { "e": [1] } }""",
            "",
            "not json",
            """{ "properties": {} }""",
            """{ "id": "c" } trailing""",
            """{ "id": "d", "properties": { "n": "one" } }""",
            """{ "id": "e" }""",
            """{ "id": "x/y" }""",
            """[1]""",
        ];
        var answer = (await PostLinesAsync(path, string.Join('\n', lines))).Is(HttpStatusCode.OK);

        Assert.Equal(2, answer.Json["imported"]!.GetValue<int>());
        Assert.Equal(7, answer.Json["failedCount"]!.GetValue<int>());
        var failed = answer.Json["failed"]!.AsArray();
        Assert.Equal([2, 4, 5, 6, 7, 9, 10], failed.Select(f => f!["line"]!.GetValue<int>()));
        Assert.All(failed, f => Assert.True(f!["detail"]!.GetValue<string>().Length > 10));
        var all = (await server.PostAsync(path + "/query", "{}")).Is(HttpStatusCode.OK);
        Assert.Equal(["a", "e"], all.Ids);
    }

    [Theory]
    [InlineData("{\"id\":\"a\"}\n{\"id\":\"b\"}", 2)]
    [InlineData("{\"id\":\"a\"}\r\n{\"id\":\"b\"}\r\n", 2)]
    [InlineData("\uFEFF{\"id\":\"a\"}\n\n  \r\n{\"id\":\"b\"}\n\n", 2)]
    [InlineData("", 0)]
    [InlineData("\n\r\n", 0)]
    public async Task Import_WhateverTheLineBreaks_ReadsEveryLine(string lines, int expected)
    {
        var path = await server.CreateCollectionAsync(Definition);
        var answer = (await PostLinesAsync(path, lines)).Is(HttpStatusCode.OK);
        Assert.Equal(expected, answer.Json["imported"]!.GetValue<int>());
        Assert.Equal(0, answer.Json["failedCount"]!.GetValue<int>());
        Assert.Equal(expected, (await server.GetAsync(path)).Json["statistics"]!["objects"]!.GetValue<int>());
    }

    [Fact]
    public async Task Import_WhenAThousandAndMoreFail_CountsAllAndReportsAThousand()
    {
        const int Bad = 1_234;
        var path = await server.CreateCollectionAsync(Definition);
        var lines = string.Concat(Enumerable.Repeat("{}\n", Bad)) + """{ "id": "last" }""";
        var answer = (await PostLinesAsync(path, lines)).Is(HttpStatusCode.OK);
        Assert.Equal(1, answer.Json["imported"]!.GetValue<int>());
        Assert.Equal(Bad, answer.Json["failedCount"]!.GetValue<int>());
        Assert.Equal(1_000, answer.Json["failed"]!.AsArray().Count);
    }

    [Fact]
    public async Task Import_WhenALineIsTooLong_ReportsItAndGoesOn()
    {
        const int OverTheLimit = (8 * 1024 * 1024) + 1;
        var path = await server.CreateCollectionAsync(Definition);
        var answer = (await PostLinesAsync(path, "{\"id\":\"a\"}\n" + new string('x', OverTheLimit) + "\n{\"id\":\"b\"}")).Is(HttpStatusCode.OK);
        Assert.Equal(2, answer.Json["imported"]!.GetValue<int>());
        Assert.Equal(2, Assert.Single(answer.Json["failed"]!.AsArray())!["line"]!.GetValue<int>());
    }

    [Fact]
    public async Task Import_WhenIdsRepeat_TheLastWins()
    {
        var path = await server.CreateCollectionAsync(Definition);
        await PostLinesAsync(path, """
            { "id": "a", "properties": { "n": 1 } }
            { "id": "a", "properties": { "n": 2 } }
            """);
        Assert.Equal(2, (await server.GetAsync(path + "/objects/a")).Json["properties"]!["n"]!.GetValue<int>());
    }

    [Fact]
    public async Task Import_WhenTheCollectionIsMissing_IsNotFound() =>
        (await PostLinesAsync("/api/collections/none", "{}")).IsProblem(HttpStatusCode.NotFound, "collection-not-found");

    [Fact]
    public async Task Import_WhenTheStreamIsLong_SavesAll()
    {
        const int Objects = 20_000;
        const int Padding = 100;
        var path = await server.CreateCollectionAsync("{}");
        using var content = new LineStreamContent(Objects, Padding);
        var answer = (await server.SendAsync(HttpMethod.Post, path + "/objects:import", content)).Is(HttpStatusCode.OK);
        Assert.Equal(Objects, answer.Json["imported"]!.GetValue<int>());
        var first = (await server.PostAsync(path + "/query", """{ "limit": 1, "select": [] }""")).Is(HttpStatusCode.OK);
        Assert.Equal(["o00000"], first.Ids);
        (await server.DeleteAsync(path)).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Export_WhenImportedElsewhere_IsTheSameCollection()
    {
        var source = await server.CreateCollectionAsync(Definition);
        await server.ImportAsync(
            source,
            """{ "id": "plain", "properties": { "n": 1.5 }, "vectors": { "e": [0.1, 1e-30] } }""",
            """{ "id": "ünïcode 🚀 \"quoted\" %2F + #?", "type": "Ø", "properties": { "text": "日本語\n\t\u0001\u2028 𝄞 </script>", "k:ey\"": { "deep": [{}, [], null, true] } } }""",
            """{ "id": "numbers", "properties": { "n": -0.0, "big": 12345678901234567890, "exact": 0.1000, "exp": 1e300 }, "vectors": { "e": [16777217, -0.5] } }""",
            """{ "id": "gone" }""");
        (await server.DeleteAsync(source + "/objects/gone")).Is(HttpStatusCode.NoContent);

        var export = (await server.GetAsync(source + "/objects:export")).Is(HttpStatusCode.OK);
        Assert.StartsWith("application/x-ndjson", export.Header("Content-Type"), StringComparison.Ordinal);
        Assert.EndsWith("}\n", export.Text, StringComparison.Ordinal);

        var copy = await server.CreateCollectionAsync(Definition);
        var imported = (await PostLinesAsync(copy, export.Text)).Is(HttpStatusCode.OK);
        Assert.Equal(3, imported.Json["imported"]!.GetValue<int>());
        Assert.Equal(export.Text, (await server.GetAsync(copy + "/objects:export")).Text);

        var lines = export.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!).ToDictionary(o => o["id"]!.GetValue<string>());
        Assert.Equal([0.1f, 1e-30f], lines["plain"]["vectors"]!["e"]!.AsArray().Select(v => v!.GetValue<float>()));
        Assert.Equal("日本語\n\t\u0001\u2028 𝄞 </script>", lines["ünïcode 🚀 \"quoted\" %2F + #?"]["properties"]!["text"]!.GetValue<string>());
        Assert.Equal("12345678901234567890", lines["numbers"]["properties"]!["big"]!.ToJsonString());
    }

    [Fact]
    public async Task Export_WhenSavedWithLineBreaks_StaysOneLineEach()
    {
        var path = await server.CreateCollectionAsync(Definition);
        var pretty = JsonNode.Parse("""{ "properties": { "n": 1, "list": [1, { "a": "two  spaces\r\n" }] } }""")!.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
        (await server.PutAsync(path + "/objects/pretty", pretty)).Is(HttpStatusCode.Created);
        Assert.Single((await server.GetAsync(path + "/objects:export")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        (await server.PatchAsync(path + "/objects/pretty", "{\n \"properties\": {\r\n \"m\": [\n2]}}")).Is(HttpStatusCode.OK);
        var line = Assert.Single((await server.GetAsync(path + "/objects:export")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Requests.AssertSameJson("""{ "id": "pretty", "properties": { "n": 1, "list": [1, { "a": "two  spaces\r\n" }], "m": [2] } }""", JsonNode.Parse(line));
    }

    [Fact]
    public async Task Export_AsOfAnEarlierSession_ShowsTheDataAsItWas()
    {
        var path = await server.CreateCollectionAsync("""{ "shards": 2 }""");
        var session = await server.ImportAsync(path, """{ "id": "a", "properties": { "n": 1 } }""", """{ "id": "b" }""");
        await server.PutAsync(path + "/objects/a", """{ "properties": { "n": 2 } }""");
        await server.PutAsync(path + "/objects/c", "{}");
        await server.DeleteAsync(path + "/objects/b");

        var then = (await server.GetAsync($"{path}/objects:export?asOf={session}")).Is(HttpStatusCode.OK);
        Assert.Equal(["""{"id":"a","properties":{"n":1}}""", """{"id":"b","properties":{}}"""], Sorted(then).Select(l => l.Replace(" ", string.Empty, StringComparison.Ordinal)));
        Assert.Equal(2, Sorted(await server.GetAsync(path + "/objects:export")).Length);
        (await server.GetAsync($"{path}/objects:export?asOf=nonsense")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task Export_WhenEmpty_IsEmpty()
    {
        var path = await server.CreateCollectionAsync(Definition);
        Assert.Empty((await server.GetAsync(path + "/objects:export")).Is(HttpStatusCode.OK).Bytes);
    }

    private static string[] Sorted(Answer export) => [.. export.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    /// <summary>Lines made as they are sent; chunked, since nobody knows the length.</summary>
    private sealed class LineStreamContent(int objects, int padding) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var text = new string('x', padding);
            for (var i = 0; i < objects; i++)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"o{i:D5}\",\"properties\":{{\"n\":{i},\"t\":\"{text}\"}}}}\n")));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
