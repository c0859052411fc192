using Vektagraf.Index;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <content>Inverted lists, made from the vectors when all of them are there, one field after the other.</content>
public sealed partial class SegmentWriter
{
    // They are in the footer, which is in the manifest, which every opening reads.
    private const int MaxCentroidBytes = 256 * 1024;

    private const long ListSeed = 1;

    /// <summary>No code is longer than a byte for each component of a vector that is padded, and what ordinals take.</summary>
    private long ListBytesAtMost => _vectors.Index().Sum(v => _schema.Vectors[v.Index].ListMetric is null ? 0 : v.Item.Count * (v.Item.Dimensions + 64L + 5L));

    private List<SegmentListSection> WriteLists(SegmentVectorSection[] vectors)
    {
        var sections = new List<SegmentListSection>();
        for (var field = 0; field < vectors.Length; field++)
        {
            if (_schema.Vectors[field].ListMetric is { } metric && vectors[field].Count >= _options.LeastListedVectors && vectors[field].Dimensions <= FlatIndex.MaxDimensions)
            {
                sections.Add(WriteLists(sections.Count, field, ReadBack(field, vectors[field], metric)));
            }
        }

        return sections;
    }

    private SegmentListSection WriteLists(int number, int field, FlatIndex vectors)
    {
        var count = Math.Clamp((int)(2 * Math.Sqrt(vectors.Count)), 1, Math.Max(1, MaxCentroidBytes / vectors.Dimensions));
        CentroidTable? table = null;
        var partition = ListPartition.Train(vectors, count, ListSeed, centroids =>
        {
            table = CentroidTable.Encode(centroids);
            return table.Decode(centroids.Metric, centroids.Dimensions);
        });
        var codec = VectorCodec.Train(vectors, VectorQuantization.Scalar8, ListSeed);
        var lengths = new int[partition.Centroids.Count];
        for (var list = 0; list < lengths.Length; list++)
        {
            var rows = partition.RowsOf(list);
            lengths[list] = rows.Length;
            if (rows.Length > 0)
            {
                _scratch.Clear();
                SegmentListBlock.Write(_scratch, rows, vectors, codec);
                _file.Add(SegmentLayout.InvertedList, SegmentLayout.Number(number, list), _scratch.Written, SegmentCodec.None);
            }
        }

        return new SegmentListSection
        {
            Number = number,
            Field = field,
            Codec = codec,
            Lengths = lengths,
            NeighborsByRank = partition.NeighborsByRank.TrimEnd(0).ToArray(),
            Table = table!,
        };
    }

    private FlatIndex ReadBack(int field, SegmentVectorSection section, DistanceMetric metric)
    {
        var vectors = new FlatIndex(section.Dimensions, metric, section.Count);
        var vector = new float[section.Dimensions];
        for (var block = 0; block < section.BlockCount; block++)
        {
            var bytes = _file.ReadBack(SegmentLayout.Vectors, SegmentLayout.Number(field, block));
            for (var at = 0; at < bytes.Length; at += section.VectorBytes)
            {
                LittleEndianFloats.Read(bytes.AsSpan(at, section.VectorBytes), vector);
                vectors.Append(vector);
            }
        }

        return vectors;
    }
}
