using System.Text.Json;
using System.Text.Json.Serialization;
using Vektagraf.Index;

namespace Vektagraf.Collections;

/// <summary>Collection definitions in JSON, as clients send them and as the catalog keeps them.</summary>
public static class CollectionJson
{
    /// <summary>Reads and validates a definition; an empty text stands for a collection without any fields.</summary>
    /// <param name="utf8">The JSON object.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static CollectionDefinition Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return new CollectionDefinition();
        }

        try
        {
            var definition = JsonSerializer.Deserialize(utf8, CollectionJsonContext.Default.CollectionDefinition)
                ?? throw JsonProblem.Malformed("a collection definition is wanted, not null");
            DefinitionRules.Validate(definition);
            return definition;
        }
        catch (JsonException e)
        {
            throw JsonProblem.From(e);
        }
    }

    /// <summary>Applies a JSON merge patch (RFC 7396) to a definition.</summary>
    /// <param name="current">The definition in force.</param>
    /// <param name="patch">The patch: one JSON object in UTF-8; a null drops a field.</param>
    /// <returns>The definition wanted, validated by itself but not yet against the data.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static CollectionDefinition Patch(CollectionDefinition current, ReadOnlySpan<byte> patch) =>
        Read(JsonMergePatch.Apply(Encode(current), patch));

    /// <summary>Encodes a definition.</summary>
    /// <param name="definition">The definition.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Encode(CollectionDefinition definition) =>
        JsonSerializer.SerializeToUtf8Bytes(definition, CollectionJsonContext.Default.CollectionDefinition);
}

/// <summary>What the catalog keeps of a collection.</summary>
internal sealed record CatalogEntry
{
    public int FormatVersion { get; init; } = 1;

    public required string Name { get; init; }

    /// <summary>Drawn anew at every creation: a dropped collection's leftovers can never be taken for those of its namesake.</summary>
    public required string Generation { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public required CollectionDefinition Definition { get; init; }

    /// <summary>Of a branch: the collection it began as.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CatalogParent? BranchOf { get; init; }

    /// <summary>A drop has begun: no branch may be made of it any more.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsDropping { get; init; }

    [JsonIgnore]
    public string StorageName => $"{Name}.{Generation}";
}

/// <summary>The collection that a branch was made of.</summary>
internal sealed record CatalogParent(string Name, string Generation)
{
    [JsonIgnore]
    public string StorageName => $"{Name}.{Generation}";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(CamelCaseEnum<DistanceMetric>), typeof(CamelCaseEnum<VectorIndexKind>), typeof(CamelCaseEnum<QuantizationKind>), typeof(CamelCaseEnum<FieldType>)],
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CollectionDefinition))]
[JsonSerializable(typeof(CatalogEntry))]
internal sealed partial class CollectionJsonContext : JsonSerializerContext;

/// <summary>Enumerations as the contract spells them.</summary>
internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
