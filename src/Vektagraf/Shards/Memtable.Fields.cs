using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Shards;

/// <content>Field indexes over the rows, and which rows count in a snapshot.</content>
internal sealed partial class Memtable
{
    private readonly Dictionary<string, RowIndex> _indexes;
    private readonly ChunkedList<Death> _deaths = new();
    private readonly RowIndex _typeIndex;
    private RowIndex? _idIndex;
    private ulong[] _dead = [];
    private int _deathCount;

    /// <summary>Rows loaded from segments, which come in no order of their versions, all of them at or before <see cref="BaseSequence"/>.</summary>
    private int _loadedRows;

    /// <summary>The rows by id; made when first asked for.</summary>
    public RowIndex Ids
    {
        get
        {
            if (Volatile.Read(ref _idIndex) is { } known)
            {
                return known;
            }

            Interlocked.CompareExchange(ref _idIndex, new RowIndex(FieldType.String, row => FieldValue.From(IdOf(row))), null);
            return _idIndex!;
        }
    }

    /// <summary>Whether the rows by id were asked for before.</summary>
    public bool HasIds => Volatile.Read(ref _idIndex) is not null;

    /// <summary>What a field is indexed as: declared fields that shall be, the object's type, and its id, which is found by a hash.</summary>
    /// <returns>Null where it is not.</returns>
    public FieldType? IndexedAs(FilterPath path) =>
        path.Kind == FilterPathKind.Id ? FieldType.String : IndexOf(path)?.Known.Type;

    /// <summary>The index of a field; null for one that has none, and for ids.</summary>
    public RowIndex? IndexOf(FilterPath path) => FieldMapping.ColumnName(path) is not { } name ? null
        : _columnsByName.ContainsKey(name) ? _indexes.GetValueOrDefault(name)
        : path.Kind == FilterPathKind.Type ? _typeIndex : null;

    private static Dictionary<string, RowIndex> IndexesOf((byte[] Name, FieldDefinition Definition, FieldColumn Column)[] columns) => columns
        .Where(c => c.Definition.Index)
        .ToDictionary(NameOf, c => new RowIndex(c.Definition.Type, c.Column.Read), StringComparer.Ordinal);

    private FieldValue ReadType(int row) => TypeOf(row) is { } type ? FieldValue.From(type) : FieldValue.Null;

    private void NoteDeath(int row, ulong sequence)
    {
        _deaths.Add(new Death(row, sequence));
        var words = _dead;
        if (row >> 6 >= words.Length)
        {
            Array.Resize(ref words, Math.Max((row >> 6) + 1, 2 * words.Length));
        }

        // Listed before it is marked, so that who sees the mark can take it back.
        Volatile.Write(ref _deathCount, _deaths.Count);
        Volatile.Write(ref words[row >> 6], words[row >> 6] | (1UL << (row & 63)));
        Volatile.Write(ref _dead, words);
    }

    /// <summary>Rows that had come by an entry: as rows come in the order of the log, they are the first ones.</summary>
    internal int RowsBy(ulong sequence, int rowCount)
    {
        if (rowCount == 0 || (_rows[rowCount - 1].Version.Sequence <= sequence && rowCount > _loadedRows))
        {
            return rowCount;
        }

        int low = Math.Min(_loadedRows, rowCount), high = rowCount;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _rows[middle].Version.Sequence <= sequence ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Rows that had died by an entry.</summary>
    internal int DeathsBy(ulong sequence)
    {
        int low = 0, high = Volatile.Read(ref _deathCount);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _deaths[middle].Sequence <= sequence ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Copies a set without the rows that had died by an entry.</summary>
    /// <param name="rows">A bit for each row.</param>
    /// <param name="sequence">The entry.</param>
    /// <param name="live">Where the others go; as long.</param>
    internal void CopyLive(ReadOnlySpan<ulong> rows, ulong sequence, Span<ulong> live)
    {
        var dead = Volatile.Read(ref _dead);
        for (var i = 0; i < rows.Length; i++)
        {
            live[i] = rows[i] & ~(i < dead.Length ? Volatile.Read(ref dead[i]) : 0);
        }

        // Deaths are listed before they are marked, in the order of their entries: those that came after the entry are the last ones.
        for (var i = Volatile.Read(ref _deathCount) - 1; i >= 0 && _deaths[i] is var death && death.Sequence > sequence; i--)
        {
            if (death.Row >> 6 < rows.Length)
            {
                live[death.Row >> 6] |= rows[death.Row >> 6] & (1UL << (death.Row & 63));
            }
        }
    }

    private readonly record struct Death(int Row, ulong Sequence);
}
