using System.Diagnostics;
using System.Diagnostics.Metrics;
using Vektagraf.Telemetry;

namespace Vektagraf.Storage.Decorators;

/// <summary>Names under which storage is measured and traced.</summary>
/// <remarks>
/// Attributes of the histogram: <see cref="TelemetryAttributes.StorageOperation"/> is <c>get</c>, <c>put</c>, <c>list</c> or <c>delete</c>; <see cref="TelemetryAttributes.Outcome"/> is <c>ok</c>,
/// <c>missing</c>, <c>not_modified</c>, <c>conflict</c> (the condition of a put did not hold), <c>transient_failure</c>,
/// <c>failure</c> or <c>cancelled</c>. Keys are no tags of metrics, there are too many; spans carry them.
/// </remarks>
public sealed class StorageInstruments
{
    // From a local directory's microseconds to what the longest timeout allows, in steps of about two.
    private static readonly double[] DurationBounds = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

    internal static readonly ActivitySource Spans = new(Instruments.StorageName);
    internal static readonly StorageInstruments Shared = new(new Meter(Instruments.StorageName));

    internal StorageInstruments(Meter meter)
    {
        RequestDuration = meter.Histogram(Instruments.StorageDuration, DurationBounds);
        ReadBytes = meter.Counter(Instruments.StorageReadBytes);
        WrittenBytes = meter.Counter(Instruments.StorageWrittenBytes);
    }

    internal Histogram<double> RequestDuration { get; }

    internal Counter<long> ReadBytes { get; }

    internal Counter<long> WrittenBytes { get; }

    internal bool IsObserved => RequestDuration.Enabled || ReadBytes.Enabled || WrittenBytes.Enabled || Spans.HasListeners();
}
