using System.Text.Json.Serialization;
using Vektagraf.Index;

namespace Vektagraf.Collections;

/// <summary>What a collection holds: its vector fields, its sparse vector fields, its declared fields, its shards and its objective.</summary>
public sealed record CollectionDefinition
{
    /// <summary>Creates a definition; what is left out takes its default.</summary>
    /// <remarks>Defaults are those of parameters: the generated JSON code would overwrite those of init-only properties.</remarks>
    /// <param name="shards">Count of shards.</param>
    /// <param name="objective">The quality its searches must reach.</param>
    /// <param name="vectors">Vector fields by name.</param>
    /// <param name="fields">Declared fields by name.</param>
    /// <param name="sparse">Sparse vector fields by name; null for none.</param>
    [JsonConstructor]
    public CollectionDefinition(
        int shards = 1,
        SearchObjective? objective = null,
        IReadOnlyDictionary<string, VectorFieldDefinition>? vectors = null,
        IReadOnlyDictionary<string, FieldDefinition>? fields = null,
        IReadOnlyDictionary<string, SparseFieldDefinition>? sparse = null)
    {
        Shards = shards;
        Objective = objective ?? new SearchObjective();
        Vectors = vectors ?? new Dictionary<string, VectorFieldDefinition>(StringComparer.Ordinal);
        Fields = fields ?? new Dictionary<string, FieldDefinition>(StringComparer.Ordinal);
        Sparse = sparse;
    }

    /// <summary>Count of shards, fixed for the life of the collection.</summary>
    public int Shards { get; init; }

    /// <summary>The quality its searches must reach.</summary>
    public SearchObjective Objective { get; init; }

    /// <summary>Vector fields by name.</summary>
    public IReadOnlyDictionary<string, VectorFieldDefinition> Vectors { get; init; }

    /// <summary>Sparse vector fields by name; null for none, so that definitions without any stay readable for builds that know of none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, SparseFieldDefinition>? Sparse { get; init => field = value is { Count: > 0 } ? value : null; }

    /// <summary>Names of the sparse vector fields, ascending.</summary>
    [JsonIgnore]
    public IEnumerable<string> SparseNames => (Sparse?.Keys ?? []).Order(StringComparer.Ordinal);

    /// <summary>Declared fields by name; undeclared ones are stored and returned, and filtered by scan.</summary>
    public IReadOnlyDictionary<string, FieldDefinition> Fields { get; init; }
}

/// <summary>The quality searches must reach.</summary>
/// <param name="Recall">Wanted recall@k, above 0 up to 1.</param>
/// <param name="K">The k that recall is measured at.</param>
public sealed record SearchObjective(double Recall = 0.95, int K = 10);

/// <summary>One vector field.</summary>
public sealed record VectorFieldDefinition
{
    /// <summary>Length of every vector of the field.</summary>
    public int Dimensions { get; init; }

    /// <summary>How two vectors are compared.</summary>
    public DistanceMetric Metric { get; init; } = DistanceMetric.Cosine;

    /// <summary>The index kind wanted.</summary>
    public VectorIndexKind Index { get; init; } = VectorIndexKind.Auto;

    /// <summary>The quantization wanted.</summary>
    public QuantizationKind Quantization { get; init; } = QuantizationKind.Auto;

    /// <summary>Name of the embedding generator that makes the vector on save when the object brings none; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Generator { get; init; }

    /// <summary>Properties whose text the generator embeds, in order.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? From { get; init; }
}

/// <summary>One sparse vector field: it has nothing to say yet but that it is there.</summary>
public sealed record SparseFieldDefinition;

/// <summary>Kinds of vector index.</summary>
public enum VectorIndexKind
{
    /// <summary>The engine chooses by size, dimensions and objective.</summary>
    Auto,

    /// <summary>Exact scan.</summary>
    Flat,

    /// <summary>Proximity graph.</summary>
    Hnsw,

    /// <summary>Inverted lists around centroids.</summary>
    Ivf,
}

/// <summary>Kinds of vector quantization.</summary>
public enum QuantizationKind
{
    /// <summary>The engine chooses by dimensions, objective and memory budget.</summary>
    Auto,

    /// <summary>float32 as given.</summary>
    None,

    /// <summary>8-bit scalar codes.</summary>
    Sq8,

    /// <summary>RaBitQ codes.</summary>
    Rabitq,
}

/// <summary>One declared field.</summary>
public sealed record FieldDefinition
{
    /// <summary>The type that values must have.</summary>
    public FieldType Type { get; init; }

    /// <summary>Whether the field is indexed.</summary>
    public bool Index { get; init; }
}

/// <summary>Types of declared fields.</summary>
public enum FieldType
{
    /// <summary>JSON string, compared ordinally.</summary>
    [JsonStringEnumMemberName("string")]
    String,

    /// <summary>JSON number, as double.</summary>
    [JsonStringEnumMemberName("number")]
    Number,

    /// <summary>JSON true or false.</summary>
    [JsonStringEnumMemberName("boolean")]
    Boolean,

    /// <summary>JSON string in ISO 8601 with offset or Z.</summary>
    [JsonStringEnumMemberName("datetime")]
    DateTime,

    /// <summary>JSON string, tokenized for full-text search.</summary>
    [JsonStringEnumMemberName("text")]
    Text,

    /// <summary>GeoJSON point.</summary>
    [JsonStringEnumMemberName("geo")]
    Geo,

    /// <summary>JSON array of strings.</summary>
    [JsonStringEnumMemberName("string[]")]
    StringArray,
}
