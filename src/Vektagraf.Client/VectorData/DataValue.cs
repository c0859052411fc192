using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Vektagraf.Client.VectorData;

/// <summary>Values of data properties in JSON. Filters compare what is stored, so this and <see cref="FilterLiteral"/> must agree.</summary>
internal static class DataValue
{
    private const string DateFormat = "yyyy-MM-dd";

    public static void Write(Utf8JsonWriter writer, PropertyModel property, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case string text: writer.WriteStringValue(text); break;
            case bool truth: writer.WriteBooleanValue(truth); break;
            case byte or short or int or long: writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
            case decimal number: writer.WriteNumberValue(number); break;
            case float or double: WriteDouble(writer, property, Convert.ToDouble(value, CultureInfo.InvariantCulture)); break;
            case Guid guid: writer.WriteStringValue(guid); break;
            case DateTime time: writer.WriteStringValue(ToUtc(time)); break;
            case DateTimeOffset time: writer.WriteStringValue(time); break;
            case DateOnly date: writer.WriteStringValue(date.ToString(DateFormat, CultureInfo.InvariantCulture)); break;
            case IEnumerable<string?> texts: WriteTexts(writer, texts); break;
            default: throw Unsupported(property, value.GetType());
        }
    }

    public static object? Read(PropertyModel property, JsonElement value)
    {
        var type = Nullable.GetUnderlyingType(property.Type) ?? property.Type;
        if (value.ValueKind == JsonValueKind.Null)
        {
            return property.Type.IsValueType && Nullable.GetUnderlyingType(property.Type) is null
                ? throw new InvalidOperationException($"Property '{property.StorageName}' is null in storage, but '{property.ModelName}' is a {type.Name}, which cannot be. Make it nullable.")
                : null;
        }

        try
        {
            return Read(type, value) ?? throw Unsupported(property, type);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or OverflowException)
        {
            throw new InvalidOperationException($"Property '{property.StorageName}' holds {value.GetRawText()}, which is no {type.Name} as '{property.ModelName}' is.", e);
        }
    }

    /// <summary>A point in time; what says nothing of its zone is taken for UTC, so that it reads the same everywhere.</summary>
    public static DateTime ToUtc(DateTime time) => time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc);

    private static object? Read(Type type, JsonElement value) => type switch
    {
        _ when type == typeof(string) => value.GetString(),
        _ when type == typeof(bool) => value.GetBoolean(),
        _ when type == typeof(byte) => value.GetByte(),
        _ when type == typeof(short) => value.GetInt16(),
        _ when type == typeof(int) => value.GetInt32(),
        _ when type == typeof(long) => value.GetInt64(),
        _ when type == typeof(float) => value.GetSingle(),
        _ when type == typeof(double) => value.GetDouble(),
        _ when type == typeof(decimal) => value.GetDecimal(),
        _ when type == typeof(Guid) => value.GetGuid(),
        _ when type == typeof(DateTime) => Moment(value).UtcDateTime,
        _ when type == typeof(DateTimeOffset) => Moment(value),
        _ when type == typeof(DateOnly) => DateOnly.FromDateTime(Moment(value).UtcDateTime),
        _ when type == typeof(string[]) => Texts(value).ToArray(),
        _ when type == typeof(List<string>) => Texts(value).ToList(),
        _ => null,
    };

    // A date alone is midnight UTC, as filters see it.
    private static DateTimeOffset Moment(JsonElement value) =>
        DateTimeOffset.Parse(value.GetString() ?? string.Empty, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static IEnumerable<string> Texts(JsonElement array)
    {
        foreach (var element in array.EnumerateArray())
        {
            yield return element.GetString() ?? throw new FormatException("null among the strings");
        }
    }

    private static void WriteDouble(Utf8JsonWriter writer, PropertyModel property, double value)
    {
        if (!double.IsFinite(value))
        {
            throw new NotSupportedException($"Property '{property.ModelName}' is {value}. JSON has neither NaN nor infinities; use null for what has no value.");
        }

        // A float is stored as the double it is: 0.1f is not 0.1, and filters compare doubles.
        writer.WriteNumberValue(value);
    }

    private static void WriteTexts(Utf8JsonWriter writer, IEnumerable<string?> texts)
    {
        writer.WriteStartArray();
        foreach (var text in texts)
        {
            writer.WriteStringValue(text ?? throw new NotSupportedException("Arrays of strings cannot hold null."));
        }

        writer.WriteEndArray();
    }

    private static NotSupportedException Unsupported(PropertyModel property, Type type) =>
        new($"Property '{property.ModelName}' holds a {type.Name}, which Vektagraf's provider does not store.");
}
