using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

public sealed partial class Collection
{
    private async Task<QueryResponse> AnswerAsync(QueryRequest request, FilterBinding? filter, OrderBy order, CancellationToken cancellationToken)
    {
        CheckRange("/limit", request.Limit, 1, Limits.MaxK);
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
        return new QueryResponse(page, next, session, [.. filter?.Warnings.Select(w => w.Message) ?? []]) { Considered = snapshots.Sum(s => (long)s.RowCount) };
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
