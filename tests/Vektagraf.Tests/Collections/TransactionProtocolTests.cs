using System.Text;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Shards;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Collections;

/// <summary>Transactions across shards whose coordinator stops halfway, as other nodes see them.</summary>
public class TransactionProtocolTests
{
    private static readonly TimeSpan Timeout = new ShardLogOptions().TransactionTimeout;
    private static readonly CompactionOptions Eager = new() { FoldEntries = 1, TierWidth = 2, SmallestTierRows = 2 };

    [Fact]
    public void TransactAsync_WhenItsCoordinatorStopsBeforeDeciding_IsNotSeenAndEndsAsAborted() => Simulator.Run(1, async simulator =>
    {
        var world = new World(simulator);
        var (first, second) = (await world.OpenAsync(), await world.OpenAsync());
        await first.SaveAsync(1);
        var held = first.Store.HoldNext(StoreOperation.Put, "/txn/");
        var transaction = first.TransactAsync(2);
        await held.Reached;

        // Undecided: reads do not wait, and see nothing of it.
        Assert.Equal("1 1 1 1", await second.ReadAsync());
        var blocked = second.SaveOneAsync("a", 5);
        await world.PassAsync(Timeout / 2);
        Assert.False(blocked.IsCompleted);
        Assert.Equal("1 1 1 1", await second.ReadAsync());

        await world.PassAsync(Timeout);
        await blocked;
        Assert.Equal("5 1 1 1", await second.ReadAsync());

        // The sleeper's decision comes too late; its request is begun anew, and is then applied as a whole.
        held.Release();
        await transaction;
        Assert.Equal("2 2 2 2", await second.ReadAsync());
        Assert.Equal("2 2 2 2", await first.ReadAsync());
    });

    [Fact]
    public void TransactAsync_WhenItsCoordinatorStopsAfterDeciding_IsSeenAsAWholeByOthers() => Simulator.Run(2, async simulator =>
    {
        var world = new World(simulator);
        var (first, second) = (await world.OpenAsync(), await world.OpenAsync());
        await first.SaveAsync(1);
        var held = first.Store.HoldNextReply(StoreOperation.Put, "/txn/");
        var transaction = first.TransactAsync(2);
        await held.Reached;

        Assert.Equal("2 2 2 2", await second.ReadAsync());
        await second.SaveOneAsync("a", 3);
        held.Release();
        var result = await transaction;
        Assert.Equal("3 2 2 2", await first.ReadAsync());
        Assert.All(result.Operations, o => Assert.NotNull(o.ETag));
    });

    [Theory]
    [InlineData(StoreFault.LostReply)]
    [InlineData(StoreFault.LostRequest)]
    public void TransactAsync_WhenTheDecisionGetsNoAnswer_LooksWhatStandsThere(StoreFault fault) => Simulator.Run(3, async simulator =>
    {
        var world = new World(simulator);
        var first = await world.OpenAsync();
        await first.SaveAsync(1);
        first.Store.FailNext(StoreOperation.Put, "/txn/", fault);
        await first.TransactAsync(2);
        Assert.Equal("2 2 2 2", await (await world.OpenAsync()).ReadAsync());
        Assert.Equal(1, await world.CountAsync("/txn/"));
    });

    [Fact]
    public void TransactAsync_WhenOneShardCannotPrepare_ChangesNothingAndLeavesNoLock() => Simulator.Run(4, async simulator =>
    {
        var world = new World(simulator);
        var first = await world.OpenAsync();
        await first.SaveAsync(1);
        var shard = world.ShardOf("d");
        first.Store.FailNext(StoreOperation.Put, $"/s/{shard}/wal/", StoreFault.Refusal);
        var e = await Assert.ThrowsAsync<VektagrafException>(() => first.TransactAsync(2));
        Assert.Equal(ErrorKind.Unavailable, e.Kind);
        Assert.Equal("1 1 1 1", await first.ReadAsync());
        await first.SaveAsync(3);
        Assert.Equal("3 3 3 3", await (await world.OpenAsync()).ReadAsync());
        Assert.Equal(0, await world.CountAsync("/txn/"));
    });

    [Fact]
    public void MaintainAsync_WhileATransactionIsUndecided_FoldsNothingOfIt() => Simulator.Run(5, async simulator =>
    {
        var world = new World(simulator);
        var (first, second) = (await world.OpenAsync(), await world.OpenAsync());
        await first.SaveAsync(1);
        var held = first.Store.HoldNext(StoreOperation.Put, "/txn/");
        var transaction = first.TransactAsync(2);
        await held.Reached;
        await second.Collection.MaintainAsync(Eager, CancellationToken.None);

        // Who starts from the manifest still knows of it: a write waits.
        var third = await world.OpenAsync();
        Assert.Equal("1 1 1 1", await third.ReadAsync());
        var blocked = third.SaveOneAsync("f", 7);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.False(blocked.IsCompleted);
        held.Release();
        await transaction;
        await blocked;
        Assert.Equal("2 2 2 7", await third.ReadAsync());
        await second.Collection.MaintainAsync(Eager, CancellationToken.None);
        Assert.Equal("2 2 2 7", await (await world.OpenAsync()).ReadAsync());
    });

    [Fact]
    public void MaintainAsync_WhenTheGraceHasPassed_RemovesDecisions_AndLatePartsStayWithoutEffect() => Simulator.Run(6, async simulator =>
    {
        var world = new World(simulator);
        var (first, second) = (await world.OpenAsync(), await world.OpenAsync());
        await first.SaveAsync(1);
        await first.TransactAsync(2);

        // One part stays under way for longer than the grace; others meanwhile abort the transaction, and the decision is collected.
        var shard = world.ShardOf("d");
        var held = first.Store.HoldNext(StoreOperation.Put, $"/s/{shard}/wal/");
        var transaction = first.TransactAsync(3);
        await held.Reached;
        await world.PassAsync(Timeout * 2);
        Assert.Equal("2 2 2 2", await second.ReadAsync());
        Assert.Equal(2, await world.CountAsync("/txn/"));
        await world.PassAsync(TimeSpan.FromHours(25));
        await second.Collection.MaintainAsync(Eager, CancellationToken.None);
        Assert.Equal(0, await world.CountAsync("/txn/"));
        Assert.Equal("2 2 2 2", await second.ReadAsync());

        held.Release();
        await transaction;
        Assert.Equal("3 3 3 3", await second.ReadAsync());
        Assert.Equal("3 3 3 3", await first.ReadAsync());
    });

    [Fact]
    public void BatchGetAsync_WhenOnlyOneShardHasSeenTheEnd_ShowsTheTransactionInAll() => Simulator.Run(7, async simulator =>
    {
        // Eventual reads may be old, but not torn: the one shard that was read strongly brings the others along.
        var world = new World(simulator);
        var (first, second) = (await world.OpenAsync(), await world.OpenAsync());
        await first.SaveAsync(1);
        Assert.Equal("1 1 1 1", await second.ReadAsync());
        await first.TransactAsync(2);
        Assert.Equal("1 1 1 1", await second.ReadAsync(ReadConsistency.Eventual));
        await second.Collection.GetAsync("e", withVectors: false, ReadConsistency.Strong, CancellationToken.None);
        Assert.Equal("2 2 2 2", await second.ReadAsync(ReadConsistency.Eventual));
    });

    private sealed class World(Simulator simulator)
    {
        public const int Shards = 4;
        private readonly MemoryObjectStore _memory = new(simulator.Time);
        private int _nodes;

        public Task PassAsync(TimeSpan time) => Task.Delay(time, simulator.Time);

        public int ShardOf(string id) => TransactionProtocolTests.ShardOf(id);

        public async Task<int> CountAsync(string part) =>
            (await _memory.ListAsync("c/", pageSize: ListPage.MaxSize)).Entries.Count(e => e.Key.Contains(part, StringComparison.Ordinal));

        public async Task<Node> OpenAsync()
        {
            var store = new FaultInjectingObjectStore(_memory, simulator.Time, ++_nodes);
            var database = new VektagrafDatabase(store, new VektagrafOptions { Time = simulator.Time, Entropy = EntropySource.Seeded(_nodes) });
            var (collection, _) = await database.PutCollectionAsync("things", new CollectionDefinition { Shards = Shards }, CancellationToken.None);
            return new Node(store, collection);
        }
    }

    // The ids of the tests, one in each of four shards: the first eight bytes of their SHA-256, as docs/formats/wal.md says.
    private static int ShardOf(string id) =>
        (int)(System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(id))) % World.Shards);

    private sealed record Node(FaultInjectingObjectStore Store, Collection Collection)
    {
        private static readonly string[] Ids = ["a", "d", "e", "f"];

        public async Task SaveAsync(int n)
        {
            foreach (var id in Ids)
            {
                await SaveOneAsync(id, n);
            }
        }

        public Task<WriteResult> SaveOneAsync(string id, int n) => Collection.SaveAsync(Draft(id, n), default, CancellationToken.None);

        public Task<TransactionResult> TransactAsync(int n) =>
            Collection.TransactAsync([.. Ids.Select(id => TransactionOperation.Save(Draft(id, n)))], idempotencyKey: null, CancellationToken.None);

        public async Task<string> ReadAsync(ReadConsistency consistency = default)
        {
            var read = await Collection.BatchGetAsync(Ids, withVectors: false, consistency, CancellationToken.None);
            return string.Join(' ', read.Select(o => System.Text.Json.JsonDocument.Parse(o!.Properties).RootElement.GetProperty("n").GetInt32()));
        }

        private static ObjectDraft Draft(string id, int n) => new() { Id = id, Properties = Encoding.UTF8.GetBytes($$"""{"n":{{n}}}""") };
    }
}
