using Vektagraf.Storage;

namespace Vektagraf.Simulation.Tests;

public class FaultInjectingObjectStoreTests
{
    private static readonly byte[] First = [1];
    private static readonly byte[] Second = [2];

    private readonly MemoryObjectStore _memory = new();

    [Fact]
    public async Task PutAsync_WhenDuplicated_ArrivesAgainAndMeetsItsConditionAnew()
    {
        var store = NewStore();
        store.FailNext(StoreOperation.Put, "a", StoreFault.Duplicate, times: 2);

        Assert.True((await store.PutAsync("a", First, PutCondition.Absent)).Written);
        await store.DeliverDelayedPutsAsync();
        Assert.Equal("0000000000000001", (await _memory.GetAsync("a")).ETag);

        await _memory.DeleteAsync("a");
        Assert.True((await store.PutAsync("a", Second, PutCondition.Absent)).Written);
        await _memory.DeleteAsync("a");
        await store.DeliverDelayedPutsAsync();
        Assert.Equal(Second, (await _memory.GetAsync("a")).Content.ToArray());
    }

    [Fact]
    public async Task PutAsync_WhenThrottled_FailsForTheMomentAndWritesNothing()
    {
        var store = NewStore();
        store.FailNext(StoreOperation.Put, "a", StoreFault.Throttled);

        var e = await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync("a", First, PutCondition.None));
        Assert.True(e.IsTransient);
        await store.DeliverDelayedPutsAsync();
        Assert.False((await _memory.GetAsync("a")).Found);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task PutAsync_WhenTheProcessDies_NeverCompletes_ButMayBeCarriedOut(int steps, bool isCarriedOut)
    {
        var store = NewStore();
        store.DieAfter(steps);

        var put = store.PutAsync("a", First, PutCondition.None);
        Assert.True(store.Died.IsCompleted);
        Assert.Equal(isCarriedOut, (await _memory.GetAsync("a")).Found);
        var get = store.GetAsync("a");
        Assert.False(put.IsCompleted || get.IsCompleted);
    }

    [Fact]
    public void Schedules_OfADyingProcess_SeeRequestsUnderWayCarriedOutAndNot()
    {
        // Died while the put was on its way: about half of them arrive.
        var arrived = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var current = seed;
            Simulator.Run(seed, async simulator =>
            {
                var memory = new MemoryObjectStore(simulator.Time);
                var store = new FaultInjectingObjectStore(memory, simulator.Time, current, new FaultPlan { MaxLatency = TimeSpan.FromSeconds(1) });
                _ = store.PutAsync("a", First, PutCondition.None);
                store.DieAfter(1);
                _ = store.GetAsync("a");
                Assert.True(store.Died.IsCompleted);
                await Task.Delay(TimeSpan.FromSeconds(5), simulator.Time);
                arrived += (await memory.GetAsync("a")).Found ? 1 : 0;
            });
        }

        Assert.InRange(arrived, 10, 30);
    }

    private FaultInjectingObjectStore NewStore() => new(_memory, TimeProvider.System);
}
