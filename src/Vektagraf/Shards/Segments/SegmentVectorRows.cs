using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>Which row has which vector of a field, and what made it. In memory: four bytes for each row and each vector at most.</summary>
public sealed class SegmentVectorRows
{
    private const int None = -1;

    // Both null where every row has a vector: ordinals are row numbers then.
    private readonly int[]? _rowOf;
    private readonly int[]? _ordinalOf;
    private readonly byte[]? _generatedBy;
    private readonly byte _generatedByAll;

    private SegmentVectorRows(int count, int[]? rowOf, int[]? ordinalOf, byte[]? generatedBy, byte generatedByAll)
    {
        Count = count;
        _rowOf = rowOf;
        _ordinalOf = ordinalOf;
        _generatedBy = generatedBy;
        _generatedByAll = generatedByAll;
    }

    /// <summary>Count of vectors.</summary>
    public int Count { get; }

    /// <summary>The row of a vector.</summary>
    /// <param name="ordinal">The vector's ordinal.</param>
    /// <returns>The row's number.</returns>
    public int RowOf(int ordinal) => _rowOf is null ? ordinal : _rowOf[ordinal];

    /// <summary>The vector of a row.</summary>
    /// <param name="row">The row's number.</param>
    /// <returns>The vector's ordinal; −1 for none.</returns>
    public int OrdinalOf(int row) => _ordinalOf is null ? row < Count ? row : None : _ordinalOf[row];

    /// <summary>What made a vector.</summary>
    /// <param name="ordinal">The vector's ordinal.</param>
    /// <returns>Version of the embedding model; 0 for a vector the client brought.</returns>
    public byte GeneratedBy(int ordinal) => _generatedBy is null ? _generatedByAll : _generatedBy[ordinal];

    /// <summary>The mapping where every row has a vector of the same make, or none has one.</summary>
    internal static SegmentVectorRows Uniform(SegmentVectorSection section) =>
        new(section.Count, null, null, null, section.Count == 0 ? (byte)0 : section.CountsByGenerator[0].Version);

    internal static SegmentVectorRows Read(ref CompactReader reader, SegmentVectorSection section, int rowCount)
    {
        var bits = reader.Take((rowCount + 7) / 8);
        var (rowOf, ordinalOf) = (new int[section.Count], new int[rowCount]);
        var ordinal = 0;
        for (var row = 0; row < rowCount; row++)
        {
            var isPresent = (bits[row / 8] & (1 << (row % 8))) != 0;
            ordinalOf[row] = isPresent ? ordinal : None;
            if (isPresent)
            {
                reader.Check(ordinal < section.Count, "has more vectors than the metadata says");
                rowOf[ordinal++] = row;
            }
        }

        reader.Check(ordinal == section.Count, "has fewer vectors than the metadata says");
        var generatedBy = reader.Take(section.Count).ToArray();
        reader.End();
        return new SegmentVectorRows(section.Count, rowOf, ordinalOf, generatedBy, 0);
    }
}

/// <summary>Some consecutive vectors of a field.</summary>
/// <param name="FirstOrdinal">Ordinal of the first.</param>
/// <param name="Count">How many.</param>
/// <param name="LittleEndian">Their components as float32, little-endian, vector after vector.</param>
public readonly record struct SegmentVectorBlock(int FirstOrdinal, int Count, ReadOnlyMemory<byte> LittleEndian);
