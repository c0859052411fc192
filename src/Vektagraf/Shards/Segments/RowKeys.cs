using System.Text;
using Vektagraf.Storage.Log;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>Ids, versions and tombstones of consecutive rows: the first part of a row group, and all of an id table block.</summary>
internal sealed class RowKeys
{
    private const byte TombstoneFlag = 1;

    // An id costs two lengths; a row a flag, a sequence and an ordinal besides.
    private const int LeastBytesPerRow = 5;

    private RowKeys(int count)
    {
        Ids = new string[count];
        Versions = new ObjectVersion[count];
        IsTombstone = new bool[count];
    }

    public int Count => Ids.Length;

    public string[] Ids { get; }

    public ObjectVersion[] Versions { get; }

    public bool[] IsTombstone { get; }

    /// <summary>Writes keys; ids share the start of the id before them, since they are in order.</summary>
    public static void Write(CompactWriter writer, List<SegmentKey> keys)
    {
        writer.Varint(keys.Count);
        byte[] previous = [];
        foreach (var key in keys)
        {
            var id = Encoding.UTF8.GetBytes(key.Id);
            WriteFrontCoded(writer, previous, id);
            previous = id;
        }

        foreach (var key in keys)
        {
            writer.Byte(key.IsTombstone ? TombstoneFlag : (byte)0);
        }

        ulong sequence = 0;
        foreach (var key in keys)
        {
            writer.Difference(key.Version.Sequence, sequence);
            sequence = key.Version.Sequence;
        }

        foreach (var key in keys)
        {
            writer.Varint(key.Version.Ordinal);
        }
    }

    public static RowKeys Read(ref CompactReader reader)
    {
        var keys = new RowKeys(reader.Count(LeastBytesPerRow));
        // One buffer, over which each id writes what differs from the one before.
        var id = new byte[256];
        var length = 0;
        for (var i = 0; i < keys.Count; i++)
        {
            length = ReadFrontCoded(ref reader, ref id, length);
            keys.Ids[i] = reader.Text(id.AsSpan(0, length));
            reader.Check(i == 0 || SegmentRow.CompareIds(keys.Ids[i - 1], keys.Ids[i]) < 0, "has ids out of order");
        }

        var flags = reader.Take(keys.Count);
        reader.Check(!flags.ContainsAnyExcept((byte)0, TombstoneFlag), "has rows with unknown flags");
        for (var i = 0; i < keys.Count; i++)
        {
            keys.IsTombstone[i] = flags[i] == TombstoneFlag;
        }

        ulong sequence = 0;
        for (var i = 0; i < keys.Count; i++)
        {
            sequence = reader.Difference(sequence);
            keys.Versions[i] = new ObjectVersion(sequence, 0);
        }

        for (var i = 0; i < keys.Count; i++)
        {
            keys.Versions[i] = keys.Versions[i] with { Ordinal = reader.Int32() };
        }

        return keys;
    }

    public static void WriteFrontCoded(CompactWriter writer, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> text)
    {
        var shared = previous.CommonPrefixLength(text);
        writer.Varint(shared);
        writer.Varint(text.Length - shared);
        writer.Bytes(text[shared..]);
    }

    private static int ReadFrontCoded(ref CompactReader reader, ref byte[] id, int length)
    {
        var shared = reader.Int32(length);
        var rest = reader.Take(reader.Int32());
        if (shared + rest.Length > id.Length)
        {
            Array.Resize(ref id, (shared + rest.Length) * 2);
        }

        rest.CopyTo(id.AsSpan(shared));
        return shared + rest.Length;
    }

    public static byte[] ReadFrontCoded(ref CompactReader reader, ReadOnlySpan<byte> previous)
    {
        var shared = reader.Int32(previous.Length);
        return [.. previous[..shared], .. reader.Take(reader.Int32())];
    }
}
