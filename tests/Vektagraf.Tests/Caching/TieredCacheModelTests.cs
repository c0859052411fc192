using CsCheck;
using Vektagraf.Caching;

namespace Vektagraf.Tests.Caching;

/// <summary>The cache against a dictionary that forgets nothing.</summary>
public class TieredCacheModelTests
{
    private enum Act
    {
        Get,
        Set,
        SetThrough,
        Invalidate,
        InvalidateScope,
        InvalidatePattern,
        Wait,
        Restart,
    }

    /// <summary>
    /// Promise: what is found is what was last put in, and neither invalidated nor too old; budgets hold; and the statistics add up: look-ups are hits and
    /// misses, a level's misses are the next one's look-ups, and what came in is there or left in a way that was counted.
    /// </summary>
    [Fact]
    public void EveryMethod_InAnyOrder_NeverFindsWhatItShouldNot_AndItsStatisticsAddUp()
    {
        var steps = Gen.Select(Gen.Frequency((8, Gen.Const(Act.Get)), (8, Gen.Const(Act.Set)), (2, Gen.Enum<Act>())), Gen.Int[0, 15], Gen.Int[0, 3], Gen.Int[0, 2_000]).Array[0, 120];
        Gen.Select(Gen.Int[1, 8_000], Gen.Int[0, 8_000], Gen.Int[1, 8_000], Gen.Bool, steps).Sample(
            (memory, compressed, disk, withDisk, run) =>
            {
                using var world = new CacheWorld();
                var model = new Model(world, () => world.Open(memory, compressed, disk, withDisk));
                for (var i = 0; i < run.Length; i++)
                {
                    var (act, scope, part, size) = run[i];
                    model.Step(act, new CacheKey($"s/{scope}", part), i, size);
                }
            },
            iter: 150,
            threads: 1);
    }

    private sealed class Model(CacheWorld world, Func<TieredCache> open)
    {
        private readonly Dictionary<CacheKey, (byte[] Value, DateTimeOffset Until)> _put = [];
        private TieredCache _cache = open();
        private long _hits;
        private long _misses;

        public void Step(Act act, CacheKey key, int number, int size)
        {
            switch (act)
            {
                case Act.Get:
                    Get(key);
                    break;
                case Act.Set or Act.SetThrough:
                    var value = number % 2 == 0 ? CacheWorld.Value(number, size) : Enumerable.Repeat((byte)number, size).ToArray();
                    var life = TimeSpan.FromMinutes(1 + (size % 20));
                    _put[key] = (value, world.Time.GetUtcNow() + life);
                    Assert.True(_cache.Set(key, value, life, act == Act.SetThrough));
                    break;
                case Act.Invalidate:
                    _cache.Invalidate(key);
                    _put.Remove(key);
                    break;
                case Act.InvalidateScope:
                    _cache.Invalidate(key.Scope);
                    RemoveAll(k => k.Scope == key.Scope);
                    break;
                case Act.InvalidatePattern:
                    _cache.InvalidateMatching("^s/1");
                    RemoveAll(k => k.Scope.StartsWith("s/1", StringComparison.Ordinal));
                    break;
                case Act.Wait:
                    world.Time.Advance(TimeSpan.FromMinutes(size % 7));
                    break;
                case Act.Restart:
                    _cache = open();
                    (_hits, _misses) = (0, 0);
                    break;
            }

            Check();
        }

        private void Get(CacheKey key)
        {
            var isFound = _cache.TryGet(key, out var value);
            (_hits, _misses) = isFound ? (_hits + 1, _misses) : (_hits, _misses + 1);
            if (isFound)
            {
                Assert.True(_put.TryGetValue(key, out var put) && put.Until > world.Time.GetUtcNow(), $"'{key}' should not be there");
                Assert.Equal(put.Value, value.ToArray());
            }
        }

        private void RemoveAll(Predicate<CacheKey> which)
        {
            foreach (var key in _put.Keys.Where(k => which(k)).ToList())
            {
                _put.Remove(key);
            }
        }

        private void Check()
        {
            var statistics = _cache.Snapshot();
            Assert.Equal((_hits, _misses), (statistics.Hits, statistics.Misses));
            Assert.Equal((0, null), (statistics.Corrupt, statistics.DiskProblem));
            var lookUps = _hits + _misses;
            foreach (var level in statistics.Levels)
            {
                Assert.Equal(lookUps, level.Hits + level.Misses);
                lookUps = level.Misses;
                Assert.InRange(level.Bytes, 0, level.Budget);
                Assert.Equal(level.Insertions - level.Evictions - level.Expirations - level.Removals, level.Entries);
                Assert.InRange(level.HitRate, 0, 1);
                Assert.InRange(level.Utilisation, 0, 1);
            }

            if (statistics.Levels[^1] is { Level: CacheLevel.L3 } disk)
            {
                Assert.Equal((disk.Entries, disk.Bytes), (world.Files.Count(), world.Files.Sum(f => new FileInfo(f).Length)));
            }
        }
    }
}
