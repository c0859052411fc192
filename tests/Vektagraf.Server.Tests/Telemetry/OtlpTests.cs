using System.Net;
using Vektagraf.Azure.Telemetry;
using Vektagraf.Server.Crash;
using Vektagraf.Telemetry;
using Vektagraf.TestKit;

namespace Vektagraf.Server.Telemetry;

/// <summary>What is really posted to an OpenTelemetry collector. In protobuf, names stand as they are.</summary>
public sealed class OtlpTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AllSignals_WhenOperationsRan_ArriveAtTheirPaths()
    {
        await using var endpoint = await IngestionEndpoint.StartAsync();
        await using (var server = await TelemetryServer.StartAsync(_directory, new TelemetryOptions { OtlpEndpoint = endpoint.Address.ToString(), ServiceName = "graf-test", SamplingRatio = 0.5 }))
        {
            (await server.SendAsync(HttpMethod.Put, "/api/collections/collected", TelemetryServer.Definition)).Is(HttpStatusCode.Created);
            (await server.SendAsync(HttpMethod.Post, "/api/collections/collected/search", """{"vector":{"value":[1,2]}}""", "0123456789abcdef01ffffffffffffff")).Is(HttpStatusCode.OK);
        }

        var traces = endpoint.PostedTo("/v1/traces");
        Assert.Contains("graf-test", traces, StringComparison.Ordinal);
        Assert.Contains("Search collected", traces, StringComparison.Ordinal);

        // Half of the traces are kept: each stands for two.
        Assert.Contains("ot=th:8", traces, StringComparison.Ordinal);
        var metrics = endpoint.PostedTo("/v1/metrics");
        Assert.Contains("graf-test", metrics, StringComparison.Ordinal);
        Assert.Contains(Instruments.OperationDuration.Name, metrics, StringComparison.Ordinal);
        Assert.Contains(Instruments.TailLength.Name, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_WithTheStandardVariableAndTheConsole_SendsToBoth()
    {
        await using var endpoint = await IngestionEndpoint.StartAsync();
        using var server = await ServerProcess.StartAsync(
            ["--data", _directory.Path], ["--telemetry", "console"], ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.Address.ToString()));
        using (var client = new HttpClient())
        {
            using var answer = await client.GetAsync(new Uri(server.Address, "/api/collections"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        server.Terminate();
        var output = await server.ReadOutputAsync();
        Assert.Equal(0, (await server.WaitForExitAsync()).Code);
        Assert.Contains("db.client.operation.duration", output, StringComparison.Ordinal);
        Assert.Contains("ListCollections", output, StringComparison.Ordinal);
        Assert.Contains("ListCollections", endpoint.PostedTo("/v1/traces"), StringComparison.Ordinal);
        Assert.Contains("db.client.operation.duration", endpoint.PostedTo("/v1/metrics"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "https://example.org")]
    [InlineData("VEKTAGRAF_TELEMETRY_SAMPLING_RATIO", "ten percent")]
    public async Task Process_WithAVariableThatIsWrong_ExitsAndNamesIt(string variable, string value)
    {
        var (code, _, errors) = await ServerProcess.RunAsync([(variable, value)], "--data", _directory.Path, "--port", "0");
        Assert.Equal(2, code);
        Assert.StartsWith(variable, errors, StringComparison.Ordinal);
    }
}
