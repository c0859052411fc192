using System.Globalization;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Tests.Collections;

/// <summary>What answers cost before anything is loaded: requests and bytes, counted.</summary>
public sealed class ColdRequestTests(ColdRequestTests.HundredThousand things) : IClassFixture<ColdRequestTests.HundredThousand>
{
    [Fact]
    public async Task GetAsync_OfOneOfHundredThousand_CostsFourRequestsAndFarBelowAMegabyte()
    {
        // Head, manifest, the empty slot behind it, one row group.
        var (cost, stored) = await CostAsync(c => c.GetAsync("id-054321", withVectors: false, ReadConsistency.Strong, default));
        Assert.Equal("id-054321", stored.Id);
        Assert.Equal(4, cost.Requests);
        Assert.InRange(cost.Get.Bytes, 1, 300_000);
    }

    [Fact]
    public async Task GetAsync_WithVectors_CostsOneRequestMore()
    {
        var (cost, stored) = await CostAsync(c => c.GetAsync("id-000007", withVectors: true, ReadConsistency.Strong, default));
        Assert.Single(stored.Vectors!);
        Assert.Equal(5, cost.Requests);
        Assert.InRange(cost.Get.Bytes, 1, 400_000);
    }

    [Fact]
    public async Task GetAsync_OfAnObjectSavedAgain_AsksTheNewerSegmentOnly()
    {
        var (cost, stored) = await CostAsync(c => c.GetAsync("id-000100", withVectors: false, ReadConsistency.Strong, default));
        Assert.Contains("\"n\":-1", Encoding.UTF8.GetString(stored.Properties.Span), StringComparison.Ordinal);
        Assert.Equal(4, cost.Requests);
    }

    [Fact]
    public async Task GetAsync_OnceOpen_CostsTheCatchUpAndOneRowGroup()
    {
        var counting = new CountingObjectStore(things.Store);
        await using var node = ColdWorld.ColdNode(counting);
        var collection = await node.GetCollectionAsync(ColdWorld.Name, default);
        await collection.GetAsync("id-000001", withVectors: false, ReadConsistency.Strong, default);
        var before = counting.Snapshot();
        await collection.GetAsync("id-090000", withVectors: false, ReadConsistency.Strong, default);
        Assert.Equal(3, counting.Snapshot().Since(before).Requests);
        before = counting.Snapshot();
        await collection.GetAsync("id-090001", withVectors: false, ReadConsistency.Eventual, default);
        Assert.Equal(1, counting.Snapshot().Since(before).Requests);

        // What was read before is kept, in a store without a cache, too.
        await collection.GetAsync("id-090000", withVectors: false, ReadConsistency.Eventual, default);
        Assert.Equal(1, counting.Snapshot().Since(before).Requests);
    }

    [Fact]
    public async Task GetAsync_OfManyIdsThatANewerSegmentLacks_SeldomAsksItInVain()
    {
        // Ten bits an id let about one in a hundred through; without the filter it would be each.
        var counting = new CountingObjectStore(things.Store);
        await using var node = ColdWorld.ColdNode(counting);
        var collection = await node.GetCollectionAsync(ColdWorld.Name, default);
        await collection.GetAsync("id-000001", withVectors: false, ReadConsistency.Strong, default);
        var before = counting.Snapshot();
        for (var i = 1; i < 200; i++)
        {
            await collection.GetAsync(HundredThousand.Id((i * 100) + 1), withVectors: false, ReadConsistency.Eventual, default);
        }

        Assert.InRange(counting.Snapshot().Since(before).Requests, 199, 199 + 12);
    }

    [Fact]
    public async Task BatchGetAsync_OfNeighbours_SharesTheRowGroup()
    {
        var ids = Enumerable.Range(0, 20).Select(i => HundredThousand.Id(5_001 + i)).ToList();
        var (cost, found) = await CostAsync(c => c.BatchGetAsync(ids, withVectors: false, ReadConsistency.Strong, default));
        Assert.Equal(ids, found.Select(o => o!.Id));
        Assert.InRange(cost.Requests, 4, 6);
    }

    [Fact]
    public async Task SearchAsync_OverAllVectors_ReadsVectorsAndIdsAndFewRows()
    {
        const long vectors = HundredThousand.Count * HundredThousand.Dimensions * sizeof(float);
        var query = new SearchRequest { Vector = new VectorQuery { Value = HundredThousand.Vector(777) }, K = 10 };
        var (cost, found) = await CostAsync(c => c.SearchAsync(query, default));
        Assert.Equal("id-000777", found.Hits[0].Object.Id);
        Assert.Equal("flat-by-range", found.Plan.AccessPath);
        Assert.InRange(cost.Get.Bytes, vectors, vectors * 3 / 2);
    }

    [Fact]
    public async Task SearchAsync_WithASelectiveFilter_ReadsColumnsAndTheVectorsOfMatches()
    {
        const long vectors = HundredThousand.Count * HundredThousand.Dimensions * sizeof(float);
        var query = new SearchRequest { Vector = new VectorQuery { Value = HundredThousand.Vector(50) }, K = 3, Filter = "n ge 50000 and n lt 50050" };
        var (cost, found) = await CostAsync(c => c.SearchAsync(query, default));
        Assert.Equal(3, found.Hits.Count);
        Assert.InRange(cost.Get.Bytes, 1, vectors / 2);
    }

    [Fact]
    public async Task SearchAsync_WithAFilterThatAnIndexAnswers_ReadsItsBlocksInPlaceOfTheColumn()
    {
        SearchRequest Search(string field) =>
            new() { Vector = new VectorQuery { Value = HundredThousand.Vector(50) }, K = 3, Filter = $"{field} ge 50000 and {field} lt 50050" };

        var (column, expected) = await CostAsync(c => c.SearchAsync(Search("n"), default));
        var (index, found) = await CostAsync(c => c.SearchAsync(Search("m"), default));
        Assert.Equal(expected.Hits.Select(h => h.Object.Id), found.Hits.Select(h => h.Object.Id));
        Assert.InRange(index.Get.Bytes, 1, column.Get.Bytes - 40_000);
        Assert.Equal(column.Requests - 1, index.Requests);
    }

    private async Task<(StoreCounts Cost, T Result)> CostAsync<T>(Func<Collection, Task<T>> read)
    {
        var counting = new CountingObjectStore(things.Store);
        await using var node = ColdWorld.ColdNode(counting);
        var collection = await node.GetCollectionAsync(ColdWorld.Name, default);
        var before = counting.Snapshot();
        var result = await read(collection);
        var cost = counting.Snapshot().Since(before);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cost.Requests} requests, {cost.Get.Bytes:N0} bytes"));
        return (cost, result);
    }

    /// <summary>Objects folded in two runs; the second holds every hundredth once more, and the log is empty behind it.</summary>
    public sealed class HundredThousand : IAsyncLifetime
    {
        public const int Count = 100_000;
        public const int Dimensions = 16;

        internal MemoryObjectStore Store { get; } = new();

        public static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"id-{number:d6}");

        public static float[] Vector(int number)
        {
            var random = new Random(number);
            return [.. Enumerable.Range(0, Dimensions).Select(_ => random.NextSingle() - 0.5f)];
        }

        public async ValueTask InitializeAsync()
        {
            await using var node = new VektagrafDatabase(Store);
            var definition = CollectionJson.Read("""{"vectors":{"v":{"dimensions":16,"index":"flat"}},"fields":{"n":{"type":"number"},"m":{"type":"number","index":true}}}"""u8);
            var (things, _) = await node.PutCollectionAsync(ColdWorld.Name, definition, default);
            await things.ImportAsync(Enumerable.Range(0, Count).Select(i => Draft(i, (int)(i * 7_919L % 100_003))), progress: null, default);
            await things.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, default);
            await things.ImportAsync(Enumerable.Range(0, Count / 100).Select(i => Draft(i * 100, -1)), progress: null, default);
            await things.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, default);
        }

        public ValueTask DisposeAsync() => default;

        private static ObjectDraft Draft(int number, int n)
        {
            var random = new Random(number);
            var text = string.Join(' ', Enumerable.Range(0, 30).Select(_ => random.Next(100_000)));
            return new ObjectDraft
            {
                Id = Id(number),
                Properties = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{n}},"m":{{n}},"text":"{{text}}"}""")),
                Vectors = [new NamedVector("v", Vector(number))],
            };
        }
    }
}
