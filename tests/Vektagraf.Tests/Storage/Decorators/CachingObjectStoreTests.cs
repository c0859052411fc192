using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Caching;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage.Decorators;

/// <summary>The contract as the engine uses the cache, and what it does for segments and manifests.</summary>
public partial class CachingObjectStoreTests : ObjectStoreContract<CachingObjectStore>
{
    private const string SegmentKey = "c/docs/s/0/seg/0f3c/data";
    private const string Digits = "0123456789abcdefghij";
    private readonly FaultInjectingObjectStore _below = new(new MemoryObjectStore(), new FakeTimeProvider());

    private int Gets => _below.Count(StoreOperation.Get, string.Empty);

    [Fact]
    public async Task GetAsync_WhenReadBefore_AsksTheStoreOnce()
    {
        string etag = await PutTextAsync(SegmentKey, Digits);
        for (int i = 0; i < 3; i++)
        {
            GetResult whole = await Store.GetAsync(SegmentKey, cancellationToken: Cancel);
            Assert.Equal((Digits, etag, 20L), (Text(whole), whole.ETag, whole.TotalLength));
            Assert.Equal("56789", Text(await Store.GetAsync(SegmentKey, new ByteRange(5, 5), cancellationToken: Cancel)));
            Assert.Equal("ij", Text(await Store.GetAsync(SegmentKey, new ByteRange(18, int.MaxValue), cancellationToken: Cancel)));
            Assert.Equal(string.Empty, Text(await Store.GetAsync(SegmentKey, new ByteRange(30, 1), cancellationToken: Cancel)));
            Assert.Equal(GetStatus.NotModified, (await Store.GetAsync(SegmentKey, ifNoneMatch: etag, cancellationToken: Cancel)).Status);
        }

        Assert.Equal(1, Gets);
        Assert.Equal(new CacheCounts(
            Hits: 14, Loads: 1, Joined: 0, Bypassed: 0, Underway: 0, Blocks: 3, Bytes: 20 + (3 * (CacheOptions.EntryOverhead + 10 + etag.Length))), Store.Snapshot());
    }

    [Fact]
    public async Task GetAsync_WhenARangeIsRead_KeepsItsWholeBlocks()
    {
        await PutTextAsync(SegmentKey, Digits);
        Assert.Equal("9", Text(await Store.GetAsync(SegmentKey, new ByteRange(9, 1), cancellationToken: Cancel)));
        Assert.Equal("89abcdef", Text(await Store.GetAsync(SegmentKey, new ByteRange(8, 8), cancellationToken: Cancel)));
        Assert.Equal(1, Gets);
        Assert.Equal("789", Text(await Store.GetAsync(SegmentKey, new ByteRange(7, 3), cancellationToken: Cancel)));
        Assert.Equal(2, Gets);
        Assert.Equal("01234567", Text(await Store.GetAsync(SegmentKey, new ByteRange(0, 8), cancellationToken: Cancel)));
        Assert.Equal(2, Gets);
        Assert.Equal("hij", Text(await Store.GetAsync(SegmentKey, new ByteRange(17, 1_000), cancellationToken: Cancel)));
        Assert.Equal(Digits, await GetTextAsync(SegmentKey));
        Assert.Equal(3, Gets);
    }

    [Fact]
    public async Task GetAsync_WhenTheObjectIsEmpty_IsKeptToo()
    {
        await PutTextAsync(SegmentKey, string.Empty);
        for (int i = 0; i < 2; i++)
        {
            GetResult result = await Store.GetAsync(SegmentKey, cancellationToken: Cancel);
            Assert.Equal((GetStatus.Found, 0L), (result.Status, result.TotalLength));
            Assert.True((await Store.GetAsync(SegmentKey, new ByteRange(3, 4), cancellationToken: Cancel)).Found);
        }

        Assert.Equal(1, Gets);
    }

    [Theory]
    [InlineData("c/docs/s/0/head")]
    [InlineData("c/docs/s/0/wal/00000000000000000001")]
    [InlineData("c/docs/models/0f3c")]
    [InlineData("catalog/docs")]
    [InlineData("txn/0f3c")]
    public async Task GetAsync_WhenTheObjectMayChange_AlwaysAsksTheStore(string key)
    {
        foreach (string version in new[] { "one", "two", "three" })
        {
            // Behind the cache, as another process does it.
            await _below.PutAsync(key, Bytes(version), PutCondition.None, Cancel);
            Assert.Equal(version, await GetTextAsync(key));
            Assert.Equal(version[..2], Text(await Store.GetAsync(key, new ByteRange(0, 2), cancellationToken: Cancel)));
        }

        await _below.DeleteAsync(key, Cancel);
        Assert.Equal(GetStatus.Missing, (await Store.GetAsync(key, cancellationToken: Cancel)).Status);
        Assert.Equal(default, Store.Snapshot());
    }

    [Fact]
    public async Task GetAsync_WhenMissing_IsAskedAgainEachTime()
    {
        Assert.False((await Store.GetAsync(SegmentKey, cancellationToken: Cancel)).Found);
        Assert.False((await Store.GetAsync(SegmentKey, new ByteRange(0, 4), cancellationToken: Cancel)).Found);
        await _below.PutAsync(SegmentKey, Bytes("there"), PutCondition.Absent, Cancel);
        Assert.Equal("there", await GetTextAsync(SegmentKey));
    }

    [Fact]
    public async Task GetAsync_WhenTheCallerChangesWhatCameFromMemory_TheCacheStays()
    {
        await PutTextAsync(SegmentKey, "01234567");
        await GetTextAsync(SegmentKey);
        GetResult hit = await Store.GetAsync(SegmentKey, cancellationToken: Cancel);
        Assert.True(MemoryMarshal.TryGetArray(hit.Content, out ArraySegment<byte> own));
        own.AsSpan().Clear();
        Assert.Equal("01234567", await GetTextAsync(SegmentKey));
        Assert.Equal(2, Store.Snapshot().Hits);
    }

    [Fact]
    public async Task GetAsync_WhileAnOwnPutIsUnderWay_GoesPastTheCache()
    {
        await PutTextAsync(SegmentKey, "old");
        await GetTextAsync(SegmentKey);
        HeldRequest held = _below.HoldNextReply(StoreOperation.Put, SegmentKey);
        Task<string> putting = PutTextAsync(SegmentKey, "new");
        await held.Reached;

        // Once seen, the new content must not give way to the old again.
        Assert.Equal("n", Text(await Store.GetAsync(SegmentKey, new ByteRange(0, 1), cancellationToken: Cancel)));
        Assert.Equal("new", await GetTextAsync(SegmentKey));
        Assert.Equal((2, 0), (Store.Snapshot().Bypassed, Store.Snapshot().Blocks));
        held.Release();
        await putting;
        Assert.Equal("new", await GetTextAsync(SegmentKey));
        Assert.Equal(1, Store.Snapshot().Blocks);
    }

    [Fact]
    public async Task PutAsync_WhenItsReplyIsLost_TheOldContentIsForgotten()
    {
        await PutTextAsync(SegmentKey, "old");
        await GetTextAsync(SegmentKey);
        _below.FailNext(StoreOperation.Put, SegmentKey, StoreFault.LostReply);
        await Assert.ThrowsAsync<ObjectStoreException>(() => PutTextAsync(SegmentKey, "new"));
        Assert.Equal("new", await GetTextAsync(SegmentKey));
    }

    [Fact]
    public async Task GetAsync_WhenTheObjectWasReplacedByAnotherProcess_NeverMixesTwoVersions()
    {
        await PutTextAsync(SegmentKey, "aaaaaaaaaaaaaaaa");
        await Store.GetAsync(SegmentKey, new ByteRange(0, 8), cancellationToken: Cancel);
        await _below.PutAsync(SegmentKey, Bytes("bbbbbbbbbbbbbbbb"), PutCondition.None, Cancel);
        await Store.GetAsync(SegmentKey, new ByteRange(8, 8), cancellationToken: Cancel);
        Assert.Equal("bbbbbbbbbbbbbbbb", await GetTextAsync(SegmentKey));
        Assert.Equal("bbbb", Text(await Store.GetAsync(SegmentKey, new ByteRange(6, 4), cancellationToken: Cancel)));
    }

    [Fact]
    public async Task GetAsync_WhenTheReadIsLarge_IsNotKept()
    {
        string large = new('x', 65);
        await PutTextAsync(SegmentKey, large);
        Assert.Equal(large, await GetTextAsync(SegmentKey));
        Assert.Equal(0, Store.Snapshot().Blocks);
        Assert.Equal(65, (await Store.GetAsync(SegmentKey, new ByteRange(0, 65), cancellationToken: Cancel)).Content.Length);
        Assert.Equal(0, Store.Snapshot().Blocks);
        Assert.Equal(64, (await Store.GetAsync(SegmentKey, new ByteRange(0, 64), cancellationToken: Cancel)).Content.Length);
        Assert.Equal(8, Store.Snapshot().Blocks);
    }

    [Fact]
    public async Task GetAsync_WhenTheObjectIsLargerThanAnArray_TheWholeIsNotTakenForItsStart()
    {
        // Cut off to 32 bits, this length is that of the block cached.
        const long Length = (1L << 32) + 8;
        var hanging = new HangingStore();
        var store = new CachingObjectStore(hanging, new CachingOptions { BlockBytes = 8 });
        hanging.Answer.SetResult(new GetResult(GetStatus.Found, Bytes("01234567"), "1", Length));
        await store.GetAsync(SegmentKey, new ByteRange(0, 8), cancellationToken: Cancel);
        await store.GetAsync(SegmentKey, cancellationToken: Cancel);
        Assert.Equal(2, hanging.Tokens.Count);
        Assert.Equal((0, 1), (store.Snapshot().Hits, store.Snapshot().Bypassed));
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(1, int.MaxValue, 1)]
    [InlineData(1, 1, int.MaxValue)]
    public void Create_WhenALimitIsOutOfRange_Throws(long budget, int block, int largest) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CachingObjectStore(
            _below, new CachingOptions { BudgetBytes = budget, BlockBytes = block, LargestReadBytes = largest }));

    protected override ValueTask<CachingObjectStore> CreateEmptyStoreAsync() =>
        new(new CachingObjectStore(_below, new CachingOptions { BlockBytes = 8, LargestReadBytes = 64 }));

    /// <summary>Every get waits for one answer, or for its token.</summary>
    private sealed class HangingStore : IObjectStore
    {
        public TaskCompletionSource<GetResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<CancellationToken> Tokens { get; } = [];

        Task<GetResult> IObjectStore.GetAsync(string key, ByteRange? range, string? ifNoneMatch, CancellationToken cancellationToken)
        {
            Tokens.Add(cancellationToken);
            return Answer.Task.WaitAsync(cancellationToken);
        }

        Task<PutResult> IObjectStore.PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        Task<ListPage> IObjectStore.ListAsync(string prefix, string? continuation, int pageSize, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        Task<bool> IObjectStore.DeleteAsync(string key, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}

/// <summary>The contract where everything is cached: with all writes going through the cache, it holds even for objects that change.</summary>
public class CachingEverythingObjectStoreTests : ObjectStoreContract<CachingObjectStore>
{
    protected override ValueTask<CachingObjectStore> CreateEmptyStoreAsync() => new(new CachingObjectStore(
        new MemoryObjectStore(),
        new CachingOptions { BudgetBytes = 10_000, BlockBytes = 7, LargestReadBytes = 4_096, IsImmutable = _ => true }));
}

/// <summary>The contract through all decorators, stacked as a host would.</summary>
public class StackedDecoratorsTests : ObjectStoreContract<IObjectStore>
{
    protected override ValueTask<IObjectStore> CreateEmptyStoreAsync() => new(new CachingObjectStore(
        new RetryingObjectStore(new InstrumentedObjectStore(new CountingObjectStore(new MemoryObjectStore()))),
        new CachingOptions { IsImmutable = _ => true }));
}
