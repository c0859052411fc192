using Microsoft.Extensions.DependencyInjection;

namespace Vektagraf.Azure.Telemetry;

public class TelemetryOptionsTests
{
    private const string Connection = "InstrumentationKey=00000000-0000-0000-0000-000000000000";

    [Fact]
    public void FromEnvironment_WithoutVariables_NamesNoDestinationAndSetsUpNothing()
    {
        var options = TelemetryOptions.FromEnvironment(_ => null);
        Assert.Equal(new TelemetryOptions(), options);
        Assert.False(options.IsEnabled);
        var services = new ServiceCollection();
        Assert.Null(services.AddVektagrafTelemetry(options));
        Assert.Empty(services);
    }

    [Fact]
    public void FromEnvironment_WithVariables_ReadsThem()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = Connection,
            ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] = "Authorization=AAD;ClientId=6f4a1b1c-9d58-4b0e-8f0e-2f6d1a7c0c11",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://localhost:4317",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
            ["OTEL_SERVICE_NAME"] = "graf",
            ["VEKTAGRAF_TELEMETRY_SAMPLING_RATIO"] = "0.1",
            ["VEKTAGRAF_TELEMETRY_SLOW_MS"] = "250",
        };
        var options = TelemetryOptions.FromEnvironment(name => variables.GetValueOrDefault(name));
        Assert.Null(options.Problem());
        Assert.True(options.IsEnabled);
        Assert.Equal(
            new TelemetryOptions
            {
                AzureMonitorConnectionString = Connection,
                AzureMonitorAuthentication = variables["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"],
                OtlpEndpoint = new Uri("http://localhost:4317"),
                OtlpUsesGrpc = true,
                ServiceName = "graf",
                SamplingRatio = 0.1,
                SlowRequestMs = 250,
            },
            options);
        Assert.NotNull(options.AzureMonitorCredential);
    }

    [Theory]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "https://example.org")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "ClientId=6f4a1b1c-9d58-4b0e-8f0e-2f6d1a7c0c11")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD;ClientId=mine")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD;Password=x")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")]
    [InlineData("VEKTAGRAF_TELEMETRY_SAMPLING_RATIO", "1.1")]
    [InlineData("VEKTAGRAF_TELEMETRY_SAMPLING_RATIO", "-0.1")]
    [InlineData("VEKTAGRAF_TELEMETRY_SAMPLING_RATIO", "a tenth")]
    [InlineData("VEKTAGRAF_TELEMETRY_SLOW_MS", "0")]
    [InlineData("VEKTAGRAF_TELEMETRY_SLOW_MS", "soon")]
    public void Problem_OfAVariableThatIsWrong_NamesIt(string variable, string value)
    {
        var options = TelemetryOptions.FromEnvironment(name => name == variable ? value : null) with { Console = true };
        Assert.StartsWith(variable, options.Problem(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddVektagrafTelemetry(options));
    }
}
