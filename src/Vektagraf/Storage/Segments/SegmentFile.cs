using System.Runtime.CompilerServices;

namespace Vektagraf.Storage.Segments;

/// <summary>
/// Reads the blocks of one segment file by range. Every block is checked against its checksum before anybody sees it. Holds no bytes
/// but the footer; thread-safe.
/// </summary>
/// <remarks>
/// Errors of all reads: <see cref="ErrorKind.Corrupt"/> with the slug <c>corrupt-segment</c>, naming the object and the block,
/// <c>missing-segment</c> where the object is gone, and <c>newer-segment-format</c>; <see cref="ErrorKind.Unavailable"/> where the
/// store does not answer.
/// </remarks>
public sealed partial class SegmentFile
{
    // Holds the footer of all but the largest segments, so that one request opens them.
    private const int TailBytes = 64 * 1024;

    private readonly IObjectStore _store;
    private readonly SegmentReadOptions _options;
    private readonly long _length;

    /// <summary>Opens a file whose footer is known, without a request.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">The object.</param>
    /// <param name="footer">Its footer.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    public SegmentFile(IObjectStore store, string key, SegmentFooter footer, SegmentReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(footer);
        _store = store;
        _options = options ?? new SegmentReadOptions();
        _length = footer.FileLength;
        Key = key;
        Footer = footer;
    }

    /// <summary>Key of the object.</summary>
    public string Key { get; }

    /// <summary>What the file holds.</summary>
    public SegmentFooter Footer { get; }

    /// <summary>Opens a file by its tail: one request where the length is known and the footer fits the first read, at most three.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">The object.</param>
    /// <param name="length">Length of the object in bytes; null to ask.</param>
    /// <param name="footerLength">Length of the footer in bytes; null to guess.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The file.</returns>
    public static async Task<SegmentFile> OpenAsync(
        IObjectStore store, string key, long? length = null, int? footerLength = null, SegmentReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        var total = length ?? (await GetAsync(store, key, new ByteRange(0, 1), null, cancellationToken)).TotalLength;
        SegmentFormat.Check(total >= SegmentFormat.HeaderBytes + SegmentFooter.MinBytes + SegmentFormat.TrailerBytes, key, "it is shorter than an empty segment");
        var guess = (int)Math.Min(total, (footerLength ?? (TailBytes - SegmentFormat.TrailerBytes)) + (long)SegmentFormat.TrailerBytes);
        var tail = (await GetAsync(store, key, new ByteRange(total - guess, guess), total, cancellationToken)).Content;
        var found = SegmentFormat.ReadTrailer(tail.Span[^SegmentFormat.TrailerBytes..], total, key);
        var needed = found + SegmentFormat.TrailerBytes;
        if (needed > tail.Length)
        {
            tail = (await GetAsync(store, key, new ByteRange(total - needed, needed), total, cancellationToken)).Content;
        }

        var footer = SegmentFooter.Decode(tail.Span[^needed..^SegmentFormat.TrailerBytes], key);
        SegmentFormat.Check(footer.FileLength == total, key, "it is longer than its footer says");
        return new SegmentFile(store, key, footer, options);
    }

    /// <summary>Reads one block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Its raw bytes.</returns>
    public async Task<ReadOnlyMemory<byte>> ReadBlockAsync(SegmentBlock block, CancellationToken cancellationToken = default)
    {
        var stored = await GetAsync(new ByteRange(block.Offset, block.StoredLength), cancellationToken);
        return Open(stored, block);
    }

    /// <summary>
    /// Reads blocks in the order given. Neighbours share a request, several requests are under way at a time, and what was read is
    /// let go as soon as the caller goes on.
    /// </summary>
    /// <param name="blocks">The blocks; in file order few requests suffice.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Each block with its raw bytes.</returns>
    public async IAsyncEnumerable<SegmentBlockContent> ReadBlocksAsync(
        ReadOnlyMemory<SegmentBlock> blocks, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pending = new Queue<Task<SegmentBlockContent[]>>();
        try
        {
            while (!blocks.IsEmpty || pending.Count > 0)
            {
                while (!blocks.IsEmpty && pending.Count < _options.MaxParallelReads)
                {
                    var range = TakeRange(ref blocks);
                    pending.Enqueue(ReadRangeAsync(range, abandoned.Token));
                }

                foreach (var block in await pending.Dequeue())
                {
                    yield return block;
                }
            }
        }
        finally
        {
            // Whoever stops early must not leave requests behind that fail unobserved.
            await abandoned.CancelAsync();
            foreach (var read in pending)
            {
                await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }

    /// <summary>One request, and all that has to be done with its bytes: what is read ahead is checked and decompressed ahead too.</summary>
    private async Task<SegmentBlockContent[]> ReadRangeAsync(ReadOnlyMemory<SegmentBlock> blocks, CancellationToken cancellationToken)
    {
        var stored = await GetAsync(RangeOf(blocks.Span), cancellationToken);
        var read = new SegmentBlockContent[blocks.Length];
        for (var i = 0; i < read.Length; i++)
        {
            var block = blocks.Span[i];
            var at = (int)(block.Offset - blocks.Span[0].Offset);
            read[i] = new SegmentBlockContent(block, Open(stored.Slice(at, block.StoredLength), block));
        }

        return read;
    }

    /// <summary>The blocks that the next request reads: as many as lie close together.</summary>
    private ReadOnlyMemory<SegmentBlock> TakeRange(ref ReadOnlyMemory<SegmentBlock> blocks)
    {
        var span = blocks.Span;
        var count = 1;
        while (count < span.Length)
        {
            var gap = span[count].Offset - span[count - 1].End;
            if (gap < 0 || gap > _options.MaxGapBytes || span[count].End - span[0].Offset > _options.MaxRangeBytes)
            {
                break;
            }

            count++;
        }

        var taken = blocks[..count];
        blocks = blocks[count..];
        return taken;
    }

    private static ByteRange RangeOf(ReadOnlySpan<SegmentBlock> blocks) => new(blocks[0].Offset, (int)(blocks[^1].End - blocks[0].Offset));

    /// <summary>Verifies and decompresses a block.</summary>
    private ReadOnlyMemory<byte> Open(ReadOnlyMemory<byte> stored, in SegmentBlock block)
    {
        if (Crc32C.Compute(stored.Span) != block.Checksum)
        {
            throw SegmentFormat.Corrupt(Key, $"the checksum of {BlockCompression.Name(block)} does not match");
        }

        return block.Codec == SegmentCodec.None ? stored : BlockCompression.Decompress(stored.Span, block, Key);
    }

    private async Task<ReadOnlyMemory<byte>> GetAsync(ByteRange range, CancellationToken cancellationToken) =>
        (await GetAsync(_store, Key, range, _length, cancellationToken)).Content;

    private static async Task<GetResult> GetAsync(IObjectStore store, string key, ByteRange range, long? length, CancellationToken cancellationToken)
    {
        GetResult read;
        try
        {
            read = await store.GetAsync(key, range, ifNoneMatch: null, cancellationToken);
        }
        catch (ObjectStoreException e)
        {
            throw new VektagrafException(ErrorKind.Unavailable, "store-unavailable", $"The object store failed at '{key}': {e.Message} Try again.", inner: e);
        }

        if (!read.Found)
        {
            throw SegmentFormat.Missing(key);
        }

        // Also catches a torn or lengthened object whose wanted part is whole.
        var isWhole = length is not { } expected || (read.TotalLength == expected && read.Content.Length == range.Length);
        SegmentFormat.Check(isWhole, key, $"it has {read.TotalLength} bytes where {length} were written, or the store gave {read.Content.Length} of {range.Length} bytes");
        return read;
    }
}
