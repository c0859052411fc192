using System.Net;
using Vektagraf.Azure;
using Vektagraf.Server.Http;
using Vektagraf.TestKit.Services;

namespace Vektagraf.Server;

/// <summary>Cosmos DB is not there, comes, and goes.</summary>
public sealed class InsightOutageTests : IAsyncDisposable
{
    private readonly TestKit.TemporaryDirectory _directory = new();
    private readonly CosmosServer _cosmos = new();
    private readonly Outage _outage = new();
    private VektagrafServer? _server;
    private HttpClient? _client;

    private VektagrafServer Server => _server ?? throw new InvalidOperationException("The server has not started.");

    [Fact]
    public async Task EveryRequest_WhenCosmosIsDown_IsAnswered_HealthIsDegraded_AndPlansAreStoredOnceItIsBack()
    {
        await StartAsync(await _cosmos.GetConnectionStringAsync());
        _outage.IsDown = true;
        await SaveAndSearchAsync();
        Assert.Equal(1, await ExecutionsAsync());

        var ready = (await SendAsync(HttpMethod.Get, "/api/health/ready")).Is(HttpStatusCode.OK).Json;
        Assert.Equal("degraded", ready["status"]!.GetValue<string>());
        Assert.Equal("failing", ready["insights"]!["status"]!.GetValue<string>());
        Assert.Contains("vektagraf", ready["insights"]!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        await SaveAndSearchAsync();

        _outage.IsDown = false;
        Assert.Equal(2, await ExecutionsAsync());
        Assert.Equal("ready", await StatusAsync());
    }

    [Fact]
    public async Task Start_WhenCosmosIsNotThere_AsksNothingOfIt()
    {
        await StartAsync("AccountEndpoint=http://127.0.0.1:9/;AccountKey=bm8ga2V5;");
        Assert.Equal("ready", await StatusAsync());
        Assert.Equal(0, _outage.Sent);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _outage.IsDown = false;
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _cosmos.DisposeAsync();
        _directory.Dispose();
    }

    private async Task StartAsync(string connectionString)
    {
        var settings = new ServerSettings
        {
            Store = new() { DataDirectory = _directory.Path },
            Cosmos = new CosmosInsightOptions { ConnectionString = connectionString, HttpClientFactory = () => new HttpClient(_outage, disposeHandler: false), Timeout = TimeSpan.FromSeconds(5) },
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

    private sealed class Outage() : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _sent;

        public bool IsDown { get; set; }

        public int Sent => _sent;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _sent);
            return IsDown ? throw new HttpRequestException("The connection was refused.") : base.SendAsync(request, cancellationToken);
        }
    }
}
