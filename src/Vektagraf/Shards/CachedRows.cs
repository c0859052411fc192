using Vektagraf.Caching;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage.Decorators;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>
/// Objects read from segments by id, kept one by one: what is asked for again costs neither its row group, which is many times as large, nor decompressing
/// it. A segment never changes and its name never comes back, so what it says of an id holds for good, also that it says nothing.
/// </summary>
/// <param name="cache">Where they are kept.</param>
internal sealed class CachedRows(TieredCache cache)
{
    // Larger ones displace many, and their row groups are few objects anyway.
    private const int MostBytes = 256 * 1024;

    private enum Kind : byte
    {
        None,
        Object,
        Tombstone,
    }

    /// <summary>Finds objects in a segment.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="ids">Their ids.</param>
    /// <param name="withVectors">Whether to read their vectors too.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>For each id its row, which may be a tombstone, or null.</returns>
    public async Task<IReadOnlyList<SegmentRow?>> FindManyAsync(Segment segment, List<string> ids, bool withVectors, CancellationToken cancellationToken)
    {
        var rows = new SegmentRow?[ids.Count];
        var missing = new List<int>();
        var epoch = cache.Epoch;
        for (var i = 0; i < rows.Length; i++)
        {
            if (cache.TryGet(KeyOf(segment, ids[i], withVectors), out var kept, out var level))
            {
                rows[i] = Decode(kept, ids[i]);
                StoreMeter.Current?.AnsweredBy(level.Value);
            }
            else
            {
                missing.Add(i);
            }
        }

        if (missing.Count == 0)
        {
            return rows;
        }

        var read = await segment.FindManyAsync(missing.ConvertAll(i => ids[i]), withVectors, cancellationToken);
        for (var i = 0; i < missing.Count; i++)
        {
            rows[missing[i]] = read[i];
            var encoded = Encode(read[i]);
            if (encoded.Length <= MostBytes)
            {
                cache.Set(KeyOf(segment, ids[missing[i]], withVectors), encoded, epoch: epoch);
            }
        }

        return rows;
    }

    private static CacheKey KeyOf(Segment segment, string id, bool withVectors) => new($"object/{segment.File.Key}/{id}", withVectors ? 1 : 0);

    private static byte[] Encode(SegmentRow? row)
    {
        if (row is null)
        {
            return [(byte)Kind.None];
        }

        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write((byte)(row.IsTombstone ? Kind.Tombstone : Kind.Object));
        writer.Write(row.Version.Sequence);
        writer.Write(row.Version.Ordinal);
        writer.Write(row.RowNumber);
        writer.Write(row.Type is not null);
        writer.Write(row.Type ?? string.Empty);
        writer.Write(row.Properties.Length);
        writer.Write(row.Properties.Span);
        writer.Write(row.Vectors.Count);
        foreach (var vector in row.Vectors)
        {
            writer.Write(vector.Field);
            writer.Write(vector.GeneratedBy);
            writer.Write(vector.LittleEndian.Length);
            writer.Write(vector.LittleEndian.Span);
        }

        return bytes.ToArray();
    }

    private static SegmentRow? Decode(ReadOnlyMemory<byte> encoded, string id)
    {
        var kind = (Kind)encoded.Span[0];
        if (kind == Kind.None)
        {
            return null;
        }

        using var reader = new BinaryReader(new MemoryStream(encoded.ToArray(), writable: false));
        reader.ReadByte();
        var version = new ObjectVersion(reader.ReadUInt64(), reader.ReadInt32());
        var number = reader.ReadInt32();
        var (hasType, type) = (reader.ReadBoolean(), reader.ReadString());
        var properties = reader.ReadBytes(reader.ReadInt32());
        var vectors = new SegmentVector[reader.ReadInt32()];
        for (var i = 0; i < vectors.Length; i++)
        {
            var (field, generatedBy) = (reader.ReadString(), reader.ReadByte());
            vectors[i] = new SegmentVector(field, reader.ReadBytes(reader.ReadInt32()), generatedBy);
        }

        return new SegmentRow
        {
            Id = id,
            Version = version,
            IsTombstone = kind == Kind.Tombstone,
            Type = hasType ? type : null,
            Properties = properties,
            Vectors = vectors,
            RowNumber = number,
        };
    }
}
