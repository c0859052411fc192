using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vektagraf.Client.Tests;

public class ObjectTests(ServerFixture server)
{
    private VektagrafClient Client => server.Client;

    [Fact]
    public async Task PutObject_ThenGet_GivesItBack()
    {
        var name = await server.NewCollectionAsync();
        var saved = await Client.PutObjectAsync(name, Things.Make("a", "red", 1.5, 0.1f, -2.5e-7f) with { Type = "Thing" });

        var found = await Client.GetObjectAsync(name, "a", includeVectors: true);

        Assert.True(saved.Created);
        Assert.Equal("a", saved.Id);
        Assert.NotEmpty(saved.Session);
        Assert.Equal(saved.ETag, found!.ETag);
        Assert.Equal("Thing", found.Type);
        Assert.Equal(new Thing("red", 1.5), found.ThingOf());
        Assert.Equal([0.1f, -2.5e-7f], found.Vectors!["place"].ToArray());
    }

    [Fact]
    public async Task PutObject_WithoutPropertiesAndVectors_IsSaved()
    {
        var name = await server.NewCollectionAsync();

        await Client.PutObjectAsync(name, new VektagrafObject { Id = "bare" });

        var found = await Client.GetObjectAsync(name, "bare", includeVectors: true);
        Assert.Null(found!.Vectors);
        Assert.Equal("{}", found.Properties.GetRawText());
    }

    [Fact]
    public async Task Transact_OfAllKindsOfOperations_AppliesThemOrNone()
    {
        var name = await server.NewCollectionAsync();
        var old = await Client.PutObjectAsync(name, Things.Make("old", "red", 1));
        await Client.PutObjectAsync(name, Things.Make("gone", "red", 1));
        await Client.PutObjectAsync(name, Things.Make("seen", "red", 1));
        TransactionOperation[] operations =
        [
            TransactionOperation.Save(Things.Make("new", "blue", 2), ifNotExists: true),
            TransactionOperation.Patch("old", new JsonObject { ["properties"] = new JsonObject { ["price"] = 9 } }, old.ETag),
            TransactionOperation.Delete("gone"),
            TransactionOperation.Check("seen", "*"),
            TransactionOperation.CheckAbsent("nobody"),
        ];

        var result = await Client.TransactAsync(name, operations);

        Assert.Equal(["new", "old", "gone", "seen", "nobody"], result.Results.Select(r => r.Id));
        Assert.True(result.Results[0].Created);
        Assert.Equal(result.Results[1].ETag, (await Client.GetObjectAsync(name, "old", consistency: ReadConsistency.Session(result.Session)))!.ETag);
        Assert.Null(await Client.GetObjectAsync(name, "gone"));

        // The version of "old" is another by now.
        var e = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.TransactAsync(name, [TransactionOperation.Save(Things.Make("more", "red", 1)), .. operations[1..]]));
        Assert.Equal(HttpStatusCode.Conflict, e.Status);
        Assert.Contains("/operations/1", e.Errors.Keys);
        Assert.Null(await Client.GetObjectAsync(name, "more"));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with space")]
    [InlineData("100%")]
    [InlineData("a%2Fb")]
    [InlineData("q?x=1&y#z")]
    [InlineData("smörgås-🥪")]
    [InlineData("colon:semi;comma,plus+")]
    [InlineData("objects:import")]
    [InlineData("...")]
    public async Task Objects_WithIdsThatNeedEscaping_AreSavedReadAndDeletedByThem(string id)
    {
        var name = await server.NewCollectionAsync();

        await Client.PutObjectAsync(name, Things.Make(id, "red", 1));

        Assert.Equal(id, (await Client.GetObjectAsync(name, id))!.Id);
        Assert.Equal(id, (await Client.BatchGetObjectsAsync(name, [id]))[0]!.Id);
        Assert.True((await Client.DeleteObjectAsync(name, id)).Deleted);
        Assert.Null(await Client.GetObjectAsync(name, id));
    }

    [Fact]
    public async Task PutObject_WithIfMatch_ReplacesOnlyThatVersion()
    {
        var name = await server.NewCollectionAsync();
        var first = await Client.PutObjectAsync(name, Things.Make("a", "red", 1));
        var second = await Client.PutObjectAsync(name, Things.Make("a", "blue", 2), new WriteOptions { IfMatch = first.ETag });

        var error = await Assert.ThrowsAsync<VektagrafClientException>(
            () => Client.PutObjectAsync(name, Things.Make("a", "green", 3), new WriteOptions { IfMatch = first.ETag }));

        Assert.False(second.Created);
        Assert.Equal(HttpStatusCode.PreconditionFailed, error.Status);
        Assert.Equal("precondition-failed", error.Slug);
        Assert.Equal("blue", (await Client.GetObjectAsync(name, "a"))!.ThingOf().Color);
    }

    [Fact]
    public async Task PutObject_IfNotExists_IsRefusedWhereOneExists()
    {
        var name = await server.NewCollectionAsync();
        await Client.PutObjectAsync(name, Things.Make("a", "red", 1), new WriteOptions { IfNotExists = true });

        var error = await Assert.ThrowsAsync<VektagrafClientException>(
            () => Client.PutObjectAsync(name, Things.Make("a", "blue", 2), new WriteOptions { IfNotExists = true }));

        Assert.Equal(HttpStatusCode.PreconditionFailed, error.Status);
    }

    [Fact]
    public async Task PutObject_WhenInvalid_SaysWhere()
    {
        var name = await server.NewCollectionAsync();
        var item = Things.Make("a", "red", 1).WithVector("place", new float[] { 1, 2, 3 });

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.PutObjectAsync(name, item));

        Assert.Equal("invalid-object", error.Slug);
        Assert.Equal(["/vectors/place"], error.Errors.Keys);
        Assert.NotNull(error.IdempotencyKey);
    }

    [Fact]
    public async Task GetObject_FromAMissingCollection_ThrowsInsteadOfNull()
    {
        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.GetObjectAsync(server.NewName("missing"), "a"));
        Assert.Equal("collection-not-found", error.Slug);
    }

    [Fact]
    public async Task GetObjectIfChanged_FollowsTheVersion()
    {
        var name = await server.NewCollectionAsync();
        var first = await Client.PutObjectAsync(name, Things.Make("a", "red", 1));
        var unchanged = await Client.GetObjectIfChangedAsync(name, "a", first.ETag);
        await Client.PutObjectAsync(name, Things.Make("a", "blue", 1));
        var changed = await Client.GetObjectIfChangedAsync(name, "a", first.ETag);
        var missing = await Client.GetObjectIfChangedAsync(name, "b", first.ETag);

        Assert.Equal(new ConditionalObject(NotModified: true, Object: null), unchanged);
        Assert.False(changed.NotModified);
        Assert.Equal("blue", changed.Object!.ThingOf().Color);
        Assert.Equal(new ConditionalObject(NotModified: false, Object: null), missing);
    }

    [Fact]
    public async Task PatchObject_WithMergePatch_ChangesWhatItNames()
    {
        var name = await server.NewCollectionAsync();
        var saved = await Client.PutObjectAsync(name, Things.Make("a", "red", 1, 1, 2));
        var patch = new JsonObject
        {
            ["type"] = "Patched",
            ["properties"] = new JsonObject { ["size"] = 2, ["note"] = "new" },
            ["vectors"] = new JsonObject { ["place"] = VectorEncoding.ToBase64([3, 4]) },
        };

        var patched = await Client.PatchObjectAsync(name, "a", patch, new WriteOptions { IfMatch = saved.ETag });

        var found = await Client.GetObjectAsync(name, "a", includeVectors: true);
        Assert.Equal(patched.ETag, found!.ETag);
        Assert.Equal("Patched", found.Type);
        Assert.Equal(new Thing("red", 2), found.ThingOf());
        Assert.Equal("new", found.Properties.GetProperty("note").GetString());
        Assert.Equal([3f, 4f], found.Vectors!["place"].ToArray());
    }

    [Fact]
    public async Task PatchObject_WhenMissing_IsNotFound()
    {
        var name = await server.NewCollectionAsync();

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.PatchObjectAsync(name, "a", new JsonObject()));

        Assert.Equal("object-not-found", error.Slug);
    }

    [Fact]
    public async Task DeleteObject_WhenThereThenGone_SaysSo()
    {
        var name = await server.NewCollectionAsync();
        await Client.PutObjectAsync(name, Things.Make("a", "red", 1));

        var first = await Client.DeleteObjectAsync(name, "a");
        var second = await Client.DeleteObjectAsync(name, "a");

        Assert.True(first.Deleted);
        Assert.NotEmpty(first.Session!);
        Assert.Equal(new DeleteResult(Deleted: false, Session: null), second);
    }

    [Fact]
    public async Task DeleteObject_WithAnotherVersion_IsRefused()
    {
        var name = await server.NewCollectionAsync();
        var first = await Client.PutObjectAsync(name, Things.Make("a", "red", 1));
        await Client.PutObjectAsync(name, Things.Make("a", "blue", 1));

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.DeleteObjectAsync(name, "a", new WriteOptions { IfMatch = first.ETag }));

        Assert.Equal(HttpStatusCode.PreconditionFailed, error.Status);
    }

    [Fact]
    public async Task BatchGetObjects_InAnyOrder_AnswersInThatOrderWithNulls()
    {
        var name = await server.NewCollectionAsync(shards: 4);
        foreach (var id in new[] { "a", "b", "c" })
        {
            await Client.PutObjectAsync(name, Things.Make(id, "red", 1, 7, 8));
        }

        var found = await Client.BatchGetObjectsAsync(name, ["c", "x", "a"], includeVectors: true);

        Assert.Equal(["c", null, "a"], found.Select(o => o?.Id));
        Assert.NotNull(found[0]!.ETag);
        Assert.Equal([7f, 8f], found[0]!.Vectors!["place"].ToArray());
    }

    [Fact]
    public async Task Reads_AtEveryConsistency_SeeTheirOwnWrite()
    {
        var name = await server.NewCollectionAsync();
        var saved = await Client.PutObjectAsync(name, Things.Make("a", "red", 1, 1, 1));

        // One server, which knows its own writes: every level shows them.
        ReadConsistency[] levels = [ReadConsistency.Strong, ReadConsistency.Eventual, ReadConsistency.Bounded(TimeSpan.FromMilliseconds(12.5)), ReadConsistency.Session(saved.Session)];
        foreach (var level in levels)
        {
            Assert.NotNull(await Client.GetObjectAsync(name, "a", consistency: level));
            Assert.NotNull((await Client.BatchGetObjectsAsync(name, ["a"], consistency: level))[0]);
            Assert.Single((await Client.QueryAsync(name, new QueryRequest { Consistency = level })).Results);
            Assert.Single((await Client.SearchAsync(name, new SearchRequest { Vector = new() { Value = new float[] { 1, 1 } }, Consistency = level })).Results);
        }
    }

    [Fact]
    public async Task GetObject_WithAMalformedSession_IsInvalid()
    {
        var name = await server.NewCollectionAsync();

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.GetObjectAsync(name, "a", consistency: ReadConsistency.Session("nonsense")));

        Assert.Equal(HttpStatusCode.BadRequest, error.Status);
    }

    [Fact]
    public void VectorEncoding_OfAnyVector_RoundTrips()
    {
        float[] vector = [0, -0f, 1.5f, float.Epsilon, float.MaxValue, -1e-20f];

        Assert.Equal(vector, VectorEncoding.FromBase64(VectorEncoding.ToBase64(vector)));
        Assert.Equal("AACAPw==", VectorEncoding.ToBase64([1f]));
        Assert.Throws<FormatException>(() => VectorEncoding.FromBase64("AACA"));
    }

    [Fact]
    public void Json_OfAnObject_SendsVectorsAsBase64()
    {
        var text = JsonSerializer.Serialize(new VektagrafObject { Id = "a" }.WithVector("v", new[] { 1f }), VektagrafJson.Default.VektagrafObject);

        Assert.Equal("""{"id":"a","vectors":{"v":"AACAPw=="}}""", text);
    }
}
