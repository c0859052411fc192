using System.Globalization;
using System.Text.Json;
using Vektagraf.Querying;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Text;

/// <summary>What queries mean, on a handful of texts.</summary>
public sealed class TextQueryTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["run"] = "She runs in running shoes.",
        ["ran"] = "Shoes for the run, and nothing else",
        ["lines"] = "File.ReadLinesAsync reads the lines of a file",
        ["apart"] = "How to read lines without blocking",
        ["js"] = "A JavaScript tutorial",
        ["coffee"] = "A café in Malmö isn't far",
        ["version"] = "Released as version 10.0.3 in C# and C++",
        ["tokyo"] = "東京タワー and 京都",
        ["snake"] = "max_items_per_page limits a page",
        ["urls"] = "Some URLs and an XMLReader",
    };

    private TestCollection _things = null!;

    public async ValueTask InitializeAsync()
    {
        _things = await TestCollection.CreateAsync("""{"fields":{"t":{"type":"text"} } }""");
        await _things.SaveAllAsync(Texts.Select(t => $$$"""{"id":"{{{t.Key}}}","properties":{"t":{{{JsonSerializer.Serialize(t.Value)}}}} }"""));
    }

    public ValueTask DisposeAsync() => _things.DisposeAsync();

    [Theory]
    [InlineData("run", "ran run")]
    [InlineData("RUNNING shoe", "ran run")]
    [InlineData("+runs +in", "run")]
    [InlineData("shoes -nothing", "run")]
    [InlineData("\"running shoes\"", "run")]
    [InlineData("\"shoes running\"", "")]
    [InlineData("-\"running shoes\" shoes", "ran")]
    [InlineData("+\"the run\" shoes", "ran")]
    [InlineData("\"the run", "ran")]
    [InlineData("runn*", "ran run")]
    [InlineData("noth*", "ran")]
    [InlineData("+noth* +shoe*", "ran")]
    [InlineData("-noth* shoe*", "run")]
    [InlineData("ReadLinesAsync", "lines")]
    [InlineData("readlinesasync", "lines")]
    [InlineData("ReadLines", "apart lines")]
    [InlineData("readl*", "lines")]
    [InlineData("+async", "lines")]
    [InlineData("File.ReadLinesAsync", "lines")]
    [InlineData("javascript", "js")]
    [InlineData("\"javascript tutorial\"", "js")]
    [InlineData("JavaScript", "js")]
    [InlineData("cafe malmo", "coffee")]
    [InlineData("CAFÉ", "coffee")]
    [InlineData("cafe\u0301", "coffee")]
    [InlineData("isn't", "coffee")]
    [InlineData("10.0.3", "version")]
    [InlineData("10.0*", "version")]
    [InlineData("C#", "version")]
    [InlineData("c++", "version")]
    [InlineData("東京", "tokyo")]
    [InlineData("都東", "")]
    [InlineData("max_items_per_page", "snake")]
    [InlineData("items", "snake")]
    [InlineData("url", "urls")]
    [InlineData("xml reader", "urls")]
    [InlineData("nowhere", "")]
    [InlineData("-shoes", "")]
    [InlineData("!?", "")]
    [InlineData("run run run", "ran run")]
    public async Task Search_ForAQuery_FindsTheTextsItMeans(string query, string expected) => Assert.Equal(expected, await IdsAsync(query));

    [Theory]
    [InlineData("-shoes", "excluded")]
    [InlineData("!? + - \"\"", "no words")]
    public async Task Search_ThatCanFindNothing_SaysWhy(string query, string warning)
    {
        var answer = await SearchAsync(query);
        Assert.Empty(answer.Hits);
        Assert.Contains(warning, Assert.Single(answer.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("running", "She [runs] in [running] shoes.")]
    [InlineData("\"running shoes\"", "She runs in [running] [shoes].")]
    [InlineData("sho* -nothing", "She runs in running [shoes].")]
    public async Task Highlight_OfAShortText_IsTheTextWithItsWordsMarked(string query, string expected)
    {
        var answer = await SearchAsync(query, new TextHighlight { PreTag = "[", PostTag = "]" });
        Assert.Equal([expected], answer.Hits.Single(h => h.Object.Id == "run").Highlights!["t"]);
    }

    [Theory]
    [InlineData("lines", "File.Read[Lines]Async reads the [lines] of a file")]
    [InlineData("ReadLinesAsync", "File.[ReadLinesAsync] reads the lines of a file")]
    public async Task Highlight_OfAnIdentifier_MarksWhatMatched(string query, string expected)
    {
        var answer = await SearchAsync(query, new TextHighlight { PreTag = "[", PostTag = "]" });
        Assert.Equal([expected], answer.Hits.Single(h => h.Object.Id == "lines").Highlights!["t"]);
    }

    [Fact]
    public async Task Highlight_OfALongText_IsTheExcerptsWithTheMostWords()
    {
        var filler = string.Join(' ', Enumerable.Repeat("nothing to see here", 20));
        var text = $"{filler} one needle {filler} a needle and a needle {filler} the last needle";
        await _things.SaveAsync($$$"""{"id":"long","properties":{"t":"{{{text}}}"} }""");
        var answer = await SearchAsync("needle", new TextHighlight { Fragments = 2, FragmentLength = 60 });
        var fragments = Assert.Single(answer.Hits).Highlights!["t"];
        Assert.Equal(2, fragments.Count);
        Assert.Contains("<em>needle</em> and a <em>needle</em>", fragments[0], StringComparison.Ordinal);
        Assert.Contains("one <em>needle</em>", fragments[1], StringComparison.Ordinal);
        Assert.All(fragments, f => Assert.Contains(f.Replace("<em>", "", StringComparison.Ordinal).Replace("</em>", "", StringComparison.Ordinal), text, StringComparison.Ordinal));
        Assert.All(fragments, f => Assert.InRange(f.Length, 20, 60 + (2 * "<em></em>".Length)));
        var whole = await SearchAsync("needle", new TextHighlight { Fragments = 0, PreTag = "", PostTag = "" });
        Assert.Equal([text], Assert.Single(whole.Hits).Highlights!["t"]);
    }

    [Fact]
    public async Task Search_WithMoreWordsThanAllowed_Says()
    {
        var query = string.Join(' ', Enumerable.Range(0, Limits.MaxTextQueryWords + 1).Select(i => i.ToString(CultureInfo.InvariantCulture)));
        Assert.Contains("257", (await Assert.ThrowsAsync<VektagrafException>(() => SearchAsync(query))).Message, StringComparison.Ordinal);
        Assert.Empty((await SearchAsync(query[..query.LastIndexOf(' ')])).Hits);
    }

    private Task<SearchResponse> SearchAsync(string query, TextHighlight? highlight = null) =>
        _things.Collection.SearchAsync(new SearchRequest { Text = new TextQuery { Query = query }, Highlight = highlight }, TestCollection.Cancel);

    private async Task<string> IdsAsync(string query) => string.Join(' ', (await SearchAsync(query)).Hits.Select(h => h.Object.Id).Order(StringComparer.Ordinal));
}
