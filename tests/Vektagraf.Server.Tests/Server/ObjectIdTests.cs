using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

public class ObjectIdTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    public static TheoryData<string> GoodIds => new(
        "plain",
        "100%",
        "%2F",
        "%",
        "a%20b",
        "a+b",
        "a b",
        " leading and trailing ",
        "#fragment",
        "what?now=1&b=2",
        "\"double\" 'single' `back`",
        "<b>&amp;<b>",
        "semi;colon,comma:colon@at=equals$!*()",
        "objects:import",
        "...",
        ".hidden",
        "..x",
        "~tilde^caret|pipe{}[]",
        "ünïcödé",
        "日本語",
        "e\u0301",
        "\u00E9",
        "🚀👩‍👩‍👧‍👦",
        "\u00A0\u2028\uFEFF",
        new string('x', 512),
        new string('é', 256),
        string.Concat(Enumerable.Repeat("🚀", 128)));

    [Theory]
    [MemberData(nameof(GoodIds))]
    public async Task Object_WhateverItsReadableId_RoundTrips(string id)
    {
        var collection = await server.CreateCollectionAsync("""{ "shards": 2 }""");
        var path = $"{collection}/objects/{Uri.EscapeDataString(id)}";
        var saved = (await server.PutAsync(path, """{ "properties": { "n": 1 } }""")).Is(HttpStatusCode.Created);
        Assert.Equal(id, saved.Json["id"]!.GetValue<string>());

        Assert.Equal(id, (await server.GetAsync(path)).Is(HttpStatusCode.OK).Json["id"]!.GetValue<string>());
        (await server.PatchAsync(path, """{ "properties": { "n": 2 } }""")).Is(HttpStatusCode.OK);
        var batch = await server.PostAsync(collection + "/objects:batchGet", new JsonObject { ["ids"] = new JsonArray(id) }.ToJsonString());
        Assert.Equal(2, batch.Json["objects"]![0]!["properties"]!["n"]!.GetValue<int>());
        Assert.Equal([id], (await server.PostAsync(collection + "/query", "{}")).Ids);
        (await server.DeleteAsync(path)).Is(HttpStatusCode.NoContent);
        Assert.Empty((await server.PostAsync(collection + "/query", "{}")).Ids);
    }

    [Fact]
    public async Task Objects_WhenIdsDifferOnlyInTheirEncoding_AreDifferent()
    {
        var collection = await server.CreateCollectionAsync("{}");
        (await server.PutAsync(collection + "/objects/a%20b", """{ "type": "space" }""")).Is(HttpStatusCode.Created);
        (await server.PutAsync(collection + "/objects/a+b", """{ "type": "plus" }""")).Is(HttpStatusCode.Created);
        (await server.PutAsync(collection + "/objects/a%2520b", """{ "type": "percent" }""")).Is(HttpStatusCode.Created);
        Assert.Equal(["a b", "a%20b", "a+b"], (await server.PostAsync(collection + "/query", "{}")).Ids);
        Assert.Equal("plus", (await server.GetAsync(collection + "/objects/a%2Bb")).Json["type"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("..%2Fx", "invalid-request")]
    [InlineData("a%2Fb", "invalid-request")]
    [InlineData("a%2fb", "invalid-request")]
    [InlineData("a%5Cb", "invalid-request")]
    [InlineData("a%0Ab", "invalid-request")]
    [InlineData("a%7F", "invalid-request")]
    [InlineData("%C2%85", "invalid-request")]
    [InlineData("a%FF", "invalid-path")]
    [InlineData("%C3", "invalid-path")]
    [InlineData("%ED%A0%80", "invalid-path")]
    [InlineData("%C0%AF", "invalid-path")]
    [InlineData("100%", "invalid-path")]
    [InlineData("%zz", "invalid-path")]
    [InlineData(".", "invalid-path")]
    [InlineData("..", "invalid-path")]
    [InlineData("%2E", "invalid-path")]
    [InlineData("%2e%2E", "invalid-path")]
    [InlineData(".%2e", "invalid-path")]
    public async Task Object_WhenItsIdIsBad_IsRefusedByEveryMethod(string segment, string slug)
    {
        var collection = await server.CreateCollectionAsync("{}");
        await server.PutAsync(collection + "/objects/innocent", "{}");
        var path = $"{collection}/objects/{segment}";

        (await server.PutAsync(path, "{}")).IsProblem(HttpStatusCode.BadRequest, slug);
        (await server.GetAsync(path)).IsProblem(HttpStatusCode.BadRequest, slug);
        (await server.PatchAsync(path, "{}")).IsProblem(HttpStatusCode.BadRequest, slug);
        // The host takes the last two segments off "…/objects/..", and what is left is the path of the collection.
        (await server.DeleteAsync(path)).IsProblem(HttpStatusCode.BadRequest, slug);
        Assert.Equal(["innocent"], (await server.PostAsync(collection + "/query", "{}")).Ids);
    }

    [Fact]
    public async Task Delete_WhenAClientShortenedThePath_KeepsTheCollection()
    {
        var collection = await server.CreateCollectionAsync("{}");
        // What browsers and most clients make of "…/objects/.." before they send it.
        (await server.DeleteAsync(collection + "/")).IsProblem(HttpStatusCode.NotFound, "route-not-found");
        (await server.GetAsync(collection)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Object_WhenItsIdHasANullCharacter_IsRefused()
    {
        var collection = await server.CreateCollectionAsync("{}");
        // Kestrel refuses this path before any code of ours sees it, with an empty body.
        (await server.PutAsync(collection + "/objects/a%00b", "{}")).Is(HttpStatusCode.BadRequest);
        var imported = await server.SendAsync(HttpMethod.Post, collection + "/objects:import", Requests.NdJson("""{ "id": "a\u0000b" }"""));
        Assert.Equal(1, imported.Is(HttpStatusCode.OK).Json["failedCount"]!.GetValue<int>());
        Assert.Empty((await server.PostAsync(collection + "/query", "{}")).Ids);
    }

    [Theory]
    [InlineData("x", 513)]
    [InlineData("é", 257)]
    [InlineData("🚀", 129)]
    public async Task Object_WhenItsIdIsTooLong_IsRefusedWithTheLimit(string unit, int count)
    {
        var collection = await server.CreateCollectionAsync("{}");
        var id = string.Concat(Enumerable.Repeat(unit, count));
        Assert.True(Encoding.UTF8.GetByteCount(id) > 512);
        var answer = (await server.PutAsync($"{collection}/objects/{Uri.EscapeDataString(id)}", "{}")).IsProblem(HttpStatusCode.BadRequest, "invalid-request", "/id");
        Assert.Contains("512", answer.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty((await server.PostAsync(collection + "/query", "{}")).Ids);
    }

    [Theory]
    [InlineData("_x")]
    [InlineData("-x")]
    [InlineData(".x")]
    [InlineData("a%20b")]
    [InlineData("a%2Fb")]
    [InlineData("a%5Cb")]
    [InlineData("%C3%A9")]
    [InlineData("a:b")]
    [InlineData("a*")]
    [InlineData("a%2E%2Fb")]
    [InlineData("dot.")]
    public async Task Collection_WhenItsNameIsBad_IsRefusedByEveryMethod(string name)
    {
        var path = "/api/collections/" + name;
        (await server.PutAsync(path, "{}")).IsProblem(HttpStatusCode.BadRequest, "invalid-collection-name");
        (await server.GetAsync(path)).IsProblem(HttpStatusCode.BadRequest, "invalid-collection-name");
        (await server.DeleteAsync(path)).IsProblem(HttpStatusCode.BadRequest, "invalid-collection-name");
        (await server.PutAsync(path + "/objects/a", "{}")).IsProblem(HttpStatusCode.BadRequest, "invalid-collection-name");
    }

    [Fact]
    public async Task Collection_WhenItsNameIsLong_IsTakenUpToTheLimit()
    {
        (await server.PutAsync("/api/collections/" + new string('n', 64), "{}")).Is(HttpStatusCode.Created);
        (await server.GetAsync("/api/collections/" + new string('n', 64))).Is(HttpStatusCode.OK);
        (await server.PutAsync("/api/collections/" + new string('n', 65), "{}")).IsProblem(HttpStatusCode.BadRequest, "invalid-collection-name");
    }
}
