using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>The vectors of one field in a segment. They are numbered from 0 in the order of their rows: a vector's ordinal.</summary>
public sealed class SegmentVectorSection
{
    internal SegmentVectorSection(string name, int dimensions, int vectorsPerBlock, IReadOnlyList<(byte Version, int Count)> generatedBy)
    {
        Name = name;
        Dimensions = dimensions;
        VectorsPerBlock = vectorsPerBlock;
        CountsByGenerator = generatedBy;
        Count = generatedBy.Sum(g => g.Count);
    }

    /// <summary>The field.</summary>
    public string Name { get; }

    /// <summary>Length of its vectors.</summary>
    public int Dimensions { get; }

    /// <summary>Count of vectors.</summary>
    public int Count { get; }

    /// <summary>How many vectors each version of the field's embedding model made; 0 for those clients brought.</summary>
    public IReadOnlyList<(byte Version, int Count)> CountsByGenerator { get; }

    /// <summary>Vectors of every block but the last.</summary>
    public int VectorsPerBlock { get; }

    /// <summary>Bytes of one vector.</summary>
    public int VectorBytes => Dimensions * sizeof(float);

    internal int BlockCount => (int)(((long)Count + VectorsPerBlock - 1) / VectorsPerBlock);

    /// <summary>A block says which rows have a vector and what made it, unless all have one of the same make.</summary>
    internal bool HasRowsBlock(int rowCount) => Count > 0 && (Count < rowCount || CountsByGenerator.Count > 1);

    internal bool BlocksHaveLength(ReadOnlySpan<SegmentBlock> blocks)
    {
        for (var i = 0; i < blocks.Length; i++)
        {
            var vectors = Math.Min(VectorsPerBlock, Count - (i * VectorsPerBlock));
            if (blocks[i].RawLength != (long)vectors * VectorBytes)
            {
                return false;
            }
        }

        return true;
    }

    internal void Write(CompactWriter writer)
    {
        writer.Text(Name);
        writer.Varint(Dimensions);
        writer.Varint(VectorsPerBlock);
        writer.Varint(CountsByGenerator.Count);
        foreach (var (version, count) in CountsByGenerator)
        {
            writer.Byte(version);
            writer.Varint(count);
        }
    }

    internal static SegmentVectorSection[] ReadAll(ref CompactReader reader, int liveRows)
    {
        var sections = new SegmentVectorSection[reader.Count(leastBytesEach: 4)];
        reader.Check(sections.Length <= SegmentSchema.MaxFields, "has too many vector fields");
        for (var i = 0; i < sections.Length; i++)
        {
            sections[i] = Read(ref reader, liveRows);
        }

        return sections;
    }

    private static SegmentVectorSection Read(ref CompactReader reader, int liveRows)
    {
        var name = reader.Text();
        var dimensions = reader.Int32(SegmentFormat.MaxBlockBytes / sizeof(float));
        reader.Check(dimensions > 0, "has vectors without dimensions");
        var perBlock = reader.Int32(SegmentFormat.MaxBlockBytes / (dimensions * sizeof(float)));
        reader.Check(perBlock > 0, "has vector blocks without vectors");
        var generatedBy = new (byte Version, int Count)[reader.Count(leastBytesEach: 2)];
        var left = liveRows;
        for (var i = 0; i < generatedBy.Length; i++)
        {
            generatedBy[i] = (reader.Byte(), reader.Int32(left));
            reader.Check(generatedBy[i].Count > 0 && (i == 0 || generatedBy[i - 1].Version < generatedBy[i].Version), "has model versions out of order");
            left -= generatedBy[i].Count;
        }

        return new SegmentVectorSection(name, dimensions, perBlock, generatedBy);
    }
}
