using Vektagraf.Optimisation;
using Vektagraf.Querying;

namespace Vektagraf.Collections;

/// <content>What is recorded of requests.</content>
public sealed partial class Collection
{
    /// <summary>Finds the objects that fulfil a filter, a page at a time; all pages read the snapshot of the first.</summary>
    /// <param name="request">What to find.</param>
    /// <param name="cancellationToken">Ends the query early.</param>
    /// <returns>The page.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<QueryResponse> QueryAsync(QueryRequest request, CancellationToken cancellationToken)
    {
        var filter = string.IsNullOrWhiteSpace(request.Filter) ? null : _boundFilters.Bind(request.Filter);
        var order = OrderBy.Bind(OrderByParser.Parse(request.OrderBy), Definition);
        var observed = _plans.Begin(CollectionPlans.ShapeOf(request, filter, order), search: null, request);
        if (observed.IsMeasured && PredictCost(filter, request) is { } predicted)
        {
            observed = observed.Expecting(predicted);
        }

        try
        {
            return observed.Answered(await AnswerAsync(request, filter, order, _plans.Kept.Contains(observed.Signature) ? observed.Signature : null, cancellationToken));
        }
        catch (Exception e) when (observed.Failed(e))
        {
            throw;
        }
    }

    /// <summary>The query shapes asked of this collection, with how they went: on this node, and on all others that share its insight store.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Those that took the most time first; where the insight store fails, those of this node.</returns>
    public Task<IReadOnlyList<PlanReport>> ListPlansAsync(CancellationToken cancellationToken) => _engine.Plans.ListAsync(_entry.StorageName, cancellationToken);

    /// <summary>Log entries that no segment contains, of the shard that has most; null where the collection is not in memory.</summary>
    internal long? UnfoldedEntries => Volatile.Read(ref _loaded) is { Length: > 0 } shards ? shards.Max(s => (long)s.Log.UnfoldedEntries) : null;

    private Observation Observe(BoundSearch search)
    {
        var observed = _plans.Begin(CollectionPlans.ShapeOf(search, Definition.Objective.Recall), search.Request, query: null);
        return observed.IsMeasured && PredictCost(search) is { } predicted ? observed.Expecting(predicted) : observed;
    }

    /// <summary>Takes note of a batch: each of its searches had an equal share of the time.</summary>
    private SearchResponse[] Observed(BatchedSearch[] searches, SearchResponse[] answers, long startedAt)
    {
        var share = _engine.Time.GetElapsedTime(startedAt) / searches.Length;
        foreach (var batched in searches)
        {
            _plans.Record(CollectionPlans.ShapeOf(batched.Search, Definition.Objective.Recall), batched.Search.Request, answers[batched.Number], share);
        }

        return answers;
    }
}
