using System.Net;

namespace Vektagraf.Server.Http;

public class TransactionTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string FourShards = """{ "shards": 4 }""";

    [Fact]
    public async Task Post_OfOperationsInManyShards_AppliesThemAll()
    {
        var path = await server.CreateCollectionAsync(FourShards);
        var old = await server.PutAsync(path + "/objects/old", """{ "properties": { "n": 1 } }""");
        await server.PutAsync(path + "/objects/gone", "{}");
        var answer = (await server.PostAsync(path + "/transactions", $$"""
            { "operations": [
                { "save": { "id": "a", "type": "T", "properties": { "n": 1 } }, "ifNoneMatch": "*" },
                { "save": { "id": "b", "properties": { "n": 2 } } },
                { "patch": { "id": "old", "properties": { "n": 2 } }, "ifMatch": "{{old.ETag.Replace("\"", "\\\"", StringComparison.Ordinal)}}" },
                { "delete": { "id": "gone" } } ] }
            """)).Is(HttpStatusCode.OK);

        Assert.Equal(["a", "b", "old", "gone"], answer.Json["results"]!.AsArray().Select(r => r!["id"]!.GetValue<string>()));
        Assert.True(answer.Json["results"]![0]!["created"]!.GetValue<bool>());
        var read = await server.GetAsync(path + "/objects/old?session=" + answer.Json["session"]!.GetValue<string>());
        Assert.Equal(answer.Json["results"]![2]!["etag"]!.GetValue<string>(), read.ETag);
        Assert.Equal(2, read.Json["properties"]!["n"]!.GetValue<int>());
        (await server.GetAsync(path + "/objects/gone")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Post_WhenAnOperationIsRefused_IsAConflictThatNamesIt()
    {
        var path = await server.CreateCollectionAsync(FourShards);
        await server.PutAsync(path + "/objects/taken", "{}");
        (await server.PostAsync(path + "/transactions", """
            { "operations": [ { "save": { "id": "a" } }, { "save": { "id": "b" } }, { "save": { "id": "taken" }, "ifNoneMatch": "*" } ] }
            """)).IsProblem(HttpStatusCode.Conflict, "transaction-refused", "/operations/2");
        (await server.GetAsync(path + "/objects/a")).Is(HttpStatusCode.NotFound);
        (await server.GetAsync(path + "/objects/b")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Post_SentAgainUnderItsKey_IsAppliedOnce()
    {
        var path = await server.CreateCollectionAsync(FourShards);
        const string Body = """{ "operations": [ { "save": { "id": "a" }, "ifNoneMatch": "*" }, { "save": { "id": "b" } }, { "save": { "id": "c" } } ] }""";
        var first = (await server.PostAsync(path + "/transactions", Body, ("Idempotency-Key", "k"))).Is(HttpStatusCode.OK);
        var again = (await server.PostAsync(path + "/transactions", Body, ("Idempotency-Key", "k"))).Is(HttpStatusCode.OK);
        Assert.Equal(first.Json["results"]!.ToJsonString(), again.Json["results"]!.ToJsonString());
        (await server.PostAsync(path + "/transactions", Body.Replace("\"c\"", "\"d\"", StringComparison.Ordinal), ("Idempotency-Key", "k"))).IsProblem(HttpStatusCode.Conflict, "idempotency-key-reused");
    }

    [Theory]
    [InlineData("""{ "operations": [] }""", "invalid-request", "/operations")]
    [InlineData("""{ "operations": [ { "save": { "id": "a", "vectors": { "v": [1] } } } ] }""", "invalid-object", "/operations/0/save/vectors/v")]
    [InlineData("""{ "operations": [ { "upsert": { "id": "a" } } ] }""", "invalid-request", "/operations/0/upsert")]
    public async Task Post_OfABadBody_NamesThePlace(string body, string slug, string pointer)
    {
        var path = await server.CreateCollectionAsync("{}");
        (await server.PostAsync(path + "/transactions", body)).IsProblem(HttpStatusCode.BadRequest, slug, pointer);
    }

    [Fact]
    public async Task Post_WithAConditionAsHeader_SaysWhereItBelongs()
    {
        var path = await server.CreateCollectionAsync("{}");
        (await server.PostAsync(path + "/transactions", """{ "operations": [ { "save": { "id": "a" } } ] }""", ("If-Match", "*"))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await server.GetAsync(path + "/objects/a")).Is(HttpStatusCode.NotFound);
    }
}
