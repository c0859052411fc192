using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <content>Field indexes, made from the columns when all rows are there, one field after the other.</content>
public sealed partial class SegmentWriter
{
    // A row's place in the entries of a value and in the rows of their block, with the value if it is a number or a point.
    private const int IndexBytesPerValue = 48;

    private readonly List<int> _tombstoneRows = [];
    private long _indexBytesAtMost;

    /// <summary>Takes note of a row; its column values were read.</summary>
    private void CountForIndexes(SegmentRow row)
    {
        if (row.IsTombstone)
        {
            _tombstoneRows.Add(_rows);
        }

        for (var i = 0; i < _rowValues.Length; i++)
        {
            _indexBytesAtMost += _schema.Columns[i].IsIndexed ? IndexBytesOf(_rowValues[i]) : 0;
        }
    }

    private FieldIndexSection[] WriteIndexes()
    {
        int[] indexed = [.. _schema.Columns.Index().Where(c => c.Item.IsIndexed).Select(c => c.Index)];
        if (indexed.Length == 0)
        {
            return [];
        }

        var tombstones = RowBitmap.Of([.. _tombstoneRows]);
        if (!tombstones.IsEmpty)
        {
            FieldIndexWriter.WriteBitmap(_file, SegmentLayout.Tombstones, 0, tombstones);
        }

        return
        [
            .. indexed.Select((column, number) => FieldIndexWriter.Write(
                _file, number, column, _schema.Columns[column].Type, ReadBack(column), _rows, tombstones, _options.IndexBlockBytes)),
        ];
    }

    private FieldColumn ReadBack(int index)
    {
        var type = _schema.Columns[index].Type;
        var column = FieldColumn.For(type)!;
        for (var row = 0; row < _rows; row += SegmentLayout.ColumnChunkRows)
        {
            var chunk = _file.ReadBack(SegmentLayout.Column, SegmentLayout.Number(index, row / SegmentLayout.ColumnChunkRows));
            var reader = new CompactReader(chunk, "a segment being written", "its column");
            ColumnChunk.Read(ref reader, type, Math.Min(SegmentLayout.ColumnChunkRows, _rows - row), column);
        }

        return column;
    }

    private static long IndexBytesOf(in FieldValue value) => value.Kind switch
    {
        FieldValueKind.Null => 1,
        FieldValueKind.String => IndexBytesPerValue + (value.AsString.Length * 3L),
        FieldValueKind.StringArray => value.AsStringArray.Sum(e => IndexBytesPerValue + (e.Length * 3L)),
        _ => IndexBytesPerValue,
    };
}
