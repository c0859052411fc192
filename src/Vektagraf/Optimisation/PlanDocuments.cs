using System.Text.Json;
using System.Text.Json.Serialization;
using Vektagraf.Insights;

namespace Vektagraf.Optimisation;

/// <summary>Plans as documents of the insight store: a partition for each collection, a document for each shape.</summary>
internal static class PlanDocuments
{
    private const string PartitionPrefix = "plans.";

    // Processes whose last share a document remembers: one whose write has no known outcome tries again before so many others have written.
    private const int MostShares = 64;

    // A shape that nobody asked for a month has nothing to say.
    private static readonly TimeSpan TimeToLive = TimeSpan.FromDays(30);

    public static string PartitionOf(string storageName) => PartitionPrefix + storageName;

    /// <summary>Adds what one process recorded to what is stored.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="present">The document; null where there is none.</param>
    /// <param name="plan">The process's share.</param>
    /// <param name="share">The process, and the number of its share.</param>
    /// <param name="all">The sum.</param>
    /// <returns>The document to write; null where the share is in the present one, by an earlier write whose outcome was not known.</returns>
    public static InsightDocument? Merge(string partition, InsightDocument? present, PlanReport plan, (string Writer, long Number) share, out ExecutionStatistics all)
    {
        var (known, shares) = present is null ? default : (Decode(present), SharesOf(present));
        all = new ExecutionStatistics();
        all.Merge(known?.Statistics ?? new ExecutionStatistics());
        shares ??= [];
        if (shares.Exists(s => s.Number >= share.Number && string.Equals(s.Writer, share.Writer, StringComparison.Ordinal)))
        {
            return null;
        }

        all.Merge(plan.Statistics);
        var stored = new StoredPlan
        {
            Shape = plan.Shape,
            Kind = plan.Kind,
            AccessPath = plan.AccessPath,
            FilterMode = plan.FilterMode,
            FirstAt = known is not null && known.FirstAt < plan.FirstAt ? known.FirstAt : plan.FirstAt,
            LastAt = known is not null && known.LastAt > plan.LastAt ? known.LastAt : plan.LastAt,
            Statistics = all,
            Samples = plan.Samples.Count > 0 ? plan.Samples : known?.Samples ?? [],
            Shares = [.. shares.Where(s => !string.Equals(s.Writer, share.Writer, StringComparison.Ordinal)).TakeLast(MostShares - 1), new StoredShare(share.Writer, share.Number)],
        };
        var content = JsonSerializer.SerializeToUtf8Bytes(stored, OptimisationJson.Default.StoredPlan);
        return new InsightDocument
        {
            Partition = partition,
            Id = plan.Signature.ToString(),
            Timestamp = stored.LastAt,
            TimeToLive = TimeToLive,
            // Requests may be of any length; what they amounted to counts more.
            Content = content.Length <= InsightRules.MaxContentBytes ? content : JsonSerializer.SerializeToUtf8Bytes(stored with { Samples = [] }, OptimisationJson.Default.StoredPlan),
        };
    }

    private static List<StoredShare>? SharesOf(InsightDocument document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Content.Span, OptimisationJson.Default.StoredPlan)?.Shares?.ToList();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads a plan.</summary>
    /// <returns>Null where the document is none: of another version, or damaged. What is lost are measurements.</returns>
    public static PlanReport? Decode(InsightDocument document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Content.Span, OptimisationJson.Default.StoredPlan) is { } stored && QuerySignature.TryParse(document.Id, out var signature)
                ? new PlanReport
                {
                    Signature = signature,
                    Shape = stored.Shape,
                    Kind = stored.Kind,
                    AccessPath = stored.AccessPath,
                    FilterMode = stored.FilterMode,
                    FirstAt = stored.FirstAt,
                    LastAt = stored.LastAt,
                    Statistics = stored.Statistics,
                    Samples = stored.Samples,
                }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A plan in the insight store.</summary>
internal sealed record StoredPlan
{
    public required string Shape { get; init; }

    public required RequestKind Kind { get; init; }

    public string? AccessPath { get; init; }

    public string? FilterMode { get; init; }

    public required DateTimeOffset FirstAt { get; init; }

    public required DateTimeOffset LastAt { get; init; }

    public required ExecutionStatistics Statistics { get; init; }

    public required IReadOnlyList<SampledRequest> Samples { get; init; }

    /// <summary>The last share of each process that added one, the latest at the end; null in documents of earlier versions.</summary>
    public IReadOnlyList<StoredShare>? Shares { get; init; }
}

/// <summary>What is in a plan already.</summary>
/// <param name="Writer">The process.</param>
/// <param name="Number">Its last share.</param>
internal sealed record StoredShare(string Writer, long Number);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(StoredPlan))]
[JsonSerializable(typeof(Recommendation))]
internal sealed partial class OptimisationJson : JsonSerializerContext;
