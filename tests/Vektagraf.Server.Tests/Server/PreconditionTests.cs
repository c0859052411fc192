using System.Net;

namespace Vektagraf.Server.Http;

public class PreconditionTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Stale = "\"99999-0\"";

    private async Task<string> NewObjectPathAsync() => await server.CreateCollectionAsync("{}") + "/objects/x";

    [Fact]
    public async Task Put_WhenIfNoneMatchAny_CreatesOnce()
    {
        var path = await NewObjectPathAsync();
        var created = (await server.PutAsync(path, """{ "properties": { "n": 1 } }""", ("If-None-Match", "*"))).Is(HttpStatusCode.Created);
        (await server.PutAsync(path, """{ "properties": { "n": 2 } }""", ("If-None-Match", "*"))).IsProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
        Assert.Equal(created.ETag, (await server.GetAsync(path)).ETag);
    }

    [Fact]
    public async Task Put_WhenIfMatch_ReplacesOnlyThatVersion()
    {
        var path = await NewObjectPathAsync();
        var first = await server.PutAsync(path, """{ "properties": { "n": 1 } }""");
        var second = (await server.PutAsync(path, """{ "properties": { "n": 2 } }""", ("If-Match", first.ETag))).Is(HttpStatusCode.OK);
        (await server.PutAsync(path, """{ "properties": { "n": 3 } }""", ("If-Match", first.ETag))).IsProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
        var read = await server.GetAsync(path);
        Assert.Equal(second.ETag, read.ETag);
        Assert.Equal(2, read.Json["properties"]!["n"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("*")]
    [InlineData(Stale)]
    public async Task Put_WhenIfMatchAndMissing_FailsAndStoresNothing(string ifMatch)
    {
        var path = await NewObjectPathAsync();
        (await server.PutAsync(path, "{}", ("If-Match", ifMatch))).IsProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
        (await server.GetAsync(path)).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Put_WhenWeakETag_Fails()
    {
        var path = await NewObjectPathAsync();
        var saved = await server.PutAsync(path, "{}");
        (await server.PutAsync(path, "{}", ("If-Match", "W/" + saved.ETag))).IsProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
    }

    [Theory]
    [InlineData("If-Match", "unquoted")]
    [InlineData("If-None-Match", "\"1-0\"")]
    public async Task Put_WhenPreconditionIsNone_IsInvalid(string header, string value)
    {
        var path = await NewObjectPathAsync();
        (await server.PutAsync(path, "{}", (header, value))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await server.GetAsync(path)).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Patch_WhenIfMatch_ChangesOnlyThatVersion()
    {
        var path = await NewObjectPathAsync();
        var first = await server.PutAsync(path, "{}");
        (await server.PatchAsync(path, """{ "type": "a" }""", ("If-Match", Stale))).IsProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
        (await server.PatchAsync(path, """{ "type": "b" }""", ("If-Match", first.ETag))).Is(HttpStatusCode.OK);
        (await server.PatchAsync(path, """{ "type": "c" }""", ("If-Match", first.ETag))).IsProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
        Assert.Equal("b", (await server.GetAsync(path)).Json["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task Delete_WhenIfMatch_DeletesOnlyThatVersion()
    {
        var path = await NewObjectPathAsync();
        var first = await server.PutAsync(path, "{}");
        (await server.DeleteAsync(path, ("If-Match", Stale))).IsProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
        (await server.GetAsync(path)).Is(HttpStatusCode.OK);
        (await server.DeleteAsync(path, ("If-Match", first.ETag))).Is(HttpStatusCode.NoContent);
        (await server.DeleteAsync(path, ("If-Match", first.ETag))).IsProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
    }

    [Fact]
    public async Task Put_WhenManyCompareAndSwap_NoUpdateIsLost()
    {
        const int Writers = 4;
        const int Increments = 5;
        var path = await NewObjectPathAsync();
        await server.PutAsync(path, """{ "properties": { "n": 0 } }""");
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            for (var done = 0; done < Increments;)
            {
                var read = await server.GetAsync(path);
                var next = read.Json["properties"]!["n"]!.GetValue<int>() + 1;
                var put = await server.PutAsync(path, $$"""{ "properties": { "n": {{next}} } }""", ("If-Match", read.ETag));
                Assert.True(put.Response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PreconditionFailed, put.Text);
                done += put.Response.StatusCode == HttpStatusCode.OK ? 1 : 0;
            }
        }));
        Assert.Equal(Writers * Increments, (await server.GetAsync(path)).Json["properties"]!["n"]!.GetValue<int>());
    }
}
