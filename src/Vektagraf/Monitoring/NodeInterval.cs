using System.Text.Json;
using System.Text.Json.Serialization;
using Vektagraf.Insights;
using Vektagraf.Optimisation;

namespace Vektagraf.Monitoring;

/// <summary>Operations of one kind over some time. Totals of several times and nodes add up by <see cref="Merge"/>. Not thread-safe.</summary>
public sealed class OperationTotals
{
    /// <summary>Operations that gave an answer.</summary>
    public long Successes { get; set; }

    /// <summary>Operations that failed for another reason than the caller's request.</summary>
    public long Errors { get; set; }

    /// <summary>Milliseconds of all successes.</summary>
    public double TotalMs { get; set; }

    /// <summary>Durations of all successes, in milliseconds.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Replace)]
    public QuantileSketch Durations { get; set; } = new();

    /// <summary>Both kinds of outcome.</summary>
    [JsonIgnore]
    public long Operations => Successes + Errors;

    /// <summary>Adds other totals.</summary>
    /// <param name="other">The other totals; they are not changed.</param>
    public void Merge(OperationTotals other)
    {
        Successes += other.Successes;
        Errors += other.Errors;
        TotalMs += other.TotalMs;
        Durations.Merge(other.Durations);
    }
}

/// <summary>What one node measured from one flush to the next: the document of the insight store that all series and thresholds are made from.</summary>
public sealed class NodeInterval
{
    /// <summary>The node.</summary>
    public required string Node { get; set; }

    /// <summary>Drawn when the process started: intervals of a node that started again are not taken for each other.</summary>
    public required string Start { get; set; }

    /// <summary>Number of the interval since the start.</summary>
    public required long Sequence { get; set; }

    /// <summary>Its beginning.</summary>
    public required DateTimeOffset From { get; set; }

    /// <summary>Its end, by which it is found.</summary>
    public required DateTimeOffset To { get; set; }

    /// <summary>Searches.</summary>
    public required OperationTotals Searches { get; set; }

    /// <summary>Queries.</summary>
    public required OperationTotals Queries { get; set; }

    /// <summary>Commits.</summary>
    public required OperationTotals Writes { get; set; }

    /// <summary>Share of memory in use at the end, 0 to 1.</summary>
    public double MemoryRatio { get; set; }

    /// <summary>Most log entries that a shard in memory had which no segment contained; null where no collection was in memory.</summary>
    public long? FoldLag { get; set; }

    /// <summary>Lookups in caches that found something.</summary>
    public long CacheHits { get; set; }

    /// <summary>Lookups in caches that did not.</summary>
    public long CacheMisses { get; set; }

    /// <summary>What the operations cost, as the cost model estimates it, in the currency of the price list.</summary>
    public double Cost { get; set; }
}

/// <summary>Intervals as documents of the insight store: one partition, found by their ends.</summary>
internal static class NodeIntervals
{
    public const string Partition = "metrics";

    public static InsightDocument Encode(NodeInterval interval, TimeSpan timeToLive) => new()
    {
        Partition = Partition,
        // The same interval written again, after a reply that never came, is the same document.
        Id = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{interval.Node}.{interval.Start}.{interval.Sequence:D8}"),
        Timestamp = interval.To,
        TimeToLive = timeToLive,
        Content = JsonSerializer.SerializeToUtf8Bytes(interval, MonitoringJson.Default.NodeInterval),
    };

    /// <summary>The intervals that ended after one time and not after another.</summary>
    /// <returns>In the order of their ends.</returns>
    public static async Task<List<NodeInterval>> ReadAsync(IInsightStore store, DateTimeOffset after, DateTimeOffset upTo, int most, CancellationToken cancellationToken)
    {
        var intervals = new List<NodeInterval>();
        string? continuation = null;
        do
        {
            var range = new InsightRange(after.AddMicroseconds(1), upTo.AddMicroseconds(1));
            var page = await store.QueryAsync(Partition, range, continuation, cancellationToken);
            intervals.AddRange(page.Documents.Select(Decode).OfType<NodeInterval>());
            continuation = page.Continuation;
            if (intervals.Count > most)
            {
                throw new VektagrafException(ErrorKind.TooLarge, "too-many-measurements", $"More than {most:N0} measurements lie in that time. Ask for less of it.");
            }
        }
        while (continuation is not null);

        return intervals;
    }

    /// <summary>Reads an interval.</summary>
    /// <returns>Null where the document is none: of another version, or damaged.</returns>
    private static NodeInterval? Decode(InsightDocument document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Content.Span, MonitoringJson.Default.NodeInterval);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
