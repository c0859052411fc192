using Vektagraf.Collections;
using Vektagraf.Storage.Log;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>Consecutive rows with all they have but vectors, and where those are. One block, so that one request finds an object.</summary>
internal sealed class RowGroup
{
    private const int NoVector = -1;

    private readonly RowKeys _keys;
    private readonly string?[] _types;
    private readonly GroupVectors[] _vectors;
    private readonly GroupSparse[] _sparse;
    private readonly int[] _propertyEnds;
    private readonly ReadOnlyMemory<byte> _properties;

    private RowGroup(int firstRow, RowKeys keys, string?[] types, GroupVectors[] vectors, GroupSparse[] sparse, int[] propertyEnds, ReadOnlyMemory<byte> properties)
    {
        FirstRow = firstRow;
        _keys = keys;
        _types = types;
        _vectors = vectors;
        _sparse = sparse;
        _propertyEnds = propertyEnds;
        _properties = properties;
    }

    public int FirstRow { get; }

    public int Count => _keys.Count;

    public string FirstId => _keys.Ids[0];

    public string LastId => _keys.Ids[^1];

    /// <summary>Writes a row group.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="firstRow">Number of the first.</param>
    /// <param name="vectors">The vector fields, with the vectors of these rows added last.</param>
    /// <param name="firstOrdinals">Vectors of each field before these rows.</param>
    /// <param name="sparse">The sparse fields.</param>
    public static void Write(
        CompactWriter writer, List<SegmentRow> rows, int firstRow, VectorSectionWriter[] vectors, ReadOnlySpan<int> firstOrdinals, IReadOnlyList<string> sparse)
    {
        RowKeys.Write(writer, [.. rows.Select(r => new SegmentKey(-1, r.Id, r.Version, r.IsTombstone))]);
        WriteTypes(writer, rows);
        writer.Varint(vectors.Length);
        for (var i = 0; i < vectors.Length; i++)
        {
            vectors[i].WriteGroup(writer, firstRow, rows.Count, firstOrdinals[i]);
        }

        foreach (var field in sparse)
        {
            GroupSparse.Write(writer, rows, field);
        }

        foreach (var row in rows)
        {
            writer.Varint(row.Properties.Length);
        }

        foreach (var row in rows)
        {
            writer.Bytes(row.Properties.Span);
        }
    }

    /// <summary>Reads a row group; the rows made of it refer to its bytes.</summary>
    public static RowGroup Read(ReadOnlyMemory<byte> bytes, int group, SegmentMetadata metadata, string key)
    {
        var reader = new CompactReader(bytes.Span, key, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"row group {group}"));
        var keys = RowKeys.Read(ref reader);
        var firstRow = metadata.FirstRows[group];
        var fits = keys.Count == metadata.FirstRows[group + 1] - firstRow && metadata.GroupOf(keys.Ids[0]) == group && metadata.GroupOf(keys.Ids[^1]) == group;
        reader.Check(fits, "has other rows than the metadata says");
        var types = ReadTypes(ref reader, keys.Count);
        reader.Check(reader.Int32() == metadata.Vectors.Count, "has other vector fields than the metadata says");
        var vectors = new GroupVectors[metadata.Vectors.Count];
        for (var i = 0; i < vectors.Length; i++)
        {
            vectors[i] = ReadVectors(ref reader, keys.Count, metadata.Vectors[i].Count);
        }

        var sparse = new GroupSparse[metadata.Sparse.Count];
        for (var i = 0; i < sparse.Length; i++)
        {
            sparse[i] = GroupSparse.Read(ref reader, keys.Count, metadata.Sparse[i]);
        }

        var propertyEnds = new int[keys.Count];
        var end = 0L;
        for (var i = 0; i < propertyEnds.Length; i++)
        {
            end += reader.Int32();
            propertyEnds[i] = (int)Math.Min(end, int.MaxValue);
        }

        reader.Check(end == reader.Remaining, "has properties of another length than it says");
        return new RowGroup(firstRow, keys, types, vectors, sparse, propertyEnds, bytes[reader.Position..]);
    }

    /// <summary>Place of an id in the group; negative where it is not.</summary>
    public int IndexOf(string id) => Array.BinarySearch(_keys.Ids, id, StringComparer.Ordinal);

    /// <summary>Ordinal of the vector that a row has in a field; negative for none.</summary>
    public int OrdinalOf(int index, int field) => _vectors[field].Ordinals[index];

    /// <summary>Version of the model that made the vector of a row; 0 for none.</summary>
    public byte GeneratedBy(int index, int field) => _vectors[field].GeneratedBy[index];

    /// <summary>The sparse vectors of a row.</summary>
    public IReadOnlyList<NamedSparseVector> SparseOf(int index) => _sparse.Length == 0 ? [] : [.. _sparse.Select(s => s.Of(index)).OfType<NamedSparseVector>()];

    /// <summary>A row without its vectors; its properties refer to the group's bytes.</summary>
    public (string Id, ObjectVersion Version, string? Type, ReadOnlyMemory<byte> Properties) this[int index] =>
        (_keys.Ids[index], _keys.Versions[index], _types[index], _properties[(index == 0 ? 0 : _propertyEnds[index - 1]).._propertyEnds[index]]);

    /// <summary>Makes the row.</summary>
    /// <param name="index">Its place in the group.</param>
    /// <param name="vectors">Its vectors.</param>
    /// <param name="copy">Whether the row shall outlive the group: its properties then have bytes of their own.</param>
    public SegmentRow Row(int index, IReadOnlyList<SegmentVector> vectors, bool copy)
    {
        var start = index == 0 ? 0 : _propertyEnds[index - 1];
        var properties = _properties[start.._propertyEnds[index]];
        return new SegmentRow
        {
            Id = _keys.Ids[index],
            Version = _keys.Versions[index],
            IsTombstone = _keys.IsTombstone[index],
            Type = _types[index],
            Properties = copy ? properties.ToArray() : properties,
            Vectors = vectors,
            Sparse = SparseOf(index),
            RowNumber = FirstRow + index,
        };
    }

    private static void WriteTypes(CompactWriter writer, List<SegmentRow> rows)
    {
        var codes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (row.Type is { } type)
            {
                codes.TryAdd(type, codes.Count + 1);
            }
        }

        writer.Varint(codes.Count);
        foreach (var type in codes.OrderBy(c => c.Value).Select(c => c.Key))
        {
            writer.Text(type);
        }

        foreach (var row in rows)
        {
            writer.Varint(row.Type is { } type ? codes[type] : 0);
        }
    }

    private static string?[] ReadTypes(ref CompactReader reader, int count)
    {
        var names = new string?[1 + reader.Count(leastBytesEach: 1)];
        for (var i = 1; i < names.Length; i++)
        {
            names[i] = reader.Text();
        }

        var types = new string?[count];
        for (var i = 0; i < count; i++)
        {
            types[i] = names[reader.Int32(names.Length - 1)];
        }

        return types;
    }

    private static GroupVectors ReadVectors(ref CompactReader reader, int count, int vectors)
    {
        var ordinal = reader.Int32(vectors);
        var bits = reader.Take((count + 7) / 8);
        var read = new GroupVectors(new int[count], new byte[count]);
        for (var i = 0; i < count; i++)
        {
            var isPresent = (bits[i / 8] & (1 << (i % 8))) != 0;
            read.Ordinals[i] = isPresent ? ordinal++ : NoVector;
            read.GeneratedBy[i] = isPresent ? reader.Byte() : (byte)0;
        }

        reader.Check(ordinal <= vectors, "has more vectors than the metadata says");
        return read;
    }

    private readonly record struct GroupVectors(int[] Ordinals, byte[] GeneratedBy);
}
