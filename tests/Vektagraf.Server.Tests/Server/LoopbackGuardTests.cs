using System.Globalization;
using System.Net;

namespace Vektagraf.Server.Http;

/// <summary>Any web page can make the browser of whoever runs a keyless server send requests to it.</summary>
public class LoopbackGuardTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private string Port => server.BaseAddress.Port.ToString(CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("https://example.org")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("http://localhost")]
    [InlineData("null")]
    [InlineData("garbage")]
    public async Task Request_WhenItsOriginIsForeign_IsRefusedWithoutEffect(string origin)
    {
        var path = "/api/collections/" + server.NewName();
        (await server.PutAsync(path, "{}", ("Origin", origin))).IsProblem(HttpStatusCode.Forbidden, "foreign-origin");
        (await server.GetAsync(path)).Is(HttpStatusCode.NotFound);
        (await server.GetAsync("/", ("Origin", origin))).IsProblem(HttpStatusCode.Forbidden, "foreign-origin");
    }

    [Theory]
    [InlineData("example.org")]
    [InlineData("localhost.example.org")]
    [InlineData("127.0.0.1.example.org")]
    [InlineData("192.168.0.7")]
    public async Task Request_WhenItsHostIsForeign_IsRefused(string host)
    {
        // DNS rebinding: a name of the attacker's that resolves to this machine, so that even the origin fits.
        (await server.GetAsync("/api/collections", ("Host", host))).IsProblem(HttpStatusCode.Forbidden, "foreign-origin");
        (await server.GetAsync("/api/collections", ("Host", $"{host}:{Port}"), ("Origin", $"http://{host}:{Port}"))).IsProblem(HttpStatusCode.Forbidden, "foreign-origin");
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LocalHost")]
    [InlineData("app.localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.2")]
    [InlineData("[::1]")]
    public async Task Request_WhenFromThePageItself_IsTaken(string host) =>
        (await server.GetAsync("/api/collections", ("Host", $"{host}:{Port}"), ("Origin", $"http://{host}:{Port}"))).Is(HttpStatusCode.OK);
}
