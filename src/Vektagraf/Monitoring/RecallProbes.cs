using System.Globalization;
using System.Text.Json;
using Vektagraf.Insights;

namespace Vektagraf.Monitoring;

/// <summary>A measurement of recall that a probe made.</summary>
public sealed class RecallProbe
{
    /// <summary>The collection.</summary>
    public required string Collection { get; set; }

    /// <summary>Its name in storage, which a collection that is created again does not share.</summary>
    public required string StorageName { get; set; }

    /// <summary>The vector field.</summary>
    public required string Field { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; set; }

    /// <summary>Neighbours asked for.</summary>
    public required int K { get; set; }

    /// <summary>Queries asked.</summary>
    public required int Queries { get; set; }

    /// <summary>Those of them that were real requests.</summary>
    public required int Recorded { get; set; }

    /// <summary>Share of the exact nearest that was found.</summary>
    public required double Recall { get; set; }

    /// <summary>What the recall is at least, at 95 % confidence.</summary>
    public required double Lower { get; set; }

    /// <summary>What the recall is at most, at 95 % confidence.</summary>
    public required double Upper { get; set; }

    /// <summary>What it should be.</summary>
    public required double Objective { get; set; }

    /// <summary>Whether the index was measured anew, since it kept falling short.</summary>
    public bool Recalibrated { get; set; }
}

/// <summary>Probes of recall as documents of the insight store.</summary>
internal static class RecallProbes
{
    private const string Partition = "recall";

    private static readonly TimeSpan TimeToLive = TimeSpan.FromDays(90);

    public static Task WriteAsync(IInsightStore store, RecallProbe probe, CancellationToken cancellationToken) => store.PutAsync(
        new InsightDocument
        {
            Partition = Partition,
            Id = string.Create(CultureInfo.InvariantCulture, $"{probe.StorageName}.{Uri.EscapeDataString(probe.Field).Replace('%', '~')}.{InsightRules.Microseconds(probe.At)}"),
            Timestamp = probe.At,
            TimeToLive = TimeToLive,
            Content = JsonSerializer.SerializeToUtf8Bytes(probe, MonitoringJson.Default.RecallProbe),
        },
        default,
        cancellationToken);

    /// <summary>The probes made after one time and not after another, the earliest first.</summary>
    public static async Task<List<RecallProbe>> ReadAsync(IInsightStore store, DateTimeOffset after, DateTimeOffset upTo, CancellationToken cancellationToken)
    {
        var probes = new List<RecallProbe>();
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(Partition, new InsightRange(after.AddMicroseconds(1), upTo.AddMicroseconds(1)), continuation, cancellationToken);
            probes.AddRange(page.Documents.Select(Decode).OfType<RecallProbe>());
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return probes;
    }

    private static RecallProbe? Decode(InsightDocument document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Content.Span, MonitoringJson.Default.RecallProbe);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
