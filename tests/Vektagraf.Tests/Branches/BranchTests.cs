using System.Globalization;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Storage.Decorators;
using static Vektagraf.Tests.Branches.BranchWorld;

namespace Vektagraf.Tests.Branches;

public class BranchTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(15, 0)]
    [InlineData(15, 9)]
    public async Task CreateBranchAsync_BeginsAsItsParentIs_AndBothDiverge(int folded, int inLog)
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, folded);
        await world.MaintainAsync();
        await world.FillAsync(folded, inLog);
        var before = await world.ReadAsync();

        var branch = await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
        Assert.Equal((Name, "branch"), (branch.BranchOf, branch.Name));
        Assert.Equal(before, await world.ReadAsync("branch"));

        await world.FillAsync(500, 12);
        Assert.Equal(before, await world.ReadAsync("branch"));
        var parent = await world.ReadAsync();
        await world.FillAsync(700, 12, "branch");
        Assert.Equal(parent, await world.ReadAsync());
        Assert.NotEqual(before, await world.ReadAsync("branch"));
    }

    [Fact]
    public async Task CreateBranchAsync_TakesAsManyRequestsForAnyCountOfObjects()
    {
        async Task<long> CountAsync(int objects)
        {
            CountingObjectStore? store = null;
            await using var world = await CreateAsync(memory => store = new CountingObjectStore(memory));
            var things = await world.CollectionAsync();
            var lines = string.Join('\n', Enumerable.Range(0, objects).Select(i => string.Create(CultureInfo.InvariantCulture, $$$"""{"id":"o{{{i}}}","properties":{"n":{{{i}}}}}""")));
            await things.ImportAsync(System.IO.Pipelines.PipeReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(lines))), Cancel);
            await world.MaintainAsync();
            await world.FillAsync(0, 3);
            var before = store!.Snapshot();
            await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
            return store.Snapshot().Since(before).Requests;
        }

        var few = await CountAsync(10);
        Assert.Equal(few, await CountAsync(10_000));
        Assert.InRange(few, 1, 30);
    }

    [Fact]
    public async Task CreateBranchAsync_OfAnUntouchedBranch_ReadsTheSameWhileTheParentLivesOn()
    {
        // Promise: the parent may fold, merge and collect as it likes; a branch reads what it began as.
        await using var world = await CreateAsync();
        await world.FillAsync(0, 20);
        await world.MaintainAsync();
        await world.FillAsync(20, 9);
        var before = await world.ReadAsync();
        await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
        await world.LiveOnAsync();
        await world.PassAsync();
        Assert.Equal(before, await world.ReadAsync("branch"));
        await world.FillAsync(50, 1, "branch");
        Assert.NotEqual(before, await world.ReadAsync("branch"));
    }

    [Fact]
    public async Task CreateBranchAsync_OfABranch_ReadsThroughAllItsParents()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 20);
        await world.MaintainAsync();
        await world.FillAsync(20, 9);
        await world.Node.CreateBranchAsync(Name, "b1", asOf: null, Cancel);
        await world.FillAsync(100, 6, "b1");
        var before = await world.ReadAsync("b1");

        // Its log stands in three places: its own, that of b1, that of the first.
        await world.Node.CreateBranchAsync("b1", "b2", asOf: null, Cancel);
        Assert.Equal(2, (await world.HeadAsync("b2")).Lineage!.Count);
        await world.FillAsync(200, 6, "b2");
        var own = await world.ReadAsync("b2");
        await world.LiveOnAsync();
        await world.LiveOnAsync("b1");
        Assert.Equal(own, await world.ReadAsync("b2"));
        await world.Node.CreateBranchAsync("b2", "b3", asOf: null, Cancel);
        await world.LiveOnAsync("b2");
        Assert.Equal(own, await world.ReadAsync("b3"));
        Assert.NotEqual(before, own);
    }

    [Fact]
    public async Task CreateBranchAsync_AsOfAnEarlierState_BeginsThere()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 12);
        var session = (await world.SaveAsync("a", 1)).Session;
        var then = await world.ReadAsync();
        await world.FillAsync(12, 5);
        await world.Node.CreateBranchAsync(Name, "log", session, Cancel);
        await world.MaintainAsync();
        await world.FillAsync(17, 5);
        await world.MaintainAsync();
        var snapshot = await world.SnapshotAsync(life: TimeSpan.FromDays(100));
        var pinned = await world.ReadAsync();

        // Behind the current manifest: while it was replaced only lately, or a snapshot holds it.
        await world.Node.CreateBranchAsync(Name, "replaced", session, Cancel);
        await world.LiveOnAsync();
        await world.Node.CreateBranchAsync(Name, "pinned", snapshot.Session, Cancel);
        await FailsAsync(ErrorKind.Invalid, "invalid-request", () => world.Node.CreateBranchAsync(Name, "gone", Back(snapshot.Session), Cancel));
        await (await world.CollectionAsync()).DropSnapshotAsync(snapshot.Name, Cancel);
        await world.PassAsync();
        Assert.Equal([then, then, pinned], [await world.ReadAsync("log"), await world.ReadAsync("replaced"), await world.ReadAsync("pinned")]);

        // A position that nothing holds, one before that of a token.
        static string Back(string token)
        {
            var dot = token.IndexOf('.', StringComparison.Ordinal);
            return token[..dot] + "." + string.Join('-', token[(dot + 1)..].Split('-').Select(s => (ulong.Parse(s, CultureInfo.InvariantCulture) - 1).ToString(CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public async Task CreateBranchAsync_OfABranchFromBeforeItsBeginning_ReadsTheFirstOnesLog()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 12);
        var then = await world.ReadAsync();
        var session = (await world.SnapshotAsync()).Session;
        await world.FillAsync(12, 6);
        await world.Node.CreateBranchAsync(Name, "b1", asOf: null, Cancel);
        var generation = (await world.KeysOfAsync("b1"))[0].Split('/')[1][3..];
        await world.Node.CreateBranchAsync("b1", "b2", generation + session[session.IndexOf('.', StringComparison.Ordinal)..], Cancel);
        await world.LiveOnAsync();
        await world.LiveOnAsync("b1");
        Assert.Equal(then, await world.ReadAsync("b2"));
    }

    [Fact]
    public async Task SaveAsync_WithAKeyFromBeforeTheBranchPoint_CountsInBoth_AndAfterItInOne()
    {
        await using var world = await CreateAsync();
        var folded = await world.SaveAsync("a", 1, key: "folded");
        await world.MaintainAsync();
        var logged = await world.SaveAsync("b", 1, key: "logged");
        var branch = await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
        var before = await world.ReadAsync("branch");
        Assert.Equal(folded.ETag, (await world.SaveAsync("a", 1, "branch", "folded")).ETag);
        Assert.Equal(logged.ETag, (await world.SaveAsync("b", 1, "branch", "logged")).ETag);
        Assert.Equal(before, await world.ReadAsync("branch"));

        await world.SaveAsync("c", 1, "branch", "later");
        Assert.True((await world.SaveAsync("c", 2, Name, "later")).Created);
        await FailsAsync(ErrorKind.Invalid, "invalid-request", () => branch.ExportAsync(logged.Session, Cancel));
    }

    [Fact]
    public async Task MaintainAsync_WhenABranchHasMergedAllItRefersTo_ItLeavesItsParent()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 9);
        await world.MaintainAsync();
        await world.FillAsync(9, 5);
        await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
        await world.LiveOnAsync("branch", from: 0);
        await world.PassAsync();

        Assert.Null((await world.HeadAsync("branch")).Lineage);
        Assert.Empty((await world.HeadAsync()).Pins);
        var content = await world.ReadAsync("branch");
        await world.Node.DropCollectionAsync(Name, Cancel);
        Assert.Empty(await world.KeysOfAsync(Name));
        Assert.Equal(content, await world.ReadAsync("branch"));
        await world.PassAsync();
        Assert.Equal(content, await world.ReadAsync("branch"));
    }

    [Fact]
    public async Task MaintainAsync_WhenASnapshotOfTheBranchStillRefersToTheParent_ItStays()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 9);
        await world.MaintainAsync();
        await world.FillAsync(9, 5);
        var branch = await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
        var before = await world.ReadAsync("branch");
        var snapshot = await branch.CreateSnapshotAsync("s", world.Time.GetUtcNow().AddDays(100), Cancel);
        await world.LiveOnAsync("branch", from: 0);
        await world.LiveOnAsync();
        Assert.Equal(before, await world.ReadAsync("branch", snapshot.Session));
        Assert.NotEmpty((await world.HeadAsync()).Pins);
        await (await world.CollectionAsync("branch")).DropSnapshotAsync("s", Cancel);
        await world.PassAsync();
        Assert.Empty((await world.HeadAsync()).Pins);
    }

    [Fact]
    public async Task DropCollectionAsync_OfABranch_FreesWhatItHeld_AndOfAParentIsRefused()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 20);
        await world.MaintainAsync();
        await world.FillAsync(20, 9);
        await world.Node.CreateBranchAsync(Name, "b2", asOf: null, Cancel);
        await world.Node.CreateBranchAsync(Name, "b1", asOf: null, Cancel);
        await world.LiveOnAsync();
        await world.PassAsync();
        var held = (await world.KeysOfAsync(Name)).Count;

        var error = await FailsAsync(ErrorKind.Conflict, "has-branches", () => world.Node.DropCollectionAsync(Name, Cancel));
        Assert.Contains("'b1', 'b2'", error.Message, StringComparison.Ordinal);
        var content = await world.ReadAsync();
        await world.Node.DropCollectionAsync("b1", Cancel);
        await world.Node.DropCollectionAsync("b2", Cancel);
        Assert.Empty(await world.KeysOfAsync("b1"));
        Assert.Empty((await world.HeadAsync()).Pins);
        await world.PassAsync(1);
        Assert.True((await world.KeysOfAsync(Name)).Count < held);
        Assert.DoesNotContain(await world.KeysOfAsync(Name), k => k.Contains("/wal/", StringComparison.Ordinal));
        Assert.Equal(content, await world.ReadAsync());
        await world.Node.DropCollectionAsync(Name, Cancel);
        Assert.Empty(await world.KeysAsync("c/"));
    }

    [Fact]
    public async Task PutCollectionAsync_OfABranch_ChangesItsDefinitionOnly()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 5);
        var branch = await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
        var wider = CollectionJson.Patch(branch.Definition, """{"fields":{"m":{"type":"number"}},"objective":{"recall":0.5}}"""u8);
        await world.Node.PutCollectionAsync("branch", wider, Cancel);
        Assert.False((await world.CollectionAsync()).Definition.Fields.ContainsKey("m"));
        Assert.True((await world.CollectionAsync("branch")).Definition.Fields.ContainsKey("m"));
        Assert.Equal(Name, (await world.CollectionAsync("branch")).BranchOf);
    }

    [Fact]
    public async Task CreateBranchAsync_WhenTheNameIsTakenOrNoName_ChangesNothing()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 3);
        await FailsAsync(ErrorKind.Conflict, "collection-exists", () => world.Node.CreateBranchAsync(Name, Name, asOf: null, Cancel));
        await FailsAsync(ErrorKind.Invalid, "invalid-collection-name", () => world.Node.CreateBranchAsync(Name, "a/b", asOf: null, Cancel));
        await FailsAsync(ErrorKind.NotFound, "collection-not-found", () => world.Node.CreateBranchAsync("none", "b", asOf: null, Cancel));
        Assert.Empty((await world.HeadAsync()).Pins);
    }

    [Fact]
    public async Task GetAsync_WhenAnEntryOfTheParentIsMissing_IsCorruptNotTheEnd()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 9);
        await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
        var entry = (await world.KeysOfAsync(Name)).Last(k => k.Contains("/s/0/wal/", StringComparison.Ordinal));
        await world.Memory.DeleteAsync(entry);
        await using var node = world.Open();
        var branch = await node.GetCollectionAsync("branch", Cancel);
        var error = await FailsAsync(ErrorKind.Corrupt, "missing-entry", () => branch.QueryAsync(new QueryRequest(), Cancel));
        Assert.Contains(entry, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MaintainAsync_OfABranch_NeverTouchesItsParentsObjects()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 20);
        await world.MaintainAsync();
        await world.FillAsync(20, 9);
        await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
        var before = await world.KeysOfAsync(Name);
        for (var round = 0; round < 8; round++)
        {
            await world.FillAsync(round * 10, 10, "branch");
            world.Time.Advance(Grace + TimeSpan.FromMinutes(1));
            await world.MaintainAsync("branch");
        }

        Assert.Equal(before, await world.KeysOfAsync(Name));
    }
}
