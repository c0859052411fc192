using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Vektagraf.Server.Page;

/// <summary>The page when the server says no, says nothing, or answers late.</summary>
[Collection(PageTests.Name)]
public sealed class SearchPageErrorTests(PageFixture fixture)
{
    private const string DocsHash = "#c=" + PageCatalog.Docs;
    private const string SearchUrl = "**/api/collections/docs/search";

    [Fact]
    public async Task Filter_WhenItIsWrong_ShowsWhatToChangeUntilItIsRight()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash + "&q=file");
        visit.ExpectsFailedRequests = true;
        ILocator expression = visit.Page.GetByLabel("Filter expression");

        await visit.Page.GetByText("More filters").ClickAsync();
        await expression.FillAsync("kind = 'type'");
        await expression.PressAsync("Enter");

        await Expect(visit.Problem).ToContainTextAsync("write 'eq' for equality");
        await Expect(visit.Problem).ToContainTextAsync("(400)");
        await Expect(expression).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(visit.Titles).ToHaveCountAsync(0);
        await expression.FillAsync("kind eq 'type'");
        await expression.PressAsync("Enter");
        await Expect(visit.Titles).ToHaveCountAsync(PageCatalog.CountOfKind("type"));
        await Expect(visit.Problem).ToBeEmptyAsync();
        await Expect(expression).Not.ToHaveAttributeAsync("aria-invalid", "true");
    }

    [Fact]
    public async Task Search_WhenServerIsOverloaded_ShowsItsWordsAndTriesAgain()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);
        visit.ExpectsFailedRequests = true;
        await visit.Page.RouteAsync(SearchUrl, route => route.FulfillAsync(new RouteFulfillOptions
        {
            Status = 503,
            ContentType = "application/problem+json",
            Body = """{ "title": "Unavailable", "status": 503, "detail": "The memory budget is used up <b>now</b>." }""",
        }));

        await visit.SearchAsync("file");
        await Expect(visit.Problem).ToContainTextAsync("Unavailable (503)The memory budget is used up <b>now</b>.");
        await visit.Page.UnrouteAsync(SearchUrl);
        await visit.Page.GetByText("Try again").ClickAsync();

        await Expect(visit.Titles).ToHaveCountAsync(20);
        await Expect(visit.Problem).ToBeEmptyAsync();
    }

    [Fact]
    public async Task Search_WhenServerIsGone_SaysSo()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);
        visit.ExpectsFailedRequests = true;
        await visit.Page.RouteAsync(SearchUrl, route => route.AbortAsync("connectionrefused"));

        await visit.SearchAsync("file");

        await Expect(visit.Problem).ToContainTextAsync("The server cannot be reached");
    }

    [Fact]
    public async Task Open_WhenCollectionIsUnknown_ShowsTheServersAnswer()
    {
        await using PageVisit visit = await fixture.OpenAsync();
        visit.ExpectsFailedRequests = true;

        await visit.GoAsync("#c=nowhere");

        await Expect(visit.Problem).ToContainTextAsync("There is no collection 'nowhere'");
    }

    [Fact]
    public async Task Search_WhenEarlierAnswerComesLate_ShowsTheLaterSearch()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash);
        TaskCompletionSource<IRoute> held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await visit.Page.RouteAsync(SearchUrl, route =>
        {
            bool isEarlier = route.Request.PostData?.Contains("square root", StringComparison.Ordinal) == true;
            return isEarlier ? Task.FromResult(held.TrySetResult(route)) : route.ContinueAsync();
        });

        await visit.SearchBox.FillAsync("square root");
        await visit.SearchBox.PressAsync("Enter");
        IRoute earlier = await held.Task;
        await Expect(visit.Page.Locator("#results")).ToHaveAttributeAsync("aria-busy", "true");
        await visit.SearchAsync("read all lines of a text file");
        await Expect(visit.Titles.First).ToHaveTextAsync("File.ReadAllLines(String)");
        await Expect(visit.Page.Locator("#results")).ToHaveAttributeAsync("aria-busy", "false");

        // The page has given the earlier request up, so that its answer reaches nobody.
        Assert.Equal("net::ERR_ABORTED", earlier.Request.Failure);
        await Expect(visit.Titles.First).ToHaveTextAsync("File.ReadAllLines(String)");
    }

    [Fact]
    public async Task Search_WhenNothingFits_OffersThePrefix()
    {
        await using PageVisit visit = await fixture.OpenAsync(DocsHash + "&q=file&f.namespace=System.I");

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "Nothing found" })).ToBeVisibleAsync();
        await visit.Page.GetByText("Try namespace System.I*").ClickAsync();

        await Expect(visit.Titles).ToHaveCountAsync(7);
    }

    [Fact]
    public async Task Open_WhenServerWantsAKey_AsksForItAndKeepsItOutOfTheAddress()
    {
        fixture.SkipWithoutBrowser();
        await using PageServer locked = await PageServer.StartAsync(key: "open sesame");
        await using PageVisit visit = await fixture.OpenAsync(baseAddress: locked.BaseAddress, expectsFailedRequests: true);

        await Expect(visit.Problem).ToContainTextAsync("(401)");
        await visit.Page.GetByLabel("Access key").FillAsync("open sesame");
        await visit.Page.GetByText("Use this key").ClickAsync();

        await Expect(visit.Titles).ToHaveCountAsync(20);
        Assert.DoesNotContain("sesame", visit.Page.Url, StringComparison.Ordinal);
        await visit.Page.ReloadAsync();
        await Expect(visit.Titles).ToHaveCountAsync(20);
    }
}
