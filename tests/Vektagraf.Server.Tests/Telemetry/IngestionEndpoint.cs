using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Vektagraf.Server.Telemetry;

/// <summary>Stands in for Azure Monitor and for an OpenTelemetry collector: takes what is posted to it and keeps it.</summary>
internal sealed class IngestionEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _posts = [];

    private IngestionEndpoint(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    /// <summary>A connection string that leads here.</summary>
    public string ConnectionString => $"InstrumentationKey={Guid.Empty};IngestionEndpoint={Address};LiveEndpoint={Address}";

    /// <summary>Envelopes that Azure Monitor would have got, its exporter's own ones left out.</summary>
    public IReadOnlyList<JsonObject> Envelopes =>
    [
        .. _posts.Where(p => p.Path == "/v2.1/track")
            .SelectMany(p => Encoding.UTF8.GetString(p.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Select(line => JsonNode.Parse(line)!.AsObject()),
    ];

    public static async Task<IngestionEndpoint> StartAsync()
    {
        // Usage statistics of the exporter itself would leave this machine.
        Environment.SetEnvironmentVariable("APPLICATIONINSIGHTS_STATSBEAT_DISABLED", "true");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var endpoint = new IngestionEndpoint(builder.Build());
        endpoint._app.Run(endpoint.TakeAsync);
        await endpoint._app.StartAsync(TestContext.Current.CancellationToken);
        return endpoint;
    }

    /// <summary>What was posted to a path, as text of one character per byte: names stand in protobuf as they are.</summary>
    public string PostedTo(string path) => string.Concat(_posts.Where(p => p.Path == path).Select(p => Encoding.Latin1.GetString(p.Body)));

    /// <summary>Envelopes of a kind.</summary>
    /// <param name="baseType">Such as <c>RequestData</c>.</param>
    /// <returns>Their data, and what one of them stands for in percent.</returns>
    public IEnumerable<(JsonObject Data, double SampleRate)> Of(string baseType) =>
        from envelope in Envelopes
        let data = envelope["data"]!
        where (string?)data["baseType"] == baseType
        select (data["baseData"]!.AsObject(), (double?)envelope["sampleRate"] ?? 100);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await using var read = context.Request.Headers.ContentEncoding == "gzip" ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body;
        await read.CopyToAsync(body, context.RequestAborted);
        var path = context.Request.Path.ToString();
        _posts.Enqueue((path, body.ToArray()));
        if (path == "/v2.1/track")
        {
            var items = Encoding.UTF8.GetString(body.ToArray()).Count(c => c == '\n') + 1;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync($$"""{"itemsReceived":{{items}},"itemsAccepted":{{items}},"errors":[]}""", context.RequestAborted);
        }
    }
}
