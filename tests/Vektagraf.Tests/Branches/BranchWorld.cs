using System.Text;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Branches;

/// <summary>A store and a clock, a node that writes and maintains, and fresh nodes that read.</summary>
internal sealed class BranchWorld : IAsyncDisposable
{
    public const string Name = "things";

    private const string Definition =
        """{"shards":2,"vectors":{"v":{"dimensions":2,"metric":"euclidean"}},"fields":{"n":{"type":"number"}}}""";

    private static readonly CompactionOptions Eager = new() { FoldEntries = 1, TierWidth = 3, SmallestTierRows = 4 };

    private BranchWorld(FakeTimeProvider time, MemoryObjectStore memory, IObjectStore store)
    {
        Time = time;
        Memory = memory;
        Node = Open(store);
    }

    public static TimeSpan Grace { get; } = TimeSpan.FromHours(24);

    public static CancellationToken Cancel => CancellationToken.None;

    public FakeTimeProvider Time { get; }

    public MemoryObjectStore Memory { get; }

    /// <summary>The node under test.</summary>
    public VektagrafDatabase Node { get; }

    /// <summary>A world with an empty collection.</summary>
    /// <param name="decorate">Puts something between the node under test and the store.</param>
    public static async Task<BranchWorld> CreateAsync(Func<IObjectStore, IObjectStore>? decorate = null)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var memory = new MemoryObjectStore(time);
        var world = new BranchWorld(time, memory, decorate?.Invoke(memory) ?? memory);
        await using var node = world.Open();
        await node.PutCollectionAsync(Name, CollectionJson.Read(Encoding.UTF8.GetBytes(Definition)), Cancel);
        return world;
    }

    public VektagrafDatabase Open(IObjectStore? store = null) => new(
        store ?? Memory,
        new VektagrafOptions { Time = Time, CatalogStaleness = TimeSpan.Zero, Log = new ShardLogOptions { CollectionGrace = Grace, MaxBackoff = TimeSpan.Zero } });

    public async Task<WriteResult> SaveAsync(string id, int n, string collection = Name, string? key = null)
    {
        var things = await Node.GetCollectionAsync(collection, Cancel);
        var json = $$$"""{"id":"{{{id}}}","type":"T","properties":{"n":{{{n}}},"more":{"x":"ü"}},"vectors":{"v":[{{{n}}},1.5]}}""";
        return await things.SaveAsync(ObjectJson.Read(Encoding.UTF8.GetBytes(json), things.Definition), new WriteOptions(default, key), Cancel);
    }

    public async Task<string> DeleteAsync(string id, string collection = Name) =>
        await (await Node.GetCollectionAsync(collection, Cancel)).DeleteAsync(id, default, Cancel);

    public async Task FillAsync(int from, int count, string collection = Name)
    {
        for (var i = from; i < from + count; i++)
        {
            await SaveAsync($"o{i % 20}", i, collection);
            if (i % 7 == 6)
            {
                await DeleteAsync($"o{i % 20}", collection);
            }
        }
    }

    /// <summary>Everything that a node without any memory reads: objects, versions, vectors, and the answer of a search.</summary>
    public async Task<string> ReadAsync(string collection = Name, string? asOf = null)
    {
        await using var node = Open();
        var things = await node.GetCollectionAsync(collection, Cancel);
        var lines = (await things.ExportAsync(asOf, Cancel)).OrderBy(o => o.Id, StringComparer.Ordinal).Select(o =>
            $"{o.Id} {o.Type} {o.ETag} {Encoding.UTF8.GetString(o.Properties.Span)} {string.Join(';', o.Vectors!.Select(v => string.Join(',', v.Values.ToArray())))}");
        var search = await things.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = new[] { 9f, 1f } }, K = 50, Filter = "n gt 3", AsOf = asOf }, Cancel);
        return string.Join('\n', lines.Concat(search.Hits.Select(h => $"{h.Object.Id} {h.Distance}")));
    }

    public async Task<MaintenanceReport> MaintainAsync(string collection = Name)
    {
        await using var node = Open();
        return await (await node.GetCollectionAsync(collection, Cancel)).MaintainAsync(Eager, Cancel);
    }

    /// <summary>Lets the grace pass some times, with a maintenance of all collections each.</summary>
    public async Task PassAsync(int times = 3)
    {
        for (var i = 0; i < times; i++)
        {
            Time.Advance(Grace + TimeSpan.FromMinutes(1));
            await using var node = Open();
            foreach (var name in await node.ListCollectionsAsync(Cancel))
            {
                await MaintainAsync(name);
            }
        }
    }

    /// <summary>Writes, folds, merges and collects for several retentions.</summary>
    public async Task LiveOnAsync(string collection = Name, int from = 1_000)
    {
        for (var round = 0; round < 6; round++)
        {
            await FillAsync(from + (round * 10), 10, collection);
            await PassAsync(1);
        }
    }

    public async Task<IReadOnlyList<string>> KeysAsync(string prefix) =>
        [.. (await Memory.ListAsync(prefix, pageSize: ListPage.MaxSize)).Entries.Select(e => e.Key)];

    public async Task<IReadOnlyList<string>> KeysOfAsync(string collection) => await KeysAsync($"c/{collection}.");

    public async Task<ShardHead> HeadAsync(string collection = Name, int shard = 0)
    {
        var key = (await KeysOfAsync(collection)).Single(k => k.EndsWith($"/s/{shard}/head", StringComparison.Ordinal));
        return ShardHead.Decode((await Memory.GetAsync(key)).Content.Span, key);
    }

    public Task<Collection> CollectionAsync(string collection = Name) => Node.GetCollectionAsync(collection, Cancel);

    public async Task<SnapshotInfo> SnapshotAsync(string? name = null, TimeSpan? life = null) =>
        await (await CollectionAsync()).CreateSnapshotAsync(name, life is null ? null : Time.GetUtcNow() + life, Cancel);

    public static async Task<VektagrafException> FailsAsync(ErrorKind kind, string slug, Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<VektagrafException>(action);
        Assert.Equal((kind, slug), (error.Kind, error.Slug));
        return error;
    }

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}
