using Vektagraf.Collections;
using static Vektagraf.Tests.Branches.BranchWorld;

namespace Vektagraf.Tests.Branches;

public class SnapshotTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ExportAsync_AsOfASnapshot_StaysTheSameOverFoldsMergesAndCollections(bool isFoldedBefore)
    {
        // Promise: what a snapshot names reads bit for bit the same for as long as it lives, though the log has moved on, was folded,
        // merged and collected over several retentions.
        await using var world = await CreateAsync();
        await world.FillAsync(0, 20);
        if (isFoldedBefore)
        {
            await world.MaintainAsync();
            await world.FillAsync(20, 10);
        }

        var plain = (await world.SaveAsync("last", 7)).Session;
        var before = await world.ReadAsync();
        var snapshot = await world.SnapshotAsync("before-import", TimeSpan.FromDays(100));
        await world.LiveOnAsync();

        Assert.NotEqual(before, await world.ReadAsync());
        Assert.Equal(before, await world.ReadAsync(asOf: snapshot.Session));
        await world.PassAsync(5);
        Assert.Equal(before, await world.ReadAsync(asOf: snapshot.Session));

        // The same position by a token that no snapshot had to give.
        Assert.Equal(before, await world.ReadAsync(asOf: plain));
    }

    [Fact]
    public async Task ExportAsync_AsOfAnUnpinnedState_IsGoneThoughASnapshotIsNear()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 10);
        var unpinned = (await world.SaveAsync("a", 1)).Session;
        await world.FillAsync(10, 10);
        await world.MaintainAsync();
        await world.FillAsync(20, 10);
        await world.SnapshotAsync(life: TimeSpan.FromDays(100));
        await world.LiveOnAsync();
        await FailsAsync(ErrorKind.Invalid, "invalid-request", () => world.ReadAsync(asOf: unpinned));
    }

    [Fact]
    public async Task MaintainAsync_WithAnOldSnapshot_RaisesTheFloorAndKeepsOnlyTheEntriesItNeeds()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 10);
        await world.SnapshotAsync(life: TimeSpan.FromDays(1_000));
        var pinned = (await world.HeadAsync()).Pins[0].Sequence;
        await world.LiveOnAsync();
        await world.PassAsync();
        var head = await world.HeadAsync();
        Assert.Equal(head.Folded, head.Floor);
        var entries = (await world.KeysOfAsync(Name)).Where(k => k.Contains("/s/0/wal/", StringComparison.Ordinal));
        Assert.Equal((int)pinned, entries.Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MaintainAsync_WhenASnapshotHasEnded_FreesWhatItKept(bool isDropped)
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 20);
        await world.MaintainAsync();
        await world.FillAsync(20, 10);
        var snapshot = await world.SnapshotAsync("s", TimeSpan.FromDays(30));
        await world.LiveOnAsync();
        await world.PassAsync();
        var kept = await world.KeysOfAsync(Name);
        if (isDropped)
        {
            await (await world.CollectionAsync()).DropSnapshotAsync("s", Cancel);
        }
        else
        {
            world.Time.Advance(TimeSpan.FromDays(30));
            Assert.Empty(await (await world.CollectionAsync()).ListSnapshotsAsync(Cancel));
        }

        await world.PassAsync(1);
        var left = await world.KeysOfAsync(Name);
        Assert.True(left.Count < kept.Count, $"{left.Count} of {kept.Count}");
        Assert.DoesNotContain(left, k => k.Contains("/wal/", StringComparison.Ordinal));
        Assert.Equal(2, left.Count(k => k.Contains("/m/", StringComparison.Ordinal)));
        Assert.Empty((await world.HeadAsync()).Pins);
        await FailsAsync(ErrorKind.Invalid, "invalid-request", () => world.ReadAsync(asOf: snapshot.Session));
    }

    [Fact]
    public async Task CreateSnapshotAsync_ListsByAgeAndGivesTheTokenOfTheCut()
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 5);
        var things = await world.CollectionAsync();
        var first = await things.CreateSnapshotAsync("z", expiresAt: null, Cancel);
        world.Time.Advance(TimeSpan.FromHours(1));
        var second = await things.CreateSnapshotAsync(name: null, world.Time.GetUtcNow().AddDays(Limits.MaxSnapshotDays), Cancel);
        Assert.Equal(Collection.DefaultSnapshotLife, first.ExpiresAt - first.CreatedAt);
        Assert.Equal([first, second], await things.ListSnapshotsAsync(Cancel));
        world.Time.Advance(TimeSpan.FromHours(23));
        Assert.Equal([second], await things.ListSnapshotsAsync(Cancel));
    }

    [Fact]
    public async Task CreateSnapshotAsync_WhenTheNameIsTaken_IsAConflictUntilItIsFreeAgain()
    {
        await using var world = await CreateAsync();
        var things = await world.CollectionAsync();
        await world.SnapshotAsync("s");
        await FailsAsync(ErrorKind.Conflict, "snapshot-exists", () => world.SnapshotAsync("s"));
        Assert.Single((await world.HeadAsync(shard: 1)).Pins);
        await things.DropSnapshotAsync("s", Cancel);
        await FailsAsync(ErrorKind.NotFound, "snapshot-not-found", () => things.DropSnapshotAsync("s", Cancel));
        await world.SnapshotAsync("s");
        world.Time.Advance(Collection.DefaultSnapshotLife);
        await world.SnapshotAsync("s");
        Assert.Single(await things.ListSnapshotsAsync(Cancel));
    }

    [Fact]
    public async Task CreateSnapshotAsync_BeyondTheLimit_SaysSoAndLeavesNothing()
    {
        await using var world = await CreateAsync();
        for (var i = 0; i < Limits.MaxPins; i++)
        {
            await world.SnapshotAsync();
        }

        await FailsAsync(ErrorKind.Conflict, "too-many-pins", () => world.SnapshotAsync());
        Assert.Equal(Limits.MaxPins, (await world.HeadAsync(shard: 1)).Pins.Count);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("a/b", 1)]
    [InlineData("fine", 0)]
    [InlineData("fine", 3_654)]
    public async Task CreateSnapshotAsync_WhenNameOrEndIsWrong_IsInvalid(string name, int days)
    {
        await using var world = await CreateAsync();
        await world.FillAsync(0, 3);
        Assert.Equal(ErrorKind.Invalid, (await Assert.ThrowsAsync<VektagrafException>(() => world.SnapshotAsync(name, TimeSpan.FromDays(days)))).Kind);
        Assert.Empty((await world.HeadAsync()).Pins);
    }

    [Theory]
    [InlineData(Strike.CrashBefore)]
    [InlineData(Strike.CrashAfter)]
    [InlineData(Strike.LostRequest)]
    [InlineData(Strike.LostReply)]
    [InlineData(Strike.Late)]
    public async Task CreateSnapshotAsync_WhenItIsStruckAtAnyStep_ThereIsAWholeSnapshotOrNone(Strike strike)
    {
        var strikes = 0;
        for (var change = 0; ; change++)
        {
            CrashingStore? store = null;
            await using var world = await CreateAsync(memory => store = new CrashingStore(memory));
            await world.FillAsync(0, 12);
            var before = await world.ReadAsync();
            store!.StrikeAt(change, strike);
            try
            {
                await world.SnapshotAsync("s", TimeSpan.FromDays(100));
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.Unavailable)
            {
                // The list tells.
            }

            await store.DeliverAsync();
            strikes += store.WasStruck ? 1 : 0;
            await using var later = world.Open();
            var listed = await (await later.GetCollectionAsync(Name, Cancel)).ListSnapshotsAsync(Cancel);
            await world.PassAsync(4);
            if (listed.Count > 0)
            {
                Assert.Equal(before, await world.ReadAsync(asOf: listed[0].Session));
                await (await later.GetCollectionAsync(Name, Cancel)).DropSnapshotAsync("s", Cancel);
                await world.PassAsync(2);
            }

            Assert.Empty((await world.HeadAsync()).Pins);
            Assert.Empty((await world.HeadAsync(shard: 1)).Pins);
            if (!store.WasStruck)
            {
                Assert.Equal(2, strikes);
                return;
            }
        }
    }
}
