using Vektagraf.Simulation;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Log;

/// <summary>What an idempotency key promises.</summary>
public class ShardLogIdempotencyTests
{
    private static readonly Precondition Absent = new(PreconditionKind.Absent);

    [Fact]
    public void CommitAsync_WhenTheKeyWasUsed_GivesTheFirstReceiptAlsoAfterARestart() => Simulator.Run(1, async simulator =>
    {
        // K01: a retry gets the first answer, version and 'existed' included, from any node at any time within the retention.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        await node.PutAsync("b");
        PendingOperation[] operations = [LogNode.Put("a", "1"), LogNode.Put("b", "1"), LogNode.Delete("b")];
        var first = await node.CommitAsync(operations, key: 5, request: 6);
        await node.PutAsync("a", "2");
        await node.Log.DisposeAsync();
        var restarted = await cluster.OpenAsync();
        foreach (var retry in new[] { await restarted.CommitAsync(operations, 5, 6), await restarted.CommitAsync(operations, 5, 6) })
        {
            Assert.Equal((first.Sequence, first.FailedOperation), (retry.Sequence, retry.FailedOperation));
            Assert.Equal(first.Operations, retry.Operations);
        }

        Assert.Equal([false, true, true], first.Operations.Select(o => o.Existed));
        Assert.Equal("2", restarted.State["a"]);
        Assert.Equal(3, (await cluster.ReadWalAsync()).Count);
    });

    [Fact]
    public void CommitAsync_WhenTheKeyBelongsToAnotherRequest_IsAConflict() => Simulator.Run(2, async simulator =>
    {
        // K02: a key that was used for something else is an error, in another entry or in the same batch; the other is unharmed.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        await node.PutAsync("a", "1", key: 5, request: 6);
        var later = await Assert.ThrowsAsync<VektagrafException>(() => node.PutAsync("a", "2", key: 5, request: 7));
        Assert.Equal((ErrorKind.Conflict, "idempotency-key-reused"), (later.Kind, later.Slug));

        var held = cluster.Store.HoldNext(StoreOperation.Put, "wal/");
        var opening = node.PutAsync("other");
        await held.Reached;
        var first = node.PutAsync("b", "1", key: 8, request: 1);
        var same = node.PutAsync("b", "1", key: 8, request: 1);
        var reused = node.PutAsync("b", "2", key: 8, request: 2);
        held.Release();
        await opening;
        Assert.Equal((await first).Operations, (await same).Operations);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<VektagrafException>(() => reused)).Kind);
        Assert.Equal(1, await cluster.CountInWalAsync("b"));
    });

    [Fact]
    public void CommitAsync_WhenARefusalHasAKey_StaysRefused() => Simulator.Run(3, async simulator =>
    {
        // K03: with a key the refusal is the answer of every retry, also when the condition would hold by then.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        await node.PutAsync("a");
        Assert.False((await node.PutAsync("a", "1", Absent, key: 5, request: 6)).Committed);
        await node.DeleteAsync("a");
        var restarted = await cluster.OpenAsync();
        Assert.False((await restarted.PutAsync("a", "1", Absent, key: 5, request: 6)).Committed);
        Assert.True((await restarted.PutAsync("a", "1", Absent)).Committed);
    });

    [Fact]
    public void CommitAsync_WhenARefusalIsNotToBeRemembered_TheRetryIsEvaluatedAnew() => Simulator.Run(4, async simulator =>
    {
        // K04: a read-modify-write looks again and retries under its key, so its refusals are not kept.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        await node.PutAsync("a");
        PendingTransaction Draw() => new(node.Entropy.NextUInt128(), [LogNode.Put("a", "1", Absent)], 5, 6) { RemembersRefusal = false };
        Assert.False((await node.Log.CommitAsync(Draw(), CancellationToken.None)).Committed);
        Assert.Single(await cluster.ReadWalAsync());
        await node.DeleteAsync("a");
        Assert.True((await node.Log.CommitAsync(Draw(), CancellationToken.None)).Committed);
    });

    [Fact]
    public void FindOutcomeAsync_WhenTheKeyWasUsed_TellsItsOutcomeForTheSameRequestOnly() => Simulator.Run(5, async simulator =>
    {
        // K05: the stored answer can be asked for without committing anything.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        Assert.Null(await node.Log.FindOutcomeAsync(5, 6, CancellationToken.None));
        var receipt = await node.PutAsync("a", key: 5, request: 6);
        Assert.Equal(receipt.Operations, (await node.Log.FindOutcomeAsync(5, 6, CancellationToken.None))!.Operations);
        Assert.Null(await node.Log.FindOutcomeAsync(5, 7, CancellationToken.None));
    });

    [Fact]
    public void CommitAsync_WhenTheRetentionHasPassed_TheKeyIsForgotten() => Simulator.Run(6, async simulator =>
    {
        // K06: keys are remembered for the retention and not longer, so that the table stays bounded.
        var cluster = new LogCluster(simulator);
        var node = await cluster.OpenAsync();
        await node.PutAsync("a", "1", key: 5, request: 6);
        await cluster.PassTimeAsync(TimeSpan.FromHours(23));
        await node.PutAsync("b");
        Assert.Equal(1UL, (await node.PutAsync("a", "1", key: 5, request: 6)).Sequence);
        await cluster.PassTimeAsync(TimeSpan.FromHours(2));
        await node.PutAsync("b");
        Assert.Equal(4UL, (await node.PutAsync("a", "1", key: 5, request: 6)).Sequence);
        var restarted = await cluster.OpenAsync();
        Assert.Equal(4UL, (await restarted.PutAsync("a", "1", key: 5, request: 6)).Sequence);
    });
}
