using Vektagraf.Collections;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>The sparse vectors of one field in a row group: indices of all rows first, then the weights, so that each compresses by itself.</summary>
internal sealed class GroupSparse
{
    private readonly string _field;
    private readonly int[] _ends;
    private readonly uint[] _indices;
    private readonly float[] _values;

    private GroupSparse(string field, int[] ends, uint[] indices, float[] values) =>
        (_field, _ends, _indices, _values) = (field, ends, indices, values);

    /// <summary>Writes what rows have of a field.</summary>
    public static void Write(CompactWriter writer, List<SegmentRow> rows, string field)
    {
        NamedSparseVector[] vectors = [.. rows.Select(r => r.Sparse.FirstOrDefault(s => string.Equals(s.Field, field, StringComparison.Ordinal)))];
        foreach (var vector in vectors)
        {
            writer.Varint(vector.Indices.Length);
        }

        foreach (var vector in vectors)
        {
            uint previous = 0;
            foreach (var index in vector.Indices.Span)
            {
                writer.Varint(index - previous);
                previous = index;
            }
        }

        ColumnChunk.WritePlanes<int>(writer, [.. vectors.SelectMany(v => v.Values.ToArray()).Select(BitConverter.SingleToInt32Bits)], sizeof(float));
    }

    /// <summary>Reads what rows have of a field.</summary>
    public static GroupSparse Read(ref CompactReader reader, int rows, string field)
    {
        var ends = new int[rows];
        var end = 0L;
        for (var i = 0; i < rows; i++)
        {
            end += reader.Int32(Limits.MaxSparseEntries);
            ends[i] = (int)Math.Min(end, int.MaxValue);
        }

        reader.Check(end <= reader.Remaining, "has more weights of sparse vectors than bytes");
        var indices = new uint[end];
        for (var row = 0; row < rows; row++)
        {
            ReadIndices(ref reader, indices.AsSpan((row == 0 ? 0 : ends[row - 1])..ends[row]));
        }

        var values = Array.ConvertAll(ColumnChunk.ReadPlanes<int>(ref reader, indices.Length, sizeof(float)), BitConverter.Int32BitsToSingle);
        reader.Check(Array.TrueForAll(values, v => float.IsFinite(v) && v != 0), "has weights that are not finite or zero");
        return new GroupSparse(field, ends, indices, values);
    }

    /// <summary>What a row has; null for nothing.</summary>
    public NamedSparseVector? Of(int row)
    {
        var start = row == 0 ? 0 : _ends[row - 1];
        var count = _ends[row] - start;
        return count == 0 ? null : new NamedSparseVector(_field, _indices.AsMemory(start, count), _values.AsMemory(start, count));
    }

    private static void ReadIndices(ref CompactReader reader, Span<uint> indices)
    {
        var previous = 0UL;
        for (var i = 0; i < indices.Length; i++)
        {
            var difference = reader.Varint();
            reader.Check((difference > 0 || i == 0) && difference <= uint.MaxValue - previous, "has dimensions of a sparse vector out of order");
            previous += difference;
            indices[i] = (uint)previous;
        }
    }
}
