using Microsoft.Playwright;

namespace Vektagraf.Server.Page;

/// <summary>A window with the page. When it is closed, it tells what should not have happened in it.</summary>
internal sealed class PageVisit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly string _baseAddress;
    private readonly List<string> _complaints = [];

    private PageVisit(IBrowserContext context, IPage page, string baseAddress)
    {
        _context = context;
        Page = page;
        _baseAddress = baseAddress;
    }

    public IPage Page { get; }

    public ILocator SearchBox => Page.GetByLabel("Search text");

    public ILocator Titles => Page.Locator(".hit-title");

    public ILocator Status => Page.GetByRole(AriaRole.Status);

    public ILocator Problem => Page.GetByRole(AriaRole.Alert);

    /// <summary>Whether an answer other than success is part of the test: browsers report each in the console.</summary>
    public bool ExpectsFailedRequests { get; set; }

    public static async Task<PageVisit> StartAsync(IBrowser browser, string baseAddress, BrowserNewContextOptions? options)
    {
        IBrowserContext context = await browser.NewContextAsync(options ?? new BrowserNewContextOptions());
        PageVisit visit = new(context, await context.NewPageAsync(), baseAddress);
        await visit.WatchAsync();
        return visit;
    }

    public async Task GoAsync(string hash)
    {
        await Page.GotoAsync(_baseAddress + hash);
        await IdleAsync();
    }

    public async Task SearchAsync(string text)
    {
        await SearchBox.FillAsync(text);
        await SearchBox.PressAsync("Enter");
        await IdleAsync();
    }

    /// <summary>Waits until nothing is being asked of the server.</summary>
    public Task IdleAsync() => Assertions.Expect(Page.Locator("body:not(.busy)")).ToHaveCountAsync(1);

    public ILocator Chip(string value) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = value, Exact = true });

    public ILocator Facet(string field) => Page.GetByLabel(field, new PageGetByLabelOptions { Exact = true });

    public async Task<string?> FocusedTextAsync() => await Page.EvaluateAsync<string?>("document.activeElement.textContent");

    public async Task<IReadOnlyList<string>> ViolationsAsync() => await Page.EvaluateAsync<string[]>("window.violations");

    public async ValueTask DisposeAsync()
    {
        string[] violations = [.. await ViolationsAsync()];
        await _context.CloseAsync();
        Assert.Empty(violations);
        Assert.Empty(_complaints);
    }

    /// <summary>Closes the window without a look at what was recorded.</summary>
    public Task AbandonAsync() => _context.CloseAsync();

    private async Task WatchAsync()
    {
        // Scripts of the tester are not bound by the page's policy, so they can watch it.
        await Page.AddInitScriptAsync("window.violations = []; document.addEventListener('securitypolicyviolation', e => window.violations.push(`${e.violatedDirective}: ${e.blockedURI} ${e.sample}`));");
        Page.PageError += (_, error) => _complaints.Add($"script error: {error}");
        Page.Console += (_, message) =>
        {
            bool isExpected = ExpectsFailedRequests && message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal);
            if (message.Type is "error" or "warning" && !isExpected)
            {
                _complaints.Add($"console {message.Type}: {message.Text}");
            }
        };
        _context.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(_baseAddress, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                _complaints.Add($"request to elsewhere: {request.Url}");
            }
        };
    }
}
