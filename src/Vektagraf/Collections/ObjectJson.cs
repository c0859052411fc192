using System.Text.Json;
using System.Text.Unicode;

namespace Vektagraf.Collections;

/// <summary>
/// Objects in JSON: <c>{ "id", "type", "properties": {…}, "vectors": { field: … }, "sparse": { field: … } }</c>. Reading validates against the collection's
/// definition, so that nothing invalid is ever stored; properties keep the bytes they came with.
/// </summary>
public static class ObjectJson
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = Limits.MaxJsonDepth };

    /// <summary>Reads and validates an object.</summary>
    /// <param name="utf8">One JSON object.</param>
    /// <param name="definition">The collection's definition.</param>
    /// <param name="id">The id from the request's path; null where it has to stand in the object.</param>
    /// <returns>The draft; its properties are a copy.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.TooLarge"/>.</exception>
    public static ObjectDraft Read(ReadOnlySpan<byte> utf8, CollectionDefinition definition, string? id = null)
    {
        try
        {
            if (!Utf8.IsValid(utf8))
            {
                throw JsonProblem.Malformed("the text is not valid UTF-8");
            }

            return new ObjectReader(utf8, definition, id).Read();
        }
        catch (JsonException e)
        {
            throw JsonProblem.From(e);
        }
    }

    /// <summary>Validates a draft that code made; <see cref="Read"/> validates those that clients send.</summary>
    /// <param name="draft">The draft.</param>
    /// <param name="definition">The collection's definition.</param>
    /// <returns>The draft; its properties are a copy.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.TooLarge"/>.</exception>
    internal static ObjectDraft Check(ObjectDraft draft, CollectionDefinition definition)
    {
        try
        {
            return Utf8.IsValid(draft.Properties.Span)
                ? new ObjectReader(draft.Properties.Span, definition, pathId: null).Check(draft)
                : throw JsonProblem.Malformed("the text is not valid UTF-8");
        }
        catch (JsonException e)
        {
            throw JsonProblem.From(e);
        }
    }

    /// <summary>Writes an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="stored">The object.</param>
    /// <param name="select">The properties wanted; null for all.</param>
    /// <param name="withETag">Whether to write the ETag as well.</param>
    public static void Write(Utf8JsonWriter writer, StoredObject stored, IReadOnlyList<string>? select = null, bool withETag = false)
    {
        writer.WriteStartObject();
        WriteMembers(writer, stored, select, withETag);
        writer.WriteEndObject();
    }

    /// <summary>Writes the members of an object into the JSON object that is open.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="stored">The object.</param>
    /// <param name="select">The properties wanted; null for all.</param>
    /// <param name="withETag">Whether to write the ETag as well.</param>
    public static void WriteMembers(Utf8JsonWriter writer, StoredObject stored, IReadOnlyList<string>? select = null, bool withETag = false)
    {
        writer.WriteString("id"u8, stored.Id);
        if (stored.Type is not null)
        {
            writer.WriteString("type"u8, stored.Type);
        }

        if (withETag)
        {
            writer.WriteString("etag"u8, $"\"{stored.ETag}\"");
        }

        writer.WritePropertyName("properties"u8);
        WriteProperties(writer, stored.Properties.Span, select);
        if (stored.Vectors is { Count: > 0 } vectors)
        {
            writer.WriteStartObject("vectors"u8);
            foreach (var vector in vectors)
            {
                writer.WriteStartArray(vector.Field);
                foreach (var value in vector.Values.Span)
                {
                    writer.WriteNumberValue(value);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        if (stored.Sparse is { Count: > 0 } sparse)
        {
            writer.WriteStartObject("sparse"u8);
            foreach (var vector in sparse)
            {
                SparseVectorJson.Write(writer, vector);
            }

            writer.WriteEndObject();
        }
    }

    internal static JsonReaderOptions Options => ReaderOptions;

    // On their own properties are one level less deep than within their object.
    internal static JsonReaderOptions PropertiesOptions => new() { MaxDepth = Limits.MaxJsonDepth - 1 };

    private static void WriteProperties(Utf8JsonWriter writer, ReadOnlySpan<byte> properties, IReadOnlyList<string>? select)
    {
        if (select is null)
        {
            // Validated when it was saved.
            writer.WriteRawValue(properties, skipInputValidation: true);
            return;
        }

        writer.WriteStartObject();
        var reader = new Utf8JsonReader(properties, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (select.Contains(name, StringComparer.Ordinal))
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(properties[start..(int)reader.BytesConsumed], skipInputValidation: true);
            }
        }

        writer.WriteEndObject();
    }
}
