using System.Diagnostics.Metrics;

namespace Vektagraf.Telemetry;

/// <summary>Makes instruments of their definitions.</summary>
public static class InstrumentFactory
{
    /// <summary>Makes a histogram.</summary>
    /// <param name="meter">The meter.</param>
    /// <param name="definition">The definition.</param>
    /// <param name="bounds">Boundaries of its buckets, ascending, for readers that keep buckets.</param>
    /// <returns>The histogram.</returns>
    public static Histogram<T> Histogram<T>(this Meter meter, InstrumentDefinition definition, params T[] bounds)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(meter);
        ArgumentNullException.ThrowIfNull(definition);
        return meter.CreateHistogram(definition.Name, definition.Unit, definition.Description, tags: null, new InstrumentAdvice<T> { HistogramBucketBoundaries = bounds });
    }

    /// <summary>Makes a counter of whole numbers.</summary>
    /// <param name="meter">The meter.</param>
    /// <param name="definition">The definition.</param>
    /// <returns>The counter.</returns>
    public static Counter<long> Counter(this Meter meter, InstrumentDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(meter);
        ArgumentNullException.ThrowIfNull(definition);
        return meter.CreateCounter<long>(definition.Name, definition.Unit, definition.Description);
    }
}
