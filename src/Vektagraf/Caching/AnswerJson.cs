using System.Text.Json;
using System.Text.Json.Serialization;
using Vektagraf.Querying;

namespace Vektagraf.Caching;

/// <summary>Answers, and the requests that they are to, as they are kept: every member, so that one added later is neither lost nor left out of a key.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, Converters = [typeof(FieldValueConverter)])]
[JsonSerializable(typeof(SearchRequest))]
[JsonSerializable(typeof(QueryRequest))]
[JsonSerializable(typeof(SearchResponse))]
[JsonSerializable(typeof(QueryResponse))]
internal sealed partial class AnswerJson : JsonSerializerContext;

/// <summary>Values of fields with their kind: an array of the kind's number and what the value needs.</summary>
internal sealed class FieldValueConverter : JsonConverter<FieldValue>
{
    /// <inheritdoc/>
    public override FieldValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Read();
        var kind = (FieldValueKind)reader.GetInt32();
        reader.Read();
        var value = kind switch
        {
            FieldValueKind.String => FieldValue.From(reader.GetString()!),
            FieldValueKind.Number => FieldValue.From(BitConverter.Int64BitsToDouble(reader.GetInt64())),
            FieldValueKind.Boolean => FieldValue.From(reader.GetBoolean()),
            FieldValueKind.DateTime => FieldValue.FromUtcTicks(reader.GetInt64()),
            FieldValueKind.StringArray => FieldValue.From(ReadStrings(ref reader)),
            FieldValueKind.Geo => ReadGeo(ref reader),
            FieldValueKind.Other => FieldValue.Other,
            _ => FieldValue.Null,
        };
        while (reader.TokenType != JsonTokenType.EndArray)
        {
            reader.Read();
        }

        return value;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, FieldValue value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue((int)value.Kind);
        switch (value.Kind)
        {
            case FieldValueKind.String:
                writer.WriteStringValue(value.AsString);
                break;
            case FieldValueKind.Number:
                writer.WriteNumberValue(BitConverter.DoubleToInt64Bits(value.AsNumber));
                break;
            case FieldValueKind.Boolean:
                writer.WriteBooleanValue(value.AsBoolean);
                break;
            case FieldValueKind.DateTime:
                writer.WriteNumberValue(value.AsUtcTicks);
                break;
            case FieldValueKind.StringArray:
                writer.WriteNumberValue(value.AsStringArray.Count);
                foreach (var element in value.AsStringArray)
                {
                    writer.WriteStringValue(element);
                }

                break;
            case FieldValueKind.Geo:
                writer.WriteNumberValue(BitConverter.DoubleToInt64Bits(value.Longitude));
                writer.WriteNumberValue(BitConverter.DoubleToInt64Bits(value.Latitude));
                break;
        }

        writer.WriteEndArray();
    }

    private static string[] ReadStrings(ref Utf8JsonReader reader)
    {
        var strings = new string[reader.GetInt32()];
        for (var i = 0; i < strings.Length; i++)
        {
            reader.Read();
            strings[i] = reader.GetString()!;
        }

        reader.Read();
        return strings;
    }

    private static FieldValue ReadGeo(ref Utf8JsonReader reader)
    {
        var longitude = BitConverter.Int64BitsToDouble(reader.GetInt64());
        reader.Read();
        return FieldValue.FromGeo(longitude, BitConverter.Int64BitsToDouble(reader.GetInt64()));
    }
}
