using Microsoft.Playwright;

namespace Vektagraf.Server.Page;

/// <summary>One server and one browser for all tests of the page; each test opens a window of its own.</summary>
public sealed class PageFixture : IAsyncLifetime
{
    /// <summary>Names the browser to use; otherwise the first Chromium on the path.</summary>
    private const string BrowserVariable = "VEKTAGRAF_CHROMIUM";

    private static readonly string[] BrowserNames = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];

    private readonly string? _executable = FindBrowser();
    private PageServer? _server;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public string BaseAddress => _server!.BaseAddress;

    public async ValueTask InitializeAsync()
    {
        if (_executable is null)
        {
            return;
        }

        // The limit ends tests that hang; on a busy machine a browser may well need seconds.
        Assertions.SetDefaultExpectTimeout(30_000);
        _server = await PageServer.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = _executable,
            Headless = true,
            // Chromium's sandbox refuses to run for root, as in a container. The rest keeps the browser from calling home.
            Args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                .. Environment.IsPrivilegedProcess ? ["--no-sandbox"] : Array.Empty<string>()],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>Opens the page in a window without any history; skips the test where there is no browser.</summary>
    /// <param name="hash">The part of the address that says what is searched.</param>
    /// <param name="options">Size and colour scheme.</param>
    /// <param name="baseAddress">Another server's address.</param>
    /// <param name="expectsFailedRequests">Whether an answer other than success is part of the test from the start.</param>
    internal async Task<PageVisit> OpenAsync(
        string hash = "", BrowserNewContextOptions? options = null, string? baseAddress = null, bool expectsFailedRequests = false)
    {
        SkipWithoutBrowser();
        PageVisit visit = await PageVisit.StartAsync(_browser!, baseAddress ?? BaseAddress, options);
        visit.ExpectsFailedRequests = expectsFailedRequests;
        await visit.GoAsync(hash);
        return visit;
    }

    internal void SkipWithoutBrowser() => Assert.SkipWhen(
        _executable is null, $"No Chromium found: none of {string.Join(", ", BrowserNames)} is on the path, and {BrowserVariable} is not set.");

    private static string? FindBrowser()
    {
        if (Environment.GetEnvironmentVariable(BrowserVariable) is { Length: > 0 } named)
        {
            // A browser that was asked for and is not there is a mistake, not a reason to skip.
            return File.Exists(named) ? named : throw new FileNotFoundException($"{BrowserVariable} names a file that does not exist.", named);
        }

        string[] endings = OperatingSystem.IsWindows() ? [".exe"] : [""];
        var candidates =
            from name in BrowserNames
            from directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            from ending in endings
            select Path.Combine(directory, name + ending);
        return candidates.FirstOrDefault(File.Exists);
    }
}

[CollectionDefinition(Name)]
public sealed class PageTests : ICollectionFixture<PageFixture>
{
    public const string Name = "Search page";
}
