using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>Gathers the vectors of one field, row by row.</summary>
internal sealed class VectorSectionWriter
{
    // Smaller ones could outnumber what the number of a block can hold, in a file of the largest size.
    private const int MinBlockBytes = 512;

    private readonly SegmentVectorField _field;
    private readonly int _index;
    private readonly int _perBlock;
    private readonly int[] _countsByGenerator = new int[byte.MaxValue + 1];
    private readonly CompactWriter _block = new();
    private readonly CompactWriter _presence = new();
    private readonly CompactWriter _generatedBy = new();
    private int _blocks;

    public VectorSectionWriter(SegmentVectorField field, int index, int blockBytes)
    {
        _field = field;
        _index = index;
        VectorBytes = checked(field.Dimensions * sizeof(float));
        ArgumentOutOfRangeException.ThrowIfLessThan(VectorBytes, sizeof(float), nameof(field));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(VectorBytes, SegmentFormat.MaxBlockBytes, nameof(field));
        ArgumentOutOfRangeException.ThrowIfLessThan(blockBytes, MinBlockBytes);
        _perBlock = Math.Max(1, blockBytes / VectorBytes);
    }

    public string Name => _field.Name;

    public int VectorBytes { get; }

    public int Dimensions => _field.Dimensions;

    /// <summary>Vectors so far.</summary>
    public int Count => _generatedBy.Length;

    /// <summary>Bytes that are not in the file yet.</summary>
    public int PendingBytes => _block.Length;

    /// <summary>Adds the vector of the next row.</summary>
    /// <param name="row">The row's number.</param>
    /// <param name="vector">Its vector; null for none.</param>
    /// <param name="file">Where full blocks go.</param>
    public void Add(int row, SegmentVector? vector, SegmentFileWriter file)
    {
        if (row % 8 == 0)
        {
            _presence.Byte(0);
        }

        if (vector is not { } present)
        {
            return;
        }

        _presence.WrittenMutable[row / 8] |= (byte)(1 << (row % 8));
        _generatedBy.Byte(present.GeneratedBy);
        _countsByGenerator[present.GeneratedBy]++;
        _block.Bytes(present.LittleEndian.Span);
        if (_block.Length == _perBlock * VectorBytes)
        {
            Flush(file);
        }
    }

    /// <summary>Writes for a row group what it needs to know of its rows' vectors.</summary>
    /// <param name="writer">The row group's bytes.</param>
    /// <param name="firstRow">First row of the group.</param>
    /// <param name="count">Count of its rows.</param>
    /// <param name="firstOrdinal">Vectors before the group.</param>
    public void WriteGroup(CompactWriter writer, int firstRow, int count, int firstOrdinal)
    {
        writer.Varint(firstOrdinal);
        var bits = writer.Reserve((count + 7) / 8);
        bits.Clear();
        for (var i = 0; i < count; i++)
        {
            var row = firstRow + i;
            if ((_presence.Written[row / 8] & (1 << (row % 8))) != 0)
            {
                bits[i / 8] |= (byte)(1 << (i % 8));
            }
        }

        writer.Bytes(_generatedBy.Written[firstOrdinal..]);
    }

    /// <summary>Writes what is left.</summary>
    /// <returns>The description for the metadata.</returns>
    public SegmentVectorSection Finish(SegmentFileWriter file, int rowCount)
    {
        if (_block.Length > 0)
        {
            Flush(file);
        }

        var section = new SegmentVectorSection(
            Name,
            _field.Dimensions,
            _perBlock,
            [.. _countsByGenerator.Index().Where(g => g.Item > 0).Select(g => ((byte)g.Index, g.Item))]);
        if (section.HasRowsBlock(rowCount))
        {
            file.Add(SegmentLayout.VectorRows, SegmentLayout.Number(_index, 0), [.. _presence.Written, .. _generatedBy.Written], SegmentCodec.Zstd);
        }

        return section;
    }

    // float32 components are noise to a compressor, and as they are a reader may scan them in place.
    private void Flush(SegmentFileWriter file)
    {
        file.Add(SegmentLayout.Vectors, SegmentLayout.Number(_index, _blocks++), _block.Written, SegmentCodec.None);
        _block.Clear();
    }
}
