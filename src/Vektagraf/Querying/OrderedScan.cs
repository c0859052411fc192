using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Querying;

/// <summary>A row with its sort keys.</summary>
internal readonly record struct OrderedRow(MemtableSnapshot Snapshot, int Row, string Id, FieldValue[] Keys);

/// <summary>
/// Scans snapshots for the rows that fulfil a filter and keeps the first few after a position, in order of the keys and then the id.
/// Holds at most twice the page.
/// </summary>
internal sealed class OrderedScan(FilterBinding? filter, OrderBy order, int wanted)
{
    private readonly List<OrderedRow> _kept = [];
    private bool _isFull;

    /// <summary>The sort keys of a row.</summary>
    public static OrderedRow RowOf(MemtableSnapshot snapshot, int row, FieldMapping keys, int keyCount)
    {
        var values = new FieldValue[keyCount];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = keys.Read(row, i);
        }

        return new OrderedRow(snapshot, row, snapshot.Table.IdOf(row), values);
    }

    /// <summary>Scans one snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="after">Only rows after this one; null for all.</param>
    /// <param name="cancellationToken">Ends the scan early.</param>
    public void Add(MemtableSnapshot snapshot, OrderedRow? after, CancellationToken cancellationToken)
    {
        const int CancellationMask = 4095;
        var keys = new FieldMapping(order.Fields, snapshot.Table);
        var fields = filter is null ? null : new FieldMapping(filter.Fields, snapshot.Table);
        for (var row = 0; row < snapshot.RowCount; row++)
        {
            if ((row & CancellationMask) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (snapshot.IsVisible(row) && (filter is null || filter.Matches(new MemtableRow(fields!, row))))
            {
                Consider(RowOf(snapshot, row, keys, order.Fields.Count), after);
            }
        }
    }

    /// <summary>The rows kept, in order.</summary>
    public IReadOnlyList<OrderedRow> Finish()
    {
        Trim();
        return _kept;
    }

    private void Consider(OrderedRow row, OrderedRow? after)
    {
        if (after is { } last && Compare(row, last) <= 0)
        {
            return;
        }

        // Once a page is full, most rows come after its last one.
        if (_isFull && Compare(row, _kept[wanted - 1]) > 0)
        {
            return;
        }

        _kept.Add(row);
        if (_kept.Count >= wanted * 2)
        {
            Trim();
        }
    }

    private void Trim()
    {
        _kept.Sort(Compare);
        if (_kept.Count >= wanted)
        {
            _kept.RemoveRange(wanted, _kept.Count - wanted);
            _isFull = true;
        }
    }

    private int Compare(OrderedRow a, OrderedRow b)
    {
        var byKeys = order.Compare(a.Keys, b.Keys);
        return byKeys != 0 ? byKeys : string.CompareOrdinal(a.Id, b.Id);
    }
}
