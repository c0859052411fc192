using System.Text;
using Vektagraf.Querying;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>
/// Writes a segment from rows in the order of their ids. The same rows give the same bytes. Holds the compressed segment in memory
/// until it is finished. Not thread-safe.
/// </summary>
public sealed partial class SegmentWriter : IDisposable
{
    private readonly SegmentSchema _schema;
    private readonly SegmentWriterOptions _options;
    private readonly SegmentFileWriter _file = new();
    private readonly VectorSectionWriter[] _vectors;
    private readonly byte[][] _columnNames;
    private readonly FieldValue[] _rowValues;
    private readonly FieldValue[][] _columnValues;
    private readonly CompactWriter _scratch = new();
    private readonly List<SegmentRow> _group = [];
    private readonly int[] _groupOrdinals;
    private readonly List<SegmentKey> _ids = [];
    private readonly List<string> _separators = [];
    private readonly List<int> _firstRows = [];
    private readonly List<(string Name, int Blocks)> _payloads = [];
    private int _groupBytes;
    private int _idBytes;
    private int _idBlocks;
    private int _rows;
    private int _tombstones;
    private ulong _minSequence = ulong.MaxValue;
    private ulong _maxSequence;
    private long _rawBytes;
    private string? _lastId;

    /// <summary>Creates a writer.</summary>
    /// <param name="schema">The fields to keep.</param>
    /// <param name="options">Sizes; null for the defaults.</param>
    public SegmentWriter(SegmentSchema schema, SegmentWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        _schema = schema;
        _options = options ?? new SegmentWriterOptions();
        _vectors = [.. schema.Vectors.Select((field, index) => new VectorSectionWriter(field, index, _options.VectorBlockBytes))];
        _columnNames = [.. schema.Columns.Select(c => Encoding.UTF8.GetBytes(c.Name))];
        _rowValues = new FieldValue[schema.Columns.Count];
        _columnValues = [.. schema.Columns.Select(_ => new FieldValue[SegmentLayout.ColumnChunkRows])];
        _groupOrdinals = new int[_vectors.Length];
    }

    /// <summary>Rows so far.</summary>
    public int RowCount => _rows;

    /// <summary>Bytes of the segment so far; those not compressed yet count in full.</summary>
    public long EstimatedBytes => _file.StoredBytes + _groupBytes + _idBytes + _vectors.Sum(v => (long)v.PendingBytes);

    /// <summary>Whether the next row should begin another segment.</summary>
    public bool IsFull =>
        _rows == SegmentLayout.MaxRows || EstimatedBytes >= _options.TargetBytes || EstimatedBytes + _indexBytesAtMost + ListBytesAtMost >= SegmentFormat.MaxSegmentBytes / 2;

    /// <summary>Writes a segment of some rows.</summary>
    /// <param name="schema">The fields to keep.</param>
    /// <param name="rows">The rows, ascending by id.</param>
    /// <param name="options">Sizes; null for the defaults.</param>
    /// <returns>The segment.</returns>
    public static SegmentFileContent Write(SegmentSchema schema, IEnumerable<SegmentRow> rows, SegmentWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        using var writer = new SegmentWriter(schema, options);
        foreach (var row in rows)
        {
            writer.Add(row);
        }

        return writer.Finish();
    }

    /// <summary>Adds the next row. Vectors of fields that the schema lacks, or of another length, are left out: they belong to a
    /// field that was dropped or declared anew.</summary>
    /// <param name="row">The row; its bytes must not change until the segment is finished.</param>
    /// <exception cref="ArgumentException">Its id is not above the one before, or it is a tombstone with content.</exception>
    /// <exception cref="InvalidOperationException">The segment is too large.</exception>
    public void Add(SegmentRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (_lastId is not null && SegmentRow.CompareIds(_lastId, row.Id) >= 0)
        {
            throw new ArgumentException($"Rows must come in the order of their ids: '{row.Id}' after '{_lastId}'.", nameof(row));
        }

        if (row.IsTombstone && (row.Type is not null || !row.Properties.IsEmpty || row.Vectors.Count > 0 || row.Sparse.Count > 0))
        {
            throw new ArgumentException($"The tombstone of '{row.Id}' has content.", nameof(row));
        }

        if (_rows == SegmentLayout.MaxRows)
        {
            throw new InvalidOperationException($"A segment holds at most {SegmentLayout.MaxRows} rows. Split it.");
        }

        // A group ends before the row that would overfill it; its last id is still the last one added.
        if (_group.Count > 0 && _groupBytes + RawBytesOf(row) > _options.RowGroupBytes)
        {
            FlushGroup();
        }

        Append(row);
    }

    /// <summary>Adds bytes that only the caller understands: an index, the transaction table.</summary>
    /// <param name="name">Their name, unique in the segment.</param>
    /// <param name="blocks">The bytes, in blocks that can be read apart; none may be empty.</param>
    /// <param name="codec">How to store them.</param>
    public void AddPayload(string name, IEnumerable<ReadOnlyMemory<byte>> blocks, SegmentCodec codec = SegmentCodec.Zstd)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(blocks);
        if (_payloads.Count == SegmentSchema.MaxFields || _payloads.Exists(p => string.Equals(p.Name, name, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"The segment has a payload '{name}' already, or {SegmentSchema.MaxFields} of them.", nameof(name));
        }

        var count = 0;
        foreach (var block in blocks)
        {
            ArgumentOutOfRangeException.ThrowIfEqual(count, SegmentLayout.MaxBlocksOfField, nameof(blocks));
            _file.Add(SegmentLayout.Payload, SegmentLayout.Number(_payloads.Count, count++), block.Span, codec);
        }

        _payloads.Add((name, count));
    }

    /// <summary>Puts the segment together. The writer is of no further use.</summary>
    /// <returns>The segment.</returns>
    public SegmentFileContent Finish()
    {
        if (_group.Count > 0)
        {
            FlushGroup();
        }

        if (_ids.Count > 0)
        {
            FlushIds();
        }

        if (_rows % SegmentLayout.ColumnChunkRows != 0)
        {
            FlushColumns();
        }

        SegmentVectorSection[] vectors = [.. _vectors.Select(v => v.Finish(_file, _rows))];
        var metadata = new SegmentMetadata
        {
            RowCount = _rows,
            TombstoneCount = _tombstones,
            MinSequence = _rows == 0 ? 0 : _minSequence,
            MaxSequence = _maxSequence,
            RawBytes = _rawBytes,
            LastId = _lastId ?? string.Empty,
            Separators = _separators,
            FirstRows = [.. _firstRows, _rows],
            Vectors = vectors,
            Columns = _schema.Columns,
            Payloads = _payloads,
            Indexes = WriteIndexes(),
            Lists = WriteLists(vectors),
            Sparse = _schema.Sparse,
        };
        return _file.Finish(metadata.Encode(), metadata.Version);
    }

    /// <summary>Frees the compressor.</summary>
    public void Dispose() => _file.Dispose();

    private static int RawBytesOf(SegmentRow row) => row.Properties.Length + (row.Id.Length * 2) + 8 + row.Sparse.Sum(s => s.Bytes);

    private void Append(SegmentRow row)
    {
        if (_group.Count == 0)
        {
            _separators.Add(_lastId is null ? row.Id : SegmentMetadata.Separator(_lastId, row.Id));
            _firstRows.Add(_rows);
            for (var i = 0; i < _vectors.Length; i++)
            {
                _groupOrdinals[i] = _vectors[i].Count;
            }
        }

        _rawBytes += row.Properties.Length + Encoding.UTF8.GetByteCount(row.Id);
        foreach (var vectors in _vectors)
        {
            var vector = FindVector(row, vectors);
            vectors.Add(_rows, vector, _file);
            _rawBytes += vector is null ? 0 : vectors.VectorBytes;
        }

        foreach (var sparse in row.Sparse)
        {
            _rawBytes += _schema.Sparse.Contains(sparse.Field, StringComparer.Ordinal) ? sparse.Bytes : 0;
        }

        _group.Add(row);
        _groupBytes += RawBytesOf(row);
        AppendId(row);
        AppendColumns(row);
        CountForIndexes(row);
        _minSequence = Math.Min(_minSequence, row.Version.Sequence);
        _maxSequence = Math.Max(_maxSequence, row.Version.Sequence);
        _tombstones += row.IsTombstone ? 1 : 0;
        _lastId = row.Id;
        _rows++;
        if (_rows % SegmentLayout.ColumnChunkRows == 0)
        {
            FlushColumns();
        }
    }

    private static SegmentVector? FindVector(SegmentRow row, VectorSectionWriter field)
    {
        foreach (var vector in row.Vectors)
        {
            if (string.Equals(vector.Field, field.Name, StringComparison.Ordinal))
            {
                return vector.LittleEndian.Length == field.VectorBytes ? vector : null;
            }
        }

        return null;
    }

    private void AppendId(SegmentRow row)
    {
        _ids.Add(new SegmentKey(_rows, row.Id, row.Version, row.IsTombstone));
        _idBytes += row.Id.Length + 8;
        if (_idBytes >= _options.IdTableBytes)
        {
            FlushIds();
        }
    }

    private void AppendColumns(SegmentRow row)
    {
        ColumnValues.Read(row.Properties.Span, _schema.Columns, _columnNames, _rowValues);
        for (var i = 0; i < _rowValues.Length; i++)
        {
            _columnValues[i][_rows % SegmentLayout.ColumnChunkRows] = _rowValues[i];
        }
    }

    private void FlushGroup()
    {
        _scratch.Clear();
        RowGroup.Write(_scratch, _group, _firstRows[^1], _vectors, _groupOrdinals, _schema.Sparse);
        _file.Add(SegmentLayout.RowGroup, _separators.Count - 1, _scratch.Written, SegmentCodec.Zstd);
        _group.Clear();
        _groupBytes = 0;
    }

    private void FlushIds()
    {
        _scratch.Clear();
        RowKeys.Write(_scratch, _ids);
        _file.Add(SegmentLayout.IdTable, _idBlocks++, _scratch.Written, SegmentCodec.Zstd);
        _ids.Clear();
        _idBytes = 0;
    }

    // Rows - 1: called after the last row of the chunk was counted.
    private void FlushColumns()
    {
        var chunk = (_rows - 1) / SegmentLayout.ColumnChunkRows;
        var rows = _rows - (chunk * SegmentLayout.ColumnChunkRows);
        for (var i = 0; i < _columnValues.Length; i++)
        {
            _scratch.Clear();
            ColumnChunk.Write(_scratch, _schema.Columns[i].Type, _columnValues[i].AsSpan(0, rows));
            _file.Add(SegmentLayout.Column, SegmentLayout.Number(i, chunk), _scratch.Written, SegmentCodec.Zstd);
        }
    }
}
