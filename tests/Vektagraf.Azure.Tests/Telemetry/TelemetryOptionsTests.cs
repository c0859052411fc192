using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Vektagraf.Hosting;

namespace Vektagraf.Azure.Telemetry;

public class TelemetryOptionsTests
{
    private const string Connection = "InstrumentationKey=00000000-0000-0000-0000-000000000000";
    private const string Authentication = "Authorization=AAD;ClientId=6f4a1b1c-9d58-4b0e-8f0e-2f6d1a7c0c11";

    [Fact]
    public void Read_WithoutVariables_NamesNoDestinationAndSetsUpNothing()
    {
        var options = Read();
        Assert.Equal(new TelemetryOptions(), options);
        Assert.False(options.IsEnabled);
        var services = new ServiceCollection();
        Assert.Null(services.AddVektagrafTelemetry(options));
        Assert.Empty(services);
    }

    [Fact]
    public void Read_WithVariables_HasThem()
    {
        var options = Read(
            ("APPLICATIONINSIGHTS_CONNECTION_STRING", Connection),
            ("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", Authentication),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_SERVICE_NAME", "graf"),
            ("VEKTAGRAF_TELEMETRY", "console"),
            ("VEKTAGRAF_TELEMETRY_SAMPLING_RATIO", "0.1"),
            ("VEKTAGRAF_TELEMETRY_SLOW_MS", "250"));
        Assert.Empty(options.Problems());
        Assert.True(options.IsEnabled);
        Assert.Equal(
            new TelemetryOptions
            {
                AzureMonitorConnectionString = Connection,
                AzureMonitorAuthentication = Authentication,
                OtlpEndpoint = "http://localhost:4317",
                OtlpProtocol = "grpc",
                Output = "console",
                ServiceName = "graf",
                SamplingRatio = 0.1,
                SlowRequestMs = 250,
            },
            options);
        Assert.NotNull(options.AzureMonitorCredential());
    }

    [Theory]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "https://example.org")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "ClientId=6f4a1b1c-9d58-4b0e-8f0e-2f6d1a7c0c11")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD;ClientId=mine")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD;Password=x")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    [InlineData("VEKTAGRAF_TELEMETRY", "file")]
    [InlineData("VEKTAGRAF_TELEMETRY_SAMPLING_RATIO", "1.1")]
    [InlineData("VEKTAGRAF_TELEMETRY_SAMPLING_RATIO", "-0.1")]
    [InlineData("VEKTAGRAF_TELEMETRY_SLOW_MS", "0")]
    public void Problems_OfAVariableThatIsWrong_NameIt(string variable, string value)
    {
        var options = Read((variable, value));
        Assert.StartsWith(variable, Assert.Single(options.Problems()), StringComparison.Ordinal);
        options.OtlpEndpoint ??= "http://localhost:4318";
        Assert.Throws<SettingsException>(() => new ServiceCollection().AddVektagrafTelemetry(options));
    }

    private static TelemetryOptions Read(params (string Name, string Value)[] variables) => HostSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(variables.Select(v => KeyValuePair.Create(v.Name, (string?)v.Value))).Build()).Telemetry;
}
