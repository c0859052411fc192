using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Vektagraf.Server.Page;

/// <summary>Properties are the users' data: whatever they hold, the page only shows it.</summary>
[Collection(PageTests.Name)]
public sealed class SearchPageSafetyTests(PageFixture fixture)
{
    [Fact]
    public async Task Results_WhenPropertiesHoldMarkup_ShowItAsText()
    {
        await using PageVisit visit = await fixture.OpenAsync("#c=" + PageCatalog.Hostile);

        await visit.SearchAsync("words of markup");
        await Expect(visit.Titles).ToHaveCountAsync(4);
        foreach (ILocator title in await visit.Titles.AllAsync())
        {
            await title.ClickAsync();
        }

        await visit.Page.GetByRole(AriaRole.Group, new PageGetByRoleOptions { Name = "kind", Exact = true }).GetByText(PageCatalog.Payload).ClickAsync();
        await Expect(visit.Titles).ToHaveCountAsync(2);
        await visit.Titles.First.ClickAsync();
        await Expect(visit.Page.Locator(".props")).ToContainTextAsync(PageCatalog.Payload);
        await visit.Page.Locator(".like").First.ClickAsync();

        await Expect(visit.Page.Locator("#crumb-title")).ToContainTextAsync(PageCatalog.Payload);
        await AssertInertAsync(visit);
    }

    [Fact]
    public async Task Open_WhenAddressHoldsMarkup_ShowsItAsText()
    {
        string payload = Uri.EscapeDataString(PageCatalog.Payload);
        await using PageVisit visit = await fixture.OpenAsync($"#c={PageCatalog.Hostile}&q={payload}&f.kind={payload}&f.{payload}={payload}");

        await Expect(visit.SearchBox).ToHaveValueAsync(PageCatalog.Payload);
        await AssertInertAsync(visit);
    }

    [Fact]
    public async Task Policy_WhenScriptIsInjected_BlocksAndReportsIt()
    {
        PageVisit visit = await fixture.OpenAsync();

        await visit.Page.EvaluateAsync("() => { const s = document.createElement('script'); s.textContent = 'window.pwned = 5'; document.body.append(s); }");
        await visit.Page.EvaluateAsync("() => { const p = document.createElement('p'); p.setAttribute('style', 'color: red'); document.body.append(p); }");

        // Shows that the other tests would notice.
        Assert.Null(await visit.Page.EvaluateAsync<int?>("window.pwned ?? null"));
        IReadOnlyList<string> violations = await visit.ViolationsAsync();
        Assert.Contains(violations, v => v.StartsWith("script-src", StringComparison.Ordinal));
        Assert.Contains(violations, v => v.StartsWith("style-src", StringComparison.Ordinal));
        await visit.AbandonAsync();
    }

    private static async Task AssertInertAsync(PageVisit visit)
    {
        await visit.IdleAsync();
        Assert.Null(await visit.Page.EvaluateAsync<int?>("window.pwned ?? null"));
        Assert.Equal(0, await visit.Page.Locator("main img, main script, header img, main svg[onload], main b").CountAsync());
    }
}
