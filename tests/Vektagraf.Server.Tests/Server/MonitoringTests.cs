using System.Net;

namespace Vektagraf.Server.Http;

public class MonitoringTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Thresholds_WhenPut_AreListedAndReadAndDeleted()
    {
        const string Path = "/api/thresholds/mine";
        var put = (await server.SendAsync(HttpMethod.Put, Path, Requests.Json("""{ "metric": "errorRate", "comparison": ">", "value": 0.5, "duration": "2m", "severity": "info" }"""))).Is(HttpStatusCode.Created).Json;
        Assert.Equal(120_000, put["durationMs"]!.GetValue<double>());
        Assert.Equal("info", (await server.GetAsync(Path)).Is(HttpStatusCode.OK).Json["severity"]!.GetValue<string>());
        var list = (await server.GetAsync("/api/thresholds")).Json;
        Assert.Contains(list["thresholds"]!.AsArray(), t => t!["name"]!.GetValue<string>() == "mine");
        Assert.Contains(list["suggested"]!.AsArray(), t => t!["metric"]!.GetValue<string>() == "averageQueryLatency");
        var wrong = (await server.SendAsync(HttpMethod.Put, Path, Requests.Json("""{ "metric": "speed", "comparison": ">", "value": 1 }"""))).Is(HttpStatusCode.BadRequest).Json;
        Assert.Contains("averageQueryLatency", wrong["errors"]!["/metric"]!.GetValue<string>(), StringComparison.Ordinal);
        (await server.SendAsync(HttpMethod.Delete, Path, null)).Is(HttpStatusCode.NoContent);
        (await server.GetAsync(Path)).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Alerts_WhenAClientAcceptsEvents_AreAStream()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.BaseAddress, "/api/alerts?lastEventId=0&seconds=0"));
        request.Headers.Add("Accept", "text/event-stream");
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("retry: 2000\n\n", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty((await server.GetAsync("/api/alerts")).Json["alerts"]!.AsArray());
    }

    [Fact]
    public async Task Recall_OfASmallCollection_IsOneWithBounds()
    {
        var path = await server.CreateCollectionAsync("""{ "vectors": { "e": { "dimensions": 2, "metric": "euclidean" } } }""");
        await server.ImportAsync(path, Enumerable.Range(0, 100).Select(i => $$"""{ "id": "o{{i}}", "vectors": { "e": [{{i}}, {{i * i % 17}}] } }"""));
        var report = (await server.PostAsync(path + "/recall", """{ "k": 5, "samples": 20 }""")).Is(HttpStatusCode.OK).Json;
        Assert.Equal((1.0, 20), (report["recall"]!.GetValue<double>(), report["samples"]!.GetValue<int>()));
        Assert.InRange(report["lower"]!.GetValue<double>(), 0.8, 0.999);
        (await server.SendAsync(HttpMethod.Post, path + "/recall", null)).Is(HttpStatusCode.OK);
        (await server.PostAsync("/api/collections/none/recall", "{}")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Metrics_AfterRequests_ShowThem()
    {
        var path = await server.CreateCollectionAsync("{}");
        (await server.PostAsync(path + "/query", "{}")).Is(HttpStatusCode.OK);
        var metrics = (await server.GetAsync("/api/metrics?name=averageQueryLatency&step=1h")).Is(HttpStatusCode.OK).Json["metrics"]!.AsArray();
        Assert.True(Assert.Single(metrics)!["points"]!.AsArray()[^1]!["value"]!.GetValue<double>() > 0);
    }
}
