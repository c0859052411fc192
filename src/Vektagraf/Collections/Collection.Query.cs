using Vektagraf.Querying;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

public sealed partial class Collection
{
    /// <summary>Finds the objects that fulfil a filter, a page at a time; all pages read the snapshot of the first.</summary>
    /// <param name="request">What to find.</param>
    /// <param name="cancellationToken">Ends the query early.</param>
    /// <returns>The page.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<QueryResponse> QueryAsync(QueryRequest request, CancellationToken cancellationToken)
    {
        CheckRange("/limit", request.Limit, 1, Limits.MaxK);
        var filter = BindFilter(request.Filter);
        var order = OrderBy.Bind(OrderByParser.Parse(request.OrderBy), Definition);
        var queryHash = QueryCursor.HashOf(filter?.Expression.ToString(), order.Terms.Select(t => t.ToString()));
        var cursor = request.Cursor is null ? null : QueryCursor.Parse(request.Cursor, queryHash);
        var snapshots = cursor is null
            ? await SnapshotsAsync(request.Consistency, cancellationToken)
            : await SnapshotsAsOfAsync(cursor.Session, cancellationToken);
        var after = cursor is null ? (OrderedRow?)null : LastRow(cursor, snapshots, order);

        // One more than the page tells whether there is another.
        var scan = new OrderedScan(filter, order, request.Limit + 1);
        foreach (var snapshot in snapshots)
        {
            scan.Add(snapshot, after, cancellationToken);
        }

        var rows = scan.Finish();
        var page = rows.Take(request.Limit).Select(r => r.Snapshot.Read(r.Row, request.IncludeVectors)).ToList();
        var session = SessionOf(snapshots);
        var next = rows.Count > request.Limit ? new QueryCursor(session, page[^1].Id, queryHash).ToString() : null;
        return new QueryResponse(page, next, session, [.. filter?.Warnings.Select(w => w.Message) ?? []]);
    }

    private static OrderedRow LastRow(QueryCursor cursor, MemtableSnapshot[] snapshots, OrderBy order)
    {
        var snapshot = snapshots[ShardIndexOf(cursor.LastId, snapshots.Length)];
        var row = snapshot.FindRow(cursor.LastId);
        return row == Memtable.NoRow
            ? throw VektagrafException.Invalid("/cursor", "The snapshot of this cursor is gone. Start again without a cursor.")
            : OrderedScan.RowOf(snapshot, row, new FieldMapping(order.Fields, snapshot.Table), order.Fields.Count);
    }
}
