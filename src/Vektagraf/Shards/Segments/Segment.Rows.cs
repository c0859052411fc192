using System.Runtime.CompilerServices;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Shards.Segments;

/// <content>Objects: by id, by row, and all of them.</content>
public sealed partial class Segment
{
    /// <summary>Finds an object. One request; none where the id lies outside the segment's; with vectors one more for each field that
    /// the object has a vector in, all at the same time.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="withVectors">Whether to read its vectors too.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The row, which may be a tombstone; null where the segment knows nothing of the id.</returns>
    public async Task<SegmentRow?> FindAsync(string id, bool withVectors = false, CancellationToken cancellationToken = default) =>
        (await FindManyAsync([id], withVectors, cancellationToken))[0];

    /// <summary>Whether the id lies in the range of the segment's; no request.</summary>
    /// <param name="id">The id.</param>
    /// <returns>False: the segment knows nothing of it.</returns>
    public bool MayHold(string id) => _metadata.GroupOf(id) >= 0;

    /// <summary>Finds objects. Each row group that may hold some of them is read once.</summary>
    /// <param name="ids">Their ids.</param>
    /// <param name="withVectors">Whether to read their vectors too.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>For each id its row, which may be a tombstone, or null.</returns>
    public Task<IReadOnlyList<SegmentRow?>> FindManyAsync(IReadOnlyList<string> ids, bool withVectors = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return CollectAsync([.. ids.Select(id => _metadata.GroupOf(id))], (group, i) => group.IndexOf(ids[i]), withVectors, cancellationToken);
    }

    /// <summary>Reads rows by number, such as those of a search's results.</summary>
    /// <param name="rows">Their numbers, in any order.</param>
    /// <param name="withVectors">Whether to read their vectors too.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The rows, in the order asked for.</returns>
    public async Task<IReadOnlyList<SegmentRow>> ReadRowsAsync(IReadOnlyList<int> rows, bool withVectors = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        foreach (var row in rows)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(row, nameof(rows));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, RowCount, nameof(rows));
        }

        var read = await CollectAsync([.. rows.Select(row => _metadata.GroupOf(row))], (group, i) => rows[i] - group.FirstRow, withVectors, cancellationToken);
        return [.. read.Select(r => r!)];
    }

    /// <summary>Reads all rows in order, a few row groups at a time. Rows refer to the bytes they were read from: whoever keeps one
    /// keeps its row group and its vector blocks.</summary>
    /// <param name="withVectors">Whether to read vectors too.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The rows, ascending by id.</returns>
    public async IAsyncEnumerable<SegmentRow> EnumerateAsync(bool withVectors = true, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var vectors = new VectorStreams(this, withVectors, cancellationToken);
        await foreach (var block in _streams.ReadBlocksAsync(File.Footer.Range(SegmentLayout.RowGroup), cancellationToken))
        {
            var group = RowGroup.Read(block.Content, block.Block.Number, _metadata, File.Key);
            for (var i = 0; i < group.Count; i++)
            {
                yield return group.Row(i, withVectors ? await vectors.NextAsync(group, i) : [], copy: false);
            }
        }
    }

    /// <summary>Reads the row groups in order, a few at a time.</summary>
    internal async IAsyncEnumerable<RowGroup> ReadGroupsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var block in _streams.ReadBlocksAsync(File.Footer.Range(SegmentLayout.RowGroup), cancellationToken))
        {
            yield return RowGroup.Read(block.Content, block.Block.Number, _metadata, File.Key);
        }
    }

    /// <summary>Reads the id table: all ids in order with their versions, without what the objects hold.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The keys of the rows.</returns>
    public async IAsyncEnumerable<SegmentKey> ReadIdsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var row = 0;
        await foreach (var block in File.ReadBlocksAsync(File.Footer.Range(SegmentLayout.IdTable), cancellationToken))
        {
            var keys = ReadKeys(block.Content.Span);
            SegmentFormat.Check(keys.Count <= RowCount - row, File.Key, "its id table has more rows than its metadata says");
            for (var i = 0; i < keys.Count; i++, row++)
            {
                yield return new SegmentKey(row, keys.Ids[i], keys.Versions[i], keys.IsTombstone[i]);
            }
        }

        SegmentFormat.Check(row == RowCount, File.Key, "its id table has fewer rows than its metadata says");
    }

    private RowKeys ReadKeys(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes, File.Key, "its id table");
        var keys = RowKeys.Read(ref reader);
        reader.End();
        return keys;
    }

    /// <summary>Reads the row groups that hold some rows, and takes those rows out of them.</summary>
    /// <param name="groups">For each row wanted its group; −1 for none.</param>
    /// <param name="place">Finds the place of a wanted row in its group; negative where it is not.</param>
    /// <param name="withVectors">Whether to read their vectors too.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    private async Task<IReadOnlyList<SegmentRow?>> CollectAsync(int[] groups, Func<RowGroup, int, int> place, bool withVectors, CancellationToken cancellationToken)
    {
        var wanted = Enumerable.Range(0, groups.Length).Where(i => groups[i] >= 0).ToLookup(i => groups[i]);
        var rowGroups = File.Footer.Range(SegmentLayout.RowGroup);
        var blocks = wanted.Select(w => w.Key).Order().Select(group => rowGroups.Span[group]).ToArray();
        var rows = new SegmentRow?[groups.Length];
        var vectors = new VectorRequest(Vectors.Count);
        await foreach (var block in Scattered().ReadBlocksAsync(blocks, cancellationToken))
        {
            var group = RowGroup.Read(block.Content, block.Block.Number, _metadata, File.Key);
            foreach (var i in wanted[block.Block.Number])
            {
                if (place(group, i) is var index && index >= 0)
                {
                    rows[i] = group.Row(index, withVectors ? vectors.Add(group, index) : [], copy: true);
                }
            }
        }

        await FetchAsync(vectors, cancellationToken);
        return rows;
    }
}
