using CsCheck;
using Vektagraf.Caching;

namespace Vektagraf.Tests.Caching;

public class TinyLfuCacheTests
{
    private enum Step
    {
        Get,
        Set,
        Remove,
    }

    /// <summary>Promise: whatever is let in or not, the budget holds, what is there is what was last set, and every value that goes is announced once.</summary>
    [Fact]
    public void EveryMethod_InAnyOrder_KeepsTheBudget_AndAnnouncesWhatGoes()
    {
        var steps = Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 30], Gen.Int[0, 400]).Array[0, 300];
        Gen.Select(Gen.Int[1, 3_000], steps).Sample(
            (budget, run) =>
            {
                var present = new Dictionary<int, (int Value, int Size)>();
                var cache = new TinyLfuCache<int, int>(budget, Mix, (key, value) =>
                {
                    Assert.Equal(present[key].Value, value);
                    Assert.True(present.Remove(key));
                });
                for (var i = 0; i < run.Length; i++)
                {
                    var (step, key, size) = run[i];
                    switch (step)
                    {
                        case Step.Get:
                            Assert.Equal(present.TryGetValue(key, out var known) ? known.Value : null, cache.TryGet(key, out var value) ? value : (int?)null);
                            break;
                        case Step.Set:
                            present[key] = (i, size);
                            cache.Set(key, i, size);
                            break;
                        default:
                            Assert.Equal(present.Remove(key), cache.Remove(key));
                            break;
                    }

                    Assert.Equal((present.Count, present.Values.Sum(p => (long)p.Size)), (cache.Count, cache.Bytes));
                    Assert.InRange(cache.Bytes, 0, budget);
                }
            },
            iter: 2_000);
    }

    [Fact]
    public void Set_WhenAScanPassesThrough_WhatIsInUseStays()
    {
        var cache = new TinyLfuCache<int, int>(1_000, Mix);
        for (var round = 0; round < 3; round++)
        {
            for (var key = 0; key < 90; key++)
            {
                Ask(cache, key, 10);
            }
        }

        for (var key = 1_000; key < 2_500; key++)
        {
            Ask(cache, key, 10);
        }

        Assert.InRange(Enumerable.Range(0, 90).Count(k => cache.TryPeek(k, out _)), 85, 90);
    }

    [Fact]
    public void Set_WhenWhatIsInUseChanges_TheNewTakesTheOldsPlace()
    {
        var cache = new TinyLfuCache<int, int>(1_000, Mix);
        for (var round = 0; round < 40; round++)
        {
            for (var key = 0; key < 90; key++)
            {
                Ask(cache, key + (round < 10 ? 0 : 1_000), 10);
            }
        }

        Assert.InRange(Enumerable.Range(1_000, 90).Count(k => cache.TryPeek(k, out _)), 80, 90);
    }

    [Fact]
    public void Set_WhenOneLargeValueWouldCostManySmallOnesInUse_ItIsNotLetIn()
    {
        var evicted = new List<int>();
        var cache = new TinyLfuCache<int, int>(1_000, Mix, (key, _) => evicted.Add(key));
        for (var round = 0; round < 2; round++)
        {
            for (var key = 0; key < 90; key++)
            {
                Ask(cache, key, 10);
            }
        }

        for (var i = 0; i < 5; i++)
        {
            Ask(cache, 7_777, 900);
        }

        Assert.False(cache.TryPeek(7_777, out _));
        Assert.All(evicted, key => Assert.Equal(7_777, key));
        Assert.Equal(90, cache.Count);
    }

    /// <summary>Promise: on skewed requests with scans between them it answers more often than the least recently used alone, at the same budget.</summary>
    [Fact]
    public void TryGet_WhenRequestsAreSkewed_HitsMoreOftenThanSegmentedLru()
    {
        var random = new Random(7);
        var weights = Enumerable.Range(1, 2_000).Select(rank => 1 / Math.Pow(rank, 0.9)).ToArray();
        var total = weights.Sum();
        var cache = new TinyLfuCache<int, int>(2_000, Mix);
        var lru = new SegmentedLru<int, int>(2_000);
        var (hits, lruHits) = (0, 0);
        for (var i = 0; i < 60_000; i++)
        {
            var key = i % 3 == 0 ? 100_000 + i : Draw(weights, total, random);
            hits += Ask(cache, key, 10) ? 1 : 0;
            if (lru.TryGet(key, out _))
            {
                lruHits++;
            }
            else
            {
                lru.Set(key, key, 10);
            }
        }

        Assert.True(hits > lruHits * 1.02, $"{hits} hits, {lruHits} of the other");
    }

    [Fact]
    public void Estimate_WhenKeysWereCounted_IsNoLess_AndFadesWhenHalved()
    {
        var sketch = new FrequencySketch(64);
        for (var i = 0; i < 8; i++)
        {
            sketch.Add(Mix(1));
        }

        Assert.InRange(sketch.Estimate(Mix(1)), 8, FrequencySketch.Most);
        for (var i = 0; i < 640; i++)
        {
            sketch.Add(Mix(2));
        }

        Assert.InRange(sketch.Estimate(Mix(1)), 4, 7);
        Assert.InRange(sketch.Estimate(Mix(2)), 7, FrequencySketch.Most);
    }

    private static bool Ask(TinyLfuCache<int, int> cache, int key, long size)
    {
        if (cache.TryGet(key, out _))
        {
            return true;
        }

        cache.Set(key, key, size);
        return false;
    }

    private static int Draw(double[] weights, double total, Random random)
    {
        var rest = random.NextDouble() * total;
        var i = 0;
        while ((rest -= weights[i]) > 0 && i < weights.Length - 1)
        {
            i++;
        }

        return i;
    }

    private static ulong Mix(int key) => new CacheKey("k", key).Hash();
}
