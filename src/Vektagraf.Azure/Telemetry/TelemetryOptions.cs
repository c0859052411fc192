using Azure.Core;
using Vektagraf.Hosting;

namespace Vektagraf.Azure.Telemetry;

/// <summary>Where traces, metrics and logs go, and which traces. Without a destination nothing is set up.</summary>
public sealed record TelemetryOptions
{
    private const string ConsoleOutput = "console";
    private const string Grpc = "grpc";
    private const string HttpProtobuf = "http/protobuf";

    /// <summary>Connection string of an Application Insights resource; null for none.</summary>
    public string? AzureMonitorConnectionString { get; set; }

    /// <summary><c>Authorization=AAD</c> or <c>Authorization=AAD;ClientId=…</c> to show the app's managed identity to Azure Monitor; null for a resource that takes the key of its connection string.</summary>
    public string? AzureMonitorAuthentication { get; set; }

    /// <summary>Whether what Azure Monitor did not take is kept on disk for later. Not on read-only file systems.</summary>
    public bool StoresOffline { get; set; } = true;

    /// <summary>Address of an OpenTelemetry collector, such as <c>http://localhost:4318</c>; null for none.</summary>
    public string? OtlpEndpoint { get; set; }

    /// <summary><c>http/protobuf</c> (usually port 4318) or <c>grpc</c> (usually port 4317).</summary>
    public string OtlpProtocol { get; set; } = HttpProtobuf;

    /// <summary><c>console</c> to write all to the console, to look at while developing; null for not.</summary>
    public string? Output { get; set; }

    /// <summary>Share of ordinary traces that are kept, 0 to 1. Traces with an error and slow ones are always kept; metrics and logs are never thinned.</summary>
    public double SamplingRatio { get; set; } = 1;

    /// <summary>Milliseconds from which on a request is slow, so that its trace is kept; at least 1.</summary>
    public double SlowRequestMs { get; set; } = 1_000;

    /// <summary>Milliseconds between two exports of metrics, 100 to 3,600,000.</summary>
    public int MetricIntervalMs { get; set; } = 60_000;

    /// <summary>Name of the service in all that is sent.</summary>
    public string ServiceName { get; set; } = "vektagraf";

    /// <summary>Whether there is any destination.</summary>
    public bool IsEnabled => !string.IsNullOrEmpty(AzureMonitorConnectionString) || !string.IsNullOrEmpty(OtlpEndpoint) || IsConsole;

    internal bool IsConsole => string.Equals(Output, ConsoleOutput, StringComparison.Ordinal);

    internal bool IsGrpc => string.Equals(OtlpProtocol, Grpc, StringComparison.OrdinalIgnoreCase);

    /// <summary>Credential of a managed identity for a resource without local authentication; null where none is asked for.</summary>
    internal TokenCredential? AzureMonitorCredential() => string.IsNullOrEmpty(AzureMonitorAuthentication) ? null : AuthenticationString.Parse(AzureMonitorAuthentication);

    /// <summary>What stands in the way of sending anything.</summary>
    /// <returns>Each problem, with the setting to change.</returns>
    public IEnumerable<string> Problems()
    {
        if (AzureMonitorConnectionString is { Length: > 0 } connection && !connection.Contains("InstrumentationKey=", StringComparison.OrdinalIgnoreCase))
        {
            yield return $"{Name(nameof(AzureMonitorConnectionString))} is no connection string of Application Insights: it has no InstrumentationKey. Copy it from the resource's overview.";
        }

        if (AzureMonitorAuthentication is { Length: > 0 } authentication && AuthenticationString.Problem(authentication) is { } wrong)
        {
            yield return $"{Name(nameof(AzureMonitorAuthentication))} {wrong} Write Authorization=AAD, or Authorization=AAD;ClientId=… for a user-assigned identity.";
        }

        if (OtlpEndpoint is { Length: > 0 } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            yield return $"{Name(nameof(OtlpEndpoint))} is '{endpoint}'; it must be an address such as http://localhost:4318.";
        }

        if (!IsGrpc && !string.Equals(OtlpProtocol, HttpProtobuf, StringComparison.OrdinalIgnoreCase))
        {
            yield return $"{Name(nameof(OtlpProtocol))} is '{OtlpProtocol}': write {HttpProtobuf} or {Grpc}.";
        }

        if (!string.IsNullOrEmpty(Output) && !IsConsole)
        {
            yield return $"{Name(nameof(Output))} is '{Output}': write {ConsoleOutput}, or leave it out.";
        }

        if (!(SamplingRatio is >= 0 and <= 1))
        {
            yield return $"{Name(nameof(SamplingRatio))} is out of range: a share of traces from 0 to 1.";
        }

        if (!(SlowRequestMs >= 1) || double.IsInfinity(SlowRequestMs))
        {
            yield return $"{Name(nameof(SlowRequestMs))} is out of range: milliseconds, at least 1.";
        }

        if (MetricIntervalMs is < 100 or > 3_600_000)
        {
            yield return "Metrics are exported every 100 to 3,600,000 milliseconds.";
        }
    }

    private static Setting Name(string property) => SettingTable.Of("Telemetry:" + property);
}
