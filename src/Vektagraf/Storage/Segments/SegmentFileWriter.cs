using ZstdSharp;

namespace Vektagraf.Storage.Segments;

/// <summary>A finished segment file.</summary>
/// <param name="Bytes">All of its bytes, to be put as one object.</param>
/// <param name="Footer">Its footer, to be kept in a manifest.</param>
public readonly record struct SegmentFileContent(ReadOnlyMemory<byte> Bytes, SegmentFooter Footer);

/// <summary>
/// Gathers the blocks of a segment file. The file orders them by kind and number, whatever the order they came in, so that what is
/// read together lies together and the same content always gives the same bytes. Not thread-safe.
/// </summary>
public sealed class SegmentFileWriter : IDisposable
{
    /// <summary>Level 3 is within 2% of level 9 on JSON in blocks of 384 KiB, at three times its speed.</summary>
    private const int CompressionLevel = 3;

    private readonly SortedDictionary<(ushort Kind, int Number), (byte[] Stored, int RawLength, SegmentCodec Codec)> _blocks = [];
    private readonly Compressor _compressor = new(CompressionLevel);

    /// <summary>Bytes of the blocks so far, with their padding.</summary>
    public long StoredBytes { get; private set; }

    /// <summary>Adds a block.</summary>
    /// <param name="kind">What it holds.</param>
    /// <param name="number">Tells it from others of its kind, from 0.</param>
    /// <param name="content">Its bytes, 1 to <see cref="SegmentFormat.MaxBlockBytes"/>; copied.</param>
    /// <param name="codec">Zstd is a wish: a block that it would not make smaller is stored as it is.</param>
    /// <exception cref="InvalidOperationException">The file would exceed <see cref="SegmentFormat.MaxSegmentBytes"/>.</exception>
    public void Add(ushort kind, int number, ReadOnlySpan<byte> content, SegmentCodec codec)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfZero(content.Length, nameof(content));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, SegmentFormat.MaxBlockBytes, nameof(content));
        byte[]? compressed = codec == SegmentCodec.Zstd ? Compress(content) : null;
        var stored = compressed ?? content.ToArray();
        var size = SegmentFormat.Align(stored.Length);
        if (StoredBytes + size > SegmentFormat.MaxSegmentBytes)
        {
            throw new InvalidOperationException($"A segment file holds at most {SegmentFormat.MaxSegmentBytes} bytes of blocks. Split it.");
        }

        _blocks.Add((kind, number), (stored, content.Length, compressed is null ? SegmentCodec.None : SegmentCodec.Zstd));
        StoredBytes += size;
    }

    /// <summary>Puts the file together. The writer is of no further use.</summary>
    /// <param name="metadata">Bytes for the footer, opaque here; few, since every opening reads them.</param>
    /// <param name="version">The format version that the metadata and the blocks are of.</param>
    /// <returns>The file; at this moment both it and the blocks are in memory.</returns>
    public SegmentFileContent Finish(ReadOnlySpan<byte> metadata, ushort version = SegmentFormat.FirstVersion)
    {
        var blocks = new SegmentBlock[_blocks.Count];
        long offset = SegmentFormat.HeaderBytes;
        var i = 0;
        foreach (var ((kind, number), (stored, rawLength, codec)) in _blocks)
        {
            blocks[i++] = new SegmentBlock(kind, number, offset, stored.Length, rawLength, codec, Crc32C.Compute(stored));
            offset = SegmentFormat.Align(offset + stored.Length);
        }

        var footer = new SegmentFooter(blocks, metadata.ToArray(), version);
        var encoded = footer.Encode();
        var bytes = new byte[offset + encoded.Length + SegmentFormat.TrailerBytes];
        SegmentFormat.WriteHeader(bytes.AsSpan(0, SegmentFormat.HeaderBytes), version);
        i = 0;
        foreach (var (stored, _, _) in _blocks.Values)
        {
            stored.CopyTo(bytes, blocks[i++].Offset);
        }

        // Whoever still holds the writer need not hold the segment twice.
        _blocks.Clear();
        encoded.CopyTo(bytes.AsSpan((int)offset));
        SegmentFormat.WriteTrailer(bytes.AsSpan(bytes.Length - SegmentFormat.TrailerBytes), encoded.Length, version);
        return new SegmentFileContent(bytes, footer);
    }

    /// <summary>Gives back a block that was added.</summary>
    /// <param name="kind">What it holds.</param>
    /// <param name="number">Tells it from others of its kind.</param>
    /// <returns>Its raw bytes.</returns>
    internal byte[] ReadBack(ushort kind, int number)
    {
        var (stored, rawLength, codec) = _blocks[(kind, number)];
        return codec == SegmentCodec.None
            ? stored
            : BlockCompression.Decompress(stored, new SegmentBlock(kind, number, 0, stored.Length, rawLength, codec, 0), "a segment being written");
    }

    /// <summary>Frees the compressor.</summary>
    public void Dispose() => _compressor.Dispose();

    private byte[]? Compress(ReadOnlySpan<byte> content)
    {
        var compressed = _compressor.Wrap(content);
        return compressed.Length < content.Length ? compressed.ToArray() : null;
    }
}
