using System.Text.Json;
using Vektagraf.Collections;

namespace Vektagraf.Querying.Filters;

/// <summary>Reads fields out of an object's stored properties, raw UTF-8 JSON, without building a document.</summary>
public static class JsonFieldReader
{
    /// <summary>Deepest JSON that is read, a guard for the reader's own stack of bits; what a request body may hold is less.</summary>
    public const int MaxJsonDepth = 256;

    /// <summary>Reads one property.</summary>
    /// <param name="properties">A JSON object. Where it holds a name twice the first one counts.</param>
    /// <param name="field">The property; not a pseudo-field.</param>
    /// <returns>Its value: of the declared type, or <see cref="FieldValue.Other"/> when it was stored before the declaration and does
    /// not fit; as it is when undeclared; <see cref="FieldValue.Null"/> when missing.</returns>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public static FieldValue Read(ReadOnlySpan<byte> properties, FilterField field)
    {
        ReadOnlySpan<byte[]> names = field.Utf8Segments;
        Utf8JsonReader reader = new(properties, new JsonReaderOptions { MaxDepth = MaxJsonDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return FieldValue.Null;
        }

        int level = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!JsonFieldValue.TextEquals(ref reader, names[level]))
            {
                reader.Skip();
                continue;
            }

            reader.Read();
            if (++level == names.Length)
            {
                return ReadValue(ref reader, field.DeclaredType);
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                break;
            }
        }

        return FieldValue.Null;
    }

    private static FieldValue ReadValue(ref Utf8JsonReader reader, FieldType? declaredType)
    {
        if (declaredType is not { } type)
        {
            return JsonFieldValue.ReadUndeclared(ref reader);
        }

        return JsonFieldValue.TryRead(type, ref reader, out FieldValue value, out _) ? value : FieldValue.Other;
    }
}

/// <summary>An object in its stored form as a row for filters and orderings.</summary>
/// <param name="fields">The fields of the binding that is evaluated.</param>
/// <param name="id">The object's id.</param>
/// <param name="type">The object's type; null when it has none.</param>
/// <param name="properties">The object's properties, a JSON object.</param>
public readonly ref struct JsonRow(IReadOnlyList<FilterField> fields, string id, string? type, ReadOnlySpan<byte> properties) : IFieldReader
{
    private readonly ReadOnlySpan<byte> _properties = properties;

    /// <inheritdoc/>
    public FieldValue Read(int fieldIndex) => fields[fieldIndex] switch
    {
        { Path.Kind: FilterPathKind.Id } => FieldValue.From(id),
        { Path.Kind: FilterPathKind.Type } => type is null ? FieldValue.Null : FieldValue.From(type),
        FilterField field => JsonFieldReader.Read(_properties, field),
    };
}
