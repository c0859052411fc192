using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Optimisation;

/// <summary>Searches for words are explained and recorded like others.</summary>
public class ExplainTextTests
{
    private const string Definition = """
        { "shards": SHARDS, "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } },
          "fields": { "n": { "type": "number", "index": true }, "title": { "type": "text" } } }
        """;

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, "even", 300)]
    [InlineData(3, "third", 200)]
    [InlineData(3, "even third", 400)]
    [InlineData(1, "+even +third", 100)]
    [InlineData(3, "even -third", 200)]
    [InlineData(1, "absent", 0)]
    public async Task ExplainAsync_OfWords_BracketsHowManyHaveThem(int shards, string words, int matching)
    {
        await using var things = await CreateAsync(shards);
        var search = new SearchRequest { Text = new TextQuery { Query = words }, K = 600 };
        var explained = await things.Collection.ExplainAsync(new ExplainRequest { Search = search, Analyze = true }, Cancel);
        var text = Assert.Single(explained.Plan.Children);
        Assert.Equal(("text-index", "title"), (text.Kind, text.Field));
        Assert.InRange(matching, text.Estimate.Min, text.Estimate.Max);
        Assert.InRange(text.Estimate.Expected, text.Estimate.Min, text.Estimate.Max);
        Assert.InRange(ExplainNode.QErrorOf(text.Estimate.Expected, matching), 1, 1.01);
        Assert.Equal(matching, explained.Actual!.Rows);
        Assert.Equal("text-index", explained.Actual.Search!.AccessPath);
        Assert.Contains("text (title)", explained.Shape, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExplainAsync_OfWordsWithVectorAndFilter_HasAStepForEach()
    {
        await using var things = await CreateAsync(shards: 2);
        var search = new SearchRequest { Text = new TextQuery { Query = "even" }, Vector = new VectorQuery { Value = new float[] { 5, 1 } }, Filter = "n lt 60", K = 600 };
        var explained = await things.Collection.ExplainAsync(new ExplainRequest { Search = search, WhatIf = [new Alternative { FieldIndex = "n" }] }, Cancel);
        Assert.Equal(["text-index", "flat", "index"], explained.Plan.Children.Select(c => c.Kind));
        Assert.Equal(30, explained.Plan.Children[0].Estimate.Expected);
        Assert.Equal(60, explained.Plan.Estimate.Expected);
        Assert.Contains("index already", Assert.Single(explained.Alternatives).Problem, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<VektagrafException>(
            () => things.Collection.ExplainAsync(new ExplainRequest { Search = search, WhatIf = [new Alternative { EfSearch = 10 }] }, Cancel));
        Assert.Equal(ErrorKind.Invalid, refused.Kind);
    }

    [Fact]
    public async Task ListPlansAsync_AfterSearchesForWords_HasThemByShape()
    {
        await using var things = await CreateAsync(shards: 1);
        foreach (var words in (string[])["even", "third", "even third"])
        {
            await things.Collection.SearchAsync(new SearchRequest { Text = new TextQuery { Query = words } }, Cancel);
        }

        await things.Collection.SearchAsync(new SearchRequest { Text = new TextQuery { Query = "even" }, Vector = new VectorQuery { Value = new float[] { 5, 1 } } }, Cancel);
        var plans = await things.Collection.ListPlansAsync(Cancel);
        Assert.Equal([1L, 3L], plans.Select(p => p.Statistics.Executions).Order());
        Assert.Equal(["flat + text-index", "text-index"], plans.Select(p => p.AccessPath).Order(StringComparer.Ordinal));
        Assert.All(plans.SelectMany(p => p.Samples), s => Assert.NotNull(s.Search!.Text));
    }

    /// <summary>600 objects: every other one is even, every third third.</summary>
    private static async Task<TestCollection> CreateAsync(int shards)
    {
        var things = await TestCollection.CreateAsync(Definition.Replace("SHARDS", $"{shards}", StringComparison.Ordinal));
        var lines = Enumerable.Range(0, 600).Select(i =>
            $$"""{ "id": "o{{i:D5}}", "properties": { "n": {{i}}, "title": "thing{{(i % 2 == 0 ? " even" : "")}}{{(i % 3 == 0 ? " third" : "")}}" }, "vectors": { "e": [{{i}}, 1] } }""");
        Assert.Equal(600, (await things.ImportAsync(string.Join('\n', lines))).Imported);
        return things;
    }
}
