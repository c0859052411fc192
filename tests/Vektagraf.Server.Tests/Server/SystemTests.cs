using System.Net;
using System.Text.RegularExpressions;

namespace Vektagraf.Server.Http;

public partial class SystemTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Liveness_WhenRunning_SaysSo() =>
        Assert.Equal("live", (await server.GetAsync("/api/health/live")).Is(HttpStatusCode.OK).Json["status"]!.GetValue<string>());

    [Fact]
    public async Task Readiness_WhenTheStoreAnswers_ListsTheLimits()
    {
        var ready = (await server.GetAsync("/api/health/ready")).Is(HttpStatusCode.OK).Json;
        Assert.Equal("ready", ready["status"]!.GetValue<string>());
        Assert.NotEmpty(ready["version"]!.GetValue<string>());
        var limits = ready["limits"]!;
        (string Name, long Value)[] promised =
        [
            ("dimensions", 16_384), ("k", 10_000), ("bodyBytes", 64 << 20), ("idBytes", 512), ("propertiesBytes", 1 << 20), ("filterBytes", 16 << 10), ("filterDepth", 64),
        ];
        Assert.All(promised, p => Assert.Equal(p.Value, limits[p.Name]!.GetValue<long>()));
    }

    [Fact]
    public async Task OpenApi_WhenAsked_IsServedAsJson()
    {
        var answer = (await server.GetAsync("/api/openapi.json")).Is(HttpStatusCode.OK);
        Assert.Equal("application/json; charset=utf-8", answer.Header("Content-Type"));
        Assert.StartsWith("3.1", answer.Json["openapi"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_WhenAsked_ComesWithAPolicyThatLetsOnlyItselfRun()
    {
        var page = (await server.GetAsync("/")).Is(HttpStatusCode.OK);
        Assert.Equal("text/html; charset=utf-8", page.Header("Content-Type"));
        Assert.Equal("nosniff", page.Header("X-Content-Type-Options"));
        var policy = page.Header("Content-Security-Policy");
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Matches(SourceHash(), policy);
        (await server.GetAsync("/", ("If-None-Match", page.ETag))).Is(HttpStatusCode.NotModified);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/openapi.json")]
    [InlineData("/api/health/live")]
    public async Task Head_WhereGetNeedsNoKey_AnswersWithoutBody(string path)
    {
        var head = (await server.SendAsync(HttpMethod.Head, path, null)).Is(HttpStatusCode.OK);
        Assert.Empty(head.Bytes);
        Assert.Equal((await server.GetAsync(path)).Header("Content-Type"), head.Header("Content-Type"));
    }

    [Theory]
    [InlineData("GET", "/api/nothing")]
    [InlineData("GET", "/nothing")]
    [InlineData("POST", "/api/collections/c/objects:unknown")]
    [InlineData("GET", "/api/collections/c/objects/a/b")]
    [InlineData("GET", "/api/collections/")]
    public async Task Request_WhenThereIsNoSuchRoute_IsNotFound(string method, string path) =>
        (await server.SendAsync(new HttpMethod(method), path, null)).IsProblem(HttpStatusCode.NotFound, "route-not-found");

    [Theory]
    [InlineData("DELETE", "/api/collections", "GET")]
    [InlineData("POST", "/api/collections/c", "DELETE, GET, PATCH, PUT")]
    [InlineData("POST", "/api/collections/c/objects/x", "DELETE, GET, PATCH, PUT")]
    [InlineData("GET", "/api/collections/c/search", "POST")]
    [InlineData("PUT", "/api/collections/c/objects:import", "POST")]
    [InlineData("POST", "/", "GET, HEAD")]
    public async Task Request_WhenThePathTakesOtherMethods_NamesThem(string method, string path, string allowed)
    {
        var answer = (await server.SendAsync(new HttpMethod(method), path, null)).IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(allowed, string.Join(", ", answer.Header("Allow").Split(", ").Order(StringComparer.Ordinal)));
    }

    [GeneratedRegex("script-src 'sha256-[A-Za-z0-9+/]{43}='.*style-src 'sha256-", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SourceHash();
}
