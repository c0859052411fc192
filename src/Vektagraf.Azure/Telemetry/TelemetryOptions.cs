using System.Globalization;
using Azure.Core;

namespace Vektagraf.Azure.Telemetry;

/// <summary>Where traces, metrics and logs go, and which traces. Without a destination nothing is set up.</summary>
public sealed record TelemetryOptions
{
    /// <summary>Environment variable of <see cref="AzureMonitorConnectionString"/>.</summary>
    public const string AzureMonitorVariable = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    /// <summary>Environment variable of <see cref="AzureMonitorAuthentication"/>.</summary>
    public const string AzureMonitorAuthenticationVariable = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

    /// <summary>Environment variable of <see cref="OtlpEndpoint"/>.</summary>
    public const string OtlpEndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Environment variable that says <c>grpc</c> or <c>http/protobuf</c>.</summary>
    public const string OtlpProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";

    /// <summary>Environment variable of <see cref="ServiceName"/>.</summary>
    public const string ServiceNameVariable = "OTEL_SERVICE_NAME";

    /// <summary>Environment variable of <see cref="SamplingRatio"/>.</summary>
    public const string SamplingRatioVariable = "VEKTAGRAF_TELEMETRY_SAMPLING_RATIO";

    /// <summary>Environment variable of <see cref="SlowRequestMs"/>.</summary>
    public const string SlowRequestVariable = "VEKTAGRAF_TELEMETRY_SLOW_MS";

    /// <summary>Connection string of an Application Insights resource; null for none.</summary>
    public string? AzureMonitorConnectionString { get; init; }

    /// <summary><c>Authorization=AAD</c> or <c>Authorization=AAD;ClientId=…</c> to show the app's managed identity to Azure Monitor; null for a resource that takes the key of its connection string.</summary>
    public string? AzureMonitorAuthentication { get; init; }

    /// <summary>Whether what Azure Monitor did not take is kept on disk for later. Not on read-only file systems.</summary>
    public bool StoresOffline { get; init; } = true;

    /// <summary>Address of an OpenTelemetry collector, such as <c>http://localhost:4318</c>; null for none.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>Whether the collector is spoken to by gRPC (usually port 4317) rather than by protobuf over HTTP (usually port 4318).</summary>
    public bool OtlpUsesGrpc { get; init; }

    /// <summary>Whether all is written to the console, to look at while developing.</summary>
    public bool Console { get; init; }

    /// <summary>Share of ordinary traces that are kept, 0 to 1. Traces with an error and slow ones are always kept; metrics and logs are never thinned.</summary>
    public double SamplingRatio { get; init; } = 1;

    /// <summary>Milliseconds from which on a request is slow, so that its trace is kept; at least 1.</summary>
    public double SlowRequestMs { get; init; } = 1_000;

    /// <summary>Milliseconds between two exports of metrics, 100 to 3,600,000.</summary>
    public int MetricIntervalMs { get; init; } = 60_000;

    /// <summary>Name of the service in all that is sent.</summary>
    public string ServiceName { get; init; } = "vektagraf";

    /// <summary>Whether there is any destination.</summary>
    public bool IsEnabled => AzureMonitorConnectionString is not null || OtlpEndpoint is not null || Console;

    /// <summary>Credential of a managed identity for a resource without local authentication; null where none is asked for.</summary>
    internal TokenCredential? AzureMonitorCredential => AzureMonitorAuthentication is null ? null : AuthenticationString.Parse(AzureMonitorAuthentication);

    /// <summary>Reads the options from environment variables.</summary>
    /// <param name="read">Reads a variable; null or an empty text where it is not set.</param>
    /// <returns>The options; what cannot be read as what it should be is a <see cref="Problem"/>.</returns>
    public static TelemetryOptions FromEnvironment(Func<string, string?> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        var defaults = new TelemetryOptions();
        return new TelemetryOptions
        {
            AzureMonitorConnectionString = Text(AzureMonitorVariable),
            AzureMonitorAuthentication = Text(AzureMonitorAuthenticationVariable),
            OtlpEndpoint = Text(OtlpEndpointVariable) is { } endpoint ? new Uri(endpoint, UriKind.RelativeOrAbsolute) : null,
            OtlpUsesGrpc = string.Equals(Text(OtlpProtocolVariable), "grpc", StringComparison.OrdinalIgnoreCase),
            SamplingRatio = Number(SamplingRatioVariable, defaults.SamplingRatio),
            SlowRequestMs = Number(SlowRequestVariable, defaults.SlowRequestMs),
            ServiceName = Text(ServiceNameVariable) ?? defaults.ServiceName,
        };

        string? Text(string name) => read(name) is { Length: > 0 } value ? value : null;

        double Number(string name, double usual) => Text(name) is not { } text
            ? usual
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : double.NaN;
    }

    /// <summary>What stands in the way of sending anything; null where nothing does.</summary>
    /// <returns>The problem, and what to change.</returns>
    public string? Problem()
    {
        if (AzureMonitorConnectionString is { } connection && !connection.Contains("InstrumentationKey=", StringComparison.OrdinalIgnoreCase))
        {
            return $"{AzureMonitorVariable} is no connection string of Application Insights: it has no InstrumentationKey. Copy it from the resource's overview.";
        }

        if (AzureMonitorAuthentication is { } authentication && AuthenticationString.Problem(authentication) is { } wrong)
        {
            return $"{AzureMonitorAuthenticationVariable} {wrong} Write Authorization=AAD, or Authorization=AAD;ClientId=… for a user-assigned identity.";
        }

        if (OtlpEndpoint is { } endpoint && !(endpoint.IsAbsoluteUri && endpoint.Scheme is "http" or "https"))
        {
            return $"{OtlpEndpointVariable} is '{endpoint}'; it must be an address such as http://localhost:4318.";
        }

        if (!(SamplingRatio is >= 0 and <= 1))
        {
            return $"{SamplingRatioVariable} is out of range: a share of traces from 0 to 1.";
        }

        if (!(SlowRequestMs >= 1) || double.IsInfinity(SlowRequestMs))
        {
            return $"{SlowRequestVariable} is out of range: milliseconds, at least 1.";
        }

        return MetricIntervalMs is < 100 or > 3_600_000 ? "Metrics are exported every 100 to 3,600,000 milliseconds." : null;
    }
}
