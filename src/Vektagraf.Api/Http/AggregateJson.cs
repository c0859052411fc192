using System.Text.Json;
using Vektagraf.Querying;

namespace Vektagraf.Api.Http;

/// <summary>Writes what a query computed.</summary>
internal static class AggregateJson
{
    public static void Write(Utf8JsonWriter writer, AggregateRequest request, AggregateResult result)
    {
        writer.WriteStartObject("aggregates"u8);
        if (result.Count is { } count)
        {
            writer.WriteNumber("count"u8, count);
        }

        WriteMetrics(writer, result.Metrics);
        if (request.Facets.Count > 0)
        {
            writer.WriteStartObject("facets"u8);
            foreach (var facet in result.Facets.DistinctBy(f => f.Field))
            {
                writer.WriteStartArray(facet.Field);
                foreach (var (value, objects) in facet.Values)
                {
                    writer.WriteStartObject();
                    writer.WritePropertyName("value"u8);
                    WriteValue(writer, value);
                    writer.WriteNumber("count"u8, objects);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        WriteGroups(writer, result.Groups);
        writer.WriteEndObject();
    }

    private static void WriteGroups(Utf8JsonWriter writer, IReadOnlyList<AggregateGroup>? groups)
    {
        if (groups is null)
        {
            return;
        }

        writer.WriteStartArray("groups"u8);
        foreach (var group in groups)
        {
            writer.WriteStartObject();
            writer.WritePropertyName("value"u8);
            WriteValue(writer, group.Value);
            writer.WriteNumber("count"u8, group.Count);
            WriteMetrics(writer, group.Metrics);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteMetrics(Utf8JsonWriter writer, AggregateMetrics metrics)
    {
        Write(writer, "min"u8, metrics.Min, WriteValue);
        Write(writer, "max"u8, metrics.Max, WriteValue);
        Write(writer, "avg"u8, metrics.Avg, WriteNumber);
        Write(writer, "sum"u8, metrics.Sum, WriteNumber);
    }

    private static void Write<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<KeyValuePair<string, T>> values, Action<Utf8JsonWriter, T> write)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (var (field, value) in values.DistinctBy(v => v.Key))
        {
            writer.WritePropertyName(field);
            write(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, double? value)
    {
        // A sum beyond what a double holds has no JSON.
        if (value is { } number && double.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, FieldValue value)
    {
        switch (value.Kind)
        {
            case FieldValueKind.String:
                writer.WriteStringValue(value.AsString);
                break;
            case FieldValueKind.Number:
                WriteNumber(writer, value.AsNumber);
                break;
            case FieldValueKind.Boolean:
                writer.WriteBooleanValue(value.AsBoolean);
                break;
            case FieldValueKind.DateTime:
                writer.WriteStringValue(IsoDateTime.Format(value.AsUtcTicks));
                break;
            case FieldValueKind.StringArray:
                writer.WriteStartArray();
                foreach (var element in value.AsStringArray)
                {
                    writer.WriteStringValue(element);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }
}
