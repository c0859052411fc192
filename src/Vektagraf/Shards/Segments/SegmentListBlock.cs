using Vektagraf.Index;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>The vectors of one inverted list.</summary>
/// <param name="List">The list.</param>
/// <param name="Ordinals">Their ordinals, ascending.</param>
/// <param name="Codes">Their codes, in the same order.</param>
internal readonly record struct SegmentListBlock(int List, int[] Ordinals, ReadOnlyMemory<byte> Codes)
{
    public static void Write(CompactWriter writer, ReadOnlySpan<int> ordinals, FlatIndex vectors, VectorCodec codec)
    {
        var previous = 0;
        foreach (var ordinal in ordinals)
        {
            writer.Varint(ordinal - previous);
            previous = ordinal;
        }

        foreach (var ordinal in ordinals)
        {
            codec.Encode(vectors.RowAt(ordinal), writer.Reserve(codec.CodeBytes));
        }
    }

    public static SegmentListBlock Read(SegmentBlockContent block, int list, SegmentListSection section, int vectors, string key)
    {
        var reader = new CompactReader(block.Content.Span, key, $"inverted list {list}");
        var ordinals = new int[section.Lengths[list]];
        var previous = 0;
        for (var i = 0; i < ordinals.Length; i++)
        {
            var difference = reader.Int32(vectors);
            reader.Check(i == 0 || difference > 0, "has vectors out of order");
            ordinals[i] = previous + difference;
            reader.Check(ordinals[i] < vectors, "has a vector that does not exist");
            previous = ordinals[i];
        }

        reader.Check(reader.Remaining == ordinals.Length * section.Codec.CodeBytes, "has more or fewer codes than vectors");
        return new SegmentListBlock(list, ordinals, block.Content[reader.Position..]);
    }
}
