using System.Text.Json;
using Vektagraf.Querying;

namespace Vektagraf.Shards.Segments;

/// <summary>Reads the declared fields of an object from its properties, as the memtable does.</summary>
internal static class ColumnValues
{
    /// <summary>Fills in the value of each field; null where the object has none of the declared type.</summary>
    /// <param name="properties">The properties' JSON; empty for a tombstone.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="names">Their names in UTF-8.</param>
    /// <param name="values">Where the values go.</param>
    public static void Read(ReadOnlySpan<byte> properties, IReadOnlyList<SegmentColumnField> fields, byte[][] names, Span<FieldValue> values)
    {
        values.Clear();
        if (properties.IsEmpty || fields.Count == 0)
        {
            return;
        }

        var reader = new Utf8JsonReader(properties);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = IndexOf(names, ref reader);
            reader.Read();
            if (field < 0)
            {
                reader.Skip();
            }
            else if (!JsonFieldValue.TryRead(fields[field].Type, ref reader, out values[field], out _))
            {
                // Saved before the field was declared, with another type: for filters it has no value.
                values[field] = FieldValue.Null;
            }
        }
    }

    private static int IndexOf(byte[][] names, ref Utf8JsonReader reader)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (reader.ValueTextEquals(names[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
