using System.Diagnostics.Metrics;
using Vektagraf.Collections;
using Vektagraf.Telemetry;

namespace Vektagraf;

/// <content>What is asked of the open collections at each export.</content>
public sealed partial class VektagrafDatabase
{
    private void PublishGauges(IMeterFactory meters)
    {
        var meter = meters.Create(Instruments.Name);
        var (tail, lag) = (Instruments.TailLength, Instruments.FoldLag);
        meter.CreateObservableGauge(tail.Name, () => OfOpenCollections(c => c.TailLength), tail.Unit, tail.Description);
        meter.CreateObservableGauge(lag.Name, () => OfOpenCollections(c => c.FoldLag?.TotalSeconds), lag.Unit, lag.Description);
    }

    private IEnumerable<Measurement<T>> OfOpenCollections<T>(Func<Collection, T?> valueOf)
        where T : struct
    {
        foreach (var open in _open.Values)
        {
            if (valueOf(open.Collection) is { } value)
            {
                yield return new Measurement<T>(value, new KeyValuePair<string, object?>(TelemetryAttributes.DbCollectionName, open.Collection.Name));
            }
        }
    }
}
