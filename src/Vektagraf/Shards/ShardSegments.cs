using System.Buffers;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;

namespace Vektagraf.Shards;

/// <summary>The segments of one manifest.</summary>
internal sealed class ShardSegments(IObjectStore store, ShardManifest manifest)
{
    /// <summary>The payload of the last segment that holds the table of recent transactions.</summary>
    public const string TransactionsPayload = "transactions";

    /// <summary>Opens a segment; asks nothing of the store, since the manifest carries the footers.</summary>
    public Segment Open(int index) => Segment.Open(store, manifest.Segments[index].Key, manifest.Segments[index].Footer);

    /// <summary>All segments, oldest first.</summary>
    public IReadOnlyList<Segment> OpenAll() => [.. Enumerable.Range(0, manifest.Segments.Count).Select(Open)];

    /// <summary>For each segment the rows that count: those of no newer version elsewhere, and no tombstones.</summary>
    public async Task<RowSet[]> LiveRowsAsync(IReadOnlyList<Segment> segments, CancellationToken cancellationToken)
    {
        // The segments of one run hold disjoint ids.
        var isOneRun = manifest.Segments.All(s => s.Run == manifest.Segments[0].Run) && segments.All(s => s.TombstoneCount == 0);
        return isOneRun ? [.. segments.Select(s => RowSet.All(s.RowCount))] : await SegmentLiveness.ReadAsync(segments, _ => false, cancellationToken);
    }

    /// <summary>The newest version that some neighbouring segments have of each object, ascending by id.</summary>
    public IAsyncEnumerable<SegmentRow> RowsAsync(int first, int count, bool dropTombstones, CancellationToken cancellationToken) =>
        SegmentMerge.MergeAsync([.. Enumerable.Range(first, count).Select(i => Open(i).EnumerateAsync(withVectors: true, cancellationToken))], dropTombstones, cancellationToken);

    /// <summary>The encoded table of recent transactions.</summary>
    public async Task<byte[]> ReadTransactionsAsync(CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>();
        await foreach (var block in Open(manifest.Segments.Count - 1).ReadPayloadAsync(TransactionsPayload, cancellationToken))
        {
            bytes.Write(block.Content.Span);
        }

        return bytes.WrittenSpan.ToArray();
    }
}
