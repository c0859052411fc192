using Vektagraf.Simulation;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Log;

/// <summary>Grouping, preconditions and limits of commits, without faults.</summary>
public class ShardLogCommitTests
{
    private static readonly Precondition Absent = new(PreconditionKind.Absent);
    private static readonly Precondition Present = new(PreconditionKind.Present);

    [Fact]
    public void CommitAsync_WhenManyArriveTogether_TheyShareFewEntriesInTheirOrder() => Simulator.Run(1, async simulator =>
    {
        // C01: what queues up during one PUT forms the next entry; all of it is acknowledged, in the order it came.
        var cluster = new LogCluster(simulator, plan: new FaultPlan { MaxLatency = TimeSpan.FromMilliseconds(20) });
        var node = await cluster.OpenAsync();
        var commits = Enumerable.Range(0, 500).Select(i => node.PutAsync($"o{i}")).ToList();
        var receipts = await Task.WhenAll(commits);
        Assert.All(receipts, r => Assert.True(r.Committed));
        var versions = receipts.Select(r => r.Operations[0].Version).ToList();
        Assert.Equal(versions.OrderBy(v => v.Sequence).ThenBy(v => v.Ordinal), versions);
        Assert.Equal(500, versions.Distinct().Count());
        Assert.InRange((await cluster.ReadWalAsync()).Count, 1, 3);
        Assert.InRange(cluster.Store.Count(StoreOperation.Put, "wal/"), 1, 3);
    });

    [Fact]
    public void CommitAsync_WhenTheBatchIsFull_TheRestGoesIntoTheNextEntry() => Simulator.Run(2, async simulator =>
    {
        // C02: an entry holds at most so many transactions, and at most 4 MiB.
        var cluster = new LogCluster(simulator, new ShardLogOptions { MaxBatchTransactions = 10 });
        var node = await cluster.OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 25).Select(i => node.PutAsync($"o{i}")));
        Assert.All(await cluster.ReadWalAsync(), e => Assert.InRange(e.Transactions.Count, 1, 10));

        var large = new string('x', 1_500_000);
        var before = (await cluster.ReadWalAsync()).Count;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => node.PutAsync($"large{i}", large)));
        Assert.InRange((await cluster.ReadWalAsync()).Count - before, 3, 6);
        Assert.All(
            (await cluster.Memory.ListAsync(LogCluster.Keys.Prefix + "wal/")).Entries,
            e => Assert.InRange(e.Length, 1, WalEntryCodec.MaxEntryBytes));
    });

    [Fact]
    public void CommitAsync_WithALinger_WaitsForCompany() => Simulator.Run(3, async simulator =>
    {
        // C03: with a linger, writers that come one after the other within it share an entry.
        var cluster = new LogCluster(simulator, new ShardLogOptions { Linger = TimeSpan.FromMilliseconds(5) });
        var node = await cluster.OpenAsync();
        var first = node.PutAsync("a");
        await cluster.PassTimeAsync(TimeSpan.FromMilliseconds(2));
        var second = node.PutAsync("b");
        Assert.Equal((await first).Sequence, (await second).Sequence);
    });

    [Fact]
    public void CommitAsync_WhenConditionsDependOnTheBatch_EachSeesThoseBeforeIt() => Simulator.Run(4, async simulator =>
    {
        // C04: preconditions are evaluated in order, against the state and the earlier transactions of the same entry.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        var held = cluster.Store.HoldNext(StoreOperation.Put, "wal/");
        var opening = node.PutAsync("other");
        await held.Reached;
        Task<CommitReceipt>[] batch =
        [
            node.PutAsync("a", "1", Absent),
            node.PutAsync("a", "2", Absent),
            node.PutAsync("a", "3", Present),
            node.DeleteAsync("a", Present),
            node.DeleteAsync("a", Present),
            node.PutAsync("a", "4", Absent),
        ];
        held.Release();
        await opening;
        var receipts = await Task.WhenAll(batch);
        Assert.Equal([true, false, true, true, false, true], receipts.Select(r => r.Committed));
        Assert.Single(receipts.Select(r => r.Sequence).Distinct());
        Assert.Equal([false, true, true, false], receipts.Where(r => r.Committed).Select(r => r.Operations[0].Existed));
        Assert.Equal("4", node.State["a"]);
    });

    [Fact]
    public void CommitAsync_WhenALaterOperationIsRefused_NothingOfTheTransactionHappens() => Simulator.Run(5, async simulator =>
    {
        // C05: all operations of a transaction or none, also for what follows in the same batch.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        await node.PutAsync("a", "old");
        await node.PutAsync("gone", "old");
        var refused = node.CommitAsync([LogNode.Put("b"), LogNode.Delete("gone"), LogNode.Put("a", "new"), LogNode.Put("a", "newer", Absent)]);
        var after = node.CommitAsync([LogNode.Put("b", "", Absent), LogNode.Put("gone", "still", Present)]);
        Assert.Equal((false, 3), ((await refused).Committed, (await refused).FailedOperation));
        Assert.Empty((await refused).Operations);
        Assert.True((await after).Committed);
        Assert.Equal("old", node.State["a"]);
        Assert.Equal("still", node.State["gone"]);
    });

    [Fact]
    public void CommitAsync_WhenTheTailIsStale_ConditionsHoldAtTheTrueTail() => Simulator.Run(6, async simulator =>
    {
        // C06: a node that has not caught up must not refuse what the newest state allows.
        var cluster = new LogCluster(simulator);
        var one = await cluster.OpenAsync();
        var other = await cluster.OpenAsync();
        var written = await one.PutAsync("a", "1");
        var replaced = await other.PutAsync("a", "2", new Precondition(PreconditionKind.Version, written.Operations[0].Version.ToETag()));
        Assert.True(replaced.Committed);
        await one.DeleteAsync("a", new Precondition(PreconditionKind.Version, replaced.Operations[0].Version.ToETag()));
        Assert.True((await other.PutAsync("a", "3", Absent)).Committed);
        Assert.False((await one.PutAsync("a", "4", new Precondition(PreconditionKind.Version, written.Operations[0].Version.ToETag()))).Committed);
    });

    [Fact]
    public void CommitAsync_WhenTheTailIsStale_ConditionsDoNotHoldOfWhatIsGone() => Simulator.Run(7, async simulator =>
    {
        // C07: nor may it allow what the newest state forbids: the lost slot makes it look again.
        var cluster = new LogCluster(simulator);
        var one = await cluster.OpenAsync();
        var other = await cluster.OpenAsync();
        Assert.True((await one.PutAsync("a", "1", Absent)).Committed);
        Assert.False((await other.PutAsync("a", "2", Absent)).Committed);
        Assert.Equal("1", other.State["a"]);
    });

    [Fact]
    public void CommitAsync_WhenTheQueueIsFull_AnswersBusyAndKeepsWhatItTook() => Simulator.Run(8, async simulator =>
    {
        // C08: a full queue is an answer at once, not a longer wait; what was taken is committed.
        var cluster = new LogCluster(simulator, new ShardLogOptions { MaxQueuedTransactions = 3, MaxQueuedBytes = 5_000 });
        var node = await cluster.OpenAsync();
        var held = cluster.Store.HoldNext(StoreOperation.Put, "wal/");
        List<Task<CommitReceipt>> taken = [node.PutAsync("first")];
        await held.Reached;
        taken.Add(node.PutAsync("a"));
        var tooManyBytes = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("b", new string('x', 5_000)));
        taken.Add(node.PutAsync("b"));
        taken.Add(node.PutAsync("c"));
        var tooMany = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("d"));
        Assert.All([tooManyBytes, tooMany], e => Assert.Equal((ErrorKind.Busy, "write-queue-full"), (e.Kind, e.Slug)));
        held.Release();
        Assert.All(await Task.WhenAll(taken), r => Assert.True(r.Committed));
        Assert.Null(node.State["d"]);
        Assert.True((await node.PutAsync("d")).Committed);
    });

    [Fact]
    public void CommitAsync_WhenTheTransactionExceedsAnEntry_RefusesIt() => Simulator.Run(9, async simulator =>
    {
        // C09: the largest transaction fits exactly; one byte more is refused before anything is queued.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        var room = WalEntryCodec.MaxEntryBytes - WalEntryCodec.EntryOverhead - WalEntryCodec.TransactionOverhead
            - WalEntryCodec.ParticipantCountBytes - WalEntryCodec.OperationOverhead - 1;
        var e = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("a", new string('x', room + 1)));
        Assert.Equal(ErrorKind.TooLarge, e.Kind);
        Assert.True((await node.PutAsync("a", new string('x', room))).Committed);
        // Room is kept for what only entries with transactions across shards hold.
        Assert.Equal(WalEntryCodec.MaxEntryBytes - WalEntryCodec.ParticipantCountBytes, (await cluster.Memory.GetAsync(LogCluster.Keys.Wal(1))).Content.Length);
    });

    [Fact]
    public void DisposeAsync_WhenACommitIsInProgress_WaitsForItAndTakesNoMore() => Simulator.Run(10, async simulator =>
    {
        // C10: what was taken before the close is committed; what comes after is refused without being written.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        var held = cluster.Store.HoldNext(StoreOperation.Put, "wal/");
        var commit = node.PutAsync("a");
        await held.Reached;
        var queued = node.PutAsync("b");
        var closing = node.Log.DisposeAsync().AsTask();
        var e = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("c"));
        Assert.Equal(ErrorKind.Unavailable, e.Kind);
        Assert.False(closing.IsCompleted);
        held.Release();
        await closing;
        Assert.Equal(1, await cluster.CountInWalAsync("a"));
        Assert.Equal(1, await cluster.CountInWalAsync("b"));
        Assert.Equal(0, await cluster.CountInWalAsync("c"));
        Assert.All(await Task.WhenAll(commit, queued), receipt => Assert.True(receipt.Committed));
    });

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void CommitAsync_WhenSeveralNodesWrite_AllSeeTheSameHistory(int nodes)
    {
        // C11: writers without a coordinator: every acknowledged write is in every node's state, in one order, without gaps.
        for (var seed = 0; seed < 20; seed++)
        {
            Simulator.Run(seed, async simulator =>
            {
                var cluster = new LogCluster(simulator, plan: new FaultPlan { MaxLatency = TimeSpan.FromMilliseconds(10) }, seed: seed);
                var members = await Task.WhenAll(Enumerable.Range(0, nodes).Select(_ => cluster.OpenAsync()));
                var receipts = await Task.WhenAll(members.Select((node, n) => WriteAsync(cluster, node, $"node{n}", new Random(seed + n))));
                await Task.WhenAll(members.Select(m => m.CatchUpAsync()));
                Assert.All(members, m => Assert.Equal(members[0].State.Content, m.State.Content));
                Assert.All(receipts.SelectMany(r => r), r => Assert.True(r.Committed));
                var written = (await cluster.ReadWalAsync()).SelectMany(e => e.Transactions).ToList();
                Assert.Equal(nodes * 30, written.Count);
                Assert.Equal(written.Count, written.Select(t => t.Id).Distinct().Count());
                Assert.Equal(receipts.Sum(r => r.Count), receipts.SelectMany(r => r).Select(r => r.Operations[0].Version).Distinct().Count());
            });
        }
    }

    private static async Task<List<CommitReceipt>> WriteAsync(LogCluster cluster, LogNode node, string name, Random random)
    {
        var receipts = new List<CommitReceipt>();
        for (var i = 0; i < 30; i += 3)
        {
            receipts.AddRange(await Task.WhenAll(
                node.PutAsync($"{name}-{i}"), node.PutAsync("shared", $"{name} {i}"), node.PutAsync($"{name}-{i + 1}")));
            await cluster.PassTimeAsync(TimeSpan.FromMilliseconds(random.Next(5)));
        }

        return receipts;
    }
}
