using Microsoft.Extensions.Time.Testing;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage.Decorators;

public class CountingObjectStoreTests : ObjectStoreContract<CountingObjectStore>
{
    [Fact]
    public async Task Snapshot_AfterEveryKindOfRequest_CountsEachExactly()
    {
        string etag = await PutTextAsync("a/1", "12345");
        await Store.PutAsync("a/1", Bytes("123"), PutCondition.Absent, Cancel);
        await Store.PutAsync("a/2", Bytes("1234567"), PutCondition.Absent, Cancel);
        await Store.GetAsync("a/1", cancellationToken: Cancel);
        await Store.GetAsync("a/1", new ByteRange(3, 100), cancellationToken: Cancel);
        await Store.GetAsync("a/1", ifNoneMatch: etag, cancellationToken: Cancel);
        await Store.GetAsync("a/3", cancellationToken: Cancel);
        await Store.ListAsync("a/", cancellationToken: Cancel);
        await Store.ListAsync("b/", cancellationToken: Cancel);
        await Store.DeleteAsync("a/1", Cancel);
        await Store.DeleteAsync("a/1", Cancel);

        var expected = new StoreCounts
        {
            Put = new OperationCounts(Requests: 3, Bytes: 15, Failures: 0, Cancellations: 0),
            Get = new OperationCounts(Requests: 4, Bytes: 7, Failures: 0, Cancellations: 0),
            List = new OperationCounts(Requests: 2, Bytes: 0, Failures: 0, Cancellations: 0),
            Delete = new OperationCounts(Requests: 2, Bytes: 0, Failures: 0, Cancellations: 0),
            Conflicts = 1,
            Missing = 2,
            NotModified = 1,
            ListedEntries = 2,
        };
        Assert.Equal(expected, Store.Snapshot());
        Assert.Equal(11, expected.Requests);
    }

    [Fact]
    public async Task Since_WhenAnEarlierSnapshotIsGiven_LeavesWhatCameAfter()
    {
        string etag = await PutTextAsync("a", "12345");
        await Store.GetAsync("missing", cancellationToken: Cancel);
        StoreCounts before = Store.Snapshot();
        Assert.Equal(default, Store.Snapshot().Since(before));

        await Store.GetAsync("a", cancellationToken: Cancel);
        await Store.GetAsync("a", ifNoneMatch: etag, cancellationToken: Cancel);
        await Store.PutAsync("a", Bytes("x"), PutCondition.Absent, Cancel);
        await Store.ListAsync(string.Empty, cancellationToken: Cancel);
        await Store.DeleteAsync("missing", Cancel);
        var expected = new StoreCounts
        {
            Get = new OperationCounts(2, 5, 0, 0),
            Put = new OperationCounts(1, 1, 0, 0),
            List = new OperationCounts(1, 0, 0, 0),
            Delete = new OperationCounts(1, 0, 0, 0),
            Conflicts = 1,
            Missing = 1,
            NotModified = 1,
            ListedEntries = 1,
        };
        Assert.Equal(expected, Store.Snapshot().Since(before));
    }

    [Fact]
    public async Task Snapshot_WhenRequestsFailOrAreCancelled_CountsThemApart()
    {
        var faults = new FaultInjectingObjectStore(new MemoryObjectStore(), new FakeTimeProvider());
        var store = new CountingObjectStore(faults);
        faults.FailNext(StoreOperation.Get, "a", StoreFault.LostReply);
        faults.FailNext(StoreOperation.Put, "a", StoreFault.LostReply);
        faults.FailNext(StoreOperation.List, "a", StoreFault.Refusal);
        faults.FailNext(StoreOperation.Delete, "a", StoreFault.LostRequest);
        await Assert.ThrowsAsync<ObjectStoreException>(() => store.GetAsync("a", cancellationToken: Cancel));
        await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync("a", Bytes("123"), PutCondition.None, Cancel));
        await Assert.ThrowsAsync<ObjectStoreException>(() => store.ListAsync("a", cancellationToken: Cancel));
        await Assert.ThrowsAsync<ObjectStoreException>(() => store.DeleteAsync("a", Cancel));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.GetAsync("a", cancellationToken: new CancellationToken(canceled: true)));

        var expected = new StoreCounts
        {
            Get = new OperationCounts(2, 0, 1, 1),
            Put = new OperationCounts(1, 3, 1, 0),
            List = new OperationCounts(1, 0, 1, 0),
            Delete = new OperationCounts(1, 0, 1, 0),
        };
        Assert.Equal(expected, store.Snapshot());
        Assert.Equal(4, expected.Failures);
    }

    [Fact]
    public async Task Snapshot_WhileARequestIsUnderWay_HasCountedItAlready()
    {
        var faults = new FaultInjectingObjectStore(new MemoryObjectStore(), new FakeTimeProvider());
        var store = new CountingObjectStore(faults);
        HeldRequest held = faults.HoldNext(StoreOperation.Get, "a");
        Task<GetResult> reading = store.GetAsync("a", cancellationToken: Cancel);
        Assert.Equal(1, store.Snapshot().Requests);
        Assert.Equal(0, store.Snapshot().Missing);
        held.Release();
        await reading;
        Assert.Equal(1, store.Snapshot().Missing);
    }

    [Fact]
    public async Task Snapshot_WhenManyTasksCount_LosesNothing()
    {
        await PutTextAsync("a", "1234");
        StoreCounts before = Store.Snapshot();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                for (int i = 0; i < 2_000; i++)
                {
                    await Store.GetAsync("a", cancellationToken: Cancel);
                }
            },
            Cancel)));
        Assert.Equal(new StoreCounts { Get = new OperationCounts(16_000, 64_000, 0, 0) }, Store.Snapshot().Since(before));
    }

    protected override ValueTask<CountingObjectStore> CreateEmptyStoreAsync() => new(new CountingObjectStore(new MemoryObjectStore()));
}
