using System.Net;
using System.Text.Json.Nodes;
using Vektagraf.Azure.Telemetry;
using Vektagraf.Telemetry;
using Vektagraf.TestKit;

namespace Vektagraf.Server.Telemetry;

/// <summary>What is really posted to Azure Monitor, by a server in this process. Other tests of the process are heard as well, under other names.</summary>
public sealed class AzureMonitorTests : IDisposable
{
    private const string Dropped = "0123456789abcdef0100000000000000";
    private const string KeptByShare = "0123456789abcdef01ffffffffffffff";
    private const string Search = """{"vector":{"value":[1,2]},"k":3}""";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Metrics_WhenOperationsRan_AreExactlyTheDocumentedOnes()
    {
        await using var endpoint = await IngestionEndpoint.StartAsync();
        await using (var server = await TelemetryServer.StartAsync(_directory, To(endpoint)))
        {
            await FillAsync(server, "measured");
            await server.SendAsync(HttpMethod.Post, "/api/collections/measured/search", Search);
            await server.SendAsync(HttpMethod.Post, "/api/collections/measured/query", """{"filter":"n lt 3"}""");
            await server.MaintainAsync("measured");
        }

        var ours = endpoint.Of("MetricData").SelectMany(m => m.Data["metrics"]!.AsArray(), (m, value) => (Name: (string)value!["name"]!, Attributes: Properties(m.Data)))
            .Where(m => m.Name.StartsWith("db.", StringComparison.Ordinal) || m.Name.StartsWith("vektagraf.", StringComparison.Ordinal)).ToList();
        Assert.Equal(Instruments.All.Select(i => i.Name).Order(StringComparer.Ordinal), ours.Select(m => m.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.All(ours, m => Assert.Subset(Instruments.All.Single(i => i.Name == m.Name).Attributes.ToHashSet(StringComparer.Ordinal), m.Attributes.Keys.ToHashSet(StringComparer.Ordinal)));
        var searches = ours.Where(m => m.Name == Instruments.OperationDuration.Name && m.Attributes["db.operation.name"] == "Search" && m.Attributes.GetValueOrDefault("db.collection.name") == "measured");
        Assert.Equal("vektagraf", Assert.Single(searches).Attributes["db.system.name"]);
    }

    [Fact]
    public async Task Traces_OfASearch_AreTheRequestAndTheOperationWithinIt()
    {
        await using var endpoint = await IngestionEndpoint.StartAsync();
        await using (var server = await TelemetryServer.StartAsync(_directory, To(endpoint)))
        {
            await FillAsync(server, "traced");
            (await server.SendAsync(HttpMethod.Post, "/api/collections/traced/search", Search, KeptByShare)).Is(HttpStatusCode.OK);
            await server.SendAsync(HttpMethod.Get, "/api/health/live", body: null, Dropped);
        }

        var request = Assert.Single(OfTrace(endpoint, KeptByShare, "RequestData"));
        Assert.Equal("POST /api/collections/{c}/search", (string?)request["name"]);
        Assert.Equal("200", (string?)request["responseCode"]);
        var operation = Assert.Single(OfTrace(endpoint, KeptByShare, "RemoteDependencyData"), d => (string?)d["type"] == "vektagraf");
        Assert.Equal("Search traced", (string?)operation["name"]);
        Assert.Equal("Search", Properties(operation)["db.operation.name"]);
        Assert.Equal("traced", Properties(operation)["db.collection.name"]);
        Assert.Contains(OfTrace(endpoint, KeptByShare, "RemoteDependencyData"), d => Properties(d).ContainsKey("vektagraf.storage.key"));
        Assert.Empty(OfTrace(endpoint, Dropped, "RequestData"));
    }

    [Fact]
    public async Task Errors_WhenADatabaseIsDamaged_ArriveAsTraceExceptionAndLog()
    {
        await BreakAsync("broken");
        await using var endpoint = await IngestionEndpoint.StartAsync();
        await using (var server = await TelemetryServer.StartAsync(_directory, To(endpoint)))
        {
            (await server.SendAsync(HttpMethod.Post, "/api/collections/broken/warm", body: null, Dropped)).Is(HttpStatusCode.ServiceUnavailable);
        }

        var operation = Assert.Single(OfTrace(endpoint, Dropped, "RemoteDependencyData"), d => (string?)d["name"] == "WarmCollection broken");
        Assert.False((bool)operation["success"]!);
        Assert.Equal("503", Properties(operation)["db.response.status_code"]);
        Assert.Equal("store-unavailable", Properties(operation)["error.type"]);
        Assert.NotEmpty(OfTrace(endpoint, Dropped, "ExceptionData"));
        Assert.Contains(endpoint.Of("ExceptionData").Concat(endpoint.Of("MessageData")), m => m.Data.ToJsonString() is var text && text.Contains("Loading collection", StringComparison.Ordinal) && text.Contains("broken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sampling_OfAShare_KeepsItAndErrorsAndCountsEverything()
    {
        await BreakAsync("damaged");
        await using var endpoint = await IngestionEndpoint.StartAsync();
        await using (var server = await TelemetryServer.StartAsync(_directory, To(endpoint) with { SamplingRatio = 0.25, SlowRequestMs = 1e9 }))
        {
            await FillAsync(server, "sampled");
            foreach (var trace in new[] { Dropped, KeptByShare })
            {
                (await server.SendAsync(HttpMethod.Post, "/api/collections/sampled/search", Search, trace)).Is(HttpStatusCode.OK);
            }

            await server.SendAsync(HttpMethod.Post, "/api/collections/damaged/warm", body: null, Dropped[..30] + "01");
        }

        Assert.Empty(OfTrace(endpoint, Dropped));
        Assert.Equal(25, RateOf(endpoint, KeptByShare));
        Assert.Equal(100, RateOf(endpoint, Dropped[..30] + "01"));
        var counted = endpoint.Of("MetricData").Where(m => (string?)m.Data["metrics"]![0]!["name"] == Instruments.OperationDuration.Name
            && Properties(m.Data).GetValueOrDefault("db.collection.name") == "sampled" && Properties(m.Data)["db.operation.name"] == "Search");
        Assert.Equal(2, counted.Sum(m => (int)m.Data["metrics"]![0]!["count"]!));
    }

    private static TelemetryOptions To(IngestionEndpoint endpoint) => new() { AzureMonitorConnectionString = endpoint.ConnectionString, StoresOffline = false };

    private static async Task FillAsync(TelemetryServer server, string collection)
    {
        (await server.SendAsync(HttpMethod.Put, "/api/collections/" + collection, TelemetryServer.Definition)).Is(HttpStatusCode.Created);
        for (var i = 0; i < 5; i++)
        {
            (await server.SendAsync(HttpMethod.Put, $"/api/collections/{collection}/objects/{i}", $$"""{"vectors":{"v":[{{i}},2]},"properties":{"n":{{i}} } }""")).Is(HttpStatusCode.Created);
        }
    }

    /// <summary>Makes a collection whose segments cannot be read.</summary>
    private async Task BreakAsync(string collection)
    {
        await using (var server = await TelemetryServer.StartAsync(_directory, new TelemetryOptions()))
        {
            await FillAsync(server, collection);
            await server.MaintainAsync(collection);
        }

        var broken = Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories).Where(f => f.Contains("/m/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(broken);
        broken.ForEach(f => File.WriteAllText(f, "damaged"));
    }

    private static IEnumerable<JsonObject> OfTrace(IngestionEndpoint endpoint, string trace, string? baseType = null) =>
        from envelope in endpoint.Envelopes
        where (string?)envelope["tags"]?["ai.operation.id"] == trace && (baseType is null || (string?)envelope["data"]!["baseType"] == baseType)
        select envelope["data"]!["baseData"]!.AsObject();

    /// <summary>What each of the spans of a trace stands for, in percent; they must agree.</summary>
    private static double RateOf(IngestionEndpoint endpoint, string trace) => Assert.Single(endpoint.Envelopes
        .Where(e => (string?)e["tags"]?["ai.operation.id"] == trace && (string?)e["data"]!["baseType"] is "RequestData" or "RemoteDependencyData")
        .Select(e => (double?)e["sampleRate"] ?? 100).Distinct());

    private static Dictionary<string, string> Properties(JsonObject data) =>
        data["properties"]?.AsObject().ToDictionary(p => p.Key, p => (string)p.Value!, StringComparer.Ordinal) ?? [];
}
