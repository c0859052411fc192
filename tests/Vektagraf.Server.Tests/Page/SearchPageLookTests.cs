using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Vektagraf.Server.Page;

/// <summary>Colour schemes and sizes; the screenshots are kept beside the test assembly, to be looked at.</summary>
[Collection(PageTests.Name)]
public sealed class SearchPageLookTests(PageFixture fixture)
{
    private const string ResultsHash = "#c=" + PageCatalog.Docs + "&q=read+all+lines+of+a+text+file";

    [Theory]
    [InlineData("light", ColorScheme.Light, 1200, 850)]
    [InlineData("dark", ColorScheme.Dark, 1200, 850)]
    [InlineData("narrow", ColorScheme.Light, 360, 740)]
    public async Task Screenshot_WhenTaken_ShowsResultsWithinTheWindow(string name, ColorScheme scheme, int width, int height)
    {
        BrowserNewContextOptions options = new() { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = height } };
        await using PageVisit visit = await fixture.OpenAsync(ResultsHash, options);
        await Expect(visit.Titles).ToHaveCountAsync(20);
        await visit.Titles.First.ClickAsync();

        string file = Path.Combine(AppContext.BaseDirectory, "screenshots", $"search-page-{name}.png");
        await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = file });

        TestContext.Current.TestOutputHelper?.WriteLine(file);
        await Expect(visit.Page.Locator(".hit").First).ToBeInViewportAsync();
        Assert.Equal(width, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        bool isDark = await BrightnessAsync(visit) < 128;
        Assert.Equal(scheme == ColorScheme.Dark, isDark);
    }

    [Fact]
    public async Task Theme_WhenChanged_IsRemembered()
    {
        await using PageVisit visit = await fixture.OpenAsync(ResultsHash, new BrowserNewContextOptions { ColorScheme = ColorScheme.Light });
        ILocator toggle = visit.Page.GetByLabel("Theme:");

        await toggle.ClickAsync();
        await toggle.ClickAsync();
        await Expect(toggle).ToHaveTextAsync("Dark");
        Assert.InRange(await BrightnessAsync(visit), 0, 127);
        await visit.Page.ReloadAsync();

        await Expect(toggle).ToHaveTextAsync("Dark");
        Assert.InRange(await BrightnessAsync(visit), 0, 127);
        await visit.IdleAsync();
    }

    /// <summary>Mean of the background's colour channels, 0 to 255.</summary>
    private static Task<double> BrightnessAsync(PageVisit visit) =>
        visit.Page.EvaluateAsync<double>("getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3).reduce((sum, c) => sum + Number(c), 0) / 3");
}
