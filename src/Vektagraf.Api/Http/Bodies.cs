using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vektagraf.Api.Http;

/// <summary>Body of a batch get.</summary>
internal sealed record BatchGetBody
{
    public required IReadOnlyList<string> Ids { get; init; }

    public bool IncludeVectors { get; init; }
}

/// <summary>Body of a search.</summary>
internal sealed record SearchBody
{
    private const int DefaultK = 10;

    public VectorBody? Vector { get; init; }

    public TextBody? Text { get; init; }

    public SparseBody? Sparse { get; init; }

    public FusionBody? Fusion { get; init; }

    public HighlightBody? Highlight { get; init; }

    // Settable like all members with a default of their own: the generated code sets every init-only member, also one the text lacks.
    public int K { get; set; } = DefaultK;

    public int Offset { get; init; }

    public string? Filter { get; init; }

    public double? Recall { get; init; }

    public ParametersBody? Params { get; init; }

    public IReadOnlyList<string>? Select { get; init; }

    public bool IncludeVectors { get; init; }

    public double? MinScore { get; init; }

    public DiversityBody? Diversity { get; init; }

    public GroupByBody? GroupBy { get; init; }

    [JsonConverter(typeof(ConsistencyConverter))]
    public ConsistencyBody? Consistency { get; init; }

    public bool Explain { get; init; }

    public string? AsOf { get; init; }
}

/// <summary>The query vector: by value, by text or by id.</summary>
internal sealed record VectorBody
{
    public string? Field { get; init; }

    [JsonConverter(typeof(QueryVectorConverter))]
    public float[]? Value { get; init; }

    public string? Text { get; init; }

    public string? Id { get; init; }
}

/// <summary>A full-text query.</summary>
internal sealed record TextBody
{
    public IReadOnlyList<string>? Fields { get; init; }

    public string? Query { get; init; }

    public IReadOnlyDictionary<string, double>? Weights { get; init; }
}

/// <summary>A sparse query vector.</summary>
internal sealed record SparseBody
{
    public string? Field { get; init; }

    public required uint[] Indices { get; init; }

    public required float[] Values { get; init; }
}

/// <summary>How vector, words and sparse vector become one ranking.</summary>
internal sealed record FusionBody
{
    public double K { get; set; } = Querying.RankFusion.DefaultK;

    public FusionWeightsBody? Weights { get; init; }
}

/// <summary>What each side of a fused search counts.</summary>
internal sealed record FusionWeightsBody
{
    public double Vector { get; set; } = 1;

    public double Text { get; set; } = 1;

    public double Sparse { get; set; } = 1;
}

/// <summary>Which excerpts of the texts found to send.</summary>
internal sealed record HighlightBody
{
    public IReadOnlyList<string>? Fields { get; init; }

    public string? PreTag { get; init; }

    public string? PostTag { get; init; }

    public int Fragments { get; set; } = Querying.TextHighlight.DefaultFragments;

    public int FragmentLength { get; set; } = Querying.TextHighlight.DefaultFragmentLength;
}

/// <summary>Search parameters; each kind of index reads what concerns it.</summary>
internal sealed record ParametersBody
{
    public int? EfSearch { get; init; }

    public int? Nprobe { get; init; }

    public bool Exact { get; init; }
}

/// <summary>How unlike each other results should be.</summary>
internal sealed record DiversityBody
{
    public double Lambda { get; set; } = Querying.SearchDiversity.DefaultLambda;

    public int? Candidates { get; init; }
}

/// <summary>At most so many results for each value of a field.</summary>
internal sealed record GroupByBody
{
    public required string Field { get; init; }

    public int Limit { get; set; } = 1;
}

/// <summary>How fresh a read must be.</summary>
internal sealed record ConsistencyBody
{
    public string? Level { get; init; }

    public double? BoundedMs { get; init; }

    public string? Session { get; init; }
}

/// <summary>Body of a batch search.</summary>
internal sealed record SearchBatchBody
{
    public required IReadOnlyList<SearchBody> Queries { get; init; }
}

/// <summary>Body of a query.</summary>
internal sealed record QueryBody
{
    public string? Filter { get; init; }

    [JsonConverter(typeof(OrderByConverter))]
    public IReadOnlyList<string>? OrderBy { get; init; }

    public int Limit { get; set; } = Querying.QueryRequest.DefaultLimit;

    public string? Cursor { get; init; }

    public IReadOnlyList<string>? Select { get; init; }

    public bool IncludeVectors { get; init; }

    [JsonConverter(typeof(ConsistencyConverter))]
    public ConsistencyBody? Consistency { get; init; }

    public AggregateBody? Aggregate { get; init; }
}

/// <summary>Body of a batch of queries.</summary>
internal sealed record QueryBatchBody
{
    public required IReadOnlyList<QueryBody> Queries { get; init; }
}

/// <summary>Body of a delete by filter.</summary>
internal sealed record DeleteByFilterBody
{
    public required string Filter { get; init; }

    public int? Limit { get; init; }

    public bool DryRun { get; init; }
}

/// <summary>Body of a patch by filter.</summary>
internal sealed record PatchByFilterBody
{
    public required string Filter { get; init; }

    // One of both: the patch of an object, or of its properties alone.
    public JsonElement? Patch { get; init; }

    public JsonElement? Properties { get; init; }

    public int? Limit { get; init; }

    public bool DryRun { get; init; }
}

/// <summary>What an explanation takes beside its request.</summary>
internal sealed record ExplainBody
{
    public bool Analyze { get; init; }

    public IReadOnlyList<AlternativeBody>? WhatIf { get; init; }

    public SearchBody? Search { get; init; }

    public QueryBody? Query { get; init; }
}

/// <summary>Another way to run a request.</summary>
internal sealed record AlternativeBody
{
    public int? EfSearch { get; init; }

    public int? Nprobe { get; init; }

    public string? Index { get; init; }

    public string? FilterMode { get; init; }

    public string? FieldIndex { get; init; }
}

/// <summary>Body of a snapshot's creation.</summary>
internal sealed record SnapshotBody
{
    public string? Name { get; init; }

    // As text: the JSON reader would take a time without an offset for local time.
    public string? ExpiresAt { get; init; }

    public double? ExpiresInHours { get; init; }
}

/// <summary>Body of a branch's creation.</summary>
internal sealed record BranchBody
{
    public required string Name { get; init; }

    public string? AsOf { get; init; }
}

/// <summary>What to drop from the cache.</summary>
internal sealed record CacheInvalidationBody
{
    public string? Pattern { get; init; }

    public string? Key { get; init; }
}

/// <summary>Body of a threshold.</summary>
internal sealed record ThresholdBody
{
    public string? Name { get; init; }

    public required string Metric { get; init; }

    public required string Comparison { get; init; }

    public required double Value { get; init; }

    public double? DurationMs { get; init; }

    public string? Duration { get; init; }

    public string Severity { get; set; } = "warning";

    public double? Hysteresis { get; init; }

    public string? Collection { get; init; }

    public bool Enabled { get; set; } = true;

    public string? Description { get; init; }
}

/// <summary>Body of a measurement of recall.</summary>
internal sealed record RecallBody
{
    public string? Field { get; init; }

    public int? K { get; init; }

    public int Samples { get; set; } = Monitoring.RecallRequest.DefaultSamples;

    public string? Filter { get; init; }

    public double? Recall { get; init; }

    public ParametersBody? Params { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(BatchGetBody))]
[JsonSerializable(typeof(SearchBody))]
[JsonSerializable(typeof(SearchBatchBody))]
[JsonSerializable(typeof(QueryBody))]
[JsonSerializable(typeof(ExplainBody))]
[JsonSerializable(typeof(QueryBatchBody))]
[JsonSerializable(typeof(DeleteByFilterBody))]
[JsonSerializable(typeof(PatchByFilterBody))]
[JsonSerializable(typeof(SnapshotBody))]
[JsonSerializable(typeof(BranchBody))]
[JsonSerializable(typeof(CacheInvalidationBody))]
[JsonSerializable(typeof(ThresholdBody))]
[JsonSerializable(typeof(RecallBody))]
internal sealed partial class BodyJson : JsonSerializerContext;
