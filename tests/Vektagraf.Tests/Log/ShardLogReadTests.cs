using Vektagraf.Simulation;
using Vektagraf.Storage;

namespace Vektagraf.Tests.Log;

/// <summary>Catching up: linearizable reads, sharing of probes, and slots that collection has passed.</summary>
public class ShardLogReadTests
{
    [Fact]
    public void CatchUpAsync_WhenAnotherNodeWrote_SeesAllOfIt() => Simulator.Run(1, async simulator =>
    {
        // R01: a strong read sees every write acknowledged anywhere before it, more entries than are fetched at once included.
        var cluster = new LogCluster(simulator);
        var writer = await cluster.OpenAsync();
        var reader = await cluster.OpenAsync();
        for (var i = 0; i < 30; i++)
        {
            await writer.PutAsync($"o{i}");
        }

        Assert.Equal("", reader.State.Content);
        await reader.CatchUpAsync();
        Assert.Equal(writer.State.Content, reader.State.Content);
        Assert.Equal(30UL, reader.Log.Tail);
    });

    [Fact]
    public void CatchUpAsync_WhenManyReadersArrive_TheyShareTwoProbesAtMost() => Simulator.Run(2, async simulator =>
    {
        // R02: readers that arrive while one probe runs share the next; nobody asks the store for himself.
        var cluster = new LogCluster(simulator);
        var reader = await cluster.OpenAsync();
        var before = cluster.Store.Count(StoreOperation.Get, "wal/");
        var held = cluster.Store.HoldNext(StoreOperation.Get, "wal/");
        List<Task> reads = [reader.CatchUpAsync()];
        await held.Reached;
        reads.AddRange(Enumerable.Range(0, 50).Select(_ => reader.CatchUpAsync()));
        held.Release();
        await Task.WhenAll(reads);
        Assert.Equal(2, cluster.Store.Count(StoreOperation.Get, "wal/") - before);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => reader.CatchUpAsync()));
        Assert.InRange(cluster.Store.Count(StoreOperation.Get, "wal/") - before, 3, 4);
    });

    [Fact]
    public void CatchUpAsync_WhenAProbeBeganBeforeTheWrite_IsNotSharedByALaterRead() => Simulator.Run(3, async simulator =>
    {
        // R03: a probe that looked before a write was acknowledged must not serve a read that began after.
        var cluster = new LogCluster(simulator);
        var writer = await cluster.OpenAsync();
        var reader = await cluster.OpenAsync();
        var held = cluster.Store.HoldNextReply(StoreOperation.Get, "wal/");
        var early = reader.CatchUpAsync();
        await held.Reached;
        await writer.PutAsync("a");
        var late = reader.CatchUpAsync();
        held.Release();
        await late;
        Assert.Equal("a=@1-0", reader.State.Content);
        await early;
    });

    [Fact]
    public void CatchUpAsync_WhenAProbeFails_OnlyThoseWhoSharedItSeeTheFailure() => Simulator.Run(4, async simulator =>
    {
        // R04: a failing probe fails its readers; the next one starts afresh.
        var cluster = new LogCluster(simulator);
        var reader = await cluster.OpenAsync();
        cluster.Store.FailNext(StoreOperation.Get, "wal/", StoreFault.LostRequest);
        var held = cluster.Store.HoldNextReply(StoreOperation.Get, "head");
        var failing = reader.CatchUpAsync();
        var next = reader.CatchUpAsync();
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<VektagrafException>(() => failing)).Kind);
        held.Release();
        await next;
    });

    [Fact]
    public void CatchUpAsync_WhenTheFloorHasPassedTheTail_Reloads() => Simulator.Run(5, async simulator =>
    {
        // R05: a missing slot proves nothing to a reader who slept through a collection; the head read after it does.
        var cluster = new LogCluster(simulator);
        var writer = await cluster.OpenAsync();
        var sleeper = await cluster.OpenAsync();
        await FillAsync(writer, 5);
        await writer.CatchUpAsync();
        await CollectAsync(cluster, upTo: 3);
        await sleeper.CatchUpAsync();
        Assert.Equal(2, sleeper.State.Resets);
        Assert.Equal(5UL, sleeper.Log.Tail);
        Assert.Equal("o4=@4-0\no5=@5-0", sleeper.State.Content);
        await writer.CatchUpAsync();
        Assert.Equal(1, writer.State.Resets);
    });

    [Fact]
    public void CatchUpAsync_WhenTheHeadIsReadOnlyAfterTheProbe_SeesACollectionBetweenTheTwo() => Simulator.Run(6, async simulator =>
    {
        // R06: the floor may rise between the probe and the read of the head; read in the other order it would be missed.
        var cluster = new LogCluster(simulator);
        var writer = await cluster.OpenAsync();
        var reader = await cluster.OpenAsync();
        var probe = cluster.Store.HoldNextReply(StoreOperation.Get, "wal/");
        var read = reader.CatchUpAsync();
        await probe.Reached;
        await FillAsync(writer, 4);
        await CollectAsync(cluster, upTo: 4);
        probe.Release();
        await read;
        Assert.Equal(4UL, reader.Log.Tail);
    });

    [Fact]
    public void CommitAsync_WhenTheSlotWasRecycled_CommitsAgainWhereReadersLook() => Simulator.Run(7, async simulator =>
    {
        // R07: the floor check: a PUT into a slot that collection has emptied succeeds, and no reader would ever find it.
        var cluster = new LogCluster(simulator);
        var writer = await cluster.OpenAsync();
        var sleeper = await cluster.OpenAsync();
        await FillAsync(writer, 5);
        await CollectAsync(cluster, upTo: 5);
        await cluster.PassTimeAsync(TimeSpan.FromHours(13));
        var receipt = await sleeper.PutAsync("a");
        Assert.Equal((true, 6UL), (receipt.Committed, receipt.Sequence));
        await writer.CatchUpAsync();
        Assert.Equal("", writer.State["a"]);
    });

    [Fact]
    public void CommitAsync_WhenTheHeadIsFresh_SkipsTheFloorCheck() => Simulator.Run(8, async simulator =>
    {
        // R08: within half the grace of a validated head no slot can have been recycled, so commits do not read the head.
        var cluster = new LogCluster(simulator);
        var writer = await cluster.OpenAsync();
        var before = cluster.Store.Count(StoreOperation.Get, "head");
        await FillAsync(writer, 5);
        Assert.Equal(before, cluster.Store.Count(StoreOperation.Get, "head"));
        await cluster.PassTimeAsync(TimeSpan.FromHours(12));
        await FillAsync(writer, 5);
        Assert.Equal(before + 1, cluster.Store.Count(StoreOperation.Get, "head"));
    });

    [Fact]
    public void CommitAsync_WhenTheAnswerComesLongAfterTheDeadline_WhatIsDurableIsAcknowledged() => Simulator.Run(9, async simulator =>
    {
        // R09: the deadline ends the waiting for an answer; it does not turn a commit that is certain into a failure.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        await FillAsync(node, 2);
        cluster.Store.FailNext(StoreOperation.Put, "wal/", StoreFault.LostReply);
        var look = cluster.Store.HoldNext(StoreOperation.Get, LogCluster.Keys.Wal(3));
        var commit = node.PutAsync("a", key: 5, request: 6);
        await look.Reached;

        // The process sleeps; collection passes the entries before it, but not the slot.
        await CollectAsync(cluster, upTo: 2);
        await cluster.PassTimeAsync(TimeSpan.FromHours(13));
        look.Release();
        var receipt = await commit;
        Assert.Equal(3UL, receipt.Sequence);
        Assert.Single(await cluster.ReadWalAsync(from: 3));
    });

    [Fact]
    public void OpenAsync_WhenSeveralNodesOpenANewShard_OneHeadIsCreated() => Simulator.Run(10, async simulator =>
    {
        // R10: a new shard's head is created once, whoever comes first, also over lost replies.
        var cluster = new LogCluster(simulator, plan: new FaultPlan { MaxLatency = TimeSpan.FromMilliseconds(5) });
        var nodes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => cluster.OpenAsync()));
        Assert.Equal(0UL, ShardHead.Decode((await cluster.Memory.GetAsync(LogCluster.Keys.Head)).Content.Span, "head").Folded);
        await nodes[0].PutAsync("a");
        await nodes[4].CatchUpAsync();
        Assert.Equal("a=@1-0", nodes[4].State.Content);
    });

    [Fact]
    public void CatchUpAsync_WhenTheShardWasDropped_SaysSo() => Simulator.Run(11, async simulator =>
    {
        // R11: a reader of a dropped shard neither brings it back nor serves what it has.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        await cluster.Memory.DeleteAsync(LogCluster.Keys.Head);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<VektagrafException>(() => node.CatchUpAsync())).Kind);
        Assert.False((await cluster.Memory.GetAsync(LogCluster.Keys.Head)).Found);
    });

    [Fact]
    public void OpenAsync_WhenTheManifestIsMissing_RefusesRatherThanServeHalf() => Simulator.Run(12, async simulator =>
    {
        // R12: a shard whose segments cannot be found is not opened without them.
        var cluster = new LogCluster(simulator);
        await cluster.OpenAsync();
        await cluster.WriteHeadAsync(new ShardHead { Folded = 3, Floor = 1, Manifest = "m/1" });
        Assert.Equal("missing-manifest", (await Assert.ThrowsAsync<VektagrafException>(() => cluster.OpenAsync())).Slug);
    });

    private static async Task FillAsync(LogNode node, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await node.PutAsync($"o{node.Log.Tail + 1}");
        }
    }

    /// <summary>What a fold and a collection leave behind, as far as this version can see: no manifest, but a floor.</summary>
    private static async Task CollectAsync(LogCluster cluster, ulong upTo)
    {
        await cluster.WriteHeadAsync(new ShardHead { Folded = upTo, Floor = upTo });
        for (var sequence = 1UL; sequence <= upTo; sequence++)
        {
            await cluster.Memory.DeleteAsync(LogCluster.Keys.Wal(sequence));
        }
    }
}
