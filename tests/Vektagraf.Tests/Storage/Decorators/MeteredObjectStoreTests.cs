using Microsoft.Extensions.Time.Testing;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage.Decorators;

public class MeteredObjectStoreTests : ObjectStoreContract<MeteredObjectStore>
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task GetAsync_WhileAMeterRuns_CountsForIt_AndForNobodyElse()
    {
        await PutTextAsync("a", "four");
        var (first, second) = (new StoreMeter(_clock), new StoreMeter(_clock));
        await GetMeteredAsync(first, "a", "a", "missing");
        await GetMeteredAsync(second, "a");
        await Store.GetAsync("a", cancellationToken: Cancel);
        Assert.Equal((new MeteredRequests(3, 8), new MeteredRequests(3, 8)), (first.Asked, first.Sent));
        Assert.Equal(new MeteredRequests(1, 4), second.Asked);
    }

    [Fact]
    public async Task GetAsync_WhenACacheIsInBetween_TellsWhatIsAskedFromWhatIsSent()
    {
        var inner = new MemoryObjectStore();
        await inner.PutAsync("a", Bytes("four"), PutCondition.None, Cancel);
        var bottom = new MeteredObjectStore(inner, MeterLevel.Store);
        var store = new MeteredObjectStore(new CachingObjectStore(bottom, new CachingOptions { IsImmutable = _ => true }), MeterLevel.Engine);
        var meter = new StoreMeter(_clock);
        meter.Start();
        await store.GetAsync("a", cancellationToken: Cancel);
        await store.GetAsync("a", cancellationToken: Cancel);
        StoreMeter.Stop();
        Assert.Equal((2, 8), (meter.Asked.Requests, meter.Asked.Bytes));
        Assert.Equal((1, 4), (meter.Sent.Requests, meter.Sent.Bytes));
    }

    [Fact]
    public async Task Waited_WhenRequestsOverlap_CountsTheTimeOnce()
    {
        var slow = new SlowStore();
        var store = new MeteredObjectStore(slow, MeterLevel.Engine);
        var meter = new StoreMeter(_clock);
        meter.Start();
        var first = store.GetAsync("a", cancellationToken: Cancel);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var second = store.GetAsync("b", cancellationToken: Cancel);
        _clock.Advance(TimeSpan.FromSeconds(1));
        slow.Answer.SetResult(GetResult.Missing);
        await Task.WhenAll(first, second);
        _clock.Advance(TimeSpan.FromSeconds(5));
        StoreMeter.Stop();
        Assert.Equal(TimeSpan.FromSeconds(2), meter.Waited);
    }

    protected override ValueTask<MeteredObjectStore> CreateEmptyStoreAsync() => new(new MeteredObjectStore(new MemoryObjectStore(), MeterLevel.Engine | MeterLevel.Store));

    private async Task GetMeteredAsync(StoreMeter meter, params string[] keys)
    {
        meter.Start();
        foreach (var key in keys)
        {
            await Store.GetAsync(key, cancellationToken: Cancel);
        }
    }

    private sealed class SlowStore : IObjectStore
    {
        public TaskCompletionSource<GetResult> Answer { get; } = new();

        public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) => Answer.Task;

        public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
