using Vektagraf.Collections;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>A memtable as it was after one WAL entry; stays readable while the memtable grows.</summary>
internal sealed class MemtableSnapshot(Memtable table, int rowCount, ulong sequence, int[] vectorCounts, TransactionProgress progress, bool isNewest)
{
    private ulong[]? _liveBits;

    /// <summary>Rows to look at; not all of them need be visible.</summary>
    public int RowCount { get; } = rowCount;

    /// <summary>The WAL entry the snapshot was taken after.</summary>
    public ulong Sequence { get; } = sequence;

    public Memtable Table { get; } = table;

    /// <summary>How far transactions across shards were in the newest state when this was taken.</summary>
    public TransactionProgress Progress { get; } = progress;

    /// <summary>The same rows as of an earlier entry.</summary>
    public MemtableSnapshot AsOf(ulong sequence) => new(Table, RowCount, Math.Min(sequence, Sequence), vectorCounts, Progress, isNewest: false);

    /// <summary>Whether this was the newest state when it was taken, so that of its rows only those do not count that had died by then.</summary>
    public bool WasNewest { get; } = isNewest;

    /// <summary>Vectors of a field to look at.</summary>
    public int VectorCount(int field) => vectorCounts[field];

    /// <summary>Whether a row is the live version of its object.</summary>
    public bool IsVisible(int row) => Table.IsVisible(row, Sequence);

    /// <summary>The object of a row; null where the row is not its live version.</summary>
    public string? IdIfLive(int row) => IsVisible(row) ? Table.IdOf(row) : null;

    /// <summary>Rows that the snapshot shows: the live versions of its objects.</summary>
    public int LiveCount => Table.RowsBy(Sequence, RowCount) - Table.DeathsBy(Sequence);

    /// <summary>The rows that the snapshot shows, as bits.</summary>
    /// <returns>Null where all of its rows are.</returns>
    public ulong[]? LiveBits()
    {
        if (LiveCount == RowCount)
        {
            return null;
        }

        if (_liveBits is { } known)
        {
            return known;
        }

        var born = Table.RowsBy(Sequence, RowCount);
        var all = new ulong[(RowCount + 63) >> 6];
        all.AsSpan(0, born >> 6).Fill(ulong.MaxValue);
        if ((born & 63) != 0)
        {
            all[born >> 6] = (1UL << (born & 63)) - 1;
        }

        var live = new ulong[all.Length];
        Table.CopyLive(all, Sequence, live);
        return _liveBits = live;
    }

    /// <summary>The live row of an object, or <see cref="Memtable.NoRow"/>.</summary>
    public int FindRow(string id) => Table.FindRow(id, RowCount, Sequence);

    /// <summary>Reads an object.</summary>
    public StoredObject Read(int row, bool withVectors) => new()
    {
        Id = Table.IdOf(row),
        Type = Table.TypeOf(row),
        Properties = Table.PropertiesOf(row),
        Vectors = withVectors ? [.. Table.Vectors.Select(v => v.Read(row)).OfType<NamedVector>()] : null,
        Sparse = withVectors ? [.. Table.Sparse.Select(s => s.Read(row)).OfType<NamedSparseVector>()] : null,
        ETag = Table.VersionOf(row).ToETag(),
    };
}
