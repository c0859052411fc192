using System.Buffers.Binary;

namespace Vektagraf.Storage.Segments;

/// <summary>
/// The directory of a segment file and the metadata of whoever wrote it. With these bytes in hand (a manifest may hold them), a block
/// is one range read away.
/// </summary>
public sealed class SegmentFooter
{
    /// <summary>Fewest bytes of an encoded footer.</summary>
    public const int MinBytes = PrefixBytes + 2 + ChecksumBytes;

    private const int PrefixBytes = 16;
    private const int ChecksumBytes = 4;

    // Blocks of a run either say each for itself how they are stored, or are all stored as they are with one length but the last.
    private const byte MixedRun = 0;
    private const byte UniformRun = 1;

    private readonly SegmentBlock[] _blocks;
    private byte[]? _encoded;

    internal SegmentFooter(SegmentBlock[] blocks, byte[] metadata, ushort version)
    {
        _blocks = blocks;
        Metadata = metadata;
        Version = version;
    }

    /// <summary>All blocks, by kind and number, which is also their order in the file.</summary>
    public IReadOnlyList<SegmentBlock> Blocks => _blocks;

    /// <summary>The writer's metadata.</summary>
    public ReadOnlyMemory<byte> Metadata { get; }

    /// <summary>Format version of the file.</summary>
    public ushort Version { get; }

    /// <summary>Length of the whole file in bytes.</summary>
    public long FileLength => DataEnd + Encode().Length + SegmentFormat.TrailerBytes;

    internal long DataEnd => _blocks.Length == 0 ? SegmentFormat.HeaderBytes : SegmentFormat.Align(_blocks[^1].End);

    private static ReadOnlySpan<byte> Magic => "VKSF"u8;

    /// <summary>Finds a block.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="number">Its number.</param>
    /// <param name="block">The block.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryFind(ushort kind, int number, out SegmentBlock block)
    {
        var index = Search(kind, number);
        block = index >= 0 ? _blocks[index] : default;
        return index >= 0;
    }

    /// <summary>The blocks of a kind in a range of numbers, in order.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="firstNumber">First number.</param>
    /// <param name="count">Count of numbers; not all need exist.</param>
    /// <returns>The blocks.</returns>
    public ReadOnlyMemory<SegmentBlock> Range(ushort kind, int firstNumber = 0, int count = int.MaxValue)
    {
        var from = Search(kind, firstNumber);
        from = from < 0 ? ~from : from;
        var last = (int)Math.Min(int.MaxValue, (long)firstNumber + count - 1);
        var to = Search(kind, last);
        to = to < 0 ? ~to : to + 1;
        return _blocks.AsMemory(from, to - from);
    }

    /// <summary>The footer as it stands in the file, and as a manifest may hold it.</summary>
    /// <returns>The bytes, with their checksum at the end; not to be changed.</returns>
    public byte[] Encode() => _encoded ??= EncodeNow();

    /// <summary>Decodes a footer and checks its invariants.</summary>
    /// <param name="bytes">All bytes of the footer.</param>
    /// <param name="key">The segment's key, for errors.</param>
    /// <returns>The footer.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>: torn, damaged, or of a newer version.</exception>
    public static SegmentFooter Decode(ReadOnlySpan<byte> bytes, string key)
    {
        const string Part = "its footer";
        SegmentFormat.Check(bytes.Length >= MinBytes, key, "its footer is torn");
        SegmentFormat.Check(bytes[..4].SequenceEqual(Magic), key, "its footer does not start with the footer magic");
        // Before the checksum: where a newer version keeps its checksum is not known here.
        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        SegmentFormat.CheckVersion(version, key);
        var matches = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^ChecksumBytes..]) == Crc32C.Compute(bytes[..^ChecksumBytes]);
        SegmentFormat.Check(matches, key, "the checksum of its footer does not match");
        SegmentFormat.Check(BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]) == 0, key, "its footer has reserved bytes that are not zero");

        var reader = new CompactReader(bytes[PrefixBytes..^ChecksumBytes], key, Part);
        var blocks = ReadRuns(ref reader);
        var metadata = reader.Take(reader.Int32()).ToArray();
        reader.End();
        var footer = new SegmentFooter(blocks, metadata, version) { _encoded = bytes.ToArray() };
        SegmentFormat.Check(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]) == footer.DataEnd, key, "the blocks of its footer end elsewhere than it says");
        return footer;
    }

    private byte[] EncodeNow()
    {
        var writer = new CompactWriter();
        writer.Bytes(Magic);
        writer.UInt16(Version);
        writer.UInt16(0);
        writer.UInt64((ulong)DataEnd);
        WriteRuns(writer);
        writer.Varint(Metadata.Length);
        writer.Bytes(Metadata.Span);
        writer.UInt32(Crc32C.Compute(writer.Written));
        return writer.Written.ToArray();
    }

    private void WriteRuns(CompactWriter writer)
    {
        var runs = new List<Range>();
        for (int start = 0, end; start < _blocks.Length; start = end)
        {
            end = start + 1;
            while (end < _blocks.Length && _blocks[end].Kind == _blocks[start].Kind && _blocks[end].Number == _blocks[end - 1].Number + 1)
            {
                end++;
            }

            runs.Add(start..end);
        }

        writer.Varint(runs.Count);
        foreach (var run in runs)
        {
            WriteRun(writer, _blocks.AsSpan(run));
        }
    }

    private static void WriteRun(CompactWriter writer, ReadOnlySpan<SegmentBlock> run)
    {
        var isUniform = IsUniform(run);
        writer.Varint(run[0].Kind);
        writer.Varint(run[0].Number);
        writer.Varint(run.Length);
        writer.Byte(isUniform ? UniformRun : MixedRun);
        if (isUniform)
        {
            writer.Varint(run[0].StoredLength);
            writer.Varint(run[^1].StoredLength);
        }

        foreach (var block in run)
        {
            if (!isUniform)
            {
                writer.Varint(((ulong)block.StoredLength << 1) | (ulong)block.Codec);
                if (block.Codec != SegmentCodec.None)
                {
                    writer.Varint(block.RawLength);
                }
            }

            writer.UInt32(block.Checksum);
        }
    }

    private static bool IsUniform(ReadOnlySpan<SegmentBlock> run)
    {
        foreach (var block in run[..^1])
        {
            if (block.Codec != SegmentCodec.None || block.StoredLength != run[0].StoredLength)
            {
                return false;
            }
        }

        return run.Length > 1 && run[^1].Codec == SegmentCodec.None;
    }

    private static SegmentBlock[] ReadRuns(ref CompactReader reader)
    {
        var blocks = new List<SegmentBlock>();
        var offset = (long)SegmentFormat.HeaderBytes;
        for (var runs = reader.Count(leastBytesEach: 9); runs > 0; runs--)
        {
            var kind = (ushort)reader.Int32(ushort.MaxValue);
            var number = reader.Int32();
            var count = reader.Count(leastBytesEach: sizeof(uint));
            reader.Check(count > 0 && number <= int.MaxValue - count, "has an empty or endless run of blocks");
            reader.Check(blocks.Count == 0 || (blocks[^1].Kind, blocks[^1].Number).CompareTo((kind, number)) < 0, "has blocks out of order");
            ReadRun(ref reader, blocks, kind, number, count, ref offset);
        }

        return [.. blocks];
    }

    private static void ReadRun(ref CompactReader reader, List<SegmentBlock> blocks, ushort kind, int number, int count, ref long offset)
    {
        var shape = reader.Byte();
        reader.Check(shape is MixedRun or UniformRun, "has a run of blocks of unknown shape");
        var (uniform, last) = shape == UniformRun ? (reader.Int32(), reader.Int32()) : (0, 0);
        for (var i = 0; i < count; i++)
        {
            var codec = SegmentCodec.None;
            var stored = i == count - 1 ? last : uniform;
            if (shape == MixedRun)
            {
                var lengthAndCodec = reader.Varint();
                codec = (SegmentCodec)(lengthAndCodec & 1);
                stored = (int)Math.Min(lengthAndCodec >> 1, int.MaxValue);
            }

            var raw = codec == SegmentCodec.None ? stored : reader.Int32();
            reader.Check(stored is > 0 and <= SegmentFormat.MaxBlockBytes && raw is > 0 and <= SegmentFormat.MaxBlockBytes, "has a block of impossible length");
            blocks.Add(new SegmentBlock(kind, number + i, offset, stored, raw, codec, reader.UInt32()));
            offset = SegmentFormat.Align(offset + stored);
        }
    }

    private int Search(ushort kind, int number)
    {
        int low = 0, high = _blocks.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = (_blocks[middle].Kind, _blocks[middle].Number).CompareTo((kind, number));
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
