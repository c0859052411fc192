using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Vektagraf.Server.Http;
using Vektagraf.TestKit.Services;

namespace Vektagraf.Server;

/// <summary>What `npm start` runs, on services of its own.</summary>
public sealed partial class StartLocalTests : IAsyncLifetime
{
    private Process? _process;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Process Process => _process ?? throw new InvalidOperationException("It has not started.");

    [Fact]
    public async Task Start_WhenServicesAndServerAnswer_SavesSearchesAndRecordsPlans_AndStopsAllOnTerm()
    {
        var address = await ServesAtAsync();
        using var client = new HttpClient { BaseAddress = address };
        Task<Answer> Send(HttpMethod method, string path, string? body) => Requests.SendAsync(client, address, method, path, body is null ? null : Requests.Json(body));

        (await Send(HttpMethod.Put, "/api/collections/things", """{ "vectors": { "e": { "dimensions": 2 } } }""")).Is(HttpStatusCode.Created);
        (await Send(HttpMethod.Put, "/api/collections/things/objects/a", """{ "vectors": { "e": [1, 0] } }""")).Is(HttpStatusCode.Created);
        var found = (await Send(HttpMethod.Post, "/api/collections/things/search", """{ "vector": { "value": [1, 0] }, "k": 1 }""")).Is(HttpStatusCode.OK).Json;
        Assert.Equal("a", Assert.Single(found["results"]!.AsArray())!["id"]!.GetValue<string>());
        Assert.Single((await Send(HttpMethod.Get, "/api/collections/things/plans", null)).Is(HttpStatusCode.OK).Json["plans"]!.AsArray());
        Assert.Equal("ready", (await Send(HttpMethod.Get, "/api/health/ready", null)).Is(HttpStatusCode.OK).Json["status"]!.GetValue<string>());

        using (var kill = Process.Start("kill", ["-TERM", Process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(Cancel);
        }

        await Process.WaitForExitAsync(Cancel);
        Assert.Equal(0, Process.ExitCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => Send(HttpMethod.Get, "/api/health/live", null));
    }

    public async ValueTask InitializeAsync()
    {
        NodeTools.SkipWhereUnavailable();
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no signal that asks a process to stop.");
        await NodeTools.InstallAsync();
        _process = NodeTools.Start(
            Path.Combine("scripts", "start-local.mjs"), new Dictionary<string, string>(StringComparer.Ordinal),
            "--fresh", "--server", Path.Combine(AppContext.BaseDirectory, "Vektagraf.Server"), "--port", "0");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
    }

    private async Task<Uri> ServesAtAsync()
    {
        while (await Process.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            if (ServesAt().Match(line) is { Success: true } match)
            {
                return new Uri(match.Groups["address"].Value);
            }
        }

        throw new InvalidOperationException("It ended before it served: " + await Process.StandardError.ReadToEndAsync(Cancel));
    }

    [GeneratedRegex("^Vektagraf serves .+ at (?<address>http://[^ ]+) ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ServesAt();
}
