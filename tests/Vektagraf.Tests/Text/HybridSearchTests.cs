using Vektagraf.Querying;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Text;

/// <summary>Searches for a vector and words at once: ranks added by the formula.</summary>
public class HybridSearchTests
{
    [Theory]
    [InlineData(1, 60, 1, 1)]
    [InlineData(3, 60, 1, 1)]
    [InlineData(2, 10, 0.3, 2)]
    [InlineData(2, 60, 0, 1)]
    public async Task Search_ForBoth_AddsReciprocalRanks(int shards, double k, double vectorWeight, double textWeight)
    {
        await using var world = await TextWorld.CreateAsync(shards);
        await world.ChangeAsync(new Random(5), 200, 150);
        var near = (await SearchAsync(world, r => r with { Text = null, K = 100 })).Hits;
        var matching = (await SearchAsync(world, r => r with { Vector = null, K = 100 })).Hits;
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (i, hit) in near.Index())
        {
            scores[hit.Object.Id] = vectorWeight / (k + i + 1);
        }

        foreach (var (i, hit) in matching.Index())
        {
            scores[hit.Object.Id] = scores.GetValueOrDefault(hit.Object.Id) + (textWeight / (k + i + 1));
        }

        var fused = await SearchAsync(world, r => r with { K = 40, Offset = 3, Fusion = new RankFusion { K = k, VectorWeight = vectorWeight, TextWeight = textWeight } });
        var expected = scores.OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal).Skip(3).Take(40);
        Assert.Equal(expected.Select(e => (e.Key, e.Value)), fused.Hits.Select(h => (h.Object.Id, h.Score)));
        foreach (var hit in fused.Hits)
        {
            Assert.Equal(RankIn(near, hit, h => h.Score), hit.VectorRank);
            Assert.Equal(RankIn(matching, hit, h => h.Score), hit.TextRank);
            Assert.Equal(near.FirstOrDefault(h => h.Object.Id == hit.Object.Id)?.Distance ?? double.NaN, hit.Distance);
        }
    }

    [Fact]
    public async Task Search_ForBothWithAFilter_FiltersBothSides()
    {
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(6), 200, 150);
        var fused = await SearchAsync(world, r => r with { Filter = "n lt 20", K = 50 });
        Assert.NotEmpty(fused.Hits);
        Assert.All(fused.Hits, h => Assert.True(world.Objects[h.Object.Id].N < 20));
        Assert.Contains(fused.Hits, h => h.TextRank is not null && h.VectorRank is not null);
    }

    [Fact]
    public async Task Search_ForBothWithGroupsAndALeastScore_KeepsTheBestOfEach()
    {
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(7), 300, 200);
        var whole = await SearchAsync(world, r => r with { K = 1000 });
        var grouped = await SearchAsync(world, r => r with { K = 1000, GroupBy = new GroupLimit("title", 1), MinScore = 0.005 });
        Assert.Equal(whole.Hits.Where(h => h.Score >= 0.005).GroupBy(h => world.Objects[h.Object.Id].Title).Select(g => g.First().Object.Id), grouped.Hits.Select(h => h.Object.Id));
    }

    [Fact]
    public async Task Search_LikeAnObject_DoesNotFindItself()
    {
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(8), 150, 50);
        var self = world.Objects.First(o => o.Value.Body?.Contains("w0", StringComparison.Ordinal) == true).Key;
        var fused = await SearchAsync(world, r => r with { Vector = new VectorQuery { Id = self }, K = 1000 });
        Assert.NotEmpty(fused.Hits);
        Assert.DoesNotContain(fused.Hits, h => h.Object.Id == self);
    }

    [Fact]
    public async Task SearchBatch_OfAllKinds_AnswersEachAsAlone()
    {
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(9), 150, 80);
        SearchRequest[] requests = [Request(), Request() with { Text = null }, Request() with { Vector = null, K = 3 }, Request() with { Vector = null, Text = new TextQuery { Query = "w3 -w0" } }];
        var batch = await world.Things.Collection.SearchBatchAsync(requests, TestCollection.Cancel);
        for (var i = 0; i < requests.Length; i++)
        {
            var alone = await world.Things.Collection.SearchAsync(requests[i], TestCollection.Cancel);
            Assert.NotEmpty(alone.Hits);
            Assert.Equal(alone.Hits.Select(h => (h.Object.Id, h.Score)), batch[i].Hits.Select(h => (h.Object.Id, h.Score)));
        }

        var wrong = await Assert.ThrowsAsync<VektagrafException>(() => world.Things.Collection.SearchBatchAsync([Request(), Request() with { Text = new TextQuery { Query = " " } }], TestCollection.Cancel));
        Assert.Contains("/queries/1/text/query", wrong.Errors.Keys);
    }

    private static SideRank? RankIn(IReadOnlyList<SearchHit> side, SearchHit hit, Func<SearchHit, double> score) =>
        side.Index().Where(s => s.Item.Object.Id == hit.Object.Id).Select(s => new SideRank(s.Index + 1, score(s.Item))).FirstOrDefault();

    private static SearchRequest Request() => new() { Vector = new VectorQuery { Value = new float[] { 33, 0 } }, Text = new TextQuery { Query = "w0 w5" } };

    private static Task<SearchResponse> SearchAsync(TextWorld world, Func<SearchRequest, SearchRequest> with) => world.Things.Collection.SearchAsync(with(Request()), TestCollection.Cancel);
}
