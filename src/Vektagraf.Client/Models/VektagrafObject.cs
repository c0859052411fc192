using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Vektagraf.Client;

/// <summary>An object of a collection.</summary>
public sealed record VektagrafObject
{
    /// <summary>Its id: 1 to 512 bytes of UTF-8 without control characters, <c>/</c> and <c>\</c>; unique in the collection.</summary>
    public required string Id { get; init; }

    /// <summary>What kind of object it is; null for none.</summary>
    public string? Type { get; init; }

    /// <summary>Its version as the server gave it, quotes included: fit for <see cref="WriteOptions.IfMatch"/>. Null where the answer
    /// carries none, such as in exports; not sent.</summary>
    [JsonPropertyName("etag")]
    public string? ETag { get; init; }

    /// <summary>Its fields, as a JSON object; undefined for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Properties { get; init; }

    /// <summary>Its vectors by field; null where they were not asked for, or there are none.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<float>>? Vectors { get; init; }

    /// <summary>Its sparse vectors by field; null where vectors were not asked for, or there are none.</summary>
    public IReadOnlyDictionary<string, SparseVector>? Sparse { get; init; }

    /// <summary>Makes an object from properties of a type.</summary>
    /// <typeparam name="T">The properties' type.</typeparam>
    /// <param name="id">The object's id.</param>
    /// <param name="properties">Its properties; they must serialize to a JSON object.</param>
    /// <param name="type">How to serialize them, from a <see cref="JsonSerializerContext"/>.</param>
    /// <returns>The object.</returns>
    public static VektagrafObject Create<T>(string id, T properties, JsonTypeInfo<T> type) =>
        new() { Id = id, Properties = JsonSerializer.SerializeToElement(properties, type) };

    /// <summary>The properties as a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="type">How to deserialize it, from a <see cref="JsonSerializerContext"/>.</param>
    /// <returns>The properties; the type's default where there are none.</returns>
    /// <exception cref="JsonException">They do not fit the type.</exception>
    public T? PropertiesAs<T>(JsonTypeInfo<T> type) =>
        Properties.ValueKind == JsonValueKind.Undefined ? default : Properties.Deserialize(type);

    /// <summary>The same object with a vector more, or another one.</summary>
    /// <param name="field">The vector field.</param>
    /// <param name="vector">As many components as the field has dimensions.</param>
    /// <returns>The object.</returns>
    public VektagrafObject WithVector(string field, ReadOnlyMemory<float> vector)
    {
        var vectors = new Dictionary<string, ReadOnlyMemory<float>>(Vectors ?? new Dictionary<string, ReadOnlyMemory<float>>(), StringComparer.Ordinal)
        {
            [field] = vector,
        };
        return this with { Vectors = vectors };
    }

    /// <summary>The same object with a sparse vector more, or another one.</summary>
    /// <param name="field">The sparse field.</param>
    /// <param name="vector">The vector.</param>
    /// <returns>The object.</returns>
    public VektagrafObject WithSparse(string field, SparseVector vector) =>
        this with { Sparse = new Dictionary<string, SparseVector>(Sparse ?? new Dictionary<string, SparseVector>(), StringComparer.Ordinal) { [field] = vector } };
}

/// <summary>A learned sparse vector, such as SPLADE makes: the dimensions that are not zero, at most 16,384, and the weight of each.</summary>
/// <param name="Indices">The dimensions, each once, in any order; the server gives them back ascending.</param>
/// <param name="Values">The weight of each, finite; weights of zero are not kept.</param>
public sealed record SparseVector(IReadOnlyList<uint> Indices, IReadOnlyList<float> Values);

/// <summary>How a write is to happen.</summary>
public sealed record WriteOptions
{
    /// <summary>ETag that the object must have, or <c>*</c> for any; null for no such condition.</summary>
    public string? IfMatch { get; init; }

    /// <summary>Whether the object must not exist yet.</summary>
    public bool IfNotExists { get; init; }

    /// <summary>Names this write, so that it is applied once however often it is sent; null for one drawn at random. Give one only to
    /// continue a call that an earlier one left in doubt: <see cref="VektagrafClientException.IdempotencyKey"/>.</summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>A write that is durable.</summary>
public sealed record WriteResult
{
    /// <summary>The object's id.</summary>
    public string Id { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Its version, quotes included.</summary>
    [JsonPropertyName("etag")]
    public string ETag { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Token for reads that must see the write: <see cref="ReadConsistency.Session"/>.</summary>
    public string Session { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Whether the object did not exist before.</summary>
    [JsonIgnore]
    public bool Created { get; init; }
}

/// <summary>The outcome of a delete.</summary>
/// <param name="Deleted">Whether there was such an object.</param>
/// <param name="Session">Token for reads that must see the delete; null where nothing was deleted.</param>
public sealed record DeleteResult(bool Deleted, string? Session);

/// <summary>The outcome of a read that depends on a version.</summary>
/// <param name="NotModified">Whether the object still has that version; it is not sent then.</param>
/// <param name="Object">The object as it is now; null where it has not changed or does not exist.</param>
public sealed record ConditionalObject(bool NotModified, VektagrafObject? Object);

internal sealed record BatchGetBody(IReadOnlyList<string> Ids, bool IncludeVectors);

internal sealed record ObjectList
{
    public IReadOnlyList<VektagrafObject?> Objects { get; init => field = value ?? []; } = [];
}
