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

    /// <summary>The definition by itself, as <see cref="VektagrafClient.PutCollectionAsync"/> takes it.</summary>
    [JsonIgnore]
    public CollectionDefinition Definition => new() { Shards = Shards, Objective = Objective, Vectors = Vectors, Fields = Fields };
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
}

/// <summary>The outcome of <see cref="VektagrafClient.PutCollectionAsync"/>.</summary>
/// <param name="Collection">The collection as it is now.</param>
/// <param name="Created">Whether it did not exist before.</param>
public sealed record PutCollectionResult(CollectionInfo Collection, bool Created);

internal sealed record CollectionList
{
    public IReadOnlyList<CollectionSummary> Collections { get; init => field = value ?? []; } = [];
}
