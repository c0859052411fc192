using Vektagraf.Caching;

namespace Vektagraf.Tests.Caching;

public sealed class TieredCacheTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly CacheWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void TryGet_WhenAValueLeftTheFirstLevel_FindsItCompressed_AndMovesItUpAgain()
    {
        var cache = _world.Open(memory: 3_000, withDisk: false);
        var text = Enumerable.Repeat((byte)'a', 1_000).ToArray();
        for (var i = 0; i < 10; i++)
        {
            cache.Set(CacheWorld.Key(i), text);
        }

        Assert.InRange(CacheWorld.Of(cache, CacheLevel.L2).Bytes, 1, 10 * (CacheOptions.EntryOverhead + 100));
        var levels = Enumerable.Range(0, 10).Select(i => cache.TryGet(CacheWorld.Key(i), out _, out var level) ? level : null).ToList();
        Assert.Equal(10, levels.Count(l => l is not null));
        Assert.Contains(CacheLevel.L2, levels);
        var below = CacheWorld.Key(levels.LastIndexOf(CacheLevel.L2));
        for (var i = 0; i < 5; i++)
        {
            Assert.True(cache.TryGet(below, out var value));
            Assert.Equal(text, value.ToArray());
        }

        Assert.True(cache.TryGet(below, out _, out var risen));
        Assert.Equal(CacheLevel.L1, risen);
    }

    [Fact]
    public void TryGet_WhenMemoryIsFull_FindsOnDiskWhatLeftIt()
    {
        var cache = _world.Open(memory: 3_000, compressed: 3_000);
        for (var i = 0; i < 20; i++)
        {
            cache.Set(CacheWorld.Key(i), CacheWorld.Value(i, 900));
        }

        Assert.InRange(CacheWorld.Of(cache, CacheLevel.L3).Entries, 14, 16);
        for (var i = 0; i < 20; i++)
        {
            Assert.True(cache.TryGet(CacheWorld.Key(i), out var value));
            Assert.Equal(CacheWorld.Value(i, 900), value.ToArray());
        }

        Assert.Equal(1, cache.Snapshot().HitRate);
    }

    [Fact]
    public void TryGet_WhenTheTimeToLiveIsOver_FindsNothingOnAnyLevel()
    {
        var cache = _world.Open(memory: 1_500, compressed: 1_500);
        for (var i = 0; i < 4; i++)
        {
            cache.Set(CacheWorld.Key(i), CacheWorld.Value(i, 900), TimeSpan.FromMinutes(5), writesThrough: true);
        }

        cache.Set(CacheWorld.Key(9), CacheWorld.Value(9, 10));
        _world.Time.Advance(TimeSpan.FromMinutes(5));
        for (var i = 0; i < 4; i++)
        {
            Assert.False(cache.TryGet(CacheWorld.Key(i), out _));
        }

        Assert.True(cache.TryGet(CacheWorld.Key(9), out _));
        Assert.Equal(4, CacheWorld.Of(cache, CacheLevel.L3).Expirations);
        Assert.Empty(_world.Files);
    }

    [Fact]
    public void Invalidate_WhenAScopeHasPartsOnAllLevels_DropsThemAll()
    {
        var cache = _world.Open(memory: 3_000, compressed: 3_000);
        for (var i = 0; i < 12; i++)
        {
            cache.Set(new CacheKey("one", i), CacheWorld.Value(i, 900));
        }

        cache.Set(new CacheKey("two"), CacheWorld.Value(99, 10));
        var before = cache.Snapshot().Levels.Sum(l => l.Entries);
        var dropped = cache.Invalidate("one");
        Assert.All([dropped.L1, dropped.L2, dropped.L3], count => Assert.InRange(count, 1, 12));
        Assert.Equal(before - 1, dropped.Total);
        Assert.DoesNotContain(Enumerable.Range(0, 12), i => cache.TryGet(new CacheKey("one", i), out _));
        Assert.True(cache.TryGet(new CacheKey("two"), out _));
    }

    [Fact]
    public void InvalidateMatching_WhenAPatternIsGiven_DropsWhatItMatches()
    {
        var cache = _world.Open();
        foreach (var scope in new[] { "result/a/1", "result/a/2", "result/ab/1", "block/a" })
        {
            cache.Set(new CacheKey(scope), CacheWorld.Value(1, 10), writesThrough: true);
        }

        Assert.Equal(new CacheInvalidation(2, 0, 2), cache.InvalidateMatching("^result/a/[0-9]$"));
        Assert.Equal(default, cache.InvalidateMatching("^a"));
        Assert.Equal(new CacheInvalidation(2, 0, 2), cache.InvalidateMatching("."));
        Assert.Empty(_world.Files);
    }

    [Theory]
    [InlineData("")]
    [InlineData("(")]
    [InlineData("(?=a)")]
    [InlineData(@"(a)\1")]
    public void InvalidateMatching_WhenThePatternIsNone_SaysSo(string pattern)
    {
        var cache = _world.Open();
        cache.Set(new CacheKey("a"), CacheWorld.Value(1, 10));
        Assert.Equal(ErrorKind.Invalid, Assert.Throws<VektagrafException>(() => cache.InvalidateMatching(pattern)).Kind);
        Assert.True(cache.TryGet(new CacheKey("a"), out _));
    }

    [Fact]
    public void InvalidateMatching_WhenThePatternWouldTakeExponentialTime_IsDoneAllTheSame()
    {
        var cache = _world.Open();
        cache.Set(new CacheKey(new string('a', 1_000) + "!"), CacheWorld.Value(1, 10));
        Assert.Equal(0, cache.InvalidateMatching("^(a+)+$").Total);
    }

    [Fact]
    public void Set_WhenSomethingWasInvalidatedSinceItsEpoch_IsNotKept()
    {
        var cache = _world.Open();
        var epoch = cache.Epoch;
        cache.Invalidate("whatever");
        Assert.False(cache.Set(CacheWorld.Key(1), CacheWorld.Value(1, 10), epoch: epoch));
        Assert.False(cache.TryGet(CacheWorld.Key(1), out _));
    }

    [Fact]
    public async Task GetOrLoadAsync_WhenManyAsk_LoadsOnce()
    {
        var cache = _world.Open();
        var source = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        var calls = 0;
        var waiting = Enumerable.Range(0, 20).Select(_ => LoadAsync(cache, _ =>
        {
            calls++;
            return source.Task;
        })).ToList();
        source.SetResult(CacheWorld.Value(1, 10));
        foreach (var value in await Task.WhenAll(waiting))
        {
            Assert.Equal(CacheWorld.Value(1, 10), value.ToArray());
        }

        Assert.Equal(1, calls);
        Assert.Equal((1, 19), (cache.Snapshot().Loads, cache.Snapshot().Joined));
        Assert.Equal(CacheWorld.Value(1, 10), (await LoadAsync(cache, _ => throw new InvalidOperationException("It is there."))).ToArray());
    }

    [Fact]
    public async Task GetOrLoadAsync_WhenTheLoadFails_TellsAllWhoWait_AndTheNextLoadsAnew()
    {
        var cache = _world.Open();
        var source = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        var waiting = Enumerable.Range(0, 3).Select(_ => LoadAsync(cache, _ => source.Task)).ToList();
        source.SetException(new IOException("Gone."));
        foreach (var failed in waiting)
        {
            await Assert.ThrowsAsync<IOException>(() => failed);
        }

        Assert.Equal(10, (await LoadAsync(cache, _ => Task.FromResult<ReadOnlyMemory<byte>>(CacheWorld.Value(1, 10)))).Length);
    }

    [Fact]
    public async Task GetOrLoadAsync_WhenOneCallerCancels_TheOthersGetTheirs_AndTheLastEndsTheLoad()
    {
        var cache = _world.Open();
        var source = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        var token = default(CancellationToken);
        using var one = new CancellationTokenSource();
        using var two = new CancellationTokenSource();
        var first = LoadAsync(cache, t => (token = t, source.Task).Task, one.Token);
        var second = LoadAsync(cache, _ => source.Task, two.Token);
        await one.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(token.IsCancellationRequested);
        await two.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.True(token.IsCancellationRequested);
        source.SetResult(CacheWorld.Value(1, 10));
        Assert.False(cache.TryGet(CacheWorld.Key(1), out _));
    }

    [Fact]
    public async Task GetOrLoadAsync_WhenInvalidatedMeanwhile_ServesWhoWaited_AndKeepsNothing()
    {
        var cache = _world.Open();
        var source = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        var loading = LoadAsync(cache, _ => source.Task);
        cache.InvalidateMatching("^thing/1$");
        var later = LoadAsync(cache, _ => Task.FromResult<ReadOnlyMemory<byte>>(CacheWorld.Value(2, 10)));
        Assert.Equal(CacheWorld.Value(2, 10), (await later).ToArray());
        source.SetResult(CacheWorld.Value(1, 10));
        Assert.Equal(CacheWorld.Value(1, 10), (await loading).ToArray());
        Assert.True(cache.TryGet(CacheWorld.Key(1), out var kept));
        Assert.Equal(CacheWorld.Value(2, 10), kept.ToArray());
    }

    [Theory]
    [InlineData(0, 1, 1, 1)]
    [InlineData(1, -1, 1, 1)]
    [InlineData(1, 1, 0, 1)]
    [InlineData(1, 1, 1, 0)]
    [InlineData(1, 1, 1, 20)]
    public void Create_WhenALimitIsOutOfRange_Throws(long memory, long compressed, long disk, int level) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TieredCache(
            new CacheOptions { MemoryBytes = memory, CompressedBytes = compressed, DiskBytes = disk, CompressionLevel = level }));

    [Fact]
    public void Create_WhenNothingIsSaid_TakesAShareOfTheMemoryThatThisProcessMayHave()
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var levels = new TieredCache().Snapshot().Levels;
        Assert.Equal([CacheLevel.L1, CacheLevel.L2], levels.Select(l => l.Level));
        Assert.Equal(Math.Clamp(available / 16, 8L << 20, 1L << 30), levels[0].Budget);
        Assert.Equal(Math.Clamp(available / 32, 4L << 20, 1L << 29), levels[1].Budget);
    }

    private static Task<ReadOnlyMemory<byte>> LoadAsync(TieredCache cache, Func<CancellationToken, Task<ReadOnlyMemory<byte>>> load, CancellationToken? cancel = null) =>
        cache.GetOrLoadAsync(CacheWorld.Key(1), load, cancellationToken: cancel ?? Cancel);
}
