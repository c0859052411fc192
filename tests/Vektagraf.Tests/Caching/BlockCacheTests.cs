using System.Collections.Concurrent;
using System.Text;
using Vektagraf.Caching;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Caching;

/// <summary>Blocks of segments on all levels: what a process that starts again still has to ask the store for.</summary>
public sealed class BlockCacheTests : IDisposable
{
    private const string Key = "c/docs/s/0/seg/0f3c/data";
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly CacheWorld _world = new();
    private readonly GetLog _below = new(new MemoryObjectStore());

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task GetAsync_AfterARestart_ReadsFromTheDisk_AndSaysSo()
    {
        await _below.PutAsync(Key, CacheWorld.Value(1, 1_000), PutCondition.Absent, Cancel);
        await Open().GetAsync(Key, new ByteRange(100, 300), cancellationToken: Cancel);
        var store = Open();
        var meter = new StoreMeter(_world.Time);
        meter.Start();
        var before = Gets();
        var read = await store.GetAsync(Key, new ByteRange(150, 200), cancellationToken: Cancel);
        Assert.Equal((GetStatus.Found, 1_000L, before), (read.Status, read.TotalLength, Gets()));
        Assert.Equal(CacheWorld.Value(1, 1_000)[150..350], read.Content.ToArray());
        Assert.Equal(CacheLevel.L3, meter.CacheLevel);
        await store.GetAsync(Key, new ByteRange(900, 10), cancellationToken: Cancel);
        Assert.Equal(before + 1, Gets());
    }

    [Fact]
    public async Task GetAsync_AfterARestartWithDamagedFiles_ReadsFromTheStore()
    {
        await _below.PutAsync(Key, CacheWorld.Value(1, 1_000), PutCondition.Absent, Cancel);
        await Open().GetAsync(Key, cancellationToken: Cancel);
        foreach (var file in _world.Files.ToList())
        {
            var bytes = await File.ReadAllBytesAsync(file, Cancel);
            bytes[^1] ^= 1;
            await File.WriteAllBytesAsync(file, bytes, Cancel);
        }

        var before = Gets();
        Assert.Equal(CacheWorld.Value(1, 1_000), (await Open().GetAsync(Key, cancellationToken: Cancel)).Content.ToArray());
        Assert.Equal(before + 1, Gets());
    }

    [Fact]
    public async Task GetAsync_AfterARestartWithBlocksOfAnotherSize_ReadsFromTheStore()
    {
        await _below.PutAsync(Key, CacheWorld.Value(1, 1_000), PutCondition.Absent, Cancel);
        await Open(block: 128).GetAsync(Key, cancellationToken: Cancel);
        var store = Open(block: 100);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(CacheWorld.Value(1, 1_000), (await store.GetAsync(Key, cancellationToken: Cancel)).Content.ToArray());
        }
    }

    [Fact]
    public async Task DeleteAsync_AfterARestart_DropsWhatAnEarlierProcessKept()
    {
        await _below.PutAsync(Key, CacheWorld.Value(1, 1_000), PutCondition.Absent, Cancel);
        await Open().GetAsync(Key, cancellationToken: Cancel);
        var store = Open();
        Assert.True(await store.DeleteAsync(Key, Cancel));
        Assert.False((await store.GetAsync(Key, cancellationToken: Cancel)).Found);
        Assert.Empty(_world.Files);
    }

    [Fact]
    public async Task GetAsync_WhenMemoryHoldsAPart_TheRestComesFromLowerLevels()
    {
        await _below.PutAsync(Key, CacheWorld.Value(1, 20_000), PutCondition.Absent, Cancel);
        var store = Open(memory: 2_000, compressed: 3_000);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(CacheWorld.Value(1, 20_000), (await store.GetAsync(Key, cancellationToken: Cancel)).Content.ToArray());
        }

        Assert.Equal(1, Gets());
        Assert.InRange(CacheWorld.Of(store.Cache, CacheLevel.L3).Hits, 100, 400);
    }

    /// <summary>A cold read by a process that starts on the disk of the last one asks the store for nothing that does not change.</summary>
    [Fact]
    public async Task GetAsync_OfAColdCollectionAfterARestart_ReadsNoSegmentFromTheStore()
    {
        var options = new VektagrafOptions { LoadsInBackground = false };
        await using (var things = await TestCollection.CreateAsync("""{ "fields": { "n": { "type": "number" } } }""", Open(block: 4_096)))
        {
            await things.ImportAsync(string.Join('\n', Enumerable.Range(0, 500).Select(i => $$"""{ "id": "o{{i:D5}}", "properties": { "n": {{i}} } }""")));
            await things.Collection.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, Cancel);
        }

        await ReadAsync(options);
        var segments = Gets("/seg/");
        Assert.InRange(segments, 1, int.MaxValue);
        await ReadAsync(options);
        Assert.Equal(segments, Gets("/seg/"));
    }

    /// <summary>Promise: objects kept one by one are what the collection holds, whatever was written, folded and merged meanwhile, also by others.</summary>
    [Fact]
    public async Task BatchGetAsync_OfAColdCollection_WhileAnotherProcessWritesAndMerges_NeverGivesAnOldObject()
    {
        using var cache = _world.Open(memory: 20_000, compressed: 20_000);
        var ids = Enumerable.Range(0, 12).Select(i => $"o{i}").ToList();
        await using var written = await TestCollection.CreateAsync("""{ "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } } }""", _below, new VektagrafOptions { IndexesInBackground = false });
        var random = new Random(3);
        for (var round = 0; round < 25; round++)
        {
            var type = round % 2 == 0 ? "null" : "'T'".Replace('\'', '"');
            await written.SaveAsync($$"""{ "id": "o{{random.Next(10)}}", "type": {{type}}, "properties": { "round": {{round}} }, "vectors": { "e": [{{round}}, 1] } }""");
            if (random.Next(4) == 0)
            {
                var id = $"o{random.Next(10)}";
                if ((await written.Collection.BatchGetAsync([id], withVectors: false, default, Cancel))[0] is not null)
                {
                    await written.DeleteAsync(id);
                }
            }

            if (random.Next(2) == 0)
            {
                await written.Collection.MaintainAsync(new CompactionOptions { FoldEntries = 1, TierWidth = 2, SmallestTierRows = 2 }, Cancel);
            }

            var options = new VektagrafOptions { LoadsInBackground = false, Cache = cache };
            await using var cold = await TestCollection.OpenAsync(_below, options);
            foreach (var withVectors in new[] { true, false, true })
            {
                var expected = await written.Collection.BatchGetAsync(ids, withVectors, default, Cancel);
                var found = await cold.Collection.BatchGetAsync(ids, withVectors, default, Cancel);
                Assert.Equal(expected.Select(Text), found.Select(Text));
            }
        }

        Assert.InRange(cache.Snapshot().Hits, 100, int.MaxValue);
    }

    private static string? Text(StoredObject? stored) => stored is null
        ? null
        : $"{stored.Id} {stored.Type} {stored.ETag} {Encoding.UTF8.GetString(stored.Properties.Span)} {string.Join(',', stored.Vectors?.SelectMany(v => v.Values.ToArray()) ?? [])}";

    private int Gets(string part = "") => _below.Keys.Count(k => k.Contains(part, StringComparison.Ordinal));

    private async Task ReadAsync(VektagrafOptions options)
    {
        await using var things = await TestCollection.OpenAsync(Open(block: 4_096), options);
        Assert.Equal("""{"n":321}""", Encoding.UTF8.GetString((await things.Collection.GetAsync("o00321", withVectors: true, ReadConsistency.Strong, Cancel)).Properties.Span).Replace(" ", "", StringComparison.Ordinal));
    }

    private CachingObjectStore Open(int block = 128, long memory = 1_000_000, long compressed = 1_000_000) =>
        new(_below, new CachingOptions { BlockBytes = block, LargestReadBytes = 100_000 }, _world.Open(memory, compressed));

    private sealed class GetLog(IObjectStore inner) : IObjectStore
    {
        public ConcurrentQueue<string> Keys { get; } = new();

        public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
        {
            Keys.Enqueue(key);
            return inner.GetAsync(key, range, ifNoneMatch, cancellationToken);
        }

        public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) =>
            inner.PutAsync(key, content, condition, cancellationToken);

        public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
            inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

        public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => inner.DeleteAsync(key, cancellationToken);
    }
}
