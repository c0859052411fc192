using System.Text;
using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>A block of a field index: values in order, each with its rows.</summary>
internal static class FieldIndexEntries
{
    /// <summary>Most rows of a value that are written one by one; more are a bitmap.</summary>
    public const int MaxInlineRows = 32;

    /// <summary>Writes a block.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="type">Type of the field.</param>
    /// <param name="values">The values, ascending.</param>
    /// <param name="rows">The rows of each, ascending.</param>
    public static void Write(CompactWriter writer, FieldType type, IReadOnlyList<FieldValue> values, IReadOnlyList<int[]> rows)
    {
        writer.Varint(values.Count);
        WriteValues(writer, type, values);
        foreach (var of in rows)
        {
            writer.Varint(of.Length);
        }

        foreach (var of in rows)
        {
            WriteRows(writer, of);
        }
    }

    /// <summary>Reads a block and gathers the rows of the values wanted.</summary>
    /// <param name="bytes">The block.</param>
    /// <param name="key">The segment's key, for errors.</param>
    /// <param name="type">Type of the field.</param>
    /// <param name="block">What the metadata says of the block.</param>
    /// <param name="isWanted">Which values are wanted.</param>
    /// <param name="rowCount">Rows of the segment.</param>
    /// <param name="wanted">Where the rows go.</param>
    public static void Collect(
        ReadOnlyMemory<byte> bytes, string key, FieldType type, in FieldIndexBlock block, Func<FieldValue, bool> isWanted, int rowCount, RowBitmapBuilder wanted)
    {
        var reader = new CompactReader(bytes.Span, key, "a block of a field index");
        reader.Check(reader.Int32() == block.Values, "has another count of values than the metadata says");
        reader.Check(block.Values <= reader.Remaining, "has more values than bytes");
        var values = ReadValues(ref reader, type, block.Values);
        var counts = new int[values.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = reader.Int32(block.MostRows);
            reader.Check(counts[i] > 0, "has a value without rows");
            reader.Check(i == 0 || Compare(values[i - 1], values[i]) < 0, "has values out of order");
        }

        for (var i = 0; i < counts.Length; i++)
        {
            ReadRows(ref reader, bytes, key, counts[i], rowCount, isWanted(values[i]) ? wanted : null);
        }

        reader.End();
    }

    /// <summary>Reads a block that is one bitmap.</summary>
    /// <param name="bytes">The bitmap.</param>
    /// <param name="key">The segment's key, for errors.</param>
    /// <param name="part">What it is, for errors.</param>
    /// <param name="count">Rows it must have.</param>
    /// <param name="rowCount">Rows of the segment.</param>
    public static RowBitmap ReadBitmap(ReadOnlyMemory<byte> bytes, string key, string part, int count, int rowCount)
    {
        RowBitmap rows;
        try
        {
            rows = RowBitmap.Read(bytes);
        }
        catch (InvalidDataException e)
        {
            throw SegmentFormat.Corrupt(key, $"{part} is not a bitmap of rows", e);
        }

        SegmentFormat.Check(rows.Count == count && rows.Last < rowCount, key, $"{part} has other rows than the metadata says");
        return rows;
    }

    /// <summary>The order of values: of points by cell, longitude, latitude.</summary>
    public static int Compare(in FieldValue left, in FieldValue right)
    {
        var order = FieldIndexKey.Of(left).CompareTo(FieldIndexKey.Of(right));
        return order != 0 || left.Kind != FieldValueKind.Geo ? order : (left.Longitude, left.Latitude).CompareTo((right.Longitude, right.Latitude));
    }

    private static void WriteValues(CompactWriter writer, FieldType type, IReadOnlyList<FieldValue> values)
    {
        byte[] previous = [];
        switch (type)
        {
            case FieldType.String or FieldType.StringArray:
                foreach (var value in values)
                {
                    var text = Encoding.UTF8.GetBytes(value.AsString);
                    RowKeys.WriteFrontCoded(writer, previous, text);
                    previous = text;
                }

                break;
            case FieldType.Geo:
                ColumnChunk.WritePlanes<long>(writer, [.. values.Select(v => BitConverter.DoubleToInt64Bits(v.Longitude))], sizeof(long));
                ColumnChunk.WritePlanes<long>(writer, [.. values.Select(v => BitConverter.DoubleToInt64Bits(v.Latitude))], sizeof(long));
                break;
            default:
                ColumnChunk.WritePlanes<long>(writer, [.. values.Select(v => unchecked((long)FieldIndexKey.Of(v).Bits))], sizeof(long));
                break;
        }
    }

    private static FieldValue[] ReadValues(ref CompactReader reader, FieldType type, int count)
    {
        var values = new FieldValue[count];
        switch (type)
        {
            case FieldType.String or FieldType.StringArray:
                byte[] previous = [];
                for (var i = 0; i < count; i++)
                {
                    previous = RowKeys.ReadFrontCoded(ref reader, previous);
                    values[i] = FieldValue.From(reader.Text(previous));
                }

                break;
            case FieldType.Geo:
                var longitudes = ColumnChunk.ReadPlanes<long>(ref reader, count, sizeof(long));
                var latitudes = ColumnChunk.ReadPlanes<long>(ref reader, count, sizeof(long));
                for (var i = 0; i < count; i++)
                {
                    values[i] = FieldValue.FromGeo(BitConverter.Int64BitsToDouble(longitudes[i]), BitConverter.Int64BitsToDouble(latitudes[i]));
                    reader.Check(Math.Abs(values[i].Longitude) <= 180 && Math.Abs(values[i].Latitude) <= 90, "has a point that is not on the globe");
                }

                break;
            default:
                var keys = ColumnChunk.ReadPlanes<long>(ref reader, count, sizeof(long));
                for (var i = 0; i < count; i++)
                {
                    values[i] = ValueOf(ref reader, type, unchecked((ulong)keys[i]));
                }

                break;
        }

        return values;
    }

    private static FieldValue ValueOf(ref CompactReader reader, FieldType type, ulong bits)
    {
        switch (type)
        {
            case FieldType.Boolean:
                reader.Check(bits <= 1, "has a boolean that is neither true nor false");
                return FieldValue.From(bits == 1);
            case FieldType.DateTime:
                reader.Check(bits <= (ulong)DateTime.MaxValue.Ticks, "has a point in time out of range");
                return FieldValue.FromUtcTicks((long)bits);
            default:
                var number = new FieldIndexKey(bits, null).ToNumber();
                reader.Check(double.IsFinite(number), "has a number that is not finite");
                return FieldValue.From(number);
        }
    }

    private static void WriteRows(CompactWriter writer, int[] rows)
    {
        if (rows.Length > MaxInlineRows)
        {
            var bitmap = RowBitmap.Of(rows);
            var length = bitmap.ByteCount;
            writer.Varint(length);
            bitmap.Write(writer.Reserve(length));
            return;
        }

        for (var i = 0; i < rows.Length; i++)
        {
            writer.Varint(i == 0 ? rows[0] : rows[i] - rows[i - 1]);
        }
    }

    private static void ReadRows(ref CompactReader reader, ReadOnlyMemory<byte> bytes, string key, int count, int rowCount, RowBitmapBuilder? wanted)
    {
        if (count > MaxInlineRows)
        {
            var length = reader.Int32(reader.Remaining);
            if (wanted is not null)
            {
                wanted.Add(ReadBitmap(bytes.Slice(reader.Position, length), key, "a value of a field index", count, rowCount));
            }

            reader.Take(length);
            return;
        }

        var row = -1;
        for (var i = 0; i < count; i++)
        {
            var next = reader.Int32(rowCount - 1) + (i == 0 ? 0 : row);
            reader.Check(next > row && next < rowCount, "has rows of a value out of order");
            row = next;
            wanted?.Add(row);
        }
    }
}
