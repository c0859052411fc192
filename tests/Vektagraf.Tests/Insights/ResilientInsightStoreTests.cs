using Microsoft.Extensions.Time.Testing;
using Vektagraf.Insights;
using Vektagraf.Storage;
using Vektagraf.TestKit.Insights;

namespace Vektagraf.Tests.Insights;

public class ResilientInsightStoreTests : InsightStoreContract<ResilientInsightStore>
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly FaultyInsightStore _inner;

    public ResilientInsightStoreTests() => _inner = new FaultyInsightStore(new MemoryInsightStore(_clock));

    [Fact]
    public async Task EveryCall_WhenTheStoreDoesNotAnswer_FailsAfterTheLimit()
    {
        _inner.Fault = InsightFault.Hangs;
        var reading = Store.GetAsync("p", "a", Cancel);
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(reading.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(2));
        var e = await Assert.ThrowsAsync<InsightStoreException>(() => reading);
        Assert.Contains("10 s", e.Message, StringComparison.Ordinal);
        Assert.Equal(_clock.GetUtcNow(), Store.Failure?.Since);
    }

    [Fact]
    public async Task EveryCall_WhenTheStoreKeepsFailing_FailsAtOnceWithoutAskingIt()
    {
        await FailAsync(ResilientInsightStore.FailuresToOpen);
        Assert.Equal(ResilientInsightStore.FailuresToOpen, _inner.Calls);
        await FailAsync(10);
        Assert.Equal(ResilientInsightStore.FailuresToOpen, _inner.Calls);
        Assert.Equal("It is down.", Store.Failure?.Error);
    }

    [Fact]
    public async Task EveryCall_WhenThePauseIsOver_OneTries_AndTheOthersFailUntilItSucceeds()
    {
        await FailAsync(ResilientInsightStore.FailuresToOpen);
        _clock.Advance(TimeSpan.FromSeconds(6));
        (_inner.Fault, _inner.Calls) = (InsightFault.Hangs, 0);
        var trying = Store.GetAsync("p", "a", Cancel);
        await FailAsync(5);
        Assert.Equal(1, _inner.Calls);
        _inner.Recover();
        Assert.Null(await trying);
        Assert.Null(Store.Failure);
        Assert.NotNull(await PutAsync("a", "1"));
    }

    [Fact]
    public async Task EveryCall_WhenTheStoreStaysDown_IsTriedAtMostOnceAMinute()
    {
        await FailAsync(ResilientInsightStore.FailuresToOpen);
        _inner.Calls = 0;
        for (var second = 0; second < 3_600; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await FailAsync(1);
        }

        // 5, 10, 20, 40 and then 60 seconds apart.
        Assert.InRange(_inner.Calls, 55, 65);
    }

    [Fact]
    public async Task EveryCall_WhenTheCallerIsWrongOrCancels_SaysNothingAboutTheStore()
    {
        await FailAsync(ResilientInsightStore.FailuresToOpen);
        _clock.Advance(TimeSpan.FromSeconds(6));
        _inner.Fault = InsightFault.None;
        await Assert.ThrowsAsync<ArgumentException>(() => Store.GetAsync("a/b", "a", Cancel));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.GetAsync("p", "a", new CancellationToken(canceled: true)));
        Assert.NotNull(Store.Failure);
        Assert.Null(await Store.GetAsync("p", "a", Cancel));
        Assert.Null(Store.Failure);
    }

    protected override ValueTask<ResilientInsightStore> CreateEmptyStoreAsync() => new(new ResilientInsightStore(_inner, _clock, TimeSpan.FromSeconds(10)));

    protected override Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }

    private async Task FailAsync(int times)
    {
        _inner.Fault = _inner.Fault == InsightFault.None ? InsightFault.Fails : _inner.Fault;
        for (var i = 0; i < times; i++)
        {
            await Assert.ThrowsAsync<InsightStoreException>(() => Store.PutAsync(Document("a", "1"), PutCondition.None, Cancel));
        }
    }
}
