using System.Net;
using System.Text.Json.Nodes;

namespace Vektagraf.Client.Tests;

public class CollectionTests(ServerFixture server)
{
    private VektagrafClient Client => server.Client;

    [Fact]
    public async Task PutCollection_WhenNewThenSame_SaysCreatedOnce()
    {
        var name = server.NewName();
        var first = await Client.PutCollectionAsync(name, ServerFixture.SmallDefinition with { Shards = 3, Objective = new SearchObjective(0.9, 20) });
        var second = await Client.PutCollectionAsync(name, first.Collection.Definition);

        Assert.True(first.Created);
        Assert.False(second.Created);
        Assert.Equal(3, second.Collection.Shards);
        Assert.Equal(new SearchObjective(0.9, 20), second.Collection.Objective);
        Assert.Equal(VectorMetric.Euclidean, second.Collection.Vectors["place"].Metric);
        Assert.Equal(new FieldDefinition { Type = FieldType.String, Index = true }, second.Collection.Fields["color"]);
        Assert.NotEqual(default, first.Collection.CreatedAt);
    }

    [Fact]
    public async Task PutCollection_WithEveryKindOfField_ComesBackAsSent()
    {
        var name = server.NewName();
        var definition = new CollectionDefinition
        {
            Vectors = new Dictionary<string, VectorFieldDefinition>
            {
                ["a"] = new() { Dimensions = 3, Metric = VectorMetric.Dot, Index = VectorIndexKind.Hnsw, Quantization = VectorQuantization.Rabitq },
                ["b"] = new() { Dimensions = 64, Generator = "lsa", From = ["title", "body"], Index = VectorIndexKind.Ivf, Quantization = VectorQuantization.Sq8 },
            },
            Fields = Enum.GetValues<FieldType>().ToDictionary(t => "f" + (int)t, t => new FieldDefinition { Type = t }),
        };

        var info = (await Client.PutCollectionAsync(name, definition)).Collection;

        Assert.Equal(definition.Vectors["a"], info.Vectors["a"]);
        Assert.Equal(definition.Vectors["b"] with { From = null }, info.Vectors["b"] with { From = null });
        Assert.Equal(["title", "body"], info.Vectors["b"].From!);
        Assert.Equal(definition.Fields, info.Fields);
    }

    [Fact]
    public async Task PutCollection_WhenChangeNeedsRebuild_IsConflict()
    {
        var name = await server.NewCollectionAsync();
        var other = ServerFixture.SmallDefinition with { Vectors = new Dictionary<string, VectorFieldDefinition> { ["place"] = new() { Dimensions = 3 } } };

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.PutCollectionAsync(name, other));

        Assert.Equal(HttpStatusCode.Conflict, error.Status);
        Assert.Equal(1, error.Attempts);
    }

    [Fact]
    public async Task PutCollection_WhenInvalid_SaysWhere()
    {
        var definition = new CollectionDefinition { Vectors = new Dictionary<string, VectorFieldDefinition> { ["v"] = new() { Dimensions = 0 } } };

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.PutCollectionAsync(server.NewName(), definition));

        Assert.Equal(HttpStatusCode.BadRequest, error.Status);
        Assert.Equal("invalid-definition", error.Slug);
        Assert.Equal("urn:vektagraf:problem:invalid-definition", error.ProblemType);
        Assert.Contains("/vectors/v/dimensions", error.Errors.Keys);
        Assert.Equal(error.Message, error.Detail);
    }

    [Fact]
    public async Task ListCollections_AfterSaves_CountsObjects()
    {
        var name = await server.NewCollectionAsync();
        await Client.PutObjectAsync(name, Things.Make("a", "red", 1));

        var listed = (await Client.ListCollectionsAsync()).Single(c => c.Name == name);

        Assert.Equal(1, listed.Objects);
        Assert.True(listed.Bytes.Vectors >= 2 * sizeof(float));
        Assert.True(listed.Bytes.Properties > 0);
    }

    [Fact]
    public async Task GetCollection_WhenMissing_IsNull()
    {
        Assert.Null(await Client.GetCollectionAsync(server.NewName("missing")));
    }

    [Fact]
    public async Task GetCollection_AfterSaves_HasStatistics()
    {
        var name = await server.NewCollectionAsync();
        await Client.PutObjectAsync(name, Things.Make("a", "red", 1));
        await Client.PutObjectAsync(name, Things.Make("b", "red", 2));

        var info = await Client.GetCollectionAsync(name);

        Assert.Equal(2, info!.Statistics.Objects);
        Assert.Equal(1, info.Statistics.Cardinality["color"]);
    }

    [Fact]
    public async Task PatchCollection_WithMergePatch_AddsAndDropsFields()
    {
        var name = await server.NewCollectionAsync();
        var patch = new JsonObject
        {
            ["objective"] = new JsonObject { ["recall"] = 0.99 },
            ["fields"] = new JsonObject { ["size"] = null, ["weight"] = new JsonObject { ["type"] = "number" } },
        };

        var info = await Client.PatchCollectionAsync(name, patch);

        Assert.Equal(0.99, info.Objective!.Recall);
        Assert.Equal(["color", "weight"], info.Fields.Keys.Order());
        Assert.Equal(["place"], info.Vectors.Keys);
    }

    [Fact]
    public async Task DeleteCollection_WhenThereThenGone_SaysSo()
    {
        var name = await server.NewCollectionAsync();

        Assert.True(await Client.DeleteCollectionAsync(name));
        Assert.False(await Client.DeleteCollectionAsync(name));
        Assert.Null(await Client.GetCollectionAsync(name));
    }

    [Fact]
    public async Task WarmCollection_WhenThere_AnswersWithIt()
    {
        var name = await server.NewCollectionAsync();

        Assert.Equal(name, (await Client.WarmCollectionAsync(name)).Name);
    }

    [Fact]
    public async Task WarmCollection_WhenMissing_IsNotFound()
    {
        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.WarmCollectionAsync(server.NewName("missing")));
        Assert.Equal("collection-not-found", error.Slug);
    }

    [Fact]
    public async Task Health_OfARunningServer_IsLiveAndReady()
    {
        var live = await Client.GetLivenessAsync();
        var ready = await Client.GetReadinessAsync();

        Assert.Equal("live", live.Status);
        Assert.Empty(live.Limits);
        Assert.Equal("ready", ready.Status);
        Assert.Equal(10_000, ready.Limits["k"]);
        Assert.Equal(live.Version, ready.Version);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("")]
    public async Task DeleteObject_WithAnIdThatClimbsThePath_IsRefusedBeforeItIsSent(string id)
    {
        // Sent as it is, the address of object ".." is the collection's own, and the delete would drop it.
        var name = await server.NewCollectionAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => Client.DeleteObjectAsync(name, id));
        await Assert.ThrowsAsync<ArgumentException>(() => Client.DeleteCollectionAsync(id));
        Assert.NotNull(await Client.GetCollectionAsync(name));
    }
}
