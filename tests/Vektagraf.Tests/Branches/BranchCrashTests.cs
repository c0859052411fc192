using Vektagraf.Storage;
using static Vektagraf.Tests.Branches.BranchWorld;

namespace Vektagraf.Tests.Branches;

public class BranchCrashTests
{
    public static TheoryData<Strike> Strikes => new(Enum.GetValues<Strike>());

    [Theory]
    [MemberData(nameof(Strikes))]
    public async Task CreateBranchAsync_WhenItIsStruckAtAnyStep_ThereIsAWholeBranchOrNone(Strike strike)
    {
        // Promise: wherever the creator ends, or an answer gets lost, or a request comes late: the branch is whole or not there, the
        // parent is untouched, and after the grace nothing is left of what did not come about.
        var strikes = 0;
        for (var change = 0; ; change++)
        {
            CrashingStore? store = null;
            await using var world = await CreateAsync(memory => store = new CrashingStore(memory));
            await world.FillAsync(0, 12);
            await world.MaintainAsync();
            await world.FillAsync(12, 6);
            var before = await world.ReadAsync();
            store!.StrikeAt(change, strike);
            try
            {
                await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.Unavailable)
            {
                // The list tells.
            }

            await store.DeliverAsync();
            strikes += store.WasStruck ? 1 : 0;
            await using var later = world.Open();
            var exists = (await later.ListCollectionsAsync(Cancel)).Contains("branch");
            await world.PassAsync(4);
            Assert.Equal(before, await world.ReadAsync());
            if (exists)
            {
                Assert.Equal(before, await world.ReadAsync("branch"));
                await later.DropCollectionAsync("branch", Cancel);
            }

            Assert.Empty(await world.KeysOfAsync("branch"));
            Assert.Empty((await world.HeadAsync()).Pins);
            Assert.Empty((await world.HeadAsync(shard: 1)).Pins);

            // The name is free, whatever happened.
            await later.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
            Assert.Equal(before, await world.ReadAsync("branch"));
            if (!store.WasStruck)
            {
                // Two pins, two manifests, two heads, the catalog.
                Assert.Equal(7, strikes);
                return;
            }
        }
    }

    [Theory]
    [InlineData(Strike.CrashBefore)]
    [InlineData(Strike.CrashAfter)]
    [InlineData(Strike.LostReply)]
    public async Task DropCollectionAsync_OfABranch_WhenItIsStruckAtAnyStep_LeavesTheParentWholeAndNothingHeld(Strike strike)
    {
        for (var change = 0; ; change++)
        {
            CrashingStore? store = null;
            await using var world = await CreateAsync(memory => store = new CrashingStore(memory));
            await world.FillAsync(0, 12);
            await world.MaintainAsync();
            await world.FillAsync(12, 3);
            var before = await world.ReadAsync();
            await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
            await world.SaveAsync("x", 1, "branch");
            var content = await world.ReadAsync("branch");
            store!.StrikeAt(change, strike);
            try
            {
                await world.Node.DropCollectionAsync("branch", Cancel);
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.Unavailable)
            {
                // To be dropped again where it is still there.
            }

            await using var later = world.Open();
            if ((await later.ListCollectionsAsync(Cancel)).Contains("branch"))
            {
                Assert.Equal(content, await world.ReadAsync("branch"));
                await later.DropCollectionAsync("branch", Cancel);
            }

            await world.PassAsync(2);
            Assert.Empty(await world.KeysOfAsync("branch"));
            Assert.Empty((await world.HeadAsync()).Pins);
            Assert.Equal(before, await world.ReadAsync());
            if (!store.WasStruck)
            {
                return;
            }
        }
    }

    [Fact]
    public async Task DropCollectionAsync_WhileABranchIsBeingMade_OneOfTheTwoGivesWay()
    {
        // Promise: whichever request of the creation a drop of the parent falls before, no branch is left without its parent's data.
        var dropped = 0;
        var refused = 0;
        for (var change = 0; ; change++)
        {
            BranchWorld? outer = null;
            var count = -1;
            async Task BeforeAsync()
            {
                if (outer is not null && count++ == change)
                {
                    await using var other = outer.Open();
                    try
                    {
                        await other.DropCollectionAsync(Name, Cancel);
                        dropped++;
                    }
                    catch (VektagrafException e) when (e.Slug == "has-branches")
                    {
                        refused++;
                    }
                }
            }

            await using var world = await CreateAsync(memory => new InterruptedStore(memory, BeforeAsync));
            await world.FillAsync(0, 12);
            await world.MaintainAsync();
            await world.FillAsync(12, 3);
            var before = await world.ReadAsync();
            (outer, count) = (world, 0);
            try
            {
                await world.Node.CreateBranchAsync(Name, "branch", asOf: null, Cancel);
            }
            catch (VektagrafException)
            {
                // The drop came first.
            }

            outer = null;
            await using var later = world.Open();
            if ((await later.ListCollectionsAsync(Cancel)).Contains("branch"))
            {
                Assert.Equal(before, await world.ReadAsync("branch"));
                Assert.Equal(before, await world.ReadAsync());
            }

            if (count <= change)
            {
                Assert.True(dropped > 3 && refused > 0, $"{dropped} dropped, {refused} refused");
                return;
            }
        }
    }

    private sealed class InterruptedStore(IObjectStore inner, Func<Task> before) : IObjectStore
    {
        public async Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
        {
            await before();
            return await inner.GetAsync(key, range, ifNoneMatch, cancellationToken);
        }

        public async Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
        {
            await before();
            return await inner.PutAsync(key, content, condition, cancellationToken);
        }

        public async Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default)
        {
            await before();
            return await inner.ListAsync(prefix, continuation, pageSize, cancellationToken);
        }

        public async Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default)
        {
            await before();
            return await inner.DeleteAsync(key, cancellationToken);
        }
    }
}
