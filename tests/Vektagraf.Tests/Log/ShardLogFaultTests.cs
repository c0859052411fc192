using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Log;

/// <summary>Commits over a store that loses requests and replies, delays and refuses.</summary>
public class ShardLogFaultTests
{
    private const int Always = 1_000_000;

    [Fact]
    public void CommitAsync_WhenItsSlotIsCollectedBeforeTheReply_AndTheStoreFailsThen_IsUnknown() => Simulator.Run(31, async simulator =>
    {
        // F13: the entry was durable, folded and collected before its writer heard of it. Whether it is in what was folded, only the
        // state says: where that cannot be read, nothing may be said to have been "not written".
        var options = new ShardLogOptions();
        var cluster = new LogCluster(simulator, options);
        var node = await cluster.OpenAsync();
        var reply = cluster.Store.HoldNextReply(StoreOperation.Put, "wal/");
        var commit = node.PutAsync("a");
        await reply.Reached;
        await cluster.PassTimeAsync(options.CollectionGrace);
        await cluster.WriteHeadAsync(new ShardHead { Folded = 1, Floor = 1 });
        await cluster.Memory.DeleteAsync(LogCluster.Keys.Wal(1));

        // The state is read anew, so slowly that it is stale at once.
        var probe = cluster.Store.HoldNextReply(StoreOperation.Get, "wal/");
        reply.Release();
        await probe.Reached;
        await cluster.PassTimeAsync(options.CollectionGrace);
        cluster.Store.FailNext(StoreOperation.Get, "wal/", StoreFault.LostRequest, Always);
        probe.Release();
        Assert.Equal(ErrorKind.OutcomeUnknown, (await Assert.ThrowsAsync<VektagrafException>(() => commit)).Kind);
    });

    [Fact]
    public void CommitAsync_WhenTheReplyIsLost_RecognisesItsEntry() => Simulator.Run(1, async simulator =>
    {
        // F01: the nonce tells that the entry in the slot is one's own: acknowledged, and applied once.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.LostReply);
        var receipt = await node.PutAsync("a");
        Assert.Equal((true, 1UL), (receipt.Committed, receipt.Sequence));
        Assert.Equal(1, await cluster.CountInWalAsync("a"));
        Assert.Equal(2UL, (await node.PutAsync("b")).Sequence);
    });

    [Fact]
    public void CommitAsync_WhenTheRequestIsLost_SendsTheSameBytesToTheSameSlot() => Simulator.Run(2, async simulator =>
    {
        // F02: a PUT that did not arrive is repeated, nonce included, so that it does not matter which of the two arrives.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.LostRequest, times: 3);
        Assert.Equal(1UL, (await node.PutAsync("a")).Sequence);
        Assert.Equal(4, cluster.Store.Count(StoreOperation.Put, LogCluster.Keys.Wal(1)));
        Assert.Equal(1, await cluster.CountInWalAsync("a"));
    });

    [Fact]
    public void CommitAsync_WhenThePutArrivesAfterItsRepetition_IsAppliedOnce() => Simulator.Run(3, async simulator =>
    {
        // F03: timeout, repetition, then the first PUT arrives: the slot is taken, nothing happens twice.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.DelayedPut);
        await node.PutAsync("a");
        await cluster.Store.DeliverDelayedPutsAsync();
        await node.PutAsync("b");
        Assert.Equal(1, await cluster.CountInWalAsync("a"));
        Assert.Equal("a=@1-0\nb=@2-0", node.State.Content);
    });

    [Fact]
    public void CommitAsync_WhenThePutArrivesBeforeItsRepetition_RecognisesIt() => Simulator.Run(4, async simulator =>
    {
        // F04: timeout, the slot still empty, then the first PUT arrives before the second: one's own nonce, success.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.DelayedPut);
        var repetition = cluster.Store.HoldNext(StoreOperation.Put, "wal/");
        var commit = node.PutAsync("a");
        await repetition.Reached;
        await cluster.Store.DeliverDelayedPutsAsync();
        repetition.Release();
        Assert.True((await commit).Committed);
        Assert.Equal(1, await cluster.CountInWalAsync("a"));
    });

    [Fact]
    public void CommitAsync_WhenAnotherTakesTheSlotMeanwhile_MovesOnAndTheLatePutFails() => Simulator.Run(5, async simulator =>
    {
        // F05: timeout, then another writer takes the slot: the batch goes into the next one, and the late PUT can no longer land.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        var other = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.DelayedPut);
        var repetition = cluster.Store.HoldNext(StoreOperation.Put, "wal/");
        var commit = node.PutAsync("a");
        await repetition.Reached;
        await other.PutAsync("b");
        repetition.Release();
        Assert.Equal(2UL, (await commit).Sequence);
        await cluster.Store.DeliverDelayedPutsAsync();
        await other.CatchUpAsync();
        Assert.Equal(1, await cluster.CountInWalAsync("a"));
        Assert.Equal(node.State.Content, other.State.Content);
    });

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void CommitAsync_WhenTheStoreIsAwayUntilTheDeadline_ARetryAppliesAtMostOnce(bool arrives, bool retryElsewhere) => Simulator.Run(6, async simulator =>
    {
        // F06: at the deadline the outcome is unknown; the retry with the same key applies exactly once, whether the first arrived
        // or not, on this node or another.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        var other = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.DelayedPut);
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.LostRequest, Always);
        var e = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("a", "1", new Precondition(PreconditionKind.Absent), key: 7, request: 8));
        Assert.Equal((ErrorKind.OutcomeUnknown, "commit-outcome-unknown"), (e.Kind, e.Slug));
        cluster.Store.ClearScripts();
        if (arrives)
        {
            await cluster.Store.DeliverDelayedPutsAsync();
        }

        var retry = await (retryElsewhere ? other : node).PutAsync("a", "1", new Precondition(PreconditionKind.Absent), key: 7, request: 8);
        await cluster.Store.DeliverDelayedPutsAsync();
        Assert.Equal((true, 1UL, false), (retry.Committed, retry.Sequence, retry.Operations[0].Existed));
        Assert.Equal(1, await cluster.CountInWalAsync("a"));
        await Task.WhenAll(node.CatchUpAsync(), other.CatchUpAsync());
        Assert.Equal("a=1@1-0", node.State.Content);
        Assert.Equal(node.State.Content, other.State.Content);
    });

    [Fact]
    public void CommitAsync_WhenTheStoreRefuses_NothingIsWritten() => Simulator.Run(7, async simulator =>
    {
        // F07: a refusal is an answer: unavailable, nothing written, and at once; the next commit takes the same slot.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.Refusal);
        var e = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("a"));
        Assert.Equal((ErrorKind.Unavailable, "store-refused"), (e.Kind, e.Slug));
        Assert.Equal(1, cluster.Store.Count(StoreOperation.Put, "wal/"));
        Assert.Empty(await cluster.ReadWalAsync());
        Assert.Equal(1UL, (await node.PutAsync("b")).Sequence);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CommitAsync_WhenARefusalFollowsATimeout_TheOutcomeIsUnknown(bool arrives) => Simulator.Run(8, async simulator =>
    {
        // F08: once a PUT may be under way, no later refusal proves that nothing was written.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.DelayedPut);
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.Refusal, Always);
        var e = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("a"));
        Assert.Equal(ErrorKind.OutcomeUnknown, e.Kind);
        if (arrives)
        {
            await cluster.Store.DeliverDelayedPutsAsync();
        }

        await node.CatchUpAsync();
        Assert.Equal(arrives ? "a=@1-0" : "", node.State.Content);
    });

    [Theory]
    [InlineData(StoreFault.Refusal)]
    [InlineData(StoreFault.LostRequest)]
    public void CommitAsync_WhenTheFloorCheckFails_TheWriteIsNotReportedAsUndone(StoreFault fault) => Simulator.Run(9, async simulator =>
    {
        // F09: after the commit point, a head that cannot be read leaves the outcome unknown, however lasting its failure looks.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        var put = cluster.Store.HoldNext(StoreOperation.Put, "wal/");
        var commit = node.PutAsync("a");
        await put.Reached;
        await cluster.PassTimeAsync(TimeSpan.FromHours(13));
        cluster.Store.FailNext(StoreOperation.Get, "head", fault, Always);
        put.Release();
        var e = await Assert.ThrowsAsync<VektagrafException>(() => commit);
        Assert.Equal(ErrorKind.OutcomeUnknown, e.Kind);

        // Before the commit point it is certain that nothing was written.
        e = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("b"));
        Assert.Equal(ErrorKind.Unavailable, e.Kind);
        cluster.Store.ClearScripts();
        await node.CatchUpAsync();
        Assert.Equal("a=@1-0", node.State.Content);
    });

    [Fact]
    public void CommitAsync_WhenOthersTakeEverySlot_GivesUpWithNothingWritten() => Simulator.Run(10, async simulator =>
    {
        // F10: contention until the deadline is 'busy', and true to its word: no entry holds the transaction.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        var intruder = EntropySource.Seeded(77);
        cluster.Store.BeforeRequest = async (operation, key) =>
        {
            if (operation == StoreOperation.Put)
            {
                var sequence = ulong.Parse(key[^20..], System.Globalization.CultureInfo.InvariantCulture);
                var entry = new WalEntry { Sequence = sequence, Nonce = intruder.NextUInt128(), WrittenAtUnixMs = 0, Transactions = [] };
                await cluster.Memory.PutAsync(key, WalEntryCodec.Encode(entry), PutCondition.Absent);
            }
        };
        var e = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("a"));
        Assert.Equal((ErrorKind.Busy, "write-contention"), (e.Kind, e.Slug));
        Assert.Equal(0, await cluster.CountInWalAsync("a"));
        cluster.Store.BeforeRequest = null;
        Assert.True((await node.PutAsync("a")).Committed);
    });

    [Fact]
    public void CommitAsync_WhenTheSlotHoldsADamagedEntry_ServesNothingOfIt() => Simulator.Run(11, async simulator =>
    {
        // F11: damage stops reads and writes at the last good entry; nothing after it is served.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        await node.PutAsync("a");
        var damaged = (await cluster.Memory.GetAsync(LogCluster.Keys.Wal(1))).Content.ToArray();
        damaged[20] ^= 1;
        await cluster.Memory.PutAsync(LogCluster.Keys.Wal(2), damaged, PutCondition.Absent);
        Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<VektagrafException>(() => node.CatchUpAsync())).Kind);
        Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("b"))).Kind);
        Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<VektagrafException>(() => cluster.OpenAsync())).Kind);
        Assert.Equal("a=@1-0", node.State.Content);
    });

    [Fact]
    public void CommitAsync_WhenTheFailureIsTransient_OthersInTheQueueStillCommit() => Simulator.Run(12, async simulator =>
    {
        // F12: a batch that ends unknown does not take those queued behind it down.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.LostRequest, Always);
        var reached = cluster.Store.HoldNext(StoreOperation.Get, "wal/");
        var lost = node.PutAsync("a");
        await reached.Reached;
        var queued = node.PutAsync("b");
        reached.Release();
        await Assert.ThrowsAsync<VektagrafException>(() => lost);
        cluster.Store.ClearScripts();
        Assert.True((await queued).Committed);
        Assert.Equal("b=@1-0", node.State.Content);
    });
}
