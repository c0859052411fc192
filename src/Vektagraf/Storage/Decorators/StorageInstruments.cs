using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Vektagraf.Storage.Decorators;

/// <summary>Names under which storage is measured and traced.</summary>
/// <remarks>
/// Tags of the histogram: <c>operation</c> is <c>get</c>, <c>put</c>, <c>list</c> or <c>delete</c>; <c>outcome</c> is <c>ok</c>,
/// <c>missing</c>, <c>not_modified</c>, <c>conflict</c> (the condition of a put did not hold), <c>transient_failure</c>,
/// <c>failure</c> or <c>cancelled</c>. Keys are no tags of metrics, there are too many; spans carry them.
/// </remarks>
public sealed class StorageInstruments
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "Vektagraf.Storage";

    /// <summary>Histogram of seconds from request to reply, tagged <c>operation</c> and <c>outcome</c>.</summary>
    public const string RequestDurationName = "vektagraf.storage.request.duration";

    /// <summary>Counter of content bytes that gets received.</summary>
    public const string ReadBytesName = "vektagraf.storage.read.bytes";

    /// <summary>Counter of content bytes that puts sent, also those that failed.</summary>
    public const string WrittenBytesName = "vektagraf.storage.written.bytes";

    internal const string OperationTag = "operation";
    internal const string OutcomeTag = "outcome";
    internal const string KeyTag = "vektagraf.storage.key";

    // From a local directory's microseconds to what the longest timeout allows, in steps of about two.
    private static readonly double[] DurationBounds = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

    internal static readonly ActivitySource Spans = new(Name);
    internal static readonly StorageInstruments Shared = new(new Meter(Name));

    internal StorageInstruments(Meter meter)
    {
        RequestDuration = meter.CreateHistogram(
            RequestDurationName, "s", "Time from a request to the object store to its reply.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBounds });
        ReadBytes = meter.CreateCounter<long>(ReadBytesName, "By", "Content received from the object store.");
        WrittenBytes = meter.CreateCounter<long>(WrittenBytesName, "By", "Content sent to the object store.");
    }

    internal Histogram<double> RequestDuration { get; }

    internal Counter<long> ReadBytes { get; }

    internal Counter<long> WrittenBytes { get; }

    internal bool IsObserved => RequestDuration.Enabled || ReadBytes.Enabled || WrittenBytes.Enabled || Spans.HasListeners();
}
