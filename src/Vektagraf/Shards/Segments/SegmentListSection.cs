using Vektagraf.Index;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>
/// What the metadata says of the inverted lists of a vector field: enough to know, without a request, which lists a query needs, and to read
/// what they hold.
/// </summary>
internal sealed class SegmentListSection
{
    private Centroids? _centroids;

    /// <summary>Place among the sections of the segment.</summary>
    public required int Number { get; init; }

    /// <summary>Place of the field among the vector fields.</summary>
    public required int Field { get; init; }

    /// <summary>How codes are read; knows the metric that lists were made for.</summary>
    public required VectorCodec Codec { get; init; }

    /// <summary>Vectors in each list.</summary>
    public required IReadOnlyList<int> Lengths { get; init; }

    /// <summary>What the number of lists to visit follows from.</summary>
    public required int[] NeighborsByRank { get; init; }

    /// <summary>The centres as they are stored.</summary>
    public required CentroidTable Table { get; init; }

    /// <summary>The centres; four times as large as they are stored, so made when they are asked for.</summary>
    public Centroids Centroids => LazyInitializer.EnsureInitialized(ref _centroids, () => Table.Decode(Codec.Metric, Codec.Dimensions));

    public void Write(CompactWriter writer)
    {
        writer.Varint(Field);
        writer.Byte(CodeOf(Codec.Metric));
        writer.Byte(CodeOf(Codec.Kind));
        writer.Varint(Codec.ParameterBytes);
        Codec.WriteParameters(writer.Reserve(Codec.ParameterBytes));
        writer.Varint(Lengths.Count);
        foreach (var length in Lengths)
        {
            writer.Varint(length);
        }

        writer.Varint(NeighborsByRank.Length);
        foreach (var neighbors in NeighborsByRank)
        {
            writer.Varint(neighbors);
        }

        Table.Write(writer);
    }

    public static SegmentListSection[] ReadAll(ref CompactReader reader, IReadOnlyList<SegmentVectorSection> fields)
    {
        var sections = new SegmentListSection[reader.Count(leastBytesEach: 8)];
        reader.Check(sections.Length <= fields.Count, "has lists of more fields than there are");
        for (var i = 0; i < sections.Length; i++)
        {
            var field = reader.Int32(fields.Count - 1);
            reader.Check(i == 0 || field > sections[i - 1].Field, "has lists of fields out of order");
            sections[i] = Read(ref reader, i, field, fields[field]);
        }

        return sections;
    }

    /// <summary>Whether the footer has the blocks that this speaks of, and no other.</summary>
    public bool FitsBlocksOf(SegmentFooter footer)
    {
        var blocks = BlocksOf(footer).Span;
        var at = 0;
        for (var list = 0; list < Lengths.Count; list++)
        {
            if (Lengths[list] == 0)
            {
                continue;
            }

            // Ordinals take one to five bytes.
            var least = (long)Lengths[list] * (Codec.CodeBytes + 1);
            if (at == blocks.Length || blocks[at].Number != SegmentLayout.Number(Number, list) || blocks[at].RawLength < least || blocks[at].RawLength > least + (4L * Lengths[list]))
            {
                return false;
            }

            at++;
        }

        return at == blocks.Length;
    }

    /// <summary>The blocks of all lists that are not empty.</summary>
    public ReadOnlyMemory<SegmentBlock> BlocksOf(SegmentFooter footer) =>
        footer.Range(SegmentLayout.InvertedList, SegmentLayout.Number(Number, 0), SegmentLayout.MaxBlocksOfField);

    private static SegmentListSection Read(ref CompactReader reader, int number, int field, SegmentVectorSection vectors)
    {
        reader.Check(vectors.Dimensions <= FlatIndex.MaxDimensions, "has lists of vectors that are too long for them");
        var metric = MetricOf(ref reader);
        var kind = KindOf(ref reader);
        var parameters = reader.Take(reader.Int32());
        VectorCodec codec;
        try
        {
            codec = VectorCodec.Read(kind, metric, vectors.Dimensions, parameters);
        }
        catch (InvalidDataException)
        {
            throw reader.Damage("has a quantizer with impossible parameters");
        }

        var lengths = new int[reader.Count(leastBytesEach: 1)];
        reader.Check(lengths.Length is > 0 and <= SegmentLayout.MaxBlocksOfField, "has no lists or too many");
        var left = vectors.Count;
        for (var i = 0; i < lengths.Length; i++)
        {
            lengths[i] = reader.Int32(left);
            left -= lengths[i];
        }

        reader.Check(left == 0, "has lists of fewer vectors than there are");
        var neighbors = new int[reader.Count(leastBytesEach: 1)];
        reader.Check(neighbors.Length <= lengths.Length, "has more ranks than lists");
        for (var i = 0; i < neighbors.Length; i++)
        {
            neighbors[i] = reader.Int32(SegmentLayout.MaxRows);
        }

        var table = CentroidTable.Read(ref reader, lengths.Length, vectors.Dimensions);
        return new SegmentListSection { Number = number, Field = field, Codec = codec, Lengths = lengths, NeighborsByRank = neighbors, Table = table };
    }

    // Codes of the format, not those of the enumerations.
    private static byte CodeOf(DistanceMetric metric) => metric switch
    {
        DistanceMetric.Cosine => 1,
        DistanceMetric.Dot => 2,
        DistanceMetric.Euclidean => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "Unknown distance metric."),
    };

    private static DistanceMetric MetricOf(ref CompactReader reader) => reader.Byte() switch
    {
        1 => DistanceMetric.Cosine,
        2 => DistanceMetric.Dot,
        3 => DistanceMetric.Euclidean,
        _ => throw reader.Damage("has lists of an unknown metric"),
    };

    private static byte CodeOf(VectorQuantization kind) => kind switch
    {
        VectorQuantization.Scalar8 => 1,
        VectorQuantization.Rabitq4 => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Lists hold no codes of this kind."),
    };

    private static VectorQuantization KindOf(ref CompactReader reader) => reader.Byte() switch
    {
        1 => VectorQuantization.Scalar8,
        2 => VectorQuantization.Rabitq4,
        _ => throw reader.Damage("has lists of an unknown kind of codes"),
    };
}
