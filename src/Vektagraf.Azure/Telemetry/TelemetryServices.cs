using System.Diagnostics;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Vektagraf.Hosting;
using Vektagraf.Telemetry;

namespace Vektagraf.Azure.Telemetry;

/// <summary>Sends what the engine and its API measure, trace and log to where the options say.</summary>
public static class TelemetryServices
{
    // ASP.NET Core's own: http.server.request.duration and the like.
    private const string RequestMeter = "Microsoft.AspNetCore.Hosting";

    /// <summary>Sets up traces, metrics and logs. Does nothing where the options name no destination.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="options">What to send, and where to.</param>
    /// <param name="traces">Adds the host's own sources of spans; null for none.</param>
    /// <returns>For more that the host adds; null where nothing was set up.</returns>
    /// <exception cref="SettingsException">The options have <see cref="TelemetryOptions.Problems"/>.</exception>
    public static OpenTelemetryBuilder? AddVektagrafTelemetry(this IServiceCollection services, TelemetryOptions options, Action<TracerProviderBuilder>? traces = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        if (!options.IsEnabled)
        {
            return null;
        }

        if (options.Problems().FirstOrDefault() is { } problem)
        {
            throw new SettingsException(problem);
        }

        return services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(options.ServiceName, serviceVersion: typeof(Instruments).Assembly.GetName().Version?.ToString(3)))
            .WithTracing(tracing => AddTraces(tracing, options, traces))
            .WithMetrics(metrics => AddMetrics(metrics, options))
            .WithLogging(logging => AddLogs(logging, options), logging => logging.IncludeFormattedMessage = true);
    }

    private static void AddTraces(TracerProviderBuilder tracing, TelemetryOptions options, Action<TracerProviderBuilder>? more)
    {
        // Everything is recorded; what is sent is decided at its end.
        tracing.SetSampler(new AlwaysOnSampler()).AddSource(Instruments.Name, Instruments.StorageName);
        more?.Invoke(tracing);
        List<BaseProcessor<Activity>> exporters = [];
        if (Otlp(options, "v1/traces") is { } otlp)
        {
            exporters.Add(new BatchActivityExportProcessor(new OtlpTraceExporter(otlp)));
        }

        if (options.IsConsole)
        {
            exporters.Add(new SimpleActivityExportProcessor(new ConsoleActivityExporter(new ConsoleExporterOptions())));
        }

        foreach (var processor in Sampled(options, exporters))
        {
            tracing.AddProcessor(processor);
        }
    }

    /// <summary>Adds Azure Monitor, and what decides which traces are sent.</summary>
    private static List<BaseProcessor<Activity>> Sampled(TelemetryOptions options, List<BaseProcessor<Activity>> exporters)
    {
        List<BaseProcessor<Activity>> kept = [.. exporters, .. ToAzureMonitor(options, 1)];
        return options.SamplingRatio == 1
            ? kept
            : [new TailSamplingProcessor(kept, [.. exporters, .. ToAzureMonitor(options, options.SamplingRatio)], options.SamplingRatio, TimeSpan.FromMilliseconds(options.SlowRequestMs))];
    }

    // How many each span stands for is what its exporter says, so that two shares take two exporters.
    private static IEnumerable<BaseProcessor<Activity>> ToAzureMonitor(TelemetryOptions options, double ratio) =>
        ratio > 0 && AzureMonitor(options, ratio) is { } azure ? [new BatchActivityExportProcessor(new AzureMonitorTraceExporter(azure))] : [];

    private static void AddMetrics(MeterProviderBuilder metrics, TelemetryOptions options)
    {
        metrics.AddMeter(Instruments.Name, Instruments.StorageName, RequestMeter);
        if (AzureMonitor(options) is { } azure)
        {
            // Azure Monitor adds up by itself.
            metrics.AddReader(Every(options, new AzureMonitorMetricExporter(azure), MetricReaderTemporalityPreference.Delta));
        }

        if (Otlp(options, "v1/metrics") is { } otlp)
        {
            metrics.AddReader(Every(options, new OtlpMetricExporter(otlp), MetricReaderTemporalityPreference.Cumulative));
        }

        if (options.IsConsole)
        {
            metrics.AddReader(Every(options, new ConsoleMetricExporter(new ConsoleExporterOptions()), MetricReaderTemporalityPreference.Cumulative));
        }
    }

    private static void AddLogs(LoggerProviderBuilder logging, TelemetryOptions options)
    {
        if (AzureMonitor(options) is { } azure)
        {
            logging.AddProcessor(new BatchLogRecordExportProcessor(new AzureMonitorLogExporter(azure)));
        }

        // Hosts write logs to the console anyway.
        if (Otlp(options, "v1/logs") is { } otlp)
        {
            logging.AddProcessor(new BatchLogRecordExportProcessor(new OtlpLogExporter(otlp)));
        }
    }

    private static PeriodicExportingMetricReader Every(TelemetryOptions options, BaseExporter<Metric> exporter, MetricReaderTemporalityPreference temporality) =>
        new(exporter, options.MetricIntervalMs) { TemporalityPreference = temporality };

    private static AzureMonitorExporterOptions? AzureMonitor(TelemetryOptions options, double ratio = 1) => options.AzureMonitorConnectionString is not { Length: > 0 } connection ? null : new()
    {
        ConnectionString = connection,
        Credential = options.AzureMonitorCredential(),
        DisableOfflineStorage = !options.StoresOffline,
        SamplingRatio = (float)ratio,
    };

    private static OtlpExporterOptions? Otlp(TelemetryOptions options, string path) => options.OtlpEndpoint is not { Length: > 0 } endpoint ? null : new()
    {
        Protocol = options.IsGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
        Endpoint = options.IsGrpc ? new Uri(endpoint) : new Uri(endpoint.TrimEnd('/') + "/" + path),
    };
}
