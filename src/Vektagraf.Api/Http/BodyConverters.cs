using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.InteropServices;
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
        var values = ArrayPool<float>.Shared.Rent(UsualDimensions);
        try
        {
            var count = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.Number)
                {
                    throw new JsonException($"Component {count} of the vector is not a number.");
                }

                if (count >= Limits.MaxDimensions)
                {
                    throw new JsonException($"The vector has more than {Limits.MaxDimensions} components.");
                }

                if (count == values.Length)
                {
                    var longer = ArrayPool<float>.Shared.Rent(count * 2);
                    values.CopyTo(longer, 0);
                    ArrayPool<float>.Shared.Return(values);
                    values = longer;
                }

                values[count++] = reader.GetSingle();
            }

            return values[..count];
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
        }
    }

    private static float[] ReadBase64(ref Utf8JsonReader reader) =>
        BitConverter.IsLittleEndian && reader is { HasValueSequence: false, ValueIsEscaped: false } ? DecodeInPlace(reader.ValueSpan) : Decode(ref reader);

    /// <summary>Decodes into the vector's own memory.</summary>
    private static float[] DecodeInPlace(ReadOnlySpan<byte> text)
    {
        const int Quantum = 4;
        const int QuantumBytes = 3;
        var padding = text.Length - text.TrimEnd((byte)'=').Length;
        var length = (text.Length / Quantum * QuantumBytes) - padding;
        if (text.Length % Quantum != 0 || length < 0 || length % sizeof(float) != 0)
        {
            throw NotBase64();
        }

        var values = new float[length / sizeof(float)];
        return Base64.DecodeFromUtf8(text, MemoryMarshal.AsBytes(values.AsSpan()), out _, out var written) == OperationStatus.Done && written == length
            ? values
            : throw NotBase64();
    }

    private static float[] Decode(ref Utf8JsonReader reader)
    {
        if (!reader.TryGetBytesFromBase64(out var bytes) || bytes.Length % sizeof(float) != 0)
        {
            throw NotBase64();
        }

        var values = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        }

        return values;
    }

    private static JsonException NotBase64() => new("The string is not base64 of whole float32 numbers.");
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
