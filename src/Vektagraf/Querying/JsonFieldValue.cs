using System.Text.Json;
using Vektagraf.Collections;

namespace Vektagraf.Querying;

/// <summary>
/// The one place where JSON becomes a <see cref="FieldValue"/>: for the schema check on save, for columns, and for filters that
/// read stored JSON.
/// </summary>
/// <remarks>The reader must hold the rest of its document (<c>isFinalBlock</c>), positioned on a value; afterwards it stands on the
/// value's last token, also when the value was refused.</remarks>
public static partial class JsonFieldValue
{
    /// <summary>Reads a value of a declared type. JSON null is the missing value of every type.</summary>
    /// <param name="type">The declared type.</param>
    /// <param name="reader">Positioned on the value.</param>
    /// <param name="value">The value.</param>
    /// <param name="problem">What the value must be instead, fit to follow the field's name: "must be a number".</param>
    /// <returns>Whether the value has the type.</returns>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public static bool TryRead(FieldType type, ref Utf8JsonReader reader, out FieldValue value, out string? problem)
    {
        value = FieldValue.Null;
        problem = null;
        if (reader.TokenType == JsonTokenType.Null)
        {
            return true;
        }

        problem = type switch
        {
            FieldType.Number => ReadNumber(ref reader, out value),
            FieldType.Boolean => ReadBoolean(ref reader, out value),
            FieldType.DateTime => ReadDateTime(ref reader, out value),
            FieldType.Geo => ReadGeo(ref reader, latLonToo: true, out value),
            FieldType.StringArray => ReadStringArray(ref reader, out value),
            _ => ReadString(ref reader, out value),
        };
        return problem is null;
    }

    /// <summary>Reads a value as it is: strings, numbers, truth values, arrays of strings and GeoJSON points have their kind,
    /// anything else is <see cref="FieldValueKind.Other"/>.</summary>
    /// <param name="reader">Positioned on the value.</param>
    /// <returns>The value.</returns>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public static FieldValue ReadUndeclared(ref Utf8JsonReader reader)
    {
        FieldValue value = FieldValue.Null;
        string? problem = reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.Number => ReadNumber(ref reader, out value),
            JsonTokenType.True or JsonTokenType.False => ReadBoolean(ref reader, out value),
            JsonTokenType.StartObject => ReadGeo(ref reader, latLonToo: false, out value),
            JsonTokenType.StartArray => ReadStringArray(ref reader, out value),
            _ => ReadString(ref reader, out value),
        };
        return problem is null ? value : FieldValue.Other;
    }

    /// <summary>Compares the name or string at hand. The reader throws on escapes that are no Unicode; such text equals nothing.</summary>
    internal static bool TextEquals(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8Text)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueTextEquals(utf8Text);
        }

        try
        {
            return reader.ValueTextEquals(utf8Text);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string? ReadNumber(ref Utf8JsonReader reader, out FieldValue value)
    {
        value = FieldValue.Null;
        if (reader.TokenType != JsonTokenType.Number)
        {
            reader.Skip();
            return "must be a number";
        }

        if (!reader.TryGetDouble(out double number) || !double.IsFinite(number))
        {
            return "must be a number of at most about 1.8e308";
        }

        value = FieldValue.From(number);
        return null;
    }

    private static string? ReadBoolean(ref Utf8JsonReader reader, out FieldValue value)
    {
        value = FieldValue.Null;
        if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False))
        {
            reader.Skip();
            return "must be true or false";
        }

        value = FieldValue.From(reader.TokenType == JsonTokenType.True);
        return null;
    }

    private static string? ReadString(ref Utf8JsonReader reader, out FieldValue value)
    {
        value = FieldValue.Null;
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return "must be a string";
        }

        if (!TryGetString(ref reader, out string text))
        {
            return "must be a string of valid Unicode: it holds half of a surrogate pair or malformed UTF-8";
        }

        value = FieldValue.From(text);
        return null;
    }

    /// <summary>JSON grammar allows escaped lone surrogates, and readers check UTF-8 only when a string is taken out.</summary>
    private static bool TryGetString(ref Utf8JsonReader reader, out string text)
    {
        try
        {
            text = reader.GetString() ?? "";
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }

    private static string? ReadDateTime(ref Utf8JsonReader reader, out FieldValue value)
    {
        // Every character of a datetime may be written as a six-byte escape.
        const int MaxEscaped = 6 * IsoDateTime.MaxLength;
        value = FieldValue.Null;
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return "must be a datetime string such as \"2024-01-31T10:00:00Z\"";
        }

        long length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (length > MaxEscaped)
        {
            return "must be a datetime string such as \"2024-01-31T10:00:00Z\"";
        }

        Span<char> text = stackalloc char[MaxEscaped];
        if (!TryCopyString(ref reader, text, out int written) || !IsoDateTime.TryParse(text[..written], out long ticks, out _))
        {
            return "must be a datetime with Z or an offset such as \"2024-01-31T10:00:00Z\", or a date such as \"2024-01-31\"";
        }

        value = FieldValue.FromUtcTicks(ticks);
        return null;
    }

    private static bool TryCopyString(ref Utf8JsonReader reader, scoped Span<char> destination, out int written)
    {
        try
        {
            written = reader.CopyString(destination);
            return true;
        }
        catch (InvalidOperationException)
        {
            written = 0;
            return false;
        }
    }
}
