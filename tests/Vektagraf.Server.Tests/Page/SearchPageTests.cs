using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Vektagraf.Server.Page;

/// <summary>The page as its users see it, in a real browser against a real server.</summary>
[Collection(PageTests.Name)]
public sealed partial class SearchPageTests(PageFixture fixture)
{
    private const string DocsHash = "#c=" + PageCatalog.Docs;
    private const string FileQuery = "read all lines of a text file";
    private const string FileTitle = "File.ReadAllLines(String)";

    [Fact]
    public async Task Search_WhenTextIsEntered_ShowsNearestWithScoresAndTimes()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);

        await visit.SearchAsync(FileQuery);

        await Expect(visit.Titles.First).ToHaveTextAsync(FileTitle);
        await Expect(visit.Status).ToHaveTextAsync(StatusLine());
        double[] scores = [.. (await visit.Page.Locator(".score").AllInnerTextsAsync()).Select(ScoreOf)];
        Assert.Equal(20, scores.Length);
        Assert.Equal(scores.OrderDescending(), scores);
        await Expect(visit.Page).ToHaveURLAsync(new Regex("q=read\\+all\\+lines", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await Expect(visit.Page).ToHaveTitleAsync($"{FileQuery} – docs – Vektagraf");
    }

    [Fact]
    public async Task Open_WhenNothingIsAsked_BrowsesObjectsById()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "Search docs" })).ToBeVisibleAsync();
        await Expect(visit.Status).ToContainTextAsync("First 20 of 28 objects");
        IReadOnlyList<string> titles = await visit.Titles.AllInnerTextsAsync();
        Assert.Equal(titles.Order(StringComparer.Ordinal), titles);
    }

    [Fact]
    public async Task Chip_WhenPressedAndReleased_FiltersByItsValue()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);

        await visit.Chip("property").ClickAsync();
        await Expect(visit.Titles).ToHaveCountAsync(PageCatalog.CountOfKind("property"));
        await visit.Chip("type").ClickAsync();

        await Expect(visit.Titles).ToHaveCountAsync(PageCatalog.CountOfKind("property") + PageCatalog.CountOfKind("type"));
        await Expect(visit.Chip("type")).ToHaveAttributeAsync("aria-pressed", "true");
        Assert.DoesNotContain("method", await visit.Page.Locator(".badge").AllInnerTextsAsync());
        await visit.Chip("property").ClickAsync();
        await Expect(visit.Titles).ToHaveCountAsync(PageCatalog.CountOfKind("type"));
    }

    [Theory]
    [InlineData("System.IO", 5)]
    [InlineData("System.IO*", 7)]
    public async Task NamespaceInput_WhenNameOrPrefixIsEntered_FiltersByIt(string entered, int expected)
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);

        await visit.Facet("namespace").FillAsync(entered);
        await visit.Facet("namespace").PressAsync("Enter");

        await Expect(visit.Titles).ToHaveCountAsync(expected);
        await visit.Page.GetByText("Clear filters").ClickAsync();
        await Expect(visit.Titles).ToHaveCountAsync(20);
        await Expect(visit.Facet("namespace")).ToHaveValueAsync("");
    }

    [Fact]
    public async Task NamespaceInput_WhileTyping_SuggestsValuesThatWereNotSeenYet()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash + "&q=file");

        await visit.Facet("namespace").PressSequentiallyAsync("System.Te");

        ILocator suggestions = visit.Page.Locator("datalist option[value^='System.Te']");
        await Expect(suggestions).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task MoreLikeThis_WhenClicked_ShowsNeighboursWithoutTheObjectItself()
    {
        await using PageVisit visit = await fixture.OpenAsync($"{DocsHash}&q={Uri.EscapeDataString(FileQuery)}");

        await visit.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = $"More like this: {FileTitle}", Exact = true }).ClickAsync();

        await Expect(visit.Page.Locator("#crumb")).ToHaveTextAsync($"more like:{FileTitle}✕");
        await Expect(visit.Titles.First).ToHaveTextAsync("File.WriteAllText(String, String)");
        Assert.DoesNotContain(FileTitle, await visit.Titles.AllInnerTextsAsync());
        await visit.Page.GetByLabel("Stop searching for more like this").ClickAsync();
        await Expect(visit.Page.Locator("#crumb")).ToBeHiddenAsync();
        await Expect(visit.Status).ToContainTextAsync("First 20 of 28 objects");
    }

    [Fact]
    public async Task History_WhenWalkedBackAndForth_RestoresSearches()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);
        await visit.SearchAsync(FileQuery);
        await visit.SearchAsync("square root of a number");
        await Expect(visit.Titles.First).ToHaveTextAsync("Math.Sqrt(Double)");
        await visit.Chip("type").ClickAsync();
        await Expect(visit.Titles).ToHaveCountAsync(PageCatalog.CountOfKind("type"));

        await visit.Page.GoBackAsync();
        await visit.Page.GoBackAsync();

        await Expect(visit.SearchBox).ToHaveValueAsync(FileQuery);
        await Expect(visit.Titles.First).ToHaveTextAsync(FileTitle);
        await Expect(visit.Chip("type")).ToHaveAttributeAsync("aria-pressed", "false");
        await visit.Page.GoForwardAsync();
        await Expect(visit.Titles.First).ToHaveTextAsync("Math.Sqrt(Double)");
    }

    [Fact]
    public async Task Open_WhenAddressIsShared_ShowsTheSameSearch()
    {
        string shared = $"{DocsHash}&like={Uri.EscapeDataString(FileTitle)}&f.kind=type&f.namespace=System.*&filter={Uri.EscapeDataString("kind ne 'event'")}";

        await using PageVisit visit = await fixture.OpenAsync(shared);

        await Expect(visit.Page.Locator("#crumb-title")).ToHaveTextAsync(FileTitle);
        await Expect(visit.Chip("type")).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(visit.Facet("namespace")).ToHaveValueAsync("System.*");
        await Expect(visit.Page.GetByLabel("Filter expression")).ToHaveValueAsync("kind ne 'event'");
        await Expect(visit.Titles).ToHaveCountAsync(PageCatalog.CountOfKind("type"));
    }

    [Fact]
    public async Task Result_WhenOpened_ShowsPropertiesAndJson()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash + "&q=square+root");

        await visit.Titles.First.ClickAsync();
        await visit.Page.GetByText("JSON", new PageGetByTextOptions { Exact = true }).First.ClickAsync();

        await Expect(visit.Page.Locator(".props dd").First).ToHaveTextAsync("Math.Sqrt(Double)");
        await Expect(visit.Page.Locator(".detail pre")).ToContainTextAsync("\"summary\": \"Returns the square root of a number.\"");
        await visit.Page.GetByLabel("only these: kind method").ClickAsync();
        await Expect(visit.Chip("method")).ToHaveAttributeAsync("aria-pressed", "true");
    }

    [Fact]
    public async Task ShowMore_WhenPressed_AppendsTheNextPagesUntilTheEnd()
    {
        await using PageVisit visit = await fixture.OpenAsync("#c=" + PageCatalog.Products);
        ILocator more = visit.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Show more" });

        await more.ClickAsync();
        await Expect(visit.Titles).ToHaveCountAsync(40);
        await more.ClickAsync();

        await Expect(visit.Titles).ToHaveCountAsync(PageCatalog.ProductCount);
        await Expect(more).ToBeHiddenAsync();
        Assert.Equal(PageCatalog.ProductCount, (await visit.Titles.AllInnerTextsAsync()).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Search_WhenCollectionHasNoGenerator_FindsExactTextAndNeighbours()
    {
        await using PageVisit visit = await fixture.OpenAsync("#c=" + PageCatalog.Products);

        await visit.SearchAsync("sku-02");
        await Expect(visit.Titles).ToHaveCountAsync(10);
        await visit.Chip("true").ClickAsync();
        await Expect(visit.Titles).ToHaveTextAsync(["sku-020", "sku-022", "sku-024", "sku-026", "sku-028"]);
        await visit.Page.GetByText("Clear filters").ClickAsync();
        await visit.Page.GetByLabel("More like this: sku-020").ClickAsync();

        await Expect(visit.Titles.First).ToHaveTextAsync("sku-019");
        await Expect(visit.Titles.Nth(1)).ToHaveTextAsync("sku-021");
    }

    [Fact]
    public async Task Collection_WhenAnotherIsPicked_IsSearchedWithTheSameText()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash + "&q=sku-03&f.kind=type");

        await visit.Page.GetByLabel("Collection", new PageGetByLabelOptions { Exact = true }).SelectOptionAsync(PageCatalog.Products);

        await Expect(visit.Titles.First).ToHaveTextAsync("sku-030");
        await Expect(visit.Titles).ToHaveCountAsync(10);
        await Expect(visit.Chip("type")).ToHaveCountAsync(0);
    }

    private static double ScoreOf(string text) =>
        double.Parse(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^Top 20 results.*server [\d.,]+ ms.*round trip [\d.,]+ ms.*\w+, 28 rows considered", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StatusLine();
}
