using System.Text.Json.Serialization;
using Vektagraf.Client.Json;

namespace Vektagraf.Client;

/// <summary>What a collection holds: its vector fields, its declared fields, its shards and its objective.</summary>
public sealed record CollectionDefinition
{
    /// <summary>Count of shards, 1 to 64, fixed for the life of the collection; null for one.</summary>
    public int? Shards { get; init; }

    /// <summary>The quality its searches must reach; null for the server's default.</summary>
    public SearchObjective? Objective { get; init; }

    /// <summary>Vector fields by name.</summary>
    public IReadOnlyDictionary<string, VectorFieldDefinition> Vectors { get; init => field = value ?? Empty<VectorFieldDefinition>.Map; } = Empty<VectorFieldDefinition>.Map;

    /// <summary>Sparse vector fields by name; null for none.</summary>
    public IReadOnlyDictionary<string, SparseFieldDefinition>? Sparse { get; init; }

    /// <summary>Declared fields by name; undeclared ones are stored and returned, and filtered by scan.</summary>
    public IReadOnlyDictionary<string, FieldDefinition> Fields { get; init => field = value ?? Empty<FieldDefinition>.Map; } = Empty<FieldDefinition>.Map;
}

/// <summary>The quality searches must reach.</summary>
/// <param name="Recall">Wanted recall@k, above 0 up to 1.</param>
/// <param name="K">The k that recall is measured at.</param>
public sealed record SearchObjective(double Recall = 0.95, int K = 10);

/// <summary>One vector field.</summary>
public sealed record VectorFieldDefinition
{
    /// <summary>Length of every vector of the field, 1 to 16,384.</summary>
    public required int Dimensions { get; init; }

    /// <summary>How two vectors are compared.</summary>
    public VectorMetric Metric { get; init; } = VectorMetric.Cosine;

    /// <summary>The index kind wanted.</summary>
    public VectorIndexKind Index { get; init; } = VectorIndexKind.Auto;

    /// <summary>The quantization wanted.</summary>
    public VectorQuantization Quantization { get; init; } = VectorQuantization.Auto;

    /// <summary>Name of the server's embedding generator that makes the vector of objects that bring none; null for none.</summary>
    public string? Generator { get; init; }

    /// <summary>Properties whose text the generator embeds, the most telling first; null without a generator.</summary>
    public IReadOnlyList<string>? From { get; init; }
}

/// <summary>One field of learned sparse vectors, which are compared by dot product: it has nothing to say but that it is there.</summary>
public sealed record SparseFieldDefinition;

/// <summary>One declared field.</summary>
public sealed record FieldDefinition
{
    /// <summary>The type that values must have.</summary>
    public required FieldType Type { get; init; }

    /// <summary>Whether the field is indexed.</summary>
    public bool Index { get; init; }
}

/// <summary>How two vectors are compared.</summary>
[JsonConverter(typeof(CamelCaseEnum<VectorMetric>))]
public enum VectorMetric
{
    /// <summary>By angle: score is the cosine, distance 1 − cosine.</summary>
    Cosine,

    /// <summary>By dot product: score is the product, distance its negative.</summary>
    Dot,

    /// <summary>By Euclidean distance: score is 1 / (1 + distance).</summary>
    Euclidean,
}

/// <summary>Kinds of vector index.</summary>
[JsonConverter(typeof(CamelCaseEnum<VectorIndexKind>))]
public enum VectorIndexKind
{
    /// <summary>The server chooses.</summary>
    Auto,

    /// <summary>Exact scan.</summary>
    Flat,

    /// <summary>Proximity graph.</summary>
    Hnsw,

    /// <summary>Inverted lists around centroids.</summary>
    Ivf,
}

/// <summary>Kinds of vector quantization.</summary>
[JsonConverter(typeof(CamelCaseEnum<VectorQuantization>))]
public enum VectorQuantization
{
    /// <summary>The server chooses.</summary>
    Auto,

    /// <summary>float32 as given.</summary>
    None,

    /// <summary>8-bit scalar codes.</summary>
    Sq8,

    /// <summary>RaBitQ codes.</summary>
    Rabitq,
}

/// <summary>Types of declared fields.</summary>
[JsonConverter(typeof(CamelCaseEnum<FieldType>))]
public enum FieldType
{
    /// <summary>JSON string, compared ordinally.</summary>
    String,

    /// <summary>JSON number, as 64-bit floating point.</summary>
    Number,

    /// <summary>JSON true or false.</summary>
    Boolean,

    /// <summary>JSON string in ISO 8601 with offset or Z, or a date alone.</summary>
    [JsonStringEnumMemberName("datetime")]
    DateTime,

    /// <summary>JSON string, tokenized for full-text search.</summary>
    Text,

    /// <summary>GeoJSON point.</summary>
    Geo,

    /// <summary>JSON array of strings.</summary>
    [JsonStringEnumMemberName("string[]")]
    StringArray,
}
