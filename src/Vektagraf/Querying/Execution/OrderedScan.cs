using Vektagraf.Shards;

namespace Vektagraf.Querying.Execution;

/// <summary>A row with its sort keys.</summary>
internal readonly record struct OrderedRow(MemtableSnapshot Snapshot, int Row, string Id, FieldValue[] Keys);

/// <summary>Keeps the first few of the rows it is shown, after a position, in order of the keys and then the id. Holds at most twice the page.</summary>
/// <param name="order">The order.</param>
/// <param name="wanted">Rows to keep.</param>
/// <param name="after">Only rows after this one; null for all.</param>
internal sealed class OrderedScan(OrderBy order, int wanted, OrderedRow? after)
{
    private readonly List<OrderedRow> _kept = [];
    private readonly FieldValue[] _keys = new FieldValue[order.Fields.Count];
    private bool _isFull;

    /// <summary>Rows shown that come after the position.</summary>
    public long Considered { get; private set; }

    /// <summary>The sort keys of a row.</summary>
    public static OrderedRow RowOf(MemtableSnapshot snapshot, int row, OrderBy order)
    {
        var mapping = new FieldMapping(order.Fields, snapshot.Table);
        var keys = new FieldValue[order.Fields.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = mapping.Read(row, i);
        }

        return new OrderedRow(snapshot, row, snapshot.Table.IdOf(row), keys);
    }

    /// <summary>Shows rows.</summary>
    public void Add(MemtableSnapshot snapshot, RowSelection rows, CancellationToken cancellationToken)
    {
        const int CancellationMask = 4095;
        var mapping = new FieldMapping(order.Fields, snapshot.Table);
        var shown = 0;
        foreach (var row in rows)
        {
            if ((shown++ & CancellationMask) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            Add(snapshot, row, mapping);
        }
    }

    /// <summary>Shows a row.</summary>
    /// <param name="snapshot">Its snapshot.</param>
    /// <param name="row">The row.</param>
    /// <param name="mapping">Where the keys are found.</param>
    public void Add(MemtableSnapshot snapshot, int row, FieldMapping mapping)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            _keys[i] = mapping.Read(row, i);
        }

        // Most rows are neither of this page nor near it: they are not kept, and nothing is made of them.
        var id = snapshot.Table.IdOf(row);
        if (after is { } last && Compare(_keys, id, last) <= 0)
        {
            return;
        }

        Considered++;
        if (_isFull && Compare(_keys, id, _kept[wanted - 1]) > 0)
        {
            return;
        }

        _kept.Add(new OrderedRow(snapshot, row, id, [.. _keys]));
        if (_kept.Count >= wanted * 2L)
        {
            Trim();
        }
    }

    /// <summary>The rows kept, in order.</summary>
    public IReadOnlyList<OrderedRow> Finish()
    {
        Trim();
        return _kept;
    }

    private void Trim()
    {
        _kept.Sort((a, b) => Compare(a.Keys, a.Id, b));
        if (_kept.Count >= wanted)
        {
            _kept.RemoveRange(wanted, _kept.Count - wanted);
            _isFull = true;
        }
    }

    private int Compare(ReadOnlySpan<FieldValue> keys, string id, in OrderedRow other)
    {
        var byKeys = order.Compare(keys, other.Keys);
        return byKeys != 0 ? byKeys : string.CompareOrdinal(id, other.Id);
    }
}
