using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Querying.Execution;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

public sealed partial class Collection
{
    private readonly BoundFilters _boundFilters;

    private async Task<QueryResponse> AnswerAsync(QueryRequest request, FilterBinding? filter, OrderBy order, QuerySignature? kept, CancellationToken cancellationToken)
    {
        CheckRange("/limit", request.Limit, request.Aggregate is null ? 1 : 0, Limits.MaxK);
        var aggregates = request.Aggregate is null ? null : AggregateBinding.Bind(request.Aggregate, Definition);
        var cursor = request.Cursor is null ? null : QueryCursor.Parse(request.Cursor, QueryHashOf(filter, order));
        var snapshots = cursor is null
            ? await SnapshotsAsync(request.Consistency, cancellationToken)
            : await SnapshotsAsOfAsync(cursor.Session, cancellationToken);
        return kept is { } shape && _answers.Value.KeyOf(shape, request, SessionOf(snapshots)) is { } key
            ? await _answers.Value.GetOrComputeAsync(key, token => Answer(request, filter, order, aggregates, cursor, snapshots, token), cancellationToken)
            : Answer(request, filter, order, aggregates, cursor, snapshots, cancellationToken);
    }

    private QueryResponse Answer(
        QueryRequest request,
        FilterBinding? filter,
        OrderBy order,
        AggregateBinding? aggregates,
        QueryCursor? cursor,
        MemtableSnapshot[] snapshots,
        CancellationToken cancellationToken)
    {
        var after = cursor is null ? (OrderedRow?)null : LastRow(cursor, snapshots, order);

        // One more than the page tells whether there is another.
        var scan = new OrderedScan(order, request.Limit + 1, after);
        var aggregation = aggregates is null ? null : new Aggregation(aggregates);
        var considered = 0L;
        foreach (var snapshot in snapshots)
        {
            using var memory = new SelectionMemory();
            var query = new ShardQuery(snapshot, filter, memory, time: null, cancellationToken);
            aggregation?.Add(query, cancellationToken);
            if (request.Limit > 0)
            {
                query.AddFirst(scan, order, request.Limit + 1, after);
            }

            considered += query.Plan is { } plan ? FilterExplanation.Considered(plan) : 0;
        }

        considered = Math.Max(considered, scan.Considered);
        var rows = scan.Finish();
        var page = rows.Take(request.Limit).Select(r => r.Snapshot.Read(r.Row, request.IncludeVectors)).ToList();
        var session = SessionOf(snapshots);
        var next = rows.Count > request.Limit ? new QueryCursor(session, page[^1].Id, QueryHashOf(filter, order)).ToString() : null;
        return new QueryResponse(page, next, session, WarningsOf(filter)) { Aggregates = aggregation?.Finish(), Considered = considered };
    }

    /// <summary>Plans a filter: what indexes answer, in which order, and how many objects are expected to fulfil it.</summary>
    /// <param name="filter">The filter; null for none.</param>
    /// <param name="run">Whether to run it, too, so that the plan says what each part took and gave.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<FilterPlan> PlanFilterAsync(string? filter, bool run, CancellationToken cancellationToken)
    {
        var binding = BindFilter(filter);
        return PlanFilter(binding, await SnapshotsAsync(ReadConsistency.Strong, cancellationToken), run, cancellationToken);
    }

    private FilterPlan PlanFilter(FilterBinding? filter, MemtableSnapshot[] snapshots, bool run, CancellationToken cancellationToken)
    {
        var plans = new List<FilterPlanNode>();
        var found = 0L;
        foreach (var snapshot in snapshots)
        {
            using var memory = new SelectionMemory();
            var execution = new FilterExecution(snapshot, filter, memory, _engine.Time, cancellationToken);
            found += run ? execution.Run().Count : 0;
            plans.AddRange(execution.Plan is { } plan ? [plan] : []);
        }

        return new FilterPlan(plans, snapshots.Sum(s => (long)s.LiveCount), run ? found : null);
    }

    private static ulong QueryHashOf(FilterBinding? filter, OrderBy order) => QueryCursor.HashOf(filter?.Expression.ToString(), order.Terms.Select(t => t.ToString()));

    private static OrderedRow LastRow(QueryCursor cursor, MemtableSnapshot[] snapshots, OrderBy order)
    {
        var snapshot = snapshots[ShardIndexOf(cursor.LastId, snapshots.Length)];
        var row = snapshot.FindRow(cursor.LastId);
        return row == Memtable.NoRow
            ? throw VektagrafException.Invalid("/cursor", "The snapshot of this cursor is gone. Start again without a cursor.")
            : OrderedScan.RowOf(snapshot, row, order);
    }
}
