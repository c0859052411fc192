using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Vektagraf.Server.Page;

/// <summary>The page without a mouse.</summary>
[Collection(PageTests.Name)]
public sealed class SearchPageKeyboardTests(PageFixture fixture)
{
    private const string DocsHash = "#c=" + PageCatalog.Docs;

    [Fact]
    public async Task Open_WhenLoaded_FocusesTheSearchBox()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);

        await Expect(visit.SearchBox).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Keys_WhenUsedFromSearchToNeighbours_NeedNoMouse()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);
        IKeyboard keys = visit.Page.Keyboard;

        await keys.TypeAsync("read all lines of a text file");
        await keys.PressAsync("Enter");
        await Expect(visit.Titles.First).ToHaveTextAsync("File.ReadAllLines(String)");
        await keys.PressAsync("ArrowDown");
        await Expect(visit.Titles.First).ToBeFocusedAsync();
        await keys.PressAsync("ArrowDown");
        await Expect(visit.Titles.Nth(1)).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Expect(visit.Titles.Nth(1)).ToHaveAttributeAsync("aria-expanded", "true");
        string? origin = await visit.FocusedTextAsync();
        await keys.PressAsync("m");

        await Expect(visit.Page.Locator("#crumb-title")).ToHaveTextAsync(origin!);
        await Expect(visit.Titles.First).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Arrows_WhenAtTheEndsOfTheResults_LeadToBoxAndShowMore()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);
        IKeyboard keys = visit.Page.Keyboard;

        for (int i = 0; i < 20; i++)
        {
            await keys.PressAsync("ArrowDown");
        }

        await Expect(visit.Titles.Last).ToBeFocusedAsync();
        await keys.PressAsync("ArrowDown");
        await Expect(visit.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Show more" })).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Expect(visit.Titles.Nth(20)).ToBeFocusedAsync();
        for (int i = 0; i < 21; i++)
        {
            await keys.PressAsync("ArrowUp");
        }

        await Expect(visit.SearchBox).ToBeFocusedAsync();
    }

    [Fact]
    public async Task SlashAndEscape_WhenPressed_LeadToTheBoxAndClearIt()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash + "&q=file");
        IKeyboard keys = visit.Page.Keyboard;

        await visit.Titles.Nth(2).FocusAsync();
        await keys.PressAsync("/");
        await Expect(visit.SearchBox).ToBeFocusedAsync();
        await Expect(visit.SearchBox).ToHaveValueAsync("file");
        await keys.PressAsync("ArrowDown");
        await keys.PressAsync("Escape");
        await Expect(visit.SearchBox).ToBeFocusedAsync();
        await keys.PressAsync("Escape");
        await Expect(visit.SearchBox).ToHaveValueAsync("");
        await keys.PressAsync("Escape");

        await Expect(visit.Status).ToContainTextAsync("First 20 of 28 objects");
    }

    [Fact]
    public async Task Letters_WhenTypedIntoTheBox_AreNoCommands()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);

        await visit.Page.Keyboard.TypeAsync("m/m");

        await Expect(visit.SearchBox).ToHaveValueAsync("m/m");
        await Expect(visit.Page.Locator("#crumb")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Chip_WhenPressedByKey_KeepsFocus()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);

        await visit.Chip("type").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Space");

        await Expect(visit.Titles).ToHaveCountAsync(PageCatalog.CountOfKind("type"));
        await Expect(visit.Chip("type")).ToBeFocusedAsync();
    }
}
