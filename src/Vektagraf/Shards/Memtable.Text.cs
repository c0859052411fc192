using Vektagraf.Collections;

namespace Vektagraf.Shards;

/// <content>Full text.</content>
internal sealed partial class Memtable
{
    /// <summary>The full-text index; null where the collection declares no text.</summary>
    public TextIndex? Text { get; }

    /// <summary>When a row died; <see cref="ulong.MaxValue"/> while it is alive.</summary>
    internal ulong DiedAt(int row) => Volatile.Read(ref _diedAt[row]);

    /// <summary>Rows of the snapshot that were there at its position; those of later entries follow.</summary>
    internal int RowsUntil(MemtableSnapshot snapshot)
    {
        var (low, high) = (0, snapshot.RowCount);
        if (snapshot.WasNewest)
        {
            return high;
        }

        // Rows of segments come first and are all older than what can be read as of; the others are in the order of the log.
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _rows[middle].Version.Sequence <= snapshot.Sequence ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private TextIndex? CreateTextIndex(CollectionDefinition definition)
    {
        List<string> fields = [.. definition.Fields.Where(f => f.Value.Type == FieldType.Text).Select(f => f.Key)];
        return fields.Count == 0 ? null : new TextIndex(this, fields);
    }
}
