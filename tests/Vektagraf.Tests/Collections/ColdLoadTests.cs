using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Collections;

/// <summary>Loading behind the back of reads, and what may happen to either.</summary>
public class ColdLoadTests
{
    [Fact]
    public async Task GetAsync_WhileTheLoadIsHeldUp_Answers_AndTheLoadReplacesTheSegments()
    {
        var world = await FoldedAsync();
        var store = new FaultInjectingObjectStore(world.Store, TimeProvider.System);
        await using var node = ColdWorld.ColdNode(store);
        var things = await node.GetCollectionAsync(ColdWorld.Name, default);
        await things.GetAsync("o1", withVectors: true, ReadConsistency.Strong, default);
        var held = store.HoldNext(StoreOperation.Get, "/head");
        var warming = things.WarmAsync(default);
        await held.Reached;
        var cold = await things.SearchAsync(Search(ReadConsistency.Eventual), default);
        Assert.False(warming.IsCompleted);
        held.Release();
        await warming;
        var warm = await things.SearchAsync(Search(ReadConsistency.Strong), default);

        Assert.Equal(("flat-by-range", "flat"), (cold.Plan.AccessPath, warm.Plan.AccessPath));
        Assert.Equal(ColdWorld.Text(warm), ColdWorld.Text(cold));
    }

    [Fact]
    public async Task WarmAsync_WhenNothingWasFolded_ReadsEachEntryOnce_WhoeverElseReads()
    {
        var definition = CollectionJson.Read("{}"u8);
        var memory = new MemoryObjectStore();
        await using (var writer = new VektagrafDatabase(memory))
        {
            var (written, _) = await writer.PutCollectionAsync(ColdWorld.Name, definition, default);
            for (var i = 0; i < 5; i++)
            {
                await written.SaveAsync(ObjectJson.Read("""{"id":"a"}"""u8, definition), default, default);
            }
        }

        var store = new FaultInjectingObjectStore(memory, TimeProvider.System);
        await using var node = new VektagrafDatabase(store);
        var things = await node.GetCollectionAsync(ColdWorld.Name, default);
        var loading = things.WarmAsync(default);
        await things.GetAsync("a", withVectors: false, ReadConsistency.Strong, default);
        await loading;
        await things.WarmAsync(default);

        Assert.Equal(1, store.Count(StoreOperation.Get, "/wal/00000000000000000003"));
    }

    [Fact]
    public async Task GetAsync_WhenTheLoadFails_GoesOn_AndTheLoadIsTriedAgain()
    {
        var world = await FoldedAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var store = new FaultInjectingObjectStore(world.Store, TimeProvider.System);
        await using var node = new VektagrafDatabase(store, new VektagrafOptions { Time = time, LoadsInBackground = false });
        var things = await node.GetCollectionAsync(ColdWorld.Name, default);
        await things.GetAsync("o1", withVectors: true, ReadConsistency.Strong, default);

        store.FailNext(StoreOperation.Get, "/seg/", StoreFault.LostRequest);
        var failure = await Assert.ThrowsAsync<VektagrafException>(() => things.WarmAsync(default));
        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
        Assert.Equal("o1", (await things.GetAsync("o1", withVectors: true, ReadConsistency.Strong, default)).Id);
        await things.WarmAsync(default);
        Assert.Equal("flat", (await things.SearchAsync(Search(ReadConsistency.Strong), default)).Plan.AccessPath);
    }

    [Fact]
    public async Task GetAsync_WhenTheBackgroundLoadFailed_StartsItAgainOnlyAfterAWhile()
    {
        var world = await FoldedAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var logged = new FailureLog();
        var heads = 0;
        var store = new FaultInjectingObjectStore(world.Store, TimeProvider.System)
        {
            // The first is the read's own, the second that of the load behind it.
            BeforeRequest = (_, key) => key.EndsWith("/head", StringComparison.Ordinal) && Interlocked.Increment(ref heads) == 2
                ? throw new ObjectStoreException("The network is gone.", isTransient: true)
                : Task.CompletedTask,
        };
        await using var node = new VektagrafDatabase(store, new VektagrafOptions { Time = time, Logging = logged });
        var things = await node.GetCollectionAsync(ColdWorld.Name, default);
        await things.GetAsync("o1", withVectors: false, ReadConsistency.Strong, default);
        Assert.Contains("The network is gone", (await logged.Failure).Message, StringComparison.Ordinal);

        await things.GetAsync("o1", withVectors: false, ReadConsistency.Eventual, default);
        Assert.Equal(2, Volatile.Read(ref heads));
        time.Advance(TimeSpan.FromMinutes(1));
        while (Volatile.Read(ref heads) == 2)
        {
            // Ends with the test run at the latest; how long it takes is nobody's promise.
            await things.GetAsync("o1", withVectors: false, ReadConsistency.Eventual, default);
        }

        await things.WarmAsync(default);
        Assert.Equal("flat", (await things.SearchAsync(Search(ReadConsistency.Strong), default)).Plan.AccessPath);
    }

    [Fact]
    public async Task GetAsync_WhenARowGroupIsDamaged_NamesIt_AndServesTheRest()
    {
        var world = await FoldedAsync();
        var key = Assert.Single((await world.Store.ListAsync("c/")).Entries, e => e.Key.Contains("/seg/", StringComparison.Ordinal)).Key;
        var bytes = (await world.Store.GetAsync(key)).Content.ToArray();
        bytes[64 + 10] ^= 0x40;
        await world.Store.PutAsync(key, bytes, PutCondition.None);

        await using var node = ColdWorld.ColdNode(world.Store);
        var things = await node.GetCollectionAsync(ColdWorld.Name, default);
        var failure = await Assert.ThrowsAsync<VektagrafException>(() => things.GetAsync("o1", withVectors: false, ReadConsistency.Strong, default));
        Assert.Equal(("corrupt-segment", true), (failure.Slug, failure.Message.Contains(key, StringComparison.Ordinal)));

        // An id out of the segment's range needs nothing of it.
        await TestCollection.FailsAsync(ErrorKind.NotFound, () => things.GetAsync("zzz", withVectors: false, ReadConsistency.Strong, default));
    }

    [Fact]
    public async Task GetAsync_WhenTheSegmentsWereMergedAndCollected_ReadsThoseThatTookTheirPlace()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var store = new MemoryObjectStore(time);
        var options = new VektagrafOptions { Time = time, LoadsInBackground = false, Log = new ShardLogOptions { CollectionGrace = TimeSpan.FromMinutes(10) } };
        await using var writer = new VektagrafDatabase(store, options);
        var definition = CollectionJson.Read("""{"vectors":{"v":{"dimensions":2}}}"""u8);
        var (written, _) = await writer.PutCollectionAsync(ColdWorld.Name, definition, default);
        var compaction = new CompactionOptions { FoldEntries = 1, TierWidth = 2, SmallestTierRows = 2, Retention = TimeSpan.FromMinutes(1) };
        await written.SaveAsync(ObjectJson.Read("""{"id":"a","vectors":{"v":[1,0]}}"""u8, definition), default, default);
        await written.MaintainAsync(compaction, default);

        await using var reader = new VektagrafDatabase(store, options);
        var read = await reader.GetCollectionAsync(ColdWorld.Name, default);
        var before = ColdWorld.Text(await read.GetAsync("a", withVectors: true, ReadConsistency.Strong, default));
        await written.SaveAsync(ObjectJson.Read("""{"id":"b","vectors":{"v":[0,1]}}"""u8, definition), default, default);
        await written.MaintainAsync(compaction, default);
        for (var i = 0; i < 4; i++)
        {
            // The reader stays within half the grace of its last catch-up, so it is not stale; only its segments are gone.
            time.Advance(TimeSpan.FromMinutes(4));
            await written.MaintainAsync(compaction, default);
            await read.GetAsync("b", withVectors: true, ReadConsistency.Strong, default);
        }

        Assert.Equal(before, ColdWorld.Text(await read.GetAsync("a", withVectors: true, ReadConsistency.Eventual, default)));
        var found = await read.SearchAsync(Search(ReadConsistency.Eventual, [1, 0]), default);
        Assert.Equal(["a", "b"], found.Hits.Select(h => h.Object.Id));
    }

    [Fact]
    public async Task GetAsync_WhenTheOpeningSleptThroughACollection_ReadsTheHeadAgain()
    {
        // The slot behind the manifest is asked for only after its entry was folded and removed: missing, it proves nothing then.
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var memory = new MemoryObjectStore(time);
        var options = new VektagrafOptions { Time = time, LoadsInBackground = false, Log = new ShardLogOptions { CollectionGrace = TimeSpan.FromMinutes(10) } };
        var compaction = new CompactionOptions { FoldEntries = 1, Retention = TimeSpan.FromMinutes(1) };
        await using var writer = new VektagrafDatabase(memory, options);
        var definition = CollectionJson.Read("{}"u8);
        var (written, _) = await writer.PutCollectionAsync(ColdWorld.Name, definition, default);
        await written.SaveAsync(ObjectJson.Read("""{"id":"a"}"""u8, definition), default, default);
        await written.MaintainAsync(compaction, default);

        var store = new FaultInjectingObjectStore(memory, time);
        await using var reader = new VektagrafDatabase(store, options);
        var read = await reader.GetCollectionAsync(ColdWorld.Name, default);
        var held = store.HoldNext(StoreOperation.Get, "/wal/");
        var sleeping = read.GetAsync("b", withVectors: false, ReadConsistency.Strong, default);
        await held.Reached;
        await written.SaveAsync(ObjectJson.Read("""{"id":"b"}"""u8, definition), default, default);
        await written.MaintainAsync(compaction, default);
        for (var i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromMinutes(11));
            await written.MaintainAsync(compaction, default);
        }

        Assert.DoesNotContain((await memory.ListAsync("c/")).Entries, e => e.Key.Contains("/wal/", StringComparison.Ordinal));
        held.Release();
        Assert.Equal("b", (await sleeping).Id);
    }

    private static SearchRequest Search(ReadConsistency consistency, float[]? query = null) =>
        new() { Vector = new VectorQuery { Field = "v", Value = query ?? [1, 0, 0] }, K = 100, Consistency = consistency };

    private static async Task<ColdWorld> FoldedAsync()
    {
        // One shard, one run, nothing behind it.
        var world = new ColdWorld(seed: 3);
        await using var node = new VektagrafDatabase(world.Store);
        var (things, _) = await node.PutCollectionAsync(ColdWorld.Name, world.Definition, default);
        for (var i = 0; i < 60; i++)
        {
            await world.ChangeAsync(things);
        }

        await things.SaveAsync(ObjectJson.Read("""{"id":"o1","vectors":{"v":[1,2,3]}}"""u8, world.Definition), default, default);
        await things.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, default);
        return world;
    }

    private sealed class FailureLog : ILoggerFactory, ILogger
    {
        private readonly TaskCompletionSource<Exception> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Exception> Failure => _failure.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning && exception is not null)
            {
                _failure.TrySetResult(exception);
            }
        }

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
            // Holds nothing.
        }
    }
}
