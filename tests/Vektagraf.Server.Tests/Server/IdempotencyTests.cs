using System.Net;

namespace Vektagraf.Server.Http;

public class IdempotencyTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Header = "Idempotency-Key";

    private Task<string> NewCollectionAsync() => server.CreateCollectionAsync("{}");

    [Fact]
    public async Task Put_WhenRetried_GetsTheFirstAnswerAndIsAppliedOnce()
    {
        var path = await NewCollectionAsync() + "/objects/x";
        const string Body = """{ "properties": { "n": 1 } }""";
        var first = (await server.PutAsync(path, Body, (Header, "k1"))).Is(HttpStatusCode.Created);
        var other = (await server.PutAsync(path, """{ "properties": { "n": 2 } }""")).Is(HttpStatusCode.OK);

        var retry = (await server.PutAsync(path, Body, (Header, "k1"))).Is(HttpStatusCode.Created);
        Assert.Equal(first.ETag, retry.ETag);
        Assert.Equal(other.ETag, (await server.GetAsync(path)).ETag);
    }

    [Fact]
    public async Task Put_WhenKeyCameWithAnotherBody_Conflicts()
    {
        var path = await NewCollectionAsync() + "/objects/x";
        var first = await server.PutAsync(path, """{ "properties": { "n": 1 } }""", (Header, "k"));
        (await server.PutAsync(path, """{ "properties": { "n": 2 } }""", (Header, "k"))).IsProblem(HttpStatusCode.Conflict, "idempotency-key-reused");
        Assert.Equal(first.ETag, (await server.GetAsync(path)).ETag);
    }

    [Fact]
    public async Task Put_WhenKeyCameWithAnotherObject_ConflictsInsteadOfPassingOverIt()
    {
        var path = await NewCollectionAsync();
        (await server.PutAsync(path + "/objects/x", "{}", (Header, "k"))).Is(HttpStatusCode.Created);
        (await server.PutAsync(path + "/objects/y", "{}", (Header, "k"))).IsProblem(HttpStatusCode.Conflict, "idempotency-key-reused");
        (await server.DeleteAsync(path + "/objects/x", (Header, "k"))).IsProblem(HttpStatusCode.Conflict, "idempotency-key-reused");
    }

    [Fact]
    public async Task Put_WhenRefusedByPrecondition_TheRetryIsRefusedToo()
    {
        var path = await NewCollectionAsync() + "/objects/x";
        (await server.PutAsync(path, "{}", (Header, "k"), ("If-Match", "*"))).Is(HttpStatusCode.PreconditionFailed);
        (await server.PutAsync(path, "{}")).Is(HttpStatusCode.Created);
        (await server.PutAsync(path, "{}", (Header, "k"), ("If-Match", "*"))).IsProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
    }

    [Fact]
    public async Task Patch_WhenRetried_IsAppliedOnce()
    {
        var path = await NewCollectionAsync() + "/objects/x";
        await server.PutAsync(path, """{ "properties": { "n": 1 } }""");
        var first = (await server.PatchAsync(path, """{ "properties": { "n": 2 } }""", (Header, "p"))).Is(HttpStatusCode.OK);
        var newest = await server.PatchAsync(path, """{ "properties": { "n": 3 } }""");
        var retry = (await server.PatchAsync(path, """{ "properties": { "n": 2 } }""", (Header, "p"))).Is(HttpStatusCode.OK);

        Assert.Equal(first.ETag, retry.ETag);
        Assert.Equal(newest.ETag, (await server.GetAsync(path)).ETag);
        (await server.PatchAsync(path, """{ "properties": { "n": 4 } }""", (Header, "p"))).IsProblem(HttpStatusCode.Conflict, "idempotency-key-reused");
    }

    [Fact]
    public async Task Delete_WhenRetried_IsAppliedOnceAndAnsweredAlike()
    {
        var path = await NewCollectionAsync() + "/objects/x";
        await server.PutAsync(path, "{}");
        (await server.DeleteAsync(path, (Header, "d"))).Is(HttpStatusCode.NoContent);
        (await server.PutAsync(path, "{}")).Is(HttpStatusCode.Created);
        (await server.DeleteAsync(path, (Header, "d"))).Is(HttpStatusCode.NoContent);
        (await server.GetAsync(path)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Put_WhenManySendOneKey_OneIsAppliedAndAllGetItsAnswer()
    {
        var path = await NewCollectionAsync() + "/objects/x";
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => server.PutAsync(path, "{}", (Header, "same"))));
        Assert.All(answers, a => a.Is(HttpStatusCode.Created));
        Assert.Single(answers.Select(a => a.ETag).Distinct());
    }

    [Fact]
    public async Task Put_WhenKeyIsTooLong_IsInvalid()
    {
        var path = await NewCollectionAsync() + "/objects/x";
        (await server.PutAsync(path, "{}", (Header, new string('k', 513)))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await server.PutAsync(path, "{}", (Header, new string('k', 512)))).Is(HttpStatusCode.Created);
    }
}
