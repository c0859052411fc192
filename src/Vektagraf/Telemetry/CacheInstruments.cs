using System.Diagnostics.Metrics;

namespace Vektagraf.Telemetry;

/// <summary>Publishes what the levels of a cache count of themselves, under <see cref="Instruments.CacheRequests"/>. Costs nothing between two exports.</summary>
public static class CacheInstruments
{
    /// <summary>Publishes the counts of one level.</summary>
    /// <param name="meters">Makes the meter.</param>
    /// <param name="level">Name of the level.</param>
    /// <param name="counts">Says how many requests had each result so far; asked at each export, from any thread.</param>
    public static void Observe(IMeterFactory meters, string level, Func<IEnumerable<(string Result, long Requests)>> counts)
    {
        ArgumentNullException.ThrowIfNull(meters);
        ArgumentNullException.ThrowIfNull(level);
        ArgumentNullException.ThrowIfNull(counts);
        var definition = Instruments.CacheRequests;
        meters.Create(definition.Meter).CreateObservableCounter(
            definition.Name,
            () => counts().Select(c => new Measurement<long>(
                c.Requests,
                new KeyValuePair<string, object?>(TelemetryAttributes.CacheLevel, level),
                new KeyValuePair<string, object?>(TelemetryAttributes.CacheResult, c.Result))),
            definition.Unit,
            definition.Description);
    }
}
