using System.Runtime.InteropServices;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Tests.Storage.Decorators;

/// <summary>Many gets, one request.</summary>
public partial class CachingObjectStoreTests
{
    [Fact]
    public async Task GetAsync_WhenALoadThatBeganBeforeFindsNothing_AsksAgainForWhoJoinedIt()
    {
        HeldRequest held = _below.HoldNextReply(StoreOperation.Get, SegmentKey);
        Task<GetResult> early = Store.GetAsync(SegmentKey, cancellationToken: Cancel);
        await held.Reached;

        // Acknowledged to another process before the second caller asks: it has to see it.
        await _below.PutAsync(SegmentKey, Bytes("there"), PutCondition.Absent, Cancel);
        Task<GetResult> late = Store.GetAsync(SegmentKey, cancellationToken: Cancel);
        held.Release();
        Assert.Equal(GetStatus.Missing, (await early).Status);
        Assert.Equal("there", Text(await late));
        Assert.Equal(1, Store.Snapshot().Joined);
    }

    [Fact]
    public async Task GetAsync_WhenManyAskAtOnce_AsksTheStoreOnceAndGivesEachItsOwnBytes()
    {
        await PutTextAsync(SegmentKey, Digits);
        HeldRequest held = _below.HoldNext(StoreOperation.Get, SegmentKey);
        Task<GetResult>[] reading = [.. Enumerable.Range(0, 5).Select(_ => Store.GetAsync(SegmentKey, cancellationToken: Cancel))];
        held.Release();
        foreach (GetResult result in await Task.WhenAll(reading))
        {
            Assert.Equal(Digits, Text(result));
            Assert.True(MemoryMarshal.TryGetArray(result.Content, out ArraySegment<byte> own));
            own.AsSpan().Clear();
        }

        Assert.Equal(Digits, await GetTextAsync(SegmentKey));
        Assert.Equal(1, Gets);
        Assert.Equal((1, 4, 1), (Store.Snapshot().Loads, Store.Snapshot().Joined, Store.Snapshot().Hits));
    }

    [Fact]
    public async Task GetAsync_WhenRangesOfTheSameBlocksAreAskedAtOnce_AsksTheStoreOnce()
    {
        await PutTextAsync(SegmentKey, Digits);
        HeldRequest held = _below.HoldNext(StoreOperation.Get, SegmentKey);
        Task<GetResult> wide = Store.GetAsync(SegmentKey, new ByteRange(6, 8), cancellationToken: Cancel);
        Task<GetResult> left = Store.GetAsync(SegmentKey, new ByteRange(0, 8), cancellationToken: Cancel);
        Task<GetResult> right = Store.GetAsync(SegmentKey, new ByteRange(15, 1), cancellationToken: Cancel);
        held.Release();
        Assert.Equal("6789abcd", Text(await wide));
        Assert.Equal("01234567", Text(await left));
        Assert.Equal("f", Text(await right));
        Assert.Equal(1, Gets);
    }

    [Fact]
    public async Task GetAsync_WhenTheFirstOfManyCancels_TheOthersGetTheAnswer()
    {
        await PutTextAsync(SegmentKey, Digits);
        HeldRequest held = _below.HoldNext(StoreOperation.Get, SegmentKey);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task<GetResult> first = Store.GetAsync(SegmentKey, cancellationToken: cancel.Token);
        Task<GetResult> second = Store.GetAsync(SegmentKey, cancellationToken: Cancel);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Task<GetResult> third = Store.GetAsync(SegmentKey, cancellationToken: Cancel);
        held.Release();
        Assert.Equal(Digits, Text(await second));
        Assert.Equal(Digits, Text(await third));
        Assert.Equal(1, Gets);
    }

    [Fact]
    public async Task GetAsync_WhenAllCancel_TheLoadIsCancelledAndTheNextAsksAnew()
    {
        var hanging = new HangingStore();
        var store = new CachingObjectStore(hanging);
        using var one = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var two = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task<GetResult> first = store.GetAsync(SegmentKey, cancellationToken: one.Token);
        Task<GetResult> second = store.GetAsync(SegmentKey, cancellationToken: two.Token);
        await one.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(Assert.Single(hanging.Tokens).IsCancellationRequested);
        await two.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.True(Assert.Single(hanging.Tokens).IsCancellationRequested);

        Task<GetResult> third = store.GetAsync(SegmentKey, cancellationToken: Cancel);
        Assert.Equal(2, hanging.Tokens.Count);
        Assert.False(third.IsCompleted);
        Assert.False(hanging.Tokens[1].IsCancellationRequested);
        hanging.Answer.SetResult(new GetResult(GetStatus.Found, Bytes("late"), "1", 4));
        Assert.Equal("late", Text(await third));
    }

    [Fact]
    public async Task GetAsync_WhenAllCancelButTheStoreGoesOn_TheNextDoesNotWaitForThat()
    {
        await PutTextAsync(SegmentKey, Digits);
        HeldRequest held = _below.HoldNext(StoreOperation.Get, SegmentKey);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task<GetResult> first = Store.GetAsync(SegmentKey, cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(default, Store.Snapshot() with { Loads = 0 });
        Task<GetResult> second = Store.GetAsync(SegmentKey, cancellationToken: Cancel);
        Assert.True(second.IsCompleted);
        Assert.Equal(Digits, Text(await second));
        held.Release();
    }

    [Fact]
    public async Task GetAsync_WhenALoadFails_AllWhoSharedItSeeThatAndTheNextAsksAnew()
    {
        var hanging = new HangingStore();
        var store = new CachingObjectStore(hanging);
        Task<GetResult>[] reading = [.. Enumerable.Range(0, 3).Select(_ => store.GetAsync(SegmentKey, cancellationToken: Cancel))];
        hanging.Answer.SetException(new ObjectStoreException("Away.", isTransient: true));
        foreach (Task<GetResult> read in reading)
        {
            Assert.True((await Assert.ThrowsAsync<ObjectStoreException>(() => read)).IsTransient);
        }

        Assert.Single(hanging.Tokens);
        await Assert.ThrowsAsync<ObjectStoreException>(() => store.GetAsync(SegmentKey, cancellationToken: Cancel));
        Assert.Equal(2, hanging.Tokens.Count);
        Assert.Equal(0, store.Snapshot().Blocks);
    }

    [Fact]
    public async Task GetAsync_WhenALoadBeganBeforeAnOwnPut_IsNotKeptNorShared()
    {
        await PutTextAsync(SegmentKey, "old");
        HeldRequest held = _below.HoldNextReply(StoreOperation.Get, SegmentKey);
        Task<GetResult> early = Store.GetAsync(SegmentKey, cancellationToken: Cancel);
        await held.Reached;
        await PutTextAsync(SegmentKey, "new");
        Assert.Equal("new", await GetTextAsync(SegmentKey));
        held.Release();
        Assert.Equal("old", Text(await early));
        Assert.Equal("new", await GetTextAsync(SegmentKey));
    }
}
