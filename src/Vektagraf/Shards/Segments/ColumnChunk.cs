using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>
/// The values of one declared field for some consecutive rows as bytes: strings by a dictionary, everything of fixed width with its
/// first bytes together, then its second bytes and so on, which compresses far better than value after value.
/// </summary>
internal static class ColumnChunk
{
    private const byte False = 0;
    private const byte True = 1;
    private const byte NoBoolean = 2;
    private const long NoTicks = long.MinValue;

    public static void Write(CompactWriter writer, FieldType type, ReadOnlySpan<FieldValue> values)
    {
        writer.Varint(values.Length);
        switch (type)
        {
            case FieldType.String:
                WriteStrings(writer, values);
                break;
            case FieldType.StringArray:
                WriteStringArrays(writer, values);
                break;
            case FieldType.Boolean:
                foreach (var value in values)
                {
                    writer.Byte(value.Kind != FieldValueKind.Boolean ? NoBoolean : value.AsBoolean ? True : False);
                }

                break;
            case FieldType.Geo:
                WriteNumbers(writer, values, v => v.Kind == FieldValueKind.Geo ? BitConverter.DoubleToInt64Bits(v.Longitude) : NoNumber);
                WriteNumbers(writer, values, v => v.Kind == FieldValueKind.Geo ? BitConverter.DoubleToInt64Bits(v.Latitude) : NoNumber);
                break;
            case FieldType.DateTime:
                WriteNumbers(writer, values, v => v.Kind == FieldValueKind.DateTime ? v.AsUtcTicks : NoTicks);
                break;
            default:
                WriteNumbers(writer, values, v => v.Kind == FieldValueKind.Number ? BitConverter.DoubleToInt64Bits(v.AsNumber) : NoNumber);
                break;
        }
    }

    /// <summary>Reads a chunk and appends its values to a column.</summary>
    public static void Read(ref CompactReader reader, FieldType type, int rows, FieldColumn column)
    {
        reader.Check(reader.Int32() == rows, "has another count of rows than the metadata says");
        switch (type)
        {
            case FieldType.String:
                ReadStrings(ref reader, rows, column);
                break;
            case FieldType.StringArray:
                ReadStringArrays(ref reader, rows, column);
                break;
            case FieldType.Boolean:
                foreach (var b in reader.Take(rows))
                {
                    reader.Check(b <= NoBoolean, "has a boolean that is neither true nor false");
                    column.Append(b == NoBoolean ? FieldValue.Null : FieldValue.From(b == True));
                }

                break;
            case FieldType.Geo:
                ReadPoints(ref reader, rows, column);
                break;
            case FieldType.DateTime:
                foreach (var ticks in ReadNumbers(ref reader, rows))
                {
                    reader.Check(ticks == NoTicks || (ticks >= 0 && ticks <= DateTime.MaxValue.Ticks), "has a point in time out of range");
                    column.Append(ticks == NoTicks ? FieldValue.Null : FieldValue.FromUtcTicks(ticks));
                }

                break;
            default:
                foreach (var bits in ReadNumbers(ref reader, rows))
                {
                    column.Append(bits == NoNumber ? FieldValue.Null : FieldValue.From(BitConverter.Int64BitsToDouble(bits)));
                }

                break;
        }

        reader.End();
    }

    // Stored numbers are finite, so NaN is free to say "missing".
    private static long NoNumber => BitConverter.DoubleToInt64Bits(double.NaN);

    private static void WriteStrings(CompactWriter writer, ReadOnlySpan<FieldValue> values)
    {
        var codes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            if (value.Kind == FieldValueKind.String)
            {
                codes.TryAdd(value.AsString, codes.Count + 1);
            }
        }

        WriteDictionary(writer, codes);
        var rows = new int[values.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = values[i].Kind == FieldValueKind.String ? codes[values[i].AsString] : 0;
        }

        WritePlanes<int>(writer, rows, WidthOf(codes.Count));
    }

    private static void WriteStringArrays(CompactWriter writer, ReadOnlySpan<FieldValue> values)
    {
        var codes = new Dictionary<string, int>(StringComparer.Ordinal);
        var elements = new List<int>();
        foreach (var value in values)
        {
            foreach (var element in value.Kind == FieldValueKind.StringArray ? value.AsStringArray : [])
            {
                codes.TryAdd(element, codes.Count + 1);
                elements.Add(codes[element]);
            }
        }

        WriteDictionary(writer, codes);
        foreach (var value in values)
        {
            writer.Varint(value.Kind == FieldValueKind.StringArray ? value.AsStringArray.Count + 1 : 0);
        }

        WritePlanes<int>(writer, CollectionsMarshal.AsSpan(elements), WidthOf(codes.Count));
    }

    private static void WriteDictionary(CompactWriter writer, Dictionary<string, int> codes)
    {
        writer.Varint(codes.Count);
        foreach (var text in codes.OrderBy(c => c.Value).Select(c => c.Key))
        {
            writer.Text(text);
        }
    }

    private static void ReadStrings(ref CompactReader reader, int rows, FieldColumn column)
    {
        var dictionary = ReadDictionary(ref reader);
        foreach (var code in ReadCodes(ref reader, rows, dictionary.Length))
        {
            column.Append(code == 0 ? FieldValue.Null : FieldValue.From(dictionary[code - 1]));
        }
    }

    private static void ReadStringArrays(ref CompactReader reader, int rows, FieldColumn column)
    {
        var dictionary = ReadDictionary(ref reader);
        var lengths = new int[rows];
        var total = 0L;
        for (var i = 0; i < rows; i++)
        {
            lengths[i] = reader.Int32() - 1;
            total += Math.Max(0, lengths[i]);
        }

        var width = WidthOf(dictionary.Length);
        reader.Check(total * width == reader.Remaining, "has another count of array elements than it says");
        var codes = ReadCodes(ref reader, (int)total, dictionary.Length).AsSpan();
        foreach (var length in lengths)
        {
            var elements = new string[Math.Max(0, length)];
            for (var i = 0; i < elements.Length; i++)
            {
                reader.Check(codes[i] > 0, "has a missing array element");
                elements[i] = dictionary[codes[i] - 1];
            }

            codes = codes[elements.Length..];
            column.Append(length < 0 ? FieldValue.Null : FieldValue.From(elements));
        }
    }

    private static string[] ReadDictionary(ref CompactReader reader)
    {
        var dictionary = new string[reader.Count(leastBytesEach: 1)];
        for (var i = 0; i < dictionary.Length; i++)
        {
            dictionary[i] = reader.Text();
        }

        return dictionary;
    }

    private static int[] ReadCodes(ref CompactReader reader, int count, int most)
    {
        var codes = ReadPlanes<int>(ref reader, count, WidthOf(most));
        foreach (var code in codes)
        {
            reader.Check((uint)code <= (uint)most, "has a string that its dictionary lacks");
        }

        return codes;
    }

    private static void ReadPoints(ref CompactReader reader, int rows, FieldColumn column)
    {
        var longitudes = ReadNumbers(ref reader, rows);
        var latitudes = ReadNumbers(ref reader, rows);
        for (var i = 0; i < rows; i++)
        {
            column.Append(longitudes[i] == NoNumber
                ? FieldValue.Null
                : FieldValue.FromGeo(BitConverter.Int64BitsToDouble(longitudes[i]), BitConverter.Int64BitsToDouble(latitudes[i])));
        }
    }

    private static void WriteNumbers(CompactWriter writer, ReadOnlySpan<FieldValue> values, Func<FieldValue, long> bits)
    {
        var numbers = new long[values.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = bits(values[i]);
        }

        WritePlanes<long>(writer, numbers, sizeof(long));
    }

    private static long[] ReadNumbers(ref CompactReader reader, int count) => ReadPlanes<long>(ref reader, count, sizeof(long));

    /// <summary>Bytes of a code: 0 to the count of a dictionary's texts.</summary>
    private static int WidthOf(int count) => count <= byte.MaxValue ? 1 : count <= ushort.MaxValue ? 2 : 4;

    public static void WritePlanes<T>(CompactWriter writer, ReadOnlySpan<T> values, int width)
        where T : unmanaged
    {
        var bytes = LittleEndian(values);
        var size = bytes.Length / Math.Max(1, values.Length);
        var planes = writer.Reserve(values.Length * width);
        for (var plane = 0; plane < width; plane++)
        {
            for (var i = 0; i < values.Length; i++)
            {
                planes[(plane * values.Length) + i] = bytes[(i * size) + plane];
            }
        }
    }

    public static T[] ReadPlanes<T>(ref CompactReader reader, int count, int width)
        where T : unmanaged
    {
        var planes = reader.Take(checked(count * width));
        var values = new T[count];
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        var size = bytes.Length / Math.Max(1, count);
        for (var plane = 0; plane < width; plane++)
        {
            for (var i = 0; i < count; i++)
            {
                bytes[(i * size) + plane] = planes[(plane * count) + i];
            }
        }

        return BitConverter.IsLittleEndian ? values : MemoryMarshal.Cast<byte, T>(LittleEndian<T>(values)).ToArray();
    }

    /// <summary>The bytes of integers, least first.</summary>
    private static ReadOnlySpan<byte> LittleEndian<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (BitConverter.IsLittleEndian)
        {
            return MemoryMarshal.AsBytes(values);
        }

        var copy = values.ToArray();
        switch (copy)
        {
            case long[] longs:
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
            case int[] ints:
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            default:
                throw new NotSupportedException($"{typeof(T)} has no byte order here.");
        }

        return MemoryMarshal.AsBytes(copy.AsSpan());
    }
}
