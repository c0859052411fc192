using System.Text.Json.Serialization;

namespace Vektagraf.Optimisation;

/// <summary>What can be recommended.</summary>
public enum RecommendationKind
{
    /// <summary>An index on a field that filters test row by row.</summary>
    [JsonStringEnumMemberName("createIndex")]
    CreateIndex,

    /// <summary>To test the conditions of a filter in another order than they are written in.</summary>
    [JsonStringEnumMemberName("reorderFilters")]
    ReorderFilters,

    /// <summary>To ask for smaller pages.</summary>
    [JsonStringEnumMemberName("addLimit")]
    AddLimit,

    /// <summary>To keep answers of requests that come again.</summary>
    [JsonStringEnumMemberName("useCache")]
    UseCache,

    /// <summary>To divide the collection by a field that nearly all requests state.</summary>
    [JsonStringEnumMemberName("partitionData")]
    PartitionData,
}

/// <summary>Share of all recorded time that a recommendation is predicted to save: below 5 %, up to 20 %, above.</summary>
public enum RecommendationImpact
{
    /// <summary>Below 5 %.</summary>
    [JsonStringEnumMemberName("low")]
    Low,

    /// <summary>5 % to 20 %.</summary>
    [JsonStringEnumMemberName("medium")]
    Medium,

    /// <summary>Above 20 %.</summary>
    [JsonStringEnumMemberName("high")]
    High,
}

/// <summary>What became of a recommendation.</summary>
public enum RecommendationStatus
{
    /// <summary>Nobody applied it.</summary>
    [JsonStringEnumMemberName("open")]
    Open,

    /// <summary>It is being applied and measured.</summary>
    [JsonStringEnumMemberName("applying")]
    Applying,

    /// <summary>It is in force, and its gain was measured.</summary>
    [JsonStringEnumMemberName("applied")]
    Applied,

    /// <summary>It made things worse, and was taken back.</summary>
    [JsonStringEnumMemberName("rolledBack")]
    RolledBack,

    /// <summary>It could not be applied or measured.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>A query shape that led to a recommendation, as it was recorded.</summary>
/// <param name="Signature">Its signature.</param>
/// <param name="Shape">The shape for people.</param>
/// <param name="Executions">How often it was asked.</param>
/// <param name="TotalMs">Milliseconds that took in all.</param>
public sealed record RecommendationEvidence(string Signature, string Shape, long Executions, double TotalMs);

/// <summary>What a recommendation gains, predicted or measured: an execution of the evidence's shapes, on average over how often they were asked.</summary>
/// <param name="BeforeMs">Milliseconds before.</param>
/// <param name="AfterMs">Milliseconds after.</param>
/// <param name="MemoryBytes">Bytes of memory that it takes, roughly.</param>
public sealed record RecommendationGain(double BeforeMs, double AfterMs, double MemoryBytes = 0)
{
    /// <summary>Share of the time that is saved; below 0 where it got worse.</summary>
    [JsonIgnore]
    public double Share => BeforeMs <= 0 ? 0 : 1 - (AfterMs / BeforeMs);
}

/// <summary>A change that recorded executions speak for.</summary>
public sealed record Recommendation
{
    /// <summary>Name of the recommendation, the same as long as it is about the same.</summary>
    public required string Id { get; init; }

    /// <summary>What it is about.</summary>
    public required RecommendationKind Kind { get; init; }

    /// <summary>How much of all recorded time it is predicted to save.</summary>
    public required RecommendationImpact Impact { get; init; }

    /// <summary>What to do, in a sentence.</summary>
    public required string Title { get; init; }

    /// <summary>Why, with the numbers.</summary>
    public required string Reason { get; init; }

    /// <summary>The field it is about; null where there is none.</summary>
    public string? Field { get; init; }

    /// <summary>Name of the shape of the filter it is about; null unless it is about an order.</summary>
    public string? Filter { get; init; }

    /// <summary>Names of the shapes of the filter's conditions in the order recommended; null unless it is about an order.</summary>
    public IReadOnlyList<string>? Order { get; init; }

    /// <summary>Share of the executions that asked what had been asked lately of the same data; null unless it is about keeping answers.</summary>
    public double? RepeatedShare { get; init; }

    /// <summary>The shapes that led to it, those that took the most time first.</summary>
    public required IReadOnlyList<RecommendationEvidence> Evidence { get; init; }

    /// <summary>What it is predicted to gain.</summary>
    public required RecommendationGain Predicted { get; init; }

    /// <summary>What it gained when it was applied: the same requests, run before and after; null before that.</summary>
    public RecommendationGain? Measured { get; init; }

    /// <summary>What became of it.</summary>
    public RecommendationStatus Status { get; init; }

    /// <summary>What became of it, in a sentence.</summary>
    public string? Detail { get; init; }

    /// <summary>When it was last applied; null before that.</summary>
    public DateTimeOffset? AppliedAt { get; init; }

    /// <summary>Whether applying it is the database's to do; what the others ask for only the caller can do.</summary>
    [JsonIgnore]
    public bool IsApplicable => Kind is RecommendationKind.CreateIndex or RecommendationKind.ReorderFilters or RecommendationKind.UseCache;
}
