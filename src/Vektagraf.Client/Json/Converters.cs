using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vektagraf.Client.Json;

/// <summary>Vectors: written as base64, read as base64 or as an array of numbers.</summary>
internal sealed class VectorConverter : JsonConverter<ReadOnlyMemory<float>>
{
    private const int UsualDimensions = 1_024;

    public override ReadOnlyMemory<float> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.TryGetBytesFromBase64(out var bytes) && VectorEncoding.TryFromBytes(bytes) is { } decoded
                ? decoded
                : throw new JsonException("The vector is not base64 of whole float32 numbers.");
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A vector is an array of numbers or a base64 string.");
        }

        var components = new List<float>(UsualDimensions);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            components.Add(reader.GetSingle());
        }

        return components.ToArray();
    }

    public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<float> value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(VectorEncoding.ToBytes(value.Span));
}

/// <summary>"strong", "eventual", { "boundedMs": n } or { "session": "…" }; only ever sent. Public, so that applications can generate
/// JSON code of their own for the client's records.</summary>
public sealed class ReadConsistencyConverter : JsonConverter<ReadConsistency>
{
    /// <inheritdoc/>
    public override ReadConsistency Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Consistency is part of requests only.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ReadConsistency value, JsonSerializerOptions options)
    {
        if (value.SessionToken is null && value.BoundedMs is null)
        {
            writer.WriteStringValue(value.IsEventual ? "eventual" : "strong");
            return;
        }

        writer.WriteStartObject();
        if (value.BoundedMs is { } bound)
        {
            writer.WriteNumber("boundedMs", bound);
        }
        else
        {
            writer.WriteString("session", value.SessionToken);
        }

        writer.WriteEndObject();
    }
}

/// <summary>Enumerations as the contract spells them. Public, so that applications can generate JSON code of their own for the client's
/// records.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
public sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
