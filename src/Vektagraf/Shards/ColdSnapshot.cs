using Vektagraf.Collections;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Shards;

/// <summary>A shard after one WAL entry, most of it not in memory: the log's tail, and the segments under it.</summary>
/// <param name="Segments">The segments; they contain nothing newer than the snapshot.</param>
/// <param name="Tail">What the log says since.</param>
internal sealed record ColdSnapshot(ColdSegments Segments, MemtableSnapshot Tail)
{
    public ulong Sequence => Tail.Sequence;

    /// <summary>Reads objects: from memory what the log's tail knows, from segments by range what it does not.</summary>
    /// <param name="ids">Their ids.</param>
    /// <param name="withVectors">Whether to read vectors too.</param>
    /// <param name="cancellationToken">Ends the reads.</param>
    /// <returns>The objects in the order asked for; null where there is none.</returns>
    public async Task<IReadOnlyList<StoredObject?>> FindAsync(IReadOnlyList<string> ids, bool withVectors, CancellationToken cancellationToken)
    {
        var untouched = ids.Distinct(StringComparer.Ordinal).Where(id => !Segments.IsTouched(id, Sequence));
        var rows = await Segments.FindAsync(untouched, withVectors, cancellationToken);
        return [.. ids.Select(Read)];

        StoredObject? Read(string id)
        {
            if (Segments.IsTouched(id, Sequence))
            {
                return Tail.FindRow(id) is var row && row == Memtable.NoRow ? null : Tail.Read(row, withVectors);
            }

            return rows.GetValueOrDefault(id) is { IsTombstone: false } found ? Segments.Read(found, withVectors) : null;
        }
    }

    /// <summary>For each segment the rows that count; null where all do.</summary>
    /// <param name="cancellationToken">Ends the reads.</param>
    public async Task<RowSet[]?> LiveRowsAsync(CancellationToken cancellationToken) =>
        Segments.Segments.Count == 1 && !Segments.HidesRows(Sequence) ? null : await Segments.LiveRowsAsync(Sequence, cancellationToken);

    /// <summary>Rows of segments in the form searches and filters read; they live by themselves.</summary>
    public MemtableSnapshot InMemory(IEnumerable<SegmentRow> rows) => Memtable.Of(Segments.Definition, Sequence, rows).Snapshot;
}
