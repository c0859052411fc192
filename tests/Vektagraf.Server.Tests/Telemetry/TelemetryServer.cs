using System.Net.Http.Headers;
using System.Text;
using Vektagraf.Azure.Telemetry;
using Vektagraf.Compaction;
using Vektagraf.Server.Http;
using Vektagraf.TestKit;

namespace Vektagraf.Server.Telemetry;

/// <summary>A server in this process that sends its telemetry somewhere; what was sent is complete once it is disposed of.</summary>
internal sealed class TelemetryServer(VektagrafServer server) : IAsyncDisposable
{
    public const string Definition = """{"vectors":{"v":{"dimensions":2,"metric":"euclidean"}},"fields":{"n":{"type":"number","index":true}}}""";

    private readonly HttpClient _client = new();

    public static async Task<TelemetryServer> StartAsync(TemporaryDirectory directory, TelemetryOptions telemetry)
    {
        var settings = new ServerSettings { Store = { Directory = directory.Path }, Port = 0, Schedules = { Compact = "off", CollectGarbage = "off", Recommend = "off" }, Telemetry = telemetry };
        return new TelemetryServer(await VektagrafServer.StartAsync(settings, TestContext.Current.CancellationToken));
    }

    /// <summary>Sends a request, within a trace where one is given.</summary>
    public Task<Answer> SendAsync(HttpMethod method, string path, string? body = null, string? trace = null)
    {
        var content = body is null ? null : new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
        return trace is null
            ? Requests.SendAsync(_client, server.Address, method, path, content)
            : Requests.SendAsync(_client, server.Address, method, path, content, ("traceparent", $"00-{trace}-00000000000000aa-01"));
    }

    /// <summary>Folds and merges a collection, as the background maintenance would.</summary>
    public async Task MaintainAsync(string collection)
    {
        var found = await server.Database.GetCollectionAsync(collection, TestContext.Current.CancellationToken);
        await found.MaintainAsync(new CompactionOptions { FoldEntries = 1 }, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        _client.Dispose();
    }
}
