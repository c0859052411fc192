using Vektagraf.Collections;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>The memtable's two ends towards segments: it is filled from them, and folded into them.</summary>
internal sealed partial class Memtable
{
    /// <summary>A memtable of some rows of segments.</summary>
    /// <param name="definition">The collection's definition.</param>
    /// <param name="sequence">The position it shall be read at, not before the newest row.</param>
    /// <param name="rows">The rows; no tombstones, and each id once.</param>
    public static Memtable Of(CollectionDefinition definition, ulong sequence, IEnumerable<SegmentRow> rows)
    {
        var table = new Memtable(definition, sequence);
        foreach (var row in rows)
        {
            table.Add(row);
        }

        table._loadedRows = table._rows.Count;
        table.Publish(sequence, TransactionProgress.None);
        return table;
    }

    private void Add(SegmentRow row)
    {
        var added = AppendRow(row.Id, row.Type, row.Version, NoRow, row.Properties.Span);
        foreach (var column in _vectors)
        {
            var vector = row.Vectors.FirstOrDefault(v => string.Equals(v.Field, column.Field, StringComparison.Ordinal));
            column.Append(added, vector.LittleEndian.Span, vector.GeneratedBy);
        }

        AppendSparse(row.Sparse);
        Reveal(row.Id, added);
    }

    /// <summary>What a fold adds to the segments of an older position: of every object that changed since then its newest version, or
    /// that it is gone.</summary>
    /// <param name="snapshot">The position to fold up to.</param>
    /// <param name="folded">The position that the segments contain.</param>
    /// <returns>The rows, ascending by id; their content is read as they are enumerated.</returns>
    public static IEnumerable<SegmentRow> ChangesSince(MemtableSnapshot snapshot, ulong folded)
    {
        var table = snapshot.Table;
        var changes = new Dictionary<string, int>(StringComparer.Ordinal);
        var gone = new Dictionary<string, ulong>(StringComparer.Ordinal);
        for (var row = 0; row < snapshot.RowCount; row++)
        {
            var id = table.IdOf(row);
            if (snapshot.IsVisible(row))
            {
                if (table.VersionOf(row).Sequence > folded)
                {
                    changes[id] = row;
                }
            }
            else if (Volatile.Read(ref table._diedAt[row]) is var died && died > folded && died <= snapshot.Sequence && snapshot.FindRow(id) == NoRow)
            {
                changes[id] = NoRow;
                gone[id] = Math.Max(died, gone.GetValueOrDefault(id));
            }
        }

        return changes
            .OrderBy(change => change.Key, StringComparer.Ordinal)
            .Select(change => change.Value == NoRow ? Tombstone(change.Key, gone[change.Key]) : Read(table, change.Value));
    }

    // Newer than anything the entry wrote before it: what the entry wrote after it would be alive.
    private static SegmentRow Tombstone(string id, ulong died) =>
        new() { Id = id, Version = new ObjectVersion(died, int.MaxValue), IsTombstone = true };

    private static SegmentRow Read(Memtable table, int row) => new()
    {
        Id = table.IdOf(row),
        Version = table.VersionOf(row),
        Type = table.TypeOf(row),
        Properties = table.PropertiesOf(row),
        Sparse = [.. table._sparse.Select(s => s.Read(row)).OfType<NamedSparseVector>()],
        Vectors = [.. table._vectors.Select(v => v.ReadBytes(row)).OfType<SegmentVector>()],
    };
}
