using Vektagraf.Storage;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <summary>
/// Reads one segment, each part by range and only when it is asked for. Holds the footer in memory and nothing else; thread-safe.
/// </summary>
/// <remarks>Errors of all reads are those of <see cref="SegmentFile"/>: damage is named and never served.</remarks>
public sealed partial class Segment
{
    // A whole pass reads rows and each vector field side by side, so each stream gets little.
    private const int StreamRangeBytes = 1024 * 1024;
    private const int StreamParallelReads = 2;

    private readonly SegmentMetadata _metadata;
    private readonly SegmentFile _streams;
    private readonly IObjectStore _store;
    private readonly SegmentReadOptions _options;

    private Segment(SegmentFile file, SegmentFile streams, IObjectStore store, SegmentReadOptions options)
    {
        File = file;
        _streams = streams;
        _store = store;
        _options = options;
        _metadata = SegmentMetadata.Decode(file.Footer, file.Key);
    }

    /// <summary>The file it is read from.</summary>
    public SegmentFile File { get; }

    /// <summary>Count of rows, tombstones included.</summary>
    public int RowCount => _metadata.RowCount;

    /// <summary>Count of tombstones.</summary>
    public int TombstoneCount => _metadata.TombstoneCount;

    /// <summary>Sequence number of the oldest row; 0 without rows.</summary>
    public ulong MinSequence => _metadata.MinSequence;

    /// <summary>Sequence number of the newest row; 0 without rows.</summary>
    public ulong MaxSequence => _metadata.MaxSequence;

    /// <summary>Bytes of all ids, properties and vectors, uncompressed.</summary>
    public long RawBytes => _metadata.RawBytes;

    /// <summary>Smallest id; null without rows.</summary>
    public string? FirstId => RowCount == 0 ? null : _metadata.Separators[0];

    /// <summary>Greatest id; null without rows.</summary>
    public string? LastId => RowCount == 0 ? null : _metadata.LastId;

    /// <summary>Vector fields.</summary>
    public IReadOnlyList<SegmentVectorSection> Vectors => _metadata.Vectors;

    /// <summary>Declared fields that have a column.</summary>
    public IReadOnlyList<SegmentColumnField> Columns => _metadata.Columns;

    /// <summary>Payloads by name, with the count of their blocks.</summary>
    public IReadOnlyList<(string Name, int Blocks)> Payloads => _metadata.Payloads;

    /// <summary>Opens a segment whose footer a manifest holds, without a request.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">The object.</param>
    /// <param name="footer">The footer's bytes.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <returns>The segment.</returns>
    public static Segment Open(IObjectStore store, string key, ReadOnlySpan<byte> footer, SegmentReadOptions? options = null) =>
        Open(new SegmentFile(store, key, SegmentFooter.Decode(footer, key), options), store, options);

    /// <summary>Opens a segment by its tail.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">The object.</param>
    /// <param name="length">Length of the object in bytes; null to ask.</param>
    /// <param name="footerLength">Length of the footer in bytes; null to guess.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The segment.</returns>
    public static async Task<Segment> OpenAsync(
        IObjectStore store, string key, long? length = null, int? footerLength = null, SegmentReadOptions? options = null, CancellationToken cancellationToken = default) =>
        Open(await SegmentFile.OpenAsync(store, key, length, footerLength, options, cancellationToken), store, options);

    /// <summary>Reads a column.</summary>
    /// <param name="name">The declared field.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Its values; null where the segment has no such column, because the field was declared later.</returns>
    public async Task<SegmentColumn?> ReadColumnAsync(string name, CancellationToken cancellationToken = default)
    {
        var index = _metadata.Columns.Index().Where(c => string.Equals(c.Item.Name, name, StringComparison.Ordinal)).Select(c => c.Index).DefaultIfEmpty(-1).First();
        if (index < 0)
        {
            return null;
        }

        var field = _metadata.Columns[index];
        var column = FieldColumn.For(field.Type)!;
        var row = 0;
        await foreach (var chunk in File.ReadBlocksAsync(BlocksOf(SegmentLayout.Column, index), cancellationToken))
        {
            var rows = Math.Min(SegmentLayout.ColumnChunkRows, RowCount - row);
            var reader = new CompactReader(chunk.Content.Span, File.Key, $"column '{name}'");
            ColumnChunk.Read(ref reader, field.Type, rows, column);
            row += rows;
        }

        return new SegmentColumn(field, column, RowCount);
    }

    /// <summary>Reads a payload block by block.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The blocks as they were given; none where there is no such payload.</returns>
    public IAsyncEnumerable<SegmentBlockContent> ReadPayloadAsync(string name, CancellationToken cancellationToken = default) =>
        File.ReadBlocksAsync(PayloadBlocks(name), cancellationToken);

    /// <summary>The blocks of a payload, to be read apart by <see cref="SegmentFile.ReadBlocksAsync"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The blocks in the order they were given; none where there is no such payload.</returns>
    public ReadOnlyMemory<SegmentBlock> PayloadBlocks(string name)
    {
        foreach (var (index, payload) in _metadata.Payloads.Index())
        {
            if (string.Equals(payload.Name, name, StringComparison.Ordinal))
            {
                return BlocksOf(SegmentLayout.Payload, index);
            }
        }

        return default;
    }

    private static Segment Open(SegmentFile file, IObjectStore store, SegmentReadOptions? options)
    {
        options ??= new SegmentReadOptions();
        var narrow = options with
        {
            MaxRangeBytes = Math.Min(StreamRangeBytes, options.MaxRangeBytes),
            MaxParallelReads = Math.Min(StreamParallelReads, options.MaxParallelReads),
        };
        return new Segment(file, new SegmentFile(store, file.Key, file.Footer, narrow), store, options);
    }

    private ReadOnlyMemory<SegmentBlock> BlocksOf(ushort kind, int field) =>
        File.Footer.Range(kind, SegmentLayout.Number(field, 0), SegmentLayout.MaxBlocksOfField);
}
