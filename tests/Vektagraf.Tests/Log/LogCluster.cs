using System.Text;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Log;

/// <summary>Several nodes' logs of one shard, over one store that fails as told.</summary>
internal sealed class LogCluster
{
    public static readonly ShardKeys Keys = new("things.0", 0);

    private readonly Simulator _simulator;
    private readonly ShardLogOptions _options;
    private int _nodes;

    public LogCluster(Simulator simulator, ShardLogOptions? options = null, FaultPlan? plan = null, int seed = 0)
    {
        _simulator = simulator;
        _options = options ?? new ShardLogOptions();
        Memory = new MemoryObjectStore(simulator.Time);
        Store = new FaultInjectingObjectStore(Memory, simulator.Time, seed, plan);
    }

    /// <summary>What is really stored.</summary>
    public MemoryObjectStore Memory { get; }

    /// <summary>The way to it.</summary>
    public FaultInjectingObjectStore Store { get; }

    public async Task<LogNode> OpenAsync()
    {
        var state = new MapState();
        var entropy = EntropySource.Seeded(++_nodes);
        var log = await ShardLog.OpenAsync(Store, Keys, state, _options, _simulator.Time, entropy, CancellationToken.None);
        return new LogNode(log, state, entropy);
    }

    public Task PassTimeAsync(TimeSpan time) => Task.Delay(time, _simulator.Time);

    /// <summary>All entries in the store, in order; fails where one is missing or unreadable.</summary>
    public async Task<List<WalEntry>> ReadWalAsync(ulong from = 1)
    {
        var entries = new List<WalEntry>();
        foreach (var listed in (await Memory.ListAsync(Keys.Prefix + "wal/", pageSize: ListPage.MaxSize)).Entries)
        {
            var sequence = from + (ulong)entries.Count;
            Assert.Equal(Keys.Wal(sequence), listed.Key);
            entries.Add(WalEntryCodec.Decode((await Memory.GetAsync(listed.Key)).Content, sequence, listed.Key));
        }

        return entries;
    }

    public async Task<int> CountInWalAsync(string id) =>
        (await ReadWalAsync()).SelectMany(e => e.Transactions).SelectMany(t => t.Operations).Count(o => o.Id == id);

    public async Task WriteHeadAsync(ShardHead head)
    {
        var current = await Memory.GetAsync(Keys.Head);
        Assert.True((await Memory.PutAsync(Keys.Head, head.Encode(), PutCondition.Match(current.ETag!))).Written);
    }
}

/// <summary>One node's log.</summary>
internal sealed record LogNode(ShardLog Log, MapState State, EntropySource Entropy)
{
    public Task<CommitReceipt> PutAsync(string id, string value = "", Precondition precondition = default, ulong key = 0, ulong request = 0) =>
        CommitAsync([Put(id, value, precondition)], key, request);

    public Task<CommitReceipt> DeleteAsync(string id, Precondition precondition = default) => CommitAsync([Delete(id, precondition)]);

    // Awaited here: whoever waits for several of the log's own tasks at once is told so on the thread pool, outside the simulation.
    public async Task<CommitReceipt> CommitAsync(IReadOnlyList<PendingOperation> operations, ulong key = 0, ulong request = 0) =>
        await Log.CommitAsync(new PendingTransaction(Entropy.NextUInt128(), operations, key, request), CancellationToken.None);

    public static PendingOperation Put(string id, string value = "", Precondition precondition = default) =>
        new(WalOperationKind.Put, id, Encoding.UTF8.GetBytes(value), precondition);

    public static PendingOperation Delete(string id, Precondition precondition = default) =>
        new(WalOperationKind.Delete, id, default, precondition);

    public Task CatchUpAsync() => Log.CatchUpAsync(CancellationToken.None);
}
