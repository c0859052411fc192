namespace Vektagraf.Shards.Segments;

/// <summary>Kinds and numbers of the blocks of a segment, in the order they lie in the file.</summary>
internal static class SegmentLayout
{
    /// <summary>Rows with all they have but vectors.</summary>
    public const ushort RowGroup = 1;

    /// <summary>Ids and versions alone.</summary>
    public const ushort IdTable = 2;

    /// <summary>Values of one declared field.</summary>
    public const ushort Column = 3;

    /// <summary>Which rows have a vector in a field, and what made it.</summary>
    public const ushort VectorRows = 4;

    /// <summary>The vectors of a field.</summary>
    public const ushort Vectors = 5;

    /// <summary>Bytes that only their writer understands.</summary>
    public const ushort Payload = 6;

    /// <summary>Which rows are tombstones, where there is a field index.</summary>
    public const ushort Tombstones = 7;

    /// <summary>Values of a field index with their rows.</summary>
    public const ushort IndexEntries = 8;

    /// <summary>The rows of a block of entries, without its values.</summary>
    public const ushort IndexRows = 9;

    /// <summary>Live rows without a value in an indexed field.</summary>
    public const ushort IndexMissing = 10;

    /// <summary>The vectors of an inverted list: their ordinals and codes.</summary>
    public const ushort InvertedList = 11;

    /// <summary>
    /// Vectors from which on a field gets lists: below, all of them take about as long to fetch as one more request. 4,096 vectors of 128
    /// components are 2 MiB.
    /// </summary>
    public const int LeastListedVectors = 4096;

    /// <summary>Blocks that belong to a field have its index in the upper bits of their number.</summary>
    public const int FieldShift = 20;

    /// <summary>Most blocks of one field.</summary>
    public const int MaxBlocksOfField = 1 << FieldShift;

    /// <summary>Most rows of a segment: bounds what a reader holds in memory for each.</summary>
    public const int MaxRows = 1 << 24;

    /// <summary>Rows of one column block; half a megabyte of values while writing.</summary>
    public const int ColumnChunkRows = 16 * 1024;

    public static int Number(int field, int block) => (field << FieldShift) | block;
}
