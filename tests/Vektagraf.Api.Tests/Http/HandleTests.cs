using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Vektagraf.Api.Routing;
using Vektagraf.Storage;

namespace Vektagraf.Api.Http;

/// <summary>What the Functions host does badly by itself: it answers a defect with an empty body, and does not tell a function that its client went.</summary>
public sealed class HandleTests : IAsyncDisposable
{
    private readonly MemoryObjectStore _store = new();
    private readonly VektagrafDatabase _database;

    public HandleTests() => _database = new VektagrafDatabase(_store);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Handle_WhenAHandlerHasADefect_AnswersWithProblemDetailsThatKeepItToThemselves()
    {
        var context = NewContext();
        await Api().HandleAsync(Route((_, _) => throw new InvalidOperationException("secret")), context);
        Assert.Equal(500, context.Response.StatusCode);
        Assert.Equal("urn:vektagraf:problem:internal-error", Body(context)["type"]!.GetValue<string>());
        Assert.DoesNotContain("secret", Body(context).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handle_WhenTheClientWent_CancelsTheHandlerAndWritesNothing()
    {
        var context = NewContext();
        using var aborted = new CancellationTokenSource();
        context.RequestAborted = aborted.Token;
        var entered = new TaskCompletionSource();
        var handling = Api().HandleAsync(Route(async (_, c) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, c.RequestAborted);
        }), context);
        await entered.Task;
        await aborted.CancelAsync();
        await handling;
        Assert.Equal(0, context.Response.Body.Length);
    }

    [Fact]
    public async Task Handle_BeyondTheConcurrencyBudget_Answers429AndRecovers()
    {
        var api = Api(concurrentRequests: 2);
        var release = new TaskCompletionSource();
        var waiting = Enumerable.Range(0, 2).Select(_ => api.HandleAsync(Route((_, _) => release.Task), NewContext())).ToList();

        var refused = NewContext();
        await api.HandleAsync(Route((_, _) => Task.CompletedTask), refused);
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("1", refused.Response.Headers.RetryAfter.ToString());
        Assert.Contains("2 requests", Body(refused)["detail"]!.GetValue<string>(), StringComparison.Ordinal);

        // A probe must not say that the node is dead because it is busy.
        var probe = NewContext();
        await api.HandleAsync(Route((_, _) => Task.CompletedTask) with { Access = AccessLevel.Anonymous }, probe);
        Assert.Equal(200, probe.Response.StatusCode);

        release.SetResult();
        await Task.WhenAll(waiting);
        var after = NewContext();
        await api.HandleAsync(Route((_, _) => Task.CompletedTask), after);
        Assert.Equal(200, after.Response.StatusCode);
    }

    private VektagrafApi Api(int concurrentRequests = int.MaxValue) =>
        new(_database, _store, TimeProvider.System, NullLogger<VektagrafApi>.Instance, concurrentRequests);

    private static ApiRoute Route(ApiHandler handler) =>
        new() { Name = "Test", Method = "GET", Template = "test", Access = AccessLevel.Read, Summary = "A test.", Handler = handler };

    private static DefaultHttpContext NewContext() => new() { Request = { Method = "GET", Path = "/test" }, Response = { Body = new MemoryStream() } };

    private static JsonNode Body(HttpContext context) => JsonNode.Parse(((MemoryStream)context.Response.Body).ToArray())!;
}
