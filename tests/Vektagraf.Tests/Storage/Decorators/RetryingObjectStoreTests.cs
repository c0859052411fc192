using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage.Decorators;

public class RetryingObjectStoreTests : ObjectStoreContract<RetryingObjectStore>
{
    private const string SegmentKey = "c/docs/s/0/seg/0f3c/data";

    [Theory]
    [InlineData(1.0 / 2, new[] { 0, 25, 75, 175, 375, 625, 875 })]
    [InlineData(0.0, new[] { 0, 0, 0, 0, 0, 0, 0 })]
    public void GetAsync_WhenTheStoreStaysAway_WaitsTwiceAsLongEachTime(double share, int[] requestedAtMs) => Simulator.Run(1, async simulator =>
    {
        var options = new RetryOptions { MaxAttempts = 7, MaxBackoff = TimeSpan.FromMilliseconds(500) };
        var away = new AwayStore(simulator.Time);
        var store = new RetryingObjectStore(away, options, simulator.Time, new FixedEntropy(share));
        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => store.GetAsync("a"));
        Assert.Equal("Away for the 7th time.", error.Message);
        Assert.Equal(requestedAtMs, away.RequestedAt.Select(t => (int)t.TotalMilliseconds));
    });

    [Fact]
    public void ListAsync_WhenJitterIsDrawn_EachWaitIsBelowItsLimit() => Gen.Int.Sample(
        seed => Simulator.Run(seed, async simulator =>
        {
            var away = new AwayStore(simulator.Time);
            var store = new RetryingObjectStore(away, new RetryOptions { MaxAttempts = 6 }, simulator.Time, EntropySource.Seeded(seed));
            await Assert.ThrowsAsync<ObjectStoreException>(() => store.ListAsync("a"));
            Assert.Equal(6, away.RequestedAt.Count);
            for (int i = 1; i < 6; i++)
            {
                double wait = (away.RequestedAt[i] - away.RequestedAt[i - 1]).TotalMilliseconds;
                Assert.InRange(wait, 0, 50 << (i - 1));
            }
        }),
        iter: 200,
        threads: 1);

    [Fact]
    public void GetAsync_WhenTheNextWaitWouldEndTooLate_GivesUpAtOnce() => Simulator.Run(1, async simulator =>
    {
        var options = new RetryOptions { MaxAttempts = 100, MaxTotalTime = TimeSpan.FromMilliseconds(175) };
        var away = new AwayStore(simulator.Time);
        var store = new RetryingObjectStore(away, options, simulator.Time, new FixedEntropy(0.5));
        await Assert.ThrowsAsync<ObjectStoreException>(() => store.GetAsync("a"));
        Assert.Equal(3, away.RequestedAt.Count);
        Assert.Equal(TimeSpan.FromMilliseconds(75), simulator.Time.GetElapsedTime(0));
    });

    [Fact]
    public void EveryRead_WhenTheFailurePasses_GivesTheAnswer() => Simulator.Run(1, async simulator =>
    {
        (RetryingObjectStore store, FaultInjectingObjectStore faults) = CreateOver(simulator.Time);
        for (int i = 0; i < 5; i++)
        {
            await store.PutAsync($"k/{i}", Bytes("0123456789"), PutCondition.None);
        }

        faults.FailNext(StoreOperation.Get, "k/1", StoreFault.LostRequest, times: 3);
        Assert.Equal("345", Text(await store.GetAsync("k/1", new ByteRange(3, 3))));
        Assert.Equal(4, faults.Count(StoreOperation.Get, "k/1"));

        ListPage first = await store.ListAsync("k/", pageSize: 2);
        faults.FailNext(StoreOperation.List, "k/", StoreFault.LostReply, times: 2);
        ListPage second = await store.ListAsync("k/", first.Continuation, pageSize: 2);
        Assert.Equal(["k/2", "k/3"], second.Entries.Select(e => e.Key));
        Assert.Equal(4, faults.Count(StoreOperation.List, "k/"));
    });

    [Fact]
    public void PutAsync_WhenCreateOnlyAndItsReplyIsLost_IsNotRetried() => Simulator.Run(1, async simulator =>
    {
        (RetryingObjectStore store, FaultInjectingObjectStore faults) = CreateOver(simulator.Time);
        faults.FailNext(StoreOperation.Put, "wal/1", StoreFault.LostReply);

        // A second attempt would answer that another writer has the slot.
        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync("wal/1", Bytes("mine"), PutCondition.Absent));
        Assert.True(error.IsTransient);
        Assert.Equal(1, faults.Count(StoreOperation.Put, "wal/1"));
        Assert.Equal("mine", Text(await store.GetAsync("wal/1")));
    });

    [Fact]
    public void EveryWrite_WhenDoingItTwiceIsNotDoingItOnce_IsNotRetried() => Simulator.Run(1, async simulator =>
    {
        (RetryingObjectStore store, FaultInjectingObjectStore faults) = CreateOver(simulator.Time);
        string etag = (await store.PutAsync(SegmentKey, Bytes("old"), PutCondition.None)).ETag!;
        await store.PutAsync("head", Bytes("old"), PutCondition.None);
        (string Key, Func<Task> Call)[] writes =
        [
            (SegmentKey, () => store.PutAsync(SegmentKey, Bytes("x"), PutCondition.Absent)),
            (SegmentKey, () => store.PutAsync(SegmentKey, Bytes("x"), PutCondition.Match(etag))),
            ("head", () => store.PutAsync("head", Bytes("x"), PutCondition.None)),
            (SegmentKey, () => store.DeleteAsync(SegmentKey)),
            ("head", () => store.DeleteAsync("head")),
        ];
        foreach (StoreFault fault in new[] { StoreFault.LostRequest, StoreFault.LostReply })
        {
            foreach ((string key, Func<Task> call) in writes)
            {
                int before = Writes(key);
                faults.FailNext(StoreOperation.Put, key, fault);
                faults.FailNext(StoreOperation.Delete, key, fault);
                Assert.True((await Assert.ThrowsAsync<ObjectStoreException>(call)).IsTransient);
                Assert.Equal(1, Writes(key) - before);
                faults.ClearScripts();
            }
        }

        int Writes(string key) => faults.Count(StoreOperation.Put, key) + faults.Count(StoreOperation.Delete, key);
    });

    [Fact]
    public void PutAsync_WhenAnImmutableObjectIsWrittenUnconditionally_IsRetried() => Simulator.Run(1, async simulator =>
    {
        (RetryingObjectStore store, FaultInjectingObjectStore faults) = CreateOver(simulator.Time);
        faults.FailNext(StoreOperation.Put, SegmentKey, StoreFault.LostReply, times: 2);
        PutResult put = await store.PutAsync(SegmentKey, Bytes("vectors"), PutCondition.None);
        GetResult stored = await store.GetAsync(SegmentKey);
        Assert.Equal(3, faults.Count(StoreOperation.Put, SegmentKey));
        Assert.Equal("vectors", Text(stored));
        Assert.Equal(put.ETag, stored.ETag);
    });

    [Fact]
    public void EveryRead_WhenTheFailureLasts_IsNotRetried() => Simulator.Run(1, async simulator =>
    {
        (RetryingObjectStore store, FaultInjectingObjectStore faults) = CreateOver(simulator.Time);
        faults.FailNext(StoreOperation.Get, "a", StoreFault.Refusal);
        faults.FailNext(StoreOperation.List, "a", StoreFault.Refusal);
        Assert.False((await Assert.ThrowsAsync<ObjectStoreException>(() => store.GetAsync("a"))).IsTransient);
        Assert.False((await Assert.ThrowsAsync<ObjectStoreException>(() => store.ListAsync("a"))).IsTransient);
        Assert.Equal(1, faults.Count(StoreOperation.Get, "a"));
        Assert.Equal(1, faults.Count(StoreOperation.List, "a"));
        Assert.Equal(TimeSpan.Zero, simulator.Time.GetElapsedTime(0));
    });

    [Fact]
    public async Task GetAsync_WhenCancelledWhileWaiting_EndsWithoutAnotherRequest()
    {
        var clock = new FakeTimeProvider();
        (RetryingObjectStore store, FaultInjectingObjectStore faults) = CreateOver(clock);
        faults.FailNext(StoreOperation.Get, "a", StoreFault.LostRequest, times: 9);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task<GetResult> reading = store.GetAsync("a", cancellationToken: cancel.Token);
        Assert.False(reading.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, faults.Count(StoreOperation.Get, "a"));
    }

    [Theory]
    [InlineData(0, 50, 2000, 10_000)]
    [InlineData(1, -1, 2000, 10_000)]
    [InlineData(1, 50, 49, 10_000)]
    [InlineData(1, 50, 2000, -1)]
    public void Create_WhenALimitIsOutOfRange_Throws(int attempts, int first, int most, int total) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetryingObjectStore(new MemoryObjectStore(), new RetryOptions
        {
            MaxAttempts = attempts,
            FirstBackoff = TimeSpan.FromMilliseconds(first),
            MaxBackoff = TimeSpan.FromMilliseconds(most),
            MaxTotalTime = TimeSpan.FromMilliseconds(total),
        }));

    protected override ValueTask<RetryingObjectStore> CreateEmptyStoreAsync() => new(new RetryingObjectStore(new MemoryObjectStore()));

    private static (RetryingObjectStore Store, FaultInjectingObjectStore Faults) CreateOver(TimeProvider time)
    {
        var faults = new FaultInjectingObjectStore(new MemoryObjectStore(time), time);
        return (new RetryingObjectStore(faults, options: null, time, new FixedEntropy(0.5)), faults);
    }

    /// <summary>Fails every request, and remembers when each was made.</summary>
    private sealed class AwayStore(TimeProvider time) : IObjectStore
    {
        public List<TimeSpan> RequestedAt { get; } = [];

        Task<GetResult> IObjectStore.GetAsync(string key, ByteRange? range, string? ifNoneMatch, CancellationToken cancellationToken) => throw Fail();

        Task<PutResult> IObjectStore.PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) => throw Fail();

        Task<ListPage> IObjectStore.ListAsync(string prefix, string? continuation, int pageSize, CancellationToken cancellationToken) => throw Fail();

        Task<bool> IObjectStore.DeleteAsync(string key, CancellationToken cancellationToken) => throw Fail();

        private ObjectStoreException Fail()
        {
            RequestedAt.Add(time.GetElapsedTime(0));
            return new ObjectStoreException($"Away for the {RequestedAt.Count}th time.", isTransient: true);
        }
    }
}
