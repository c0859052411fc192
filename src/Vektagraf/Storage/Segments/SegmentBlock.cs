namespace Vektagraf.Storage.Segments;

/// <summary>How the bytes of a block are stored.</summary>
public enum SegmentCodec : byte
{
    /// <summary>As they are.</summary>
    None = 0,

    /// <summary>One Zstandard frame (RFC 8878).</summary>
    Zstd = 1,
}

/// <summary>One block of a segment file, as the footer describes it.</summary>
/// <param name="Kind">What it holds; the container does not know.</param>
/// <param name="Number">Tells blocks of one kind apart, from 0.</param>
/// <param name="Offset">First byte in the object, a multiple of <see cref="SegmentFormat.Alignment"/>.</param>
/// <param name="StoredLength">Bytes in the object, at least 1.</param>
/// <param name="RawLength">Bytes after decompression, at least 1.</param>
/// <param name="Codec">How it is stored.</param>
/// <param name="Checksum">CRC-32C of the stored bytes.</param>
public readonly record struct SegmentBlock(ushort Kind, int Number, long Offset, int StoredLength, int RawLength, SegmentCodec Codec, uint Checksum)
{
    /// <summary>The byte after its last.</summary>
    public long End => Offset + StoredLength;
}

/// <summary>A block that was read, verified and decompressed.</summary>
/// <param name="Block">Its description.</param>
/// <param name="Content">Its raw bytes; they may share their array with neighbours.</param>
public readonly record struct SegmentBlockContent(SegmentBlock Block, ReadOnlyMemory<byte> Content);
