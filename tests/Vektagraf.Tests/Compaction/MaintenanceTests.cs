using System.Text;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.Storage.Log;
using Vektagraf.TestKit;

namespace Vektagraf.Tests.Compaction;

public class MaintenanceTests
{
    private const string Definition =
        """{"vectors":{"v":{"dimensions":2,"metric":"euclidean"}},"fields":{"n":{"type":"number"},"tags":{"type":"string[]"}}}""";

    private static readonly CompactionOptions Eager = new() { FoldEntries = 1, TierWidth = 3, SmallestTierRows = 4 };
    private static readonly TimeSpan Grace = TimeSpan.FromHours(24);

    [Fact]
    public async Task MaintainAsync_WhenTheLogIsFolded_ANewNodeReadsTheSameFromSegments()
    {
        // Promise: a fold changes where objects are read from and nothing else: content, vectors, versions and search results stay.
        var store = new MemoryObjectStore();
        var before = await ContentAsync(store, fill: true);
        await using (var node = Open(store))
        {
            var report = await (await node.GetCollectionAsync("things", default)).MaintainAsync(Eager, default);
            Assert.Equal(1, report.Folds);
        }

        Assert.Equal(before, await ContentAsync(store));
        await using var reader = Open(store);
        var statistics = await (await reader.GetCollectionAsync("things", default)).GetStatisticsAsync(default);
        Assert.Equal((0L, 1), (statistics.WalTail, statistics.Segments));
    }

    [Fact]
    public async Task MaintainAsync_OverManyFolds_MergesAndForgetsDeletedObjects()
    {
        var store = new MemoryObjectStore();
        await using var node = Open(store);
        var (things, _) = await node.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(Definition)), default);
        var merges = 0;
        for (var round = 0; round < 12; round++)
        {
            await things.SaveAsync(Draft(things, $"o{round % 4}", round), default, default);
            await things.SaveAsync(Draft(things, $"gone{round}", round), default, default);
            await things.DeleteAsync($"gone{round}", default, default);
            merges += (await things.MaintainAsync(Eager, default)).Merges;
        }

        Assert.True(merges > 2);
        var manifest = await ManifestAsync(store);
        Assert.True(manifest.Segments.Count < 6, $"{manifest.Segments.Count} segments");
        await using var reader = Open(store);
        var all = await (await reader.GetCollectionAsync("things", default)).QueryAsync(new QueryRequest(), default);
        Assert.Equal(["o0", "o1", "o2", "o3"], all.Results.Select(o => o.Id));
    }

    [Fact]
    public async Task MaintainAsync_WhenTheGraceHasPassed_StorageHoldsOnlyWhatIsNeeded()
    {
        // Promise: the log goes after the grace, replaced manifests and merged segments likewise, and what remains is enough.
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var store = new MemoryObjectStore(time);
        await using var node = Open(store, time);
        var (things, _) = await node.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(Definition)), default);
        for (var round = 0; round < 5; round++)
        {
            await things.SaveAsync(Draft(things, $"o{round}", round), default, default);
            await things.MaintainAsync(Eager, default);
        }

        for (var run = 0; run < 3; run++)
        {
            time.Advance(Grace + TimeSpan.FromMinutes(1));
            await things.MaintainAsync(Eager, default);
        }

        var manifest = await ManifestAsync(store);
        var keys = (await store.ListAsync("c/")).Entries.Select(e => e.Key).ToList();
        Assert.DoesNotContain(keys, k => k.Contains("/wal/", StringComparison.Ordinal));
        Assert.Single(keys, k => k.Contains("/m/", StringComparison.Ordinal));
        Assert.Equal(manifest.Segments.Select(s => s.Key).Order(StringComparer.Ordinal), keys.Where(k => k.Contains("/seg/", StringComparison.Ordinal)));
        await using var reader = Open(store, time);
        Assert.Equal(5, (await (await reader.GetCollectionAsync("things", default)).GetStatisticsAsync(default)).Objects);
    }

    [Fact]
    public async Task ExportAsync_AsOfBeforeAFold_StillReadsTheState_UntilItIsCollected()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var store = new MemoryObjectStore(time);
        string session;
        await using (var writer = Open(store, time))
        {
            var (things, _) = await writer.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(Definition)), default);
            await things.SaveAsync(Draft(things, "a", 1), default, default);
            await things.MaintainAsync(Eager, default);
            session = (await things.SaveAsync(Draft(things, "a", 2), default, default)).Session;
            await things.SaveAsync(Draft(things, "a", 3), default, default);
            await things.MaintainAsync(Eager, default);
        }

        await using var reader = Open(store, time);
        var read = await reader.GetCollectionAsync("things", default);
        var old = Assert.Single(await read.ExportAsync(session, default));
        Assert.Contains("\"n\":2", Encoding.UTF8.GetString(old.Properties.Span), StringComparison.Ordinal);

        for (var run = 0; run < 3; run++)
        {
            time.Advance(Grace + TimeSpan.FromMinutes(1));
            await read.MaintainAsync(Eager, default);
        }

        await using var later = Open(store, time);
        var things2 = await later.GetCollectionAsync("things", default);
        Assert.Equal(ErrorKind.Invalid, (await Assert.ThrowsAsync<VektagrafException>(() => things2.ExportAsync(session, default))).Kind);
    }

    [Fact]
    public async Task ExportAsync_AsOfBeforeTheFirstFold_ReadsTheStateForTheWholeRetention()
    {
        // Promise: what the first manifest replaced is a past state like any other, also where the retention is longer than the grace.
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var store = new MemoryObjectStore(time);
        var options = Eager with { Retention = 10 * Grace };
        await using var writer = Open(store, time);
        var (things, _) = await writer.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(Definition)), default);
        var session = (await things.SaveAsync(Draft(things, "a", 1), default, default)).Session;
        await things.SaveAsync(Draft(things, "a", 2), default, default);
        for (var run = 0; run < 5; run++)
        {
            await things.MaintainAsync(options, default);
            time.Advance(Grace + TimeSpan.FromMinutes(1));
        }

        await using var reader = Open(store, time);
        var old = Assert.Single(await (await reader.GetCollectionAsync("things", default)).ExportAsync(session, default));
        Assert.Contains("\"n\":1", Encoding.UTF8.GetString(old.Properties.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaveAsync_WhenARetryComesAfterAFoldAndARestart_IsAppliedOnce()
    {
        var store = new MemoryObjectStore();
        WriteResult first;
        await using (var node = Open(store))
        {
            var (things, _) = await node.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(Definition)), default);
            first = await things.SaveAsync(Draft(things, "a", 1), new WriteOptions(default, "key"), default);
            await things.SaveAsync(Draft(things, "a", 2), default, default);
            await things.MaintainAsync(Eager, default);
        }

        await using var later = Open(store);
        var again = await later.GetCollectionAsync("things", default);
        var retried = await again.SaveAsync(Draft(again, "a", 1), new WriteOptions(default, "key"), default);
        Assert.Equal((first.ETag, true), (retried.ETag, retried.Created));
        var read = await again.GetAsync("a", withVectors: false, ReadConsistency.Strong, default);
        Assert.Contains("\"n\":2", Encoding.UTF8.GetString(read.Properties.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_OfAFoldedShard_CostsFewRequestsWhateverItsHistory()
    {
        // Promise: what a cold start reads is the state, not the history: head, manifest, segments, and the probes of the log's end.
        var store = new CountingObjectStore(new MemoryObjectStore());
        await using (var node = Open(store))
        {
            var (things, _) = await node.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(Definition)), default);
            for (var i = 0; i < 200; i++)
            {
                await things.SaveAsync(Draft(things, $"o{i % 7}", i), default, default);
            }

            await things.MaintainAsync(Eager, default);
        }

        await using var cold = Open(store);
        var collection = await cold.GetCollectionAsync("things", default);
        var before = store.Snapshot();
        await collection.GetAsync("o1", withVectors: false, ReadConsistency.Eventual, default);
        Assert.InRange(store.Snapshot().Since(before).Requests, 1, 10);
    }

    [Fact]
    public async Task OpenAsync_WhenASegmentIsDamaged_SaysWhichAndServesNothing()
    {
        var store = new MemoryObjectStore();
        await ContentAsync(store, fill: true);
        await using (var node = Open(store))
        {
            await (await node.GetCollectionAsync("things", default)).MaintainAsync(Eager, default);
        }

        var key = (await ManifestAsync(store)).Segments[0].Key;
        var bytes = (await store.GetAsync(key)).Content.ToArray();
        bytes[100] ^= 1;
        await store.PutAsync(key, bytes, PutCondition.None);
        await using var reader = Open(store);
        var things = await reader.GetCollectionAsync("things", default);
        var error = await Assert.ThrowsAsync<VektagrafException>(() => things.GetAsync("o1", withVectors: false, ReadConsistency.Strong, default));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"formatVersion":2,"folded":1,"segments":[]}""")]
    [InlineData("""{"formatVersion":1,"folded":1,"segments":[]}""")]
    [InlineData("""{"formatVersion":1,"folded":1,"segments":[{"key":"a","footer":"","maxSequence":2}]}""")]
    [InlineData("""{"formatVersion":1,"folded":9,"segments":[{"key":"a","footer":""},{"key":"a","footer":""}]}""")]
    [InlineData("nonsense")]
    public void ManifestDecode_WhenItContradictsItself_IsCorrupt(string json) => Assert.Equal(
        ErrorKind.Corrupt, Assert.Throws<VektagrafException>(() => ShardManifest.Decode(Encoding.UTF8.GetBytes(json), "m/1")).Kind);

    [Fact]
    public async Task MaintainAsync_OnTheDirectoryStore_SurvivesARestart()
    {
        using var directory = new TemporaryDirectory();
        var before = await ContentAsync(new DirectoryObjectStore(directory.Path), fill: true);
        await using (var node = Open(new DirectoryObjectStore(directory.Path)))
        {
            await (await node.GetCollectionAsync("things", default)).MaintainAsync(Eager, default);
        }

        Assert.Equal(before, await ContentAsync(new DirectoryObjectStore(directory.Path)));
    }

    private static VektagrafDatabase Open(IObjectStore store, TimeProvider? time = null) =>
        new(store, new VektagrafOptions { Time = time ?? TimeProvider.System, Log = new ShardLogOptions { CollectionGrace = Grace } });

    private static ObjectDraft Draft(Collection things, string id, int n) => ObjectJson.Read(
        Encoding.UTF8.GetBytes($$$"""{"id":"{{{id}}}","type":"T","properties":{"n":{{{n}}},"tags":["a","b{{{n}}}"],"more":{"x":"ü"}},"vectors":{"v":[{{{n}}},1.5]}}"""), things.Definition);

    private static async Task<string> ContentAsync(IObjectStore store, bool fill = false)
    {
        await using var node = Open(store);
        var (things, _) = await node.PutCollectionAsync("things", CollectionJson.Read(Encoding.UTF8.GetBytes(Definition)), default);
        for (var i = 0; fill && i < 30; i++)
        {
            await things.SaveAsync(Draft(things, $"o{i % 20}", i), default, default);
            if (i % 5 == 4)
            {
                await things.DeleteAsync($"o{i % 20}", default, default);
            }
        }

        var lines = (await things.ExportAsync(asOf: null, default)).OrderBy(o => o.Id, StringComparer.Ordinal).Select(o =>
            $"{o.Id} {o.Type} {o.ETag} {Encoding.UTF8.GetString(o.Properties.Span)} {string.Join(';', o.Vectors!.Select(v => string.Join(',', v.Values.ToArray())))}");
        var search = await things.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = new[] { 9f, 1f } }, K = 50, Filter = "n gt 3 and tags/any(t: t eq 'a')" }, default);
        return string.Join('\n', lines.Concat(search.Hits.Select(h => $"{h.Object.Id} {h.Distance}")));
    }

    private static async Task<ShardManifest> ManifestAsync(IObjectStore store)
    {
        var head = (await store.ListAsync("c/")).Entries.Single(e => e.Key.EndsWith("/head", StringComparison.Ordinal)).Key;
        var key = ShardHead.Decode((await store.GetAsync(head)).Content.Span, head).Manifest!;
        return ShardManifest.Decode((await store.GetAsync(key)).Content.Span, key);
    }
}
