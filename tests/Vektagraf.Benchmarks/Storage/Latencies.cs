using System.Diagnostics;
using HdrHistogram;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>Latencies in a histogram with three digits, from a microsecond to a minute.</summary>
internal sealed class Latencies
{
    private readonly LongHistogram _histogram = new(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: 3);

    public long Count => _histogram.TotalCount;

    /// <summary>Records the time since a timestamp of <see cref="Stopwatch"/>.</summary>
    public void RecordSince(long startedAt) =>
        _histogram.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(startedAt).TotalMicroseconds, 1, 60_000_000));

    public void Add(Latencies other) => _histogram.Add(other._histogram);

    /// <summary>Milliseconds that so many percent do not exceed.</summary>
    public double Milliseconds(double percentile) => _histogram.GetValueAtPercentile(percentile) / 1e3;
}
