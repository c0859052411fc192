using System.Text.Json.Serialization;

namespace Vektagraf.Client;

/// <summary>A collection in the list of all.</summary>
public sealed record CollectionSummary
{
    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Of a branch: name of the collection that it was created from; otherwise null.</summary>
    public string? BranchOf { get; init; }

    /// <summary>Count of its objects.</summary>
    public long Objects { get; init; }

    /// <summary>Sizes by kind, in bytes.</summary>
    public ByteCounts Bytes { get; init => field = value ?? new(); } = new();
}

/// <summary>Sizes in bytes.</summary>
public sealed record ByteCounts
{
    /// <summary>Of properties, as UTF-8 JSON.</summary>
    public long Properties { get; init; }

    /// <summary>Of vectors.</summary>
    public long Vectors { get; init; }
}

/// <summary>A collection: its definition and its statistics.</summary>
public sealed record CollectionInfo
{
    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Of a branch: name of the collection that it was created from; otherwise null.</summary>
    public string? BranchOf { get; init; }

    /// <summary>Count of its shards.</summary>
    public int Shards { get; init; }

    /// <summary>The quality its searches must reach.</summary>
    public SearchObjective? Objective { get; init; }

    /// <summary>Vector fields by name.</summary>
    public IReadOnlyDictionary<string, VectorFieldDefinition> Vectors { get; init => field = value ?? Empty<VectorFieldDefinition>.Map; } = Empty<VectorFieldDefinition>.Map;

    /// <summary>Declared fields by name.</summary>
    public IReadOnlyDictionary<string, FieldDefinition> Fields { get; init => field = value ?? Empty<FieldDefinition>.Map; } = Empty<FieldDefinition>.Map;

    /// <summary>What it holds now.</summary>
    public CollectionStatistics Statistics { get; init => field = value ?? new(); } = new();

    /// <summary>Sparse vector fields by name; null for none.</summary>
    public IReadOnlyDictionary<string, SparseFieldDefinition>? Sparse { get; init; }

    /// <summary>The definition by itself, as <see cref="VektagrafClient.PutCollectionAsync"/> takes it.</summary>
    [JsonIgnore]
    public CollectionDefinition Definition => new() { Shards = Shards, Objective = Objective, Vectors = Vectors, Sparse = Sparse, Fields = Fields };
}

/// <summary>What a collection holds.</summary>
public sealed record CollectionStatistics
{
    /// <summary>Count of objects.</summary>
    public long Objects { get; init; }

    /// <summary>Count of immutable segments.</summary>
    public long Segments { get; init; }

    /// <summary>Log entries that are not in a segment yet.</summary>
    public long WalTail { get; init; }

    /// <summary>Sizes by kind, in bytes.</summary>
    public ByteCounts Bytes { get; init => field = value ?? new(); } = new();

    /// <summary>Count of distinct values by field.</summary>
    public IReadOnlyDictionary<string, long> Cardinality { get; init => field = value ?? Empty<long>.Map; } = Empty<long>.Map;

    /// <summary>Indexes by vector field.</summary>
    public IReadOnlyDictionary<string, VectorStatistics> Vectors { get; init => field = value ?? Empty<VectorStatistics>.Map; } = Empty<VectorStatistics>.Map;

    /// <summary>What settings of indexes were measured to give: by vector field, for each shard that was measured.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<CalibrationCurve>> Calibration { get; init => field = value ?? Empty<IReadOnlyList<CalibrationCurve>>.Map; } =
        Empty<IReadOnlyList<CalibrationCurve>>.Map;
}

/// <summary>The index of a vector field, as the node that answered has it.</summary>
public sealed record VectorStatistics
{
    /// <summary>How vectors are found: <c>flat</c>, <c>hnsw</c>, <c>ivf</c>; <c>mixed</c> where shards differ.</summary>
    public string Index { get; init; } = "";

    /// <summary>What is searched in their place: <c>none</c>, <c>half</c>, <c>scalar8</c>, <c>rabitq4</c>, <c>rabitq1</c>, <c>mixed</c>.</summary>
    public string Quantization { get; init; } = "";

    /// <summary>Live vectors.</summary>
    public long Count { get; init; }

    /// <summary>Vectors in the index, versions replaced since included.</summary>
    public long Indexed { get; init; }

    /// <summary>Vectors not in the index yet; they are scanned.</summary>
    public long Pending { get; init; }

    /// <summary>Bytes of the vectors as they were given.</summary>
    public long OriginalBytes { get; init; }

    /// <summary>Bytes of the index beside them.</summary>
    public long IndexBytes { get; init; }
}

/// <summary>What the settings of an index were measured to give, with vectors as queries that were held out.</summary>
/// <param name="K">Neighbours asked for.</param>
/// <param name="Queries">Queries asked.</param>
/// <param name="Vectors">Vectors in the index then.</param>
/// <param name="Points">By ascending setting.</param>
public sealed record CalibrationCurve(int K, int Queries, int Vectors, IReadOnlyList<CalibrationPoint> Points);

/// <summary>One setting.</summary>
/// <param name="Setting">efSearch of a graph, nprobe of inverted lists.</param>
/// <param name="Recall">Share of the exact k nearest that were found.</param>
/// <param name="Ms">Milliseconds a query, the median.</param>
/// <param name="Scored">Distances computed for a query, on average.</param>
public sealed record CalibrationPoint(int Setting, double Recall, double Ms, double Scored);

/// <summary>The outcome of <see cref="VektagrafClient.PutCollectionAsync"/>.</summary>
/// <param name="Collection">The collection as it is now.</param>
/// <param name="Created">Whether it did not exist before.</param>
public sealed record PutCollectionResult(CollectionInfo Collection, bool Created);

internal sealed record CollectionList
{
    public IReadOnlyList<CollectionSummary> Collections { get; init => field = value ?? []; } = [];
}
