using System.Text;
using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>Makes the index of one field from its column. Holds the field's values and row numbers, not those of other fields.</summary>
internal sealed class FieldIndexWriter
{
    private readonly SegmentFileWriter _file;
    private readonly int _number;
    private readonly int _column;
    private readonly FieldType _type;
    private readonly int _blockBytes;
    private readonly CompactWriter _scratch = new();
    private readonly List<FieldValue> _values = [];
    private readonly List<int[]> _rows = [];
    private readonly List<FieldIndexBlock> _blocks = [];
    private int _bytes;
    private FieldValue? _last;

    private FieldIndexWriter(SegmentFileWriter file, int number, int column, FieldType type, int blockBytes)
    {
        _file = file;
        _number = number;
        _column = column;
        _type = type;
        _blockBytes = blockBytes;
    }

    /// <summary>Writes the blocks of an index.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="number">Place among the indexes.</param>
    /// <param name="column">Place of the field among the columns.</param>
    /// <param name="type">Type of the field.</param>
    /// <param name="values">Its values.</param>
    /// <param name="rowCount">Rows of the segment.</param>
    /// <param name="tombstones">Those that are tombstones.</param>
    /// <param name="blockBytes">Raw bytes at which a block of entries ends.</param>
    /// <returns>The description for the metadata.</returns>
    public static FieldIndexSection Write(
        SegmentFileWriter file, int number, int column, FieldType type, FieldColumn values, int rowCount, RowBitmap tombstones, int blockBytes)
    {
        var writer = new FieldIndexWriter(file, number, column, type, blockBytes);
        var missing = new RowBitmapBuilder(rowCount);
        var gathered = new FieldIndexValues(type);
        for (var row = 0; row < rowCount; row++)
        {
            if (values.Read(row) is { Kind: not FieldValueKind.Null } value)
            {
                gathered.Add(value, row);
            }
            else if (!tombstones.Contains(row))
            {
                missing.Add(row);
            }
        }

        foreach (var (value, rows) in gathered.InOrder())
        {
            writer.Add(value, rows);
        }

        return writer.Finish(missing.ToBitmap(), rowCount - tombstones.Count);
    }

    /// <summary>Writes a block that is one bitmap.</summary>
    public static void WriteBitmap(SegmentFileWriter file, ushort kind, int number, RowBitmap rows) =>
        file.Add(kind, number, rows.ToBytes(), SegmentCodec.Zstd);

    private void Add(in FieldValue value, int[] rows)
    {
        var bytes = BytesOf(value, rows);
        if (_values.Count > 0 && _bytes + bytes > _blockBytes)
        {
            Flush();
        }

        _values.Add(value);
        _rows.Add(rows);
        _bytes += bytes;
    }

    private FieldIndexSection Finish(RowBitmap missing, int liveRows)
    {
        if (_values.Count > 0)
        {
            Flush();
        }

        if (!missing.IsEmpty)
        {
            WriteBitmap(_file, SegmentLayout.IndexMissing, SegmentLayout.Number(_number, 0), missing);
        }

        return new FieldIndexSection
        {
            Number = _number,
            Column = _column,
            Type = _type,
            ValuedRows = liveRows - missing.Count,
            Blocks = _blocks,
            Last = _last is { } last && FieldIndexKey.Of(last) is var key && IsShort(key) ? key : null,
        };
    }

    private void Flush()
    {
        var number = SegmentLayout.Number(_number, _blocks.Count);
        _scratch.Clear();
        FieldIndexEntries.Write(_scratch, _type, _values, _rows);
        _file.Add(SegmentLayout.IndexEntries, number, _scratch.Written, SegmentCodec.Zstd);
        var count = _rows[0].Length;
        if (_values.Count > 1)
        {
            var all = RowBitmap.Of([.. _rows.SelectMany(r => r)]);
            WriteBitmap(_file, SegmentLayout.IndexRows, number, all);
            count = all.Count;
        }

        var first = FieldIndexKey.Of(_values[0]);
        var bound = IsShort(first) ? first : new FieldIndexKey(0, _last is { } last ? SegmentMetadata.Separator(last.AsString, first.Text!) : string.Empty);
        _blocks.Add(new FieldIndexBlock(_values.Count, bound == first, count, _rows.Max(r => r.Length), bound));
        _last = _values[^1];
        _values.Clear();
        _rows.Clear();
        _bytes = 0;
    }

    /// <summary>About what a value takes in a block.</summary>
    private int BytesOf(in FieldValue value, int[] rows)
    {
        var key = _type == FieldType.Geo ? 2 * sizeof(double) : FieldIndexKey.IsText(_type) ? Encoding.UTF8.GetByteCount(value.AsString) + 2 : sizeof(long);
        return key + (rows.Length <= FieldIndexEntries.MaxInlineRows ? rows.Length * sizeof(int) : RowBitmap.Of(rows).ByteCount + sizeof(int));
    }

    private static bool IsShort(FieldIndexKey key) => key.Text is not { } text || Encoding.UTF8.GetByteCount(text) <= FieldIndexSection.MaxTextBytes;
}
