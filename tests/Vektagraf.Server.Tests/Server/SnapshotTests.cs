using System.Net;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

public class SnapshotTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Definition = """{ "shards": 2, "fields": { "n": { "type": "number" } } }""";

    [Fact]
    public async Task Snapshot_ThroughItsLife_IsListedReadAndDropped()
    {
        var path = await server.CreateCollectionAsync(Definition);
        await server.ImportAsync(path, """{ "id": "a", "properties": { "n": 1 } }""");
        var created = (await server.PostAsync(path + "/snapshots", """{ "name": "before-import", "expiresInHours": 2 }""")).Is(HttpStatusCode.Created);
        await server.ImportAsync(path, """{ "id": "a", "properties": { "n": 2 } }""", """{ "id": "b" }""");

        // Not to the tick: the hours count from when the request was read.
        var life = created.Json["expiresAt"]!.GetValue<DateTimeOffset>() - created.Json["createdAt"]!.GetValue<DateTimeOffset>();
        Assert.InRange(life, TimeSpan.FromHours(1.5), TimeSpan.FromHours(2));
        var listed = (await server.GetAsync(path + "/snapshots")).Is(HttpStatusCode.OK).Json["snapshots"]!.AsArray();
        Assert.True(JsonNode.DeepEquals(created.Json, Assert.Single(listed)));
        var session = created.Json["session"]!.GetValue<string>();
        var export = (await server.GetAsync(path + "/objects:export?asOf=" + session)).Is(HttpStatusCode.OK);
        Requests.AssertSameJson("""{ "id": "a", "properties": { "n": 1 } }""", export.Json);

        (await server.PostAsync(path + "/snapshots", """{ "name": "before-import" }""")).IsProblem(HttpStatusCode.Conflict, "snapshot-exists");
        (await server.DeleteAsync(path + "/snapshots/before-import")).Is(HttpStatusCode.NoContent);
        (await server.DeleteAsync(path + "/snapshots/before-import")).IsProblem(HttpStatusCode.NotFound, "snapshot-not-found");
        Assert.Empty((await server.GetAsync(path + "/snapshots")).Json["snapshots"]!.AsArray());
    }

    [Fact]
    public async Task PostSnapshot_WithoutABody_HasANameAndADay()
    {
        var path = await server.CreateCollectionAsync(Definition);
        var created = (await server.PostAsync(path + "/snapshots", string.Empty)).Is(HttpStatusCode.Created).Json;
        Assert.NotEmpty(created["name"]!.GetValue<string>());
        Assert.Equal(TimeSpan.FromDays(1), created["expiresAt"]!.GetValue<DateTimeOffset>() - created["createdAt"]!.GetValue<DateTimeOffset>());
    }

    [Theory]
    [InlineData("""{ "name": "a/b" }""", "invalid-collection-name")]
    [InlineData("""{ "expiresInHours": 0 }""", "invalid-request")]
    [InlineData("""{ "expiresInHours": 87673 }""", "invalid-request")]
    [InlineData("""{ "expiresAt": "2020-01-01T00:00:00Z" }""", "invalid-request")]
    [InlineData("""{ "expiresAt": "2999-01-01T00:00:00Z" }""", "invalid-request")]
    [InlineData("""{ "expiresAt": "tomorrow" }""", "invalid-request")]
    [InlineData("""{ "expiresAt": "2999-01-01T00:00:00Z", "expiresInHours": 1 }""", "invalid-request")]
    [InlineData("""{ "until": 1 }""", "invalid-request")]
    public async Task PostSnapshot_WhenTheBodyIsWrong_SaysSo(string body, string problem)
    {
        var path = await server.CreateCollectionAsync(Definition);
        (await server.PostAsync(path + "/snapshots", body)).IsProblem(HttpStatusCode.BadRequest, problem);
    }

    [Fact]
    public async Task Branch_ThroughItsLife_DivergesAndKeepsItsParent()
    {
        var path = await server.CreateCollectionAsync(Definition);
        var session = await server.ImportAsync(path, """{ "id": "a", "properties": { "n": 1 } }""");
        await server.ImportAsync(path, """{ "id": "b" }""");
        var (parent, name, early) = (path[(path.LastIndexOf('/') + 1)..], server.NewName(), server.NewName());

        var created = (await server.PostAsync(path + "/branches", $$"""{ "name": "{{name}}" }""")).Is(HttpStatusCode.Created);
        (await server.PostAsync(path + "/branches", $$"""{ "name": "{{early}}", "asOf": "{{session}}" }""")).Is(HttpStatusCode.Created);
        Assert.Equal("/api/collections/" + name, created.Header("Location"));
        Assert.Equal((name, parent), (created.Json["name"]!.GetValue<string>(), created.Json["branchOf"]!.GetValue<string>()));
        Assert.Null(created.Json["statistics"]);
        await server.ImportAsync("/api/collections/" + name, """{ "id": "c" }""");

        Assert.Equal(3, await CountAsync(name));
        Assert.Equal(1, await CountAsync(early));
        Assert.Equal(2, await CountAsync(parent));
        var listed = (await server.GetAsync("/api/collections")).Json["collections"]!.AsArray();
        Assert.Equal(parent, listed.Single(c => c!["name"]!.GetValue<string>() == name)!["branchOf"]!.GetValue<string>());

        (await server.PostAsync(path + "/branches", $$"""{ "name": "{{name}}" }""")).IsProblem(HttpStatusCode.Conflict, "collection-exists");
        (await server.PostAsync(path + "/branches", "{}")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await server.PostAsync("/api/collections/none/branches", """{ "name": "x" }""")).IsProblem(HttpStatusCode.NotFound, "collection-not-found");
        (await server.DeleteAsync(path)).IsProblem(HttpStatusCode.Conflict, "has-branches");
        (await server.DeleteAsync("/api/collections/" + name)).Is(HttpStatusCode.NoContent);
        (await server.DeleteAsync("/api/collections/" + early)).Is(HttpStatusCode.NoContent);
        (await server.DeleteAsync(path)).Is(HttpStatusCode.NoContent);
    }

    private async Task<int> CountAsync(string name) =>
        (await server.GetAsync("/api/collections/" + name)).Is(HttpStatusCode.OK).Json["statistics"]!["objects"]!.GetValue<int>();
}
