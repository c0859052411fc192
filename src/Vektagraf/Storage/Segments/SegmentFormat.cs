using System.Buffers.Binary;

namespace Vektagraf.Storage.Segments;

/// <summary>
/// What all segment files have in common; docs/formats/segment.md draws the bytes. All integers are little-endian.
/// </summary>
public static class SegmentFormat
{
    /// <summary>The newest format version this code writes; it reads all versions up to it.</summary>
    public const ushort Version = 4;

    /// <summary>The first version, still written where nothing of a later one is used, so that older builds can read it.</summary>
    public const ushort FirstVersion = 1;

    /// <summary>Blocks start at multiples of it: a cache line, and the widest vector register.</summary>
    public const int Alignment = 64;

    /// <summary>Bytes before the first block.</summary>
    public const int HeaderBytes = 64;

    /// <summary>Bytes after the footer.</summary>
    public const int TrailerBytes = 16;

    /// <summary>Largest block, stored or raw: a reader holds some of them in memory at a time.</summary>
    public const int MaxBlockBytes = 64 * 1024 * 1024;

    /// <summary>Largest segment file: it is put as one object, and its writer holds it in memory.</summary>
    public const int MaxSegmentBytes = 256 * 1024 * 1024;

    private static ReadOnlySpan<byte> HeaderMagic => "VKSG"u8;

    private static ReadOnlySpan<byte> TrailerMagic => "VKSE"u8;

    /// <summary>The next multiple of <see cref="Alignment"/>.</summary>
    internal static long Align(long offset) => (offset + Alignment - 1) & ~(Alignment - 1L);

    internal static void WriteHeader(Span<byte> header, ushort version)
    {
        header.Clear();
        HeaderMagic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], version);
    }

    /// <summary>Checks every byte of a header.</summary>
    internal static void CheckHeader(ReadOnlySpan<byte> header, ushort version, string key)
    {
        Check(header[..4].SequenceEqual(HeaderMagic), key, "it does not start with the segment magic");
        var written = BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
        CheckVersion(written, key);
        Check(written == version, key, "its header is of another version than its footer");
        Check(!header[6..].ContainsAnyExcept((byte)0), key, "its header has reserved bytes that are not zero");
    }

    internal static void WriteTrailer(Span<byte> trailer, int footerLength, ushort version)
    {
        BinaryPrimitives.WriteInt32LittleEndian(trailer, footerLength);
        BinaryPrimitives.WriteUInt16LittleEndian(trailer[4..], version);
        BinaryPrimitives.WriteUInt16LittleEndian(trailer[6..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[8..], Crc32C.Compute(trailer[..8]));
        TrailerMagic.CopyTo(trailer[12..]);
    }

    /// <summary>Checks a trailer.</summary>
    /// <returns>Length of the footer in front of it.</returns>
    internal static int ReadTrailer(ReadOnlySpan<byte> trailer, long fileLength, string key)
    {
        Check(trailer[12..].SequenceEqual(TrailerMagic), key, "it does not end with the segment magic");
        // Before the checksum: where a newer version keeps its checksum is not known here.
        CheckVersion(BinaryPrimitives.ReadUInt16LittleEndian(trailer[4..]), key);
        Check(BinaryPrimitives.ReadUInt32LittleEndian(trailer[8..]) == Crc32C.Compute(trailer[..8]), key, "the checksum of its trailer does not match");
        Check(BinaryPrimitives.ReadUInt16LittleEndian(trailer[6..]) == 0, key, "its trailer has reserved bytes that are not zero");
        var footerLength = BinaryPrimitives.ReadInt32LittleEndian(trailer);
        Check(
            footerLength >= SegmentFooter.MinBytes && footerLength <= fileLength - HeaderBytes - TrailerBytes,
            key,
            "the length of its footer does not fit its own");
        return footerLength;
    }

    internal static void CheckVersion(ushort version, string key)
    {
        Check(version >= 1, key, "it has format version 0");
        if (version > Version)
        {
            throw new VektagrafException(
                ErrorKind.Corrupt,
                "newer-segment-format",
                $"Segment '{key}' has format version {version}; this build reads up to {Version}. Open it with the build that wrote it; it was not served.");
        }
    }

    internal static void Check(bool holds, string key, string problem)
    {
        if (!holds)
        {
            throw Corrupt(key, problem);
        }
    }

    internal static VektagrafException Corrupt(string key, string problem, Exception? inner = null) => new(
        ErrorKind.Corrupt,
        "corrupt-segment",
        $"Segment '{key}' is damaged: {problem}. Restore this object from a backup; it was not served.",
        inner: inner);

    /// <summary>A segment that should be there is not: damage, or garbage collection overtook a reader that slept.</summary>
    internal static VektagrafException Missing(string key) => new(
        ErrorKind.Corrupt,
        "missing-segment",
        $"Segment '{key}' does not exist. Restore this object from a backup, unless the manifest that named it is no longer in force.");
}
