using System.Text.Json;
using System.Text.Json.Serialization;

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
                ?? throw ObjectJson.MalformedJson("a collection definition is wanted, not null");
            DefinitionRules.Validate(definition);
            return definition;
        }
        catch (JsonException e) when (e.Path is { Length: > 1 })
        {
            throw VektagrafException.Invalid(ToPointer(e.Path), Explain(e));
        }
        catch (JsonException e)
        {
            throw ObjectJson.MalformedJson(e);
        }
    }

    /// <summary>Encodes a definition.</summary>
    /// <param name="definition">The definition.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Encode(CollectionDefinition definition) =>
        JsonSerializer.SerializeToUtf8Bytes(definition, CollectionJsonContext.Default.CollectionDefinition);

    private static string Explain(JsonException e) => e.Message.Contains("could not be mapped", StringComparison.Ordinal)
        ? "Unknown member. A definition has shards, objective, vectors and fields."
        : "The value has the wrong type, or is not one of the values allowed. See the definition in /api/openapi.json.";

    // "$.vectors.embedding.metric" or "$.vectors['my field']" → "/vectors/embedding/metric"
    private static string ToPointer(string path)
    {
        var pointer = path.Replace("['", "/", StringComparison.Ordinal).Replace("']", string.Empty, StringComparison.Ordinal);
        return pointer.Replace("$.", "/", StringComparison.Ordinal).Replace("$", string.Empty, StringComparison.Ordinal).Replace(".", "/", StringComparison.Ordinal);
    }
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

    [JsonIgnore]
    public string StorageName => $"{Name}.{Generation}";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CollectionDefinition))]
[JsonSerializable(typeof(CatalogEntry))]
internal sealed partial class CollectionJsonContext : JsonSerializerContext;
