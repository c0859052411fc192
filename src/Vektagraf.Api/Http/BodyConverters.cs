using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vektagraf.Api.Http;

/// <summary>A query vector of yet unknown dimensions: an array of numbers, or base64 of little-endian float32.</summary>
internal sealed class QueryVectorConverter : JsonConverter<float[]>
{
    private const int UsualDimensions = 1_024;

    public override float[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.StartArray => ReadArray(ref reader),
        JsonTokenType.String => ReadBase64(ref reader),
        _ => throw new JsonException("A vector is an array of numbers or a base64 string of little-endian float32."),
    };

    public override void Write(Utf8JsonWriter writer, float[] value, JsonSerializerOptions options) => throw new NotSupportedException();

    private static float[] ReadArray(ref Utf8JsonReader reader)
    {
        var values = new List<float>(UsualDimensions);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number)
            {
                throw new JsonException($"Component {values.Count} of the vector is not a number.");
            }

            if (values.Count >= Limits.MaxDimensions)
            {
                throw new JsonException($"The vector has more than {Limits.MaxDimensions} components.");
            }

            values.Add(reader.GetSingle());
        }

        return [.. values];
    }

    private static float[] ReadBase64(ref Utf8JsonReader reader)
    {
        if (!reader.TryGetBytesFromBase64(out var bytes) || bytes.Length % sizeof(float) != 0)
        {
            throw new JsonException("The string is not base64 of whole float32 numbers.");
        }

        var values = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        }

        return values;
    }
}

/// <summary>"strong", "eventual", { "boundedMs": n } or { "session": "…" }.</summary>
internal sealed class ConsistencyConverter : JsonConverter<ConsistencyBody>
{
    private const string Allowed = "Consistency is \"strong\", \"eventual\", { \"boundedMs\": n } or { \"session\": \"…\" }.";

    public override ConsistencyBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            var level = reader.GetString();
            return level is "strong" or "eventual" ? new ConsistencyBody { Level = level } : throw new JsonException(Allowed);
        }

        if (reader.TokenType != JsonTokenType.StartObject || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            throw new JsonException(Allowed);
        }

        var name = reader.GetString();
        reader.Read();
        var body = (name, reader.TokenType) switch
        {
            ("boundedMs", JsonTokenType.Number) when reader.GetDouble() is >= 0 and < 1e12 => new ConsistencyBody { BoundedMs = reader.GetDouble() },
            ("session", JsonTokenType.String) => new ConsistencyBody { Session = reader.GetString() },
            _ => throw new JsonException(Allowed),
        };
        return reader.Read() && reader.TokenType == JsonTokenType.EndObject ? body : throw new JsonException(Allowed);
    }

    public override void Write(Utf8JsonWriter writer, ConsistencyBody value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>One string, or an array of them.</summary>
internal sealed class OrderByConverter : JsonConverter<IReadOnlyList<string>>
{
    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return [reader.GetString()!];
        }

        var terms = new List<string>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("The order is a string such as \"price desc\", or an array of them.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            terms.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("Each order term is a string such as \"price desc\"."));
        }

        return terms;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options) => throw new NotSupportedException();
}
