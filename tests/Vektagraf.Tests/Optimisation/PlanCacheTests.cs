using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Optimisation;

namespace Vektagraf.Tests.Optimisation;

public class PlanCacheTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void TryGet_WhenTheTimeToLiveIsOver_FindsNothing()
    {
        var cache = new PlanCache<string, int>(4, TimeSpan.FromHours(1), _clock);
        cache.Set("a", 1, 7);
        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.True(cache.TryGet("a", 1, out var value));
        Assert.Equal(7, value);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(cache.TryGet("a", 1, out _));
        Assert.Equal(new PlanCacheCounts { Hits = 1, Misses = 1, Expired = 1 }, cache.Snapshot());
    }

    [Fact]
    public void TryGet_WhenTheStatisticsVersionIsAnother_FindsNothing()
    {
        var cache = new PlanCache<string, int>(4, TimeSpan.FromHours(1), _clock);
        cache.Set("a", 1, 7);
        Assert.False(cache.TryGet("a", 2, out _));
        Assert.False(cache.TryGet("a", 1, out _));
        Assert.Equal(new PlanCacheCounts { Misses = 2, Invalidated = 1 }, cache.Snapshot());
    }

    [Fact]
    public void Set_WhenTheKeyIsKnown_ReplacesAndBeginsAnew()
    {
        var cache = new PlanCache<string, int>(1, TimeSpan.FromHours(1), _clock);
        cache.Set("a", 1, 7);
        _clock.Advance(TimeSpan.FromMinutes(40));
        cache.Set("a", 2, 8);
        _clock.Advance(TimeSpan.FromMinutes(40));
        Assert.True(cache.TryGet("a", 2, out var value));
        Assert.Equal(8, value);
        Assert.Equal(0, cache.Snapshot().Evicted);
    }

    [Fact]
    public void EveryCall_AgainstAModel_AgreesOnWhatIsKept() => Gen.Select(Gen.Int[1, 5], Gen.Select(Gen.Int[0, 7], Gen.Bool).Array[1, 60]).Sample((capacity, calls) =>
    {
        var cache = new PlanCache<int, int>(capacity, TimeSpan.FromHours(1), _clock);
        var model = new List<(int Key, int Value)>();
        foreach (var ((key, isSet), number) in calls.Select((c, i) => (c, i)))
        {
            var at = model.FindIndex(e => e.Key == key);
            if (isSet)
            {
                cache.Set(key, 1, number);
                model.RemoveAll(e => e.Key == key);
                model.Add((key, number));
                model.RemoveRange(0, Math.Max(0, model.Count - capacity));
            }
            else
            {
                Assert.Equal(at >= 0, cache.TryGet(key, 1, out var value));
                if (at >= 0)
                {
                    Assert.Equal(model[at].Value, value);
                    model.Add(model[at]);
                    model.RemoveAt(at);
                }
            }

            Assert.Equal(model.Count, cache.Snapshot().Entries);
        }
    });

    [Fact]
    public void Observe_WhenNothingMaterialChanges_KeepsTheVersion()
    {
        var version = new StatisticsVersion();
        var first = version.Observe(10_000, 1, 1);
        Assert.Equal(first, version.Observe(12_000, 1, 1));
        Assert.Equal(first, version.Observe(8_000, 1, 1));
    }

    [Theory]
    [InlineData(12_001, 1, 1)]
    [InlineData(7_999, 1, 1)]
    [InlineData(10_000, 2, 1)]
    [InlineData(10_000, 1, 2)]
    public void Observe_WhenSomethingMaterialChanges_CountsUpOnce(long objects, long indexes, long calibration)
    {
        var version = new StatisticsVersion();
        var first = version.Observe(10_000, 1, 1);
        var second = version.Observe(objects, indexes, calibration);
        Assert.NotEqual(first, second);
        Assert.Equal(second, version.Observe(objects, indexes, calibration));
    }

    [Fact]
    public void Observe_WhenACollectionIsSmall_AHandfulOfObjectsDoesNotCount()
    {
        var version = new StatisticsVersion();
        var first = version.Observe(0, 1, 1);
        Assert.Equal(first, version.Observe(100, 1, 1));
        Assert.NotEqual(first, version.Observe(101, 1, 1));
    }
}
