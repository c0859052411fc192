using CsCheck;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Storage;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Text;

/// <summary>Searches for words against BM25 computed from the texts themselves.</summary>
public class TextSearchTests
{
    private static readonly int[] QuerySizes = [1, 2, 4];

    [Theory]
    [InlineData(1, 11)]
    [InlineData(3, 12)]
    public async Task Search_WhileObjectsComeChangeAndGo_ScoresByTheFormula(int shards, int seed)
    {
        var random = new Random(seed);
        await using var world = await TextWorld.CreateAsync(shards);
        for (var round = 0; round < 12; round++)
        {
            await world.ChangeAsync(random, 30, ids: 60);
            foreach (var size in QuerySizes)
            {
                string[] words = [.. Enumerable.Range(0, size).Select(_ => TextWorld.Word(random.Next(TextWorld.Vocabulary)))];
                var k = 1 + random.Next(20);
                TextWorld.AssertSame(world.Rank(words), await world.SearchAsync(string.Join(' ', words), k), k);
                TextWorld.AssertSame(world.Rank(words, ["title"]), await world.SearchAsync(string.Join(' ', words), k, r => r with { Text = r.Text! with { Fields = ["title"] } }), k);
            }
        }
    }

    [Fact]
    public async Task Search_WithWeights_MultipliesTheScoresOfAField()
    {
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(5), 80, 60);
        var answer = await world.SearchAsync("w1 w3", 20, r => r with { Text = r.Text! with { Weights = new Dictionary<string, double> { ["title"] = 2.5 } } });
        TextWorld.AssertSame(world.Rank(["w1", "w3"], titleWeight: 2.5), answer, 20);
    }

    [Fact]
    public async Task Search_OfThePast_ScoresByWhatWasThere()
    {
        var random = new Random(21);
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(random, 60, 40);
        var past = world.With(world.Things);
        var session = (await world.SearchAsync("w0")).Session;
        for (var i = 0; i < 4; i++)
        {
            await world.ChangeAsync(random, 25, 50);
            await world.SearchAsync("w2");
            TextWorld.AssertSame(past.Rank(["w0", "w2", "w5"]), await world.SearchAsync("w0 w2 w5", 15, r => r with { AsOf = session }), 15);
            TextWorld.AssertSame(world.Rank(["w0", "w2", "w5"]), await world.SearchAsync("w0 w2 w5", 15), 15);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Search_AfterAFoldAndAReload_ScoresAlike(int shards)
    {
        var random = new Random(31);
        await using var world = await TextWorld.CreateAsync(shards);
        await world.ChangeAsync(random, 120, 60);
        Assert.Equal(shards, (await world.Things.Collection.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, TestCollection.Cancel)).Folds);
        await world.ChangeAsync(random, 30, 60);
        var before = await world.SearchAsync("w0 w1 w7", 20);
        await using var reopened = await TestCollection.CreateAsync(TextWorld.Definition(shards), world.Things.Store);
        var reloaded = world.With(reopened);
        var after = await reloaded.SearchAsync("w0 w1 w7", 20);
        TextWorld.AssertSame(world.Rank(["w0", "w1", "w7"]), after, 20);
        Assert.Equal(before.Hits.Select(h => (h.Object.Id, h.Score)), after.Hits.Select(h => (h.Object.Id, h.Score)));
    }

    [Fact]
    public async Task Search_WhereShardsDiffer_GivesTheSameBytes()
    {
        var texts = new List<string>();
        for (var shards = 1; shards <= 3; shards++)
        {
            var random = new Random(41);
            await using var world = await TextWorld.CreateAsync(shards);
            await world.ChangeAsync(random, 100, 50);
            var answer = await world.SearchAsync("w0 w1 +w2 -w9", 50);
            texts.Add(string.Join('\n', answer.Hits.Select(h => FormattableString.Invariant($"{h.Object.Id} {h.Score:R}"))));
        }

        Assert.NotEmpty(texts[0]);
        Assert.All(texts, t => Assert.Equal(texts[0], t));
    }

    [Fact]
    public async Task Search_WithAFilter_FindsWhatTheFormulaRanksAmongTheRest()
    {
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(51), 150, 80);
        var answer = await world.SearchAsync("w0 w4", 12, r => r with { Filter = "n lt 30" });
        var expected = world.Rank(["w0", "w4"]).Where(e => world.Objects[e.Id].N < 30).ToList();
        TextWorld.AssertSame(expected, answer, 12);
    }

    [Fact]
    public async Task Search_PageByPage_IsTheWhole()
    {
        await using var world = await TextWorld.CreateAsync(3);
        await world.ChangeAsync(new Random(61), 150, 80);
        var whole = await world.SearchAsync("w0 w1", 100);
        var pages = new List<string>();
        for (var offset = 0; offset < whole.Hits.Count; offset += 7)
        {
            pages.AddRange((await world.SearchAsync("w0 w1", 7, r => r with { Offset = offset })).Hits.Select(h => h.Object.Id));
        }

        Assert.Equal(whole.Hits.Select(h => h.Object.Id), pages);
    }

    [Fact]
    public async Task Search_WithALeastScore_CutsThere()
    {
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(71), 100, 60);
        var whole = await world.SearchAsync("w0 w1", 100);
        var least = whole.Hits[whole.Hits.Count / 2].Score;
        var cut = await world.SearchAsync("w0 w1", 100, r => r with { MinScore = least });
        Assert.Equal(whole.Hits.Where(h => h.Score >= least).Select(h => h.Object.Id), cut.Hits.Select(h => h.Object.Id));
    }

    [Fact]
    public async Task Search_WithGroups_KeepsTheBestOfEach()
    {
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(81), 100, 60);
        var whole = await world.SearchAsync("w0 w1", 1000);
        var grouped = await world.SearchAsync("w0 w1", 5, r => r with { GroupBy = new GroupLimit("title", 1) });
        var expected = whole.Hits.GroupBy(h => world.Objects[h.Object.Id].Title).Select(g => g.First().Object.Id).Take(5);
        Assert.Equal(expected, grouped.Hits.Select(h => h.Object.Id));
    }

    [Fact]
    public async Task Search_WhileOthersWrite_SeesWhatWasAcknowledged()
    {
        await using var world = await TextWorld.CreateAsync(2);
        using var done = new CancellationTokenSource();
        var random = new Random(91);
        var reader = Task.Run(async () =>
        {
            var searches = 0;
            while (!done.IsCancellationRequested)
            {
                var answer = await world.SearchAsync("w0 w1 \"w0 w1\" w1*", 30);
                Assert.All(answer.Hits.Zip(answer.Hits.Skip(1)), p => Assert.True(p.First.Score >= p.Second.Score));
                searches++;
            }

            return searches;
        });
        for (var i = 0; i < 300; i++)
        {
            var id = $"u{i}";
            await world.Things.SaveAsync($$$"""{"id":"{{{id}}}","properties":{"title":"unique{{{i}}}x w0 w1 {{{random.Next(9)}}}"} }""");
            Assert.Equal(id, Assert.Single((await world.SearchAsync($"unique{i}x")).Hits).Object.Id);
            if (i % 3 == 0)
            {
                await world.Things.DeleteAsync(id);
                Assert.Empty((await world.SearchAsync($"unique{i}x")).Hits);
            }
        }

        await done.CancelAsync();
        Assert.True(await reader > 0);
    }

    [Fact]
    public async Task Search_WithOnlyUnreadablePastValues_FindsTheRest()
    {
        // What is not a string was saved before the field was declared.
        var store = new MemoryObjectStore();
        await using (var before = await TestCollection.CreateAsync("{}", store))
        {
            await before.SaveAsync("""{"id":"a","properties":{"title":5} }""");
            await before.SaveAsync("""{"id":"b","properties":{"title":"five apples"} }""");
        }

        await using var things = await TestCollection.CreateAsync("""{"fields":{"title":{"type":"text"} } }""", store);
        Assert.Equal("b", await things.SearchAsync(new SearchRequest { Text = new TextQuery { Query = "apple 5" } }));
    }

    [Fact]
    public async Task Search_ForAnyQuery_AnswersOrSaysWhatIsWrong()
    {
        await using var world = await TextWorld.CreateAsync(2);
        await world.ChangeAsync(new Random(3), 60, 40);
        var pieces = Gen.OneOf(
            Gen.Const("w1"), Gen.Const("w2*"), Gen.Const("+"), Gen.Const("-"), Gen.Const("\""), Gen.Const("*"), Gen.Const(" "), Gen.Const("W1W2"), Gen.Const("_"), Gen.Const("é\u0301"),
            Gen.Const("東京"), Gen.Const("😀"), Gen.Const("\ud83d"), Gen.Const("'s"), Gen.Const("3.14"), Gen.String, Gen.Char.Select(c => c.ToString()));
        await pieces.Array[0, 12].SampleAsync(async parts =>
        {
            var query = string.Concat(parts);
            try
            {
                var answer = await world.SearchAsync(query, 5, r => r with { Highlight = new TextHighlight { FragmentLength = 20 } });
                Assert.True(answer.Hits.Count <= 5);
            }
            catch (VektagrafException e)
            {
                Assert.Equal((ErrorKind.Invalid, true), (e.Kind, string.IsNullOrWhiteSpace(query)));
            }
        }, iter: 300);
    }
}
