namespace Vektagraf.Storage.Segments;

/// <content>The check of a whole file, for scrubbing and after copying.</content>
public sealed partial class SegmentFile
{
    /// <summary>Reads the whole file, one range after the other, and checks every byte of it: blocks, padding, header, footer, trailer.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>When all is well.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>: the first damage found.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken = default)
    {
        var header = await GetAsync(new ByteRange(0, SegmentFormat.HeaderBytes), cancellationToken);
        SegmentFormat.CheckHeader(header.Span, Footer.Version, Key);
        ReadOnlyMemory<SegmentBlock> rest = Footer.Blocks.ToArray();
        while (!rest.IsEmpty)
        {
            var blocks = TakeRange(ref rest);
            var start = blocks.Span[0].Offset;
            var stored = await GetAsync(new ByteRange(start, (int)(SegmentFormat.Align(blocks.Span[^1].End) - start)), cancellationToken);
            foreach (var block in blocks.Span)
            {
                _ = Open(stored.Slice((int)(block.Offset - start), block.StoredLength), block);
                var padding = stored.Span[(int)(block.End - start)..(int)(SegmentFormat.Align(block.End) - start)];
                SegmentFormat.Check(!padding.ContainsAnyExcept((byte)0), Key, $"the padding after {BlockCompression.Name(block)} is not zero");
            }
        }

        var footer = Footer.Encode();
        var tail = await GetAsync(new ByteRange(Footer.DataEnd, footer.Length + SegmentFormat.TrailerBytes), cancellationToken);
        SegmentFormat.Check(tail.Span[..footer.Length].SequenceEqual(footer), Key, "its footer is not the one its manifest holds");
        var footerLength = SegmentFormat.ReadTrailer(tail.Span[footer.Length..], _length, Key);
        SegmentFormat.Check(footerLength == footer.Length, Key, "its trailer gives another length for its footer");
    }
}
