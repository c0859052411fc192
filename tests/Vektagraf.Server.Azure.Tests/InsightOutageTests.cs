using System.Data.Common;
using System.Net;
using Vektagraf.Server.Http;
using Vektagraf.TestKit.Services;

namespace Vektagraf.Server;

/// <summary>Cosmos DB is not there, comes, and goes.</summary>
public sealed class InsightOutageTests : IAsyncDisposable
{
    private readonly TestKit.TemporaryDirectory _directory = new();
    private readonly CosmosServer _cosmos = new();
    private TcpRelay? _relay;
    private VektagrafServer? _server;
    private HttpClient? _client;

    private VektagrafServer Server => _server ?? throw new InvalidOperationException("The server has not started.");

    [Fact]
    public async Task EveryRequest_WhenCosmosIsDown_IsAnswered_HealthIsDegraded_AndPlansAreStoredOnceItIsBack()
    {
        await StartAsync();
        await SaveAndSearchAsync();
        Assert.Equal(1, await ExecutionsAsync());

        var ready = (await SendAsync(HttpMethod.Get, "/api/health/ready")).Is(HttpStatusCode.OK).Json;
        Assert.Equal("degraded", ready["status"]!.GetValue<string>());
        Assert.Equal("failing", ready["insights"]!["status"]!.GetValue<string>());
        Assert.Contains("outage", ready["insights"]!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        await SaveAndSearchAsync();

        _relay!.IsUp = true;
        Assert.Equal(2, await ExecutionsAsync());
        Assert.Equal("ready", await StatusAsync());
    }

    [Fact]
    public async Task Start_WhenCosmosIsNotThere_AsksNothingOfIt()
    {
        await StartAsync();
        Assert.Equal("ready", await StatusAsync());
        Assert.Equal(0, _relay!.Connections);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_relay is not null)
        {
            await _relay.DisposeAsync();
        }

        await _cosmos.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>Starts a server whose way to Cosmos DB is down.</summary>
    private async Task StartAsync()
    {
        var cosmos = new DbConnectionStringBuilder { ConnectionString = await _cosmos.GetConnectionStringAsync() };
        _relay = new TcpRelay(new Uri((string)cosmos["AccountEndpoint"]));
        var settings = new ServerSettings
        {
            Store = new() { Directory = _directory.Path },
            Insights = new() { CosmosConnection = $"AccountEndpoint={_relay.Address};AccountKey={cosmos["AccountKey"]};", CosmosDatabase = "outage" },
            Port = 0,
        };
        _server = await VektagrafServer.StartAsync(settings, TestContext.Current.CancellationToken);
        _client = new HttpClient { BaseAddress = _server.Address };
        (await SendAsync(HttpMethod.Put, "/api/collections/c", """{ "vectors": { "e": { "dimensions": 2 } } }""")).Is(HttpStatusCode.Created);
    }

    private Task<Answer> SendAsync(HttpMethod method, string path, string? body = null) =>
        Requests.SendAsync(_client!, Server.Address, method, path, body is null ? null : Requests.Json(body));

    private async Task SaveAndSearchAsync()
    {
        Assert.True((await SendAsync(HttpMethod.Put, "/api/collections/c/objects/a", """{ "vectors": { "e": [1, 0] } }""")).Status is 200 or 201);
        (await SendAsync(HttpMethod.Post, "/api/collections/c/search", """{ "vector": { "value": [1, 0] } }""")).Is(HttpStatusCode.OK);
    }

    private async Task<string> StatusAsync() => (await SendAsync(HttpMethod.Get, "/api/health/ready")).Is(HttpStatusCode.OK).Json["status"]!.GetValue<string>();

    private async Task<int> ExecutionsAsync() =>
        (await SendAsync(HttpMethod.Get, "/api/collections/c/plans")).Is(HttpStatusCode.OK).Json["plans"]!.AsArray().Sum(p => p!["executions"]!.GetValue<int>());
}
