using CsCheck;
using Vektagraf.Caching;

namespace Vektagraf.Tests.Caching;

/// <summary>What becomes of files when processes die and disks lie.</summary>
public sealed class DiskLevelTests : IDisposable
{
    private const int Values = 10;

    private readonly CacheWorld _world = new();

    private string Folder => Path.Combine(_world.Root, "vektagraf-cache");

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Create_AfterARestart_FindsWhatWasWrittenThrough()
    {
        Fill(_world.Open());
        var cache = _world.Open();
        Assert.Equal(Values, CacheWorld.Of(cache, CacheLevel.L3).Entries);
        for (var i = 0; i < Values; i++)
        {
            Assert.True(cache.TryGet(CacheWorld.Key(i), out var value, out var level));
            Assert.Equal(CacheWorld.Value(i, 500), value.ToArray());
            Assert.Equal(CacheLevel.L3, level);
        }
    }

    [Fact]
    public void Create_WhenTheLastProcessWasKilledWhileWriting_RemovesWhatHasNoName()
    {
        Fill(_world.Open());

        // As a kill between writing and naming leaves it: whole, and half.
        var whole = File.ReadAllBytes(_world.Files.First());
        File.WriteAllBytes(Path.Combine(Folder, "00000000000000ff.tmp"), whole);
        File.WriteAllBytes(Path.Combine(Folder, "0000000000000100.tmp"), whole[..20]);
        var cache = _world.Open();
        Assert.Equal((Values, Values), (CacheWorld.Of(cache, CacheLevel.L3).Entries, _world.Files.Count()));
        Assert.Equal(0, cache.Snapshot().Corrupt);
    }

    [Fact]
    public void Create_WhenAnOlderFileOfTheSameKeyWasLeft_TheNewerCounts()
    {
        var cache = _world.Open();
        cache.Set(CacheWorld.Key(1), CacheWorld.Value(1, 500), writesThrough: true);
        var old = _world.Files.Single();
        var oldBytes = File.ReadAllBytes(old);
        cache.Set(CacheWorld.Key(1), CacheWorld.Value(2, 500), writesThrough: true);
        File.WriteAllBytes(old, oldBytes);
        Assert.Equal(2, _world.Files.Count());
        cache = _world.Open();
        Assert.True(cache.TryGet(CacheWorld.Key(1), out var value));
        Assert.Equal(CacheWorld.Value(2, 500), value.ToArray());
        Assert.Single(_world.Files);
    }

    /// <summary>Promise: whatever byte of whatever file is flipped, no value comes back changed; at most its file is dropped.</summary>
    [Fact]
    public void TryGet_WhenAnyByteIsFlipped_DropsTheFile_AndNeverGivesAnotherValue() =>
        Gen.Select(Gen.Int[0, 10_000], Gen.Int[1, 255], Gen.Bool).Sample(
            (at, flip, afterStart) =>
            {
                using var world = new CacheWorld();
                var cache = world.Open();
                cache.Set(CacheWorld.Key(1), CacheWorld.Value(1, 300), writesThrough: true);
                cache.Set(CacheWorld.Key(2), Enumerable.Repeat((byte)2, 3_000).ToArray(), writesThrough: true);
                if (afterStart)
                {
                    cache = world.Open();
                }

                foreach (var file in world.Files)
                {
                    var bytes = File.ReadAllBytes(file);
                    bytes[at % bytes.Length] ^= (byte)flip;
                    File.WriteAllBytes(file, bytes);
                }

                // In memory both are whole still.
                cache = afterStart ? cache : world.Open();
                Assert.False(cache.TryGet(CacheWorld.Key(1), out _));
                Assert.False(cache.TryGet(CacheWorld.Key(2), out _));
                Assert.Equal(2, cache.Snapshot().Corrupt);
                Assert.Empty(world.Files);
            },
            iter: 200,
            threads: 1);

    [Fact]
    public void Create_WhenFilesAreCutShort_OrOfAnotherVersion_OrForeign_DropsThem()
    {
        Fill(_world.Open());
        var files = _world.Files.Order(StringComparer.Ordinal).ToList();
        File.WriteAllBytes(files[0], File.ReadAllBytes(files[0])[..^1]);
        File.WriteAllBytes(files[1], []);
        var other = File.ReadAllBytes(files[2]);
        other[7]++;
        File.WriteAllBytes(files[2], other);
        File.WriteAllText(files[3], "Something else.");
        File.Move(files[4], Path.Combine(Folder, "not-a-number.cached"));
        var cache = _world.Open();
        Assert.Equal((Values - 5, 5), (CacheWorld.Of(cache, CacheLevel.L3).Entries, cache.Snapshot().Corrupt));
        Assert.Equal(Values - 5, _world.Files.Count());
    }

    [Fact]
    public void Create_WhenOthersKeepFilesThere_LeavesThemAlone()
    {
        Fill(_world.Open());
        File.WriteAllText(Path.Combine(_world.Root, "theirs.cached"), "theirs");
        File.WriteAllText(Path.Combine(Folder, "theirs.txt"), "theirs");
        _world.Open();
        Assert.Equal("theirs", File.ReadAllText(Path.Combine(_world.Root, "theirs.cached")));
        Assert.Equal("theirs", File.ReadAllText(Path.Combine(Folder, "theirs.txt")));
    }

    [Fact]
    public void Create_WhenTheBudgetIsSmallerNow_DropsTheOldest()
    {
        Fill(_world.Open());
        var cache = _world.Open(disk: 2_000);
        Assert.Equal([7, 8, 9], Enumerable.Range(0, Values).Where(i => cache.TryGet(CacheWorld.Key(i), out _)));
        Assert.Equal(3, _world.Files.Count());
    }

    [Fact]
    public void Create_WhenAnotherProcessHasTheDirectory_GoesWithoutADisk_AndSaysSo()
    {
        Fill(_world.Open());
        using var second = new TieredCache(new CacheOptions { Directory = _world.Root });
        Assert.Contains("another process", second.Snapshot().DiskProblem, StringComparison.Ordinal);
        Assert.Equal([CacheLevel.L1, CacheLevel.L2], second.Snapshot().Levels.Select(l => l.Level));
        second.Set(CacheWorld.Key(1), CacheWorld.Value(1, 10), writesThrough: true);
        Assert.True(second.TryGet(CacheWorld.Key(1), out _));
        Assert.Equal(Values, _world.Files.Count());
    }

    [Fact]
    public void TryGet_WhenFilesVanish_FindsNothing_AndGoesOn()
    {
        Fill(_world.Open());
        var cache = _world.Open();
        foreach (var file in _world.Files.ToList())
        {
            File.Delete(file);
        }

        Assert.DoesNotContain(Enumerable.Range(0, Values), i => cache.TryGet(CacheWorld.Key(i), out _));
        Fill(cache);
        Assert.Equal(Values, _world.Files.Count());
    }

    [Fact]
    public void Invalidate_WhenItReturned_NoLaterProcessFindsIt()
    {
        var cache = _world.Open();
        Fill(cache);
        cache.InvalidateMatching("thing/[0-4]$");
        cache = _world.Open();
        Assert.Equal([5, 6, 7, 8, 9], Enumerable.Range(0, Values).Where(i => cache.TryGet(CacheWorld.Key(i), out _)));
    }

    [Fact]
    public void Set_WhenTheKeyIsTooLongForTheDisk_StaysInMemory()
    {
        var cache = _world.Open();
        var key = new CacheKey(new string('k', 3_000));
        cache.Set(key, CacheWorld.Value(1, 10), writesThrough: true);
        Assert.True(cache.TryGet(key, out _));
        Assert.Empty(_world.Files);
    }

    [Fact]
    public async Task EveryMethod_FromManyThreads_NeverGivesAnotherKeysValue_AndAddsUp()
    {
        var cache = _world.Open(memory: 20_000, compressed: 20_000, disk: 40_000);
        await Parallel.ForAsync(0, 8, TestContext.Current.CancellationToken, (worker, _) =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 2_000; i++)
            {
                var key = random.Next(100);
                if (random.Next(3) == 0)
                {
                    cache.Set(CacheWorld.Key(key), CacheWorld.Value(key, 700), writesThrough: random.Next(2) == 0);
                }
                else if (random.Next(50) == 0)
                {
                    cache.Invalidate(CacheWorld.Key(key).Scope);
                }
                else if (cache.TryGet(CacheWorld.Key(key), out var value))
                {
                    Assert.Equal(CacheWorld.Value(key, 700), value.ToArray());
                }
            }

            return ValueTask.CompletedTask;
        });
        foreach (var level in cache.Snapshot().Levels)
        {
            Assert.InRange(level.Bytes, 0, level.Budget);
            Assert.Equal(level.Insertions - level.Evictions - level.Expirations - level.Removals, level.Entries);
        }

        Assert.Equal(CacheWorld.Of(cache, CacheLevel.L3).Entries, _world.Files.Count());
    }

    private static void Fill(TieredCache cache)
    {
        for (var i = 0; i < Values; i++)
        {
            cache.Set(CacheWorld.Key(i), CacheWorld.Value(i, 500), writesThrough: true);
        }
    }
}
