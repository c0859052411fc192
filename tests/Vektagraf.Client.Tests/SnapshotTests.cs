using System.Net;

namespace Vektagraf.Client.Tests;

public class SnapshotTests(ServerFixture server)
{
    private VektagrafClient Client => server.Client;

    [Fact]
    public async Task Snapshot_ThroughItsLife_ReadsAsOfItsMaking()
    {
        var name = await server.NewCollectionAsync();
        await Client.PutObjectAsync(name, new VektagrafObject { Id = "a" });
        var end = DateTimeOffset.UtcNow.AddHours(3);
        var snapshot = await Client.CreateSnapshotAsync(name, "s", end);
        await Client.PutObjectAsync(name, new VektagrafObject { Id = "b" });

        Assert.Equal(("s", end), (snapshot.Name, snapshot.ExpiresAt));
        Assert.Equal([snapshot], await Client.ListSnapshotsAsync(name));
        Assert.Equal(1, await Client.ExportAsync(name, Stream.Null, snapshot.Session));
        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.CreateSnapshotAsync(name, "s"));
        Assert.Equal((HttpStatusCode.Conflict, "snapshot-exists"), (error.Status, error.Slug));
        Assert.True(await Client.DeleteSnapshotAsync(name, "s"));
        Assert.False(await Client.DeleteSnapshotAsync(name, "s"));
        Assert.NotEmpty((await Client.CreateSnapshotAsync(name)).Name);
    }

    [Fact]
    public async Task CreateBranch_WithAndWithoutAToken_BeginsThere()
    {
        var name = await server.NewCollectionAsync();
        await Client.PutObjectAsync(name, new VektagrafObject { Id = "a" });
        var snapshot = await Client.CreateSnapshotAsync(name);
        await Client.PutObjectAsync(name, new VektagrafObject { Id = "b" });
        var (now, then) = (server.NewName(), server.NewName());

        var branch = await Client.CreateBranchAsync(name, now);
        await Client.CreateBranchAsync(name, then, snapshot.Session);

        Assert.Equal((now, name), (branch.Name, branch.BranchOf));
        Assert.Equal((await Client.GetCollectionAsync(name))!.Vectors, branch.Vectors);
        Assert.Equal(2, (await Client.GetCollectionAsync(now))!.Statistics.Objects);
        Assert.Equal(1, (await Client.GetCollectionAsync(then))!.Statistics.Objects);
        Assert.Equal(name, (await Client.ListCollectionsAsync()).Single(c => c.Name == then).BranchOf);
        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.DeleteCollectionAsync(name));
        Assert.Equal("has-branches", error.Slug);
    }
}
