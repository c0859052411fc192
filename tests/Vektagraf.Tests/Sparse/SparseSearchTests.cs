using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Sparse;

/// <summary>Searches for sparse vectors against dot products computed from the objects.</summary>
public class SparseSearchTests
{
    [Fact]
    public Task Search_WhileObjectsComeChangeAndGo_FindsTheGreatestDotProducts() => Gen.Select(Gen.Int, Gen.Int[1, 3]).SampleAsync(
        async c =>
        {
            var (seed, shards) = c;
            var random = new Random(seed);
            await using var world = await SparseWorld.CreateAsync(shards);
            for (var round = 0; round < 6; round++)
            {
                await world.ChangeAsync(random, 40, ids: 60);
                var query = SparseWorld.Draw(random, 5);
                var k = 1 + random.Next(20);
                var bound = random.Next(60);
                Assert.Equal(world.Rank(query).Take(k), SparseWorld.Scores(await world.SearchAsync(query, k)));
                Assert.Equal(world.Rank(query, n => n < bound).Take(k), SparseWorld.Scores(await world.SearchAsync(query, k, r => r with { Filter = $"n lt {bound}" })));
                Assert.Equal(
                    world.Rank(query).Where(o => o.Score >= 0.5).Skip(2).Take(k), SparseWorld.Scores(await world.SearchAsync(query, k, r => r with { MinScore = 0.5, Offset = 2 })));
            }
        },
        iter: 20);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Search_AfterAFoldACompactionAndAReload_FindsTheSame(int shards)
    {
        var random = new Random(31);
        await using var world = await SparseWorld.CreateAsync(shards);
        for (var round = 0; round < 3; round++)
        {
            await world.ChangeAsync(random, 80, 60);
            await world.Things.Collection.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, TestCollection.Cancel);
        }

        await world.ChangeAsync(random, 20, 60);
        await using var reopened = await TestCollection.CreateAsync(SparseWorld.Definition(shards), world.Things.Store);
        var reloaded = world.With(reopened);
        for (var i = 0; i < 10; i++)
        {
            var query = SparseWorld.Draw(random, 5);
            Assert.Equal(world.Rank(query).Take(15), SparseWorld.Scores(await reloaded.SearchAsync(query, 15)));
        }

        foreach (var (id, (_, weights)) in world.Objects)
        {
            Assert.Equal(Entries(await world.Things.GetAsync(id)), Entries(await reopened.GetAsync(id)));
            Assert.Equal(
                weights.OrderBy(w => w.Key).Select(w => ("lexical", w.Key, w.Value)), Entries(await reopened.GetAsync(id)).Where(e => e.Field == "lexical"));
        }
    }

    [Fact]
    public async Task Get_OfACollectionNotLoaded_ReadsSparseVectorsFromItsSegments()
    {
        await using var world = await SparseWorld.CreateAsync(1);
        await world.ChangeAsync(new Random(3), 80, 60);
        await world.Things.Collection.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, TestCollection.Cancel);
        var (id, (_, weights)) = world.Objects.First(o => o.Value.Weights.Count > 2);
        await using var cold = await TestCollection.CreateAsync(SparseWorld.Definition(1), world.Things.Store);
        var read = (await cold.Collection.BatchGetAsync([id], withVectors: true, ReadConsistency.Strong, TestCollection.Cancel))[0]!;
        Assert.Equal(weights.OrderBy(w => w.Key).Select(w => ("lexical", w.Key, w.Value)), Entries(read).Where(e => e.Field == "lexical"));
        Assert.Null((await cold.Collection.GetAsync(id, withVectors: false, ReadConsistency.Strong, TestCollection.Cancel)).Sparse);
    }

    [Fact]
    public async Task Search_OfThePast_FindsWhatWasThere()
    {
        var random = new Random(21);
        await using var world = await SparseWorld.CreateAsync(2);
        await world.ChangeAsync(random, 60, 40);
        var past = world.With(world.Things);
        var query = SparseWorld.Draw(random, 6);
        var session = (await world.SearchAsync(query)).Session;
        for (var i = 0; i < 4; i++)
        {
            await world.ChangeAsync(random, 25, 50);
            Assert.Equal(past.Rank(query).Take(15), SparseWorld.Scores(await world.SearchAsync(query, 15, r => r with { AsOf = session })));
            Assert.Equal(world.Rank(query).Take(15), SparseWorld.Scores(await world.SearchAsync(query, 15)));
        }
    }

    [Theory]
    [InlineData(60, 1, 1, 1)]
    [InlineData(10, 0.3, 2, 0.7)]
    [InlineData(60, 0, 1, 5)]
    public async Task Search_ForThreeThings_AddsReciprocalRanks(double k, double vectorWeight, double textWeight, double sparseWeight)
    {
        await using var world = await SparseWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(5), 200, 90);
        var request = new SearchRequest
        {
            Vector = new VectorQuery { Value = new float[] { 33, 0 } },
            Text = new TextQuery { Query = "w0 w3" },
            Sparse = SparseWorld.Query(new Dictionary<uint, float> { [0] = 1, [357_913_941u] = 2, [715_827_882u] = -0.5f }),
            K = 100,
        };
        SearchRequest[] alone = [request with { Text = null, Sparse = null }, request with { Vector = null, Sparse = null }, request with { Vector = null, Text = null }];
        var sides = new List<IReadOnlyList<SearchHit>>();
        foreach (var side in alone)
        {
            sides.Add((await world.Things.Collection.SearchAsync(side, TestCollection.Cancel)).Hits);
        }

        double[] weights = [vectorWeight, textWeight, sparseWeight];
        var fusion = new RankFusion { K = k, VectorWeight = vectorWeight, TextWeight = textWeight, SparseWeight = sparseWeight };
        var three = await world.Things.Collection.SearchAsync(request with { K = 40, Offset = 3, Fusion = fusion }, TestCollection.Cancel);
        Assert.Equal(Fused(sides, weights, k).Skip(3).Take(40), three.Hits.Select(h => (h.Object.Id, h.Score)));
        Assert.All(three.Hits, h => Assert.Equal([RankIn(sides[0], h), RankIn(sides[1], h), RankIn(sides[2], h)], new[] { h.VectorRank, h.TextRank, h.SparseRank }));

        var two = await world.Things.Collection.SearchAsync(request with { Vector = null, Fusion = fusion, K = 50 }, TestCollection.Cancel);
        Assert.Equal(Fused(sides, [0, textWeight, sparseWeight], k).Where(f => sides.Skip(1).Any(s => s.Any(h => h.Object.Id == f.Id))).Take(50), two.Hits.Select(h => (h.Object.Id, h.Score)));
        Assert.All(two.Hits, h => Assert.True(h.VectorRank is null && double.IsNaN(h.Distance)));
        Assert.Equal("text-index + sparse-index", two.Plan.AccessPath);
    }

    [Fact]
    public async Task Search_WithGroups_KeepsTheBestOfEach()
    {
        await using var world = await SparseWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(7), 200, 90);
        var query = new Dictionary<uint, float> { [0] = 1, [357_913_941u] = 1 };
        var grouped = await world.SearchAsync(query, 1000, r => r with { GroupBy = new GroupLimit("title", 1) });
        Assert.Equal(world.Rank(query).GroupBy(o => (world.Objects[o.Id].N % 7, world.Objects[o.Id].N % 5)).Select(g => g.First()), SparseWorld.Scores(grouped));
    }

    [Fact]
    public async Task SearchBatch_OfAllKinds_AnswersEachAsAlone()
    {
        await using var world = await SparseWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(9), 150, 80);
        var sparse = SparseWorld.Query(new Dictionary<uint, float> { [0] = 1, [357_913_941u] = 1 });
        SearchRequest[] requests =
        [
            new() { Sparse = sparse }, new() { Vector = new VectorQuery { Value = new float[] { 3, 0 } } },
            new() { Vector = new VectorQuery { Value = new float[] { 3, 0 } }, Sparse = sparse, K = 4 },
        ];
        var batch = await world.Things.Collection.SearchBatchAsync(requests, TestCollection.Cancel);
        for (var i = 0; i < requests.Length; i++)
        {
            var alone = await world.Things.Collection.SearchAsync(requests[i], TestCollection.Cancel);
            Assert.NotEmpty(alone.Hits);
            Assert.Equal(SparseWorld.Scores(alone), SparseWorld.Scores(batch[i]));
        }

        var wrong = await Assert.ThrowsAsync<VektagrafException>(
            () => world.Things.Collection.SearchBatchAsync([requests[0], requests[0] with { Sparse = sparse with { Field = "nope" } }], TestCollection.Cancel));
        Assert.Contains("/queries/1/sparse/field", wrong.Errors.Keys);
    }

    [Fact]
    public async Task Patch_OfSparseVectors_MergesByField()
    {
        await using var things = await TestCollection.CreateAsync(SparseWorld.Definition(1));
        await things.SaveAsync("""{"id":"a","properties":{"n":1},"sparse":{"lexical":{"indices":[7,1],"values":[1,2]},"other":{"indices":[4],"values":[-0.5]}}}""");
        await things.PatchAsync("a", """{"properties":{"n":2}}""");
        Assert.Equal([("lexical", 1u, 2f), ("lexical", 7u, 1f), ("other", 4u, -0.5f)], Entries(await things.GetAsync("a")));
        await things.PatchAsync("a", """{"sparse":{"lexical":{"indices":[9],"values":[3]}}}""");
        Assert.Equal([("lexical", 9u, 3f), ("other", 4u, -0.5f)], Entries(await things.GetAsync("a")));
        await things.PatchAsync("a", """{"sparse":{"other":null}}""");
        Assert.Equal([("lexical", 9u, 3f)], Entries(await things.GetAsync("a")));
        await things.PatchAsync("a", """{"sparse":null}""");
        Assert.Empty(Entries(await things.GetAsync("a")));
    }

    [Fact]
    public async Task PutCollection_WithASparseFieldMoreOrLess_NeedsNoRebuild()
    {
        var store = new MemoryObjectStore();
        await using (var things = await TestCollection.CreateAsync("""{"sparse":{"a":{}}}""", store))
        {
            await things.SaveAsync("""{"id":"x","sparse":{"a":{"indices":[1],"values":[1]}}}""");
        }

        await using (var more = await TestCollection.CreateAsync("""{"sparse":{"a":{},"b":{}}}""", store))
        {
            await more.SaveAsync("""{"id":"y","sparse":{"b":{"indices":[1],"values":[1]}}}""");
            Assert.Equal("x", await more.SearchAsync(new SearchRequest { Sparse = SparseWorld.Query(new Dictionary<uint, float> { [1] = 1 }, "a") }));
        }

        await using var less = await TestCollection.CreateAsync("""{"sparse":{"b":{}}}""", store);
        Assert.Equal("y", await less.SearchAsync(new SearchRequest { Sparse = SparseWorld.Query(new Dictionary<uint, float> { [1] = 1 }, field: null) }));
        Assert.Empty((await less.GetAsync("x")).Sparse!);
        Assert.DoesNotContain("sparse", System.Text.Encoding.UTF8.GetString(CollectionJson.Encode(new CollectionDefinition())), StringComparison.Ordinal);
    }

    private static IEnumerable<(string Field, uint Index, float Value)> Entries(StoredObject stored) =>
        stored.Sparse!.SelectMany(s => s.Indices.ToArray().Zip(s.Values.ToArray(), (i, v) => (s.Field, i, v)));

    private static List<(string Id, double Score)> Fused(List<IReadOnlyList<SearchHit>> sides, double[] weights, double k)
    {
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        for (var side = 0; side < sides.Count; side++)
        {
            foreach (var (i, hit) in sides[side].Index())
            {
                scores[hit.Object.Id] = scores.GetValueOrDefault(hit.Object.Id) + (weights[side] / (k + i + 1));
            }
        }

        return [.. scores.OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value))];
    }

    private static SideRank? RankIn(IReadOnlyList<SearchHit> side, SearchHit hit) =>
        side.Index().Where(s => s.Item.Object.Id == hit.Object.Id).Select(s => new SideRank(s.Index + 1, s.Item.Score)).FirstOrDefault();
}
