using System.Text;
using Vektagraf.Collections;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>What the metadata says of one block of entries.</summary>
/// <param name="Values">Count of distinct values.</param>
/// <param name="BoundIsValue">Whether the bound is the first value itself.</param>
/// <param name="Rows">Count of rows, each once.</param>
/// <param name="MostRows">Rows of the value that has most.</param>
/// <param name="Bound">Not above the first value, and above all values of the blocks before; a cell may go on from one block to the next.</param>
internal readonly record struct FieldIndexBlock(int Values, bool BoundIsValue, int Rows, int MostRows, FieldIndexKey Bound);

/// <summary>What the metadata says of a field index: its blocks are an equi-depth histogram of the field.</summary>
internal sealed class FieldIndexSection : IFieldIndex
{
    /// <summary>Longest text, in bytes, that the metadata repeats.</summary>
    public const int MaxTextBytes = 32;

    /// <summary>Place among the indexes of the segment.</summary>
    public required int Number { get; init; }

    /// <summary>Place of the field among the columns.</summary>
    public required int Column { get; init; }

    public required FieldType Type { get; init; }

    /// <summary>Live rows that have a value; an empty array is one.</summary>
    public required int ValuedRows { get; init; }

    public required IReadOnlyList<FieldIndexBlock> Blocks { get; init; }

    /// <summary>The greatest value; null where there is none or it is long.</summary>
    public required FieldIndexKey? Last { get; init; }

    /// <summary>Whether a row may have several values, or none and yet not be missing.</summary>
    public bool IsMultiValued => Type == FieldType.StringArray;

    /// <summary>The interval that has all values of a block.</summary>
    public (FieldIndexKey Low, FieldIndexKey? High) BoundsOf(int block) => (
        Blocks[block].Bound,
        block == Blocks.Count - 1 ? Last?.Successor : Type == FieldType.Geo ? Blocks[block + 1].Bound.Successor : Blocks[block + 1].Bound);

    public FieldEstimate Estimate(FieldCondition condition, int liveRows)
    {
        long min = 0, max = 0;
        var (expected, without) = (0.0, 1.0);
        for (var i = 0; i < Blocks.Count; i++)
        {
            var block = FieldConditionBounds.Estimate(this, i, condition.Inner, condition.Outer);
            min = IsMultiValued ? Math.Max(min, block.Min) : min + block.Min;
            max += block.Max;
            expected += block.Expected;
            without *= 1 - (ValuedRows == 0 ? 0 : (double)block.Expected / ValuedRows);
        }

        // A row of several values may be in several blocks.
        expected = IsMultiValued ? ValuedRows * (1 - without) : expected;
        var missing = condition.MatchesMissing ? liveRows - ValuedRows : 0;
        return FieldEstimate.Of(min + missing, expected + missing, Math.Min(max, ValuedRows) + missing, liveRows);
    }

    public void Write(CompactWriter writer)
    {
        writer.Varint(Column);
        writer.Varint(ValuedRows);
        writer.Varint(Blocks.Count);
        byte[] previous = [];
        foreach (var block in Blocks)
        {
            writer.Varint(((ulong)block.Values << 1) | (block.BoundIsValue ? 1UL : 0));
            writer.Varint(block.Rows);
            writer.Varint(block.MostRows);
            WriteKey(writer, block.Bound, ref previous);
        }

        if (Blocks.Count > 0)
        {
            writer.Byte(Last is null ? (byte)0 : (byte)1);
            if (Last is { } last)
            {
                WriteKey(writer, last, ref previous);
            }
        }
    }

    public static FieldIndexSection[] ReadAll(ref CompactReader reader, IReadOnlyList<SegmentColumnField> columns, int liveRows)
    {
        var sections = new FieldIndexSection[reader.Count(leastBytesEach: 3)];
        reader.Check(sections.Length <= columns.Count, "has more indexes than columns");
        for (var i = 0; i < sections.Length; i++)
        {
            var column = reader.Int32(columns.Count - 1);
            reader.Check(i == 0 || column > sections[i - 1].Column, "has indexes out of order");
            sections[i] = Read(ref reader, i, column, columns[column].Type, liveRows);
        }

        return sections;
    }

    /// <summary>Whether the footer has the blocks that this speaks of, and no other.</summary>
    public bool FitsBlocksOf(SegmentFooter footer, int liveRows)
    {
        var rows = footer.Range(SegmentLayout.IndexRows, SegmentLayout.Number(Number, 0), SegmentLayout.MaxBlocksOfField).Span;
        var at = 0;
        for (var block = 0; block < Blocks.Count; block++)
        {
            if (Blocks[block].Values > 1 && (at == rows.Length || rows[at++].Number != SegmentLayout.Number(Number, block)))
            {
                return false;
            }
        }

        return at == rows.Length
            && SegmentMetadata.Has(footer, SegmentLayout.IndexEntries, Number, Blocks.Count)
            && SegmentMetadata.Has(footer, SegmentLayout.IndexMissing, Number, ValuedRows < liveRows ? 1 : 0);
    }

    private static FieldIndexSection Read(ref CompactReader reader, int number, int column, FieldType type, int liveRows)
    {
        var valued = reader.Int32(liveRows);
        var blocks = new FieldIndexBlock[reader.Count(leastBytesEach: 5)];
        reader.Check(blocks.Length <= SegmentLayout.MaxBlocksOfField, "has too many blocks of an index");
        byte[] previous = [];
        var rows = 0L;
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = ReadBlock(ref reader, type, valued, ref previous);
            rows += blocks[i].Rows;
            var order = i == 0 ? -1 : blocks[i - 1].Bound.CompareTo(blocks[i].Bound);
            reader.Check(order < 0 || (order == 0 && type == FieldType.Geo), "has blocks of an index out of order");
        }

        reader.Check(type == FieldType.StringArray || rows == valued, "has an index of more or fewer rows than have a value");
        FieldIndexKey? last = blocks.Length > 0 && reader.Byte() != 0 ? ReadKey(ref reader, type, ref previous) : null;
        reader.Check(last is not { } greatest || greatest.CompareTo(blocks[^1].Bound) >= 0, "has the last value of an index before its bounds");
        return new FieldIndexSection { Number = number, Column = column, Type = type, ValuedRows = valued, Blocks = blocks, Last = last };
    }

    private static FieldIndexBlock ReadBlock(ref CompactReader reader, FieldType type, int valuedRows, ref byte[] previous)
    {
        var values = reader.Varint();
        var rows = reader.Int32(valuedRows);
        var most = reader.Int32(rows);
        var fits = values is > 1 and <= int.MaxValue && most > 0 && (type == FieldType.StringArray || (long)(values >> 1) + most <= rows + 1L);
        reader.Check(fits, "has a block of an index whose counts do not fit");
        return new FieldIndexBlock((int)(values >> 1), (values & 1) != 0, rows, most, ReadKey(ref reader, type, ref previous));
    }

    private static void WriteKey(CompactWriter writer, FieldIndexKey key, ref byte[] previous)
    {
        if (key.Text is null)
        {
            writer.UInt64(key.Bits);
            return;
        }

        var text = Encoding.UTF8.GetBytes(key.Text);
        RowKeys.WriteFrontCoded(writer, previous, text);
        previous = text;
    }

    private static FieldIndexKey ReadKey(ref CompactReader reader, FieldType type, ref byte[] previous)
    {
        if (!FieldIndexKey.IsText(type))
        {
            return new FieldIndexKey(reader.UInt64(), null);
        }

        previous = RowKeys.ReadFrontCoded(ref reader, previous);
        return new FieldIndexKey(0, reader.Text(previous));
    }
}
