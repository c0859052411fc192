using Vektagraf.Optimisation;
using Vektagraf.Querying.Execution;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

/// <content>What recorded shapes say about indexes and orders, and running their requests again.</content>
public sealed partial class Collection
{
    // Each request of the evidence so often; the median counts.
    private const int Replays = 5;

    // Shapes that are replayed: those that took the most time.
    private const int MostReplayedShapes = 10;

    internal string StorageName => _entry.StorageName;

    /// <summary>Orders in which filters are tested in place of those written.</summary>
    internal FilterOrders Orders => _plans.Orders;

    /// <summary>What was recorded, with what the planner says of it now.</summary>
    internal async Task<(IReadOnlyList<ShapeEvidence> Shapes, long Objects)> GatherEvidenceAsync(CancellationToken cancellationToken)
    {
        var plans = await ListPlansAsync(cancellationToken);
        if (plans.Count == 0)
        {
            return ([], 0);
        }

        var snapshots = await SnapshotsAsync(ReadConsistency.Eventual, cancellationToken);
        return (plans.Select(p => EvidenceOf(p, snapshots)).ToList(), snapshots.Sum(s => (long)s.LiveCount));
    }

    /// <summary>Runs requests of shapes again.</summary>
    /// <param name="evidence">The shapes.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>Milliseconds of an execution, on average over how often the shapes were asked; null where there is no request to run.</returns>
    internal async Task<double?> ReplayAsync(IReadOnlyList<RecommendationEvidence> evidence, CancellationToken cancellationToken)
    {
        var plans = (await ListPlansAsync(cancellationToken)).ToDictionary(p => p.Signature.ToString(), StringComparer.Ordinal);
        await WarmAsync(cancellationToken);
        var (sum, weight) = (0.0, 0L);
        foreach (var shape in evidence.Take(MostReplayedShapes))
        {
            foreach (var sample in plans.GetValueOrDefault(shape.Signature)?.Samples ?? [])
            {
                sum += await MedianMsAsync(sample, cancellationToken) * shape.Executions;
                weight += shape.Executions;
            }
        }

        return weight == 0 ? null : sum / weight;
    }

    private async Task<double> MedianMsAsync(SampledRequest sample, CancellationToken cancellationToken)
    {
        var times = new double[Replays];
        await RunAsync(sample, cancellationToken);
        for (var i = 0; i < times.Length; i++)
        {
            var startedAt = _engine.Time.GetTimestamp();
            await RunAsync(sample, cancellationToken);
            times[i] = _engine.Time.GetElapsedTime(startedAt).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    /// <summary>Runs a request without recording it: what is measured must not become its own evidence.</summary>
    private async Task RunAsync(SampledRequest sample, CancellationToken cancellationToken)
    {
        if (sample.Query is { } query)
        {
            var filter = BindFilter(query.Filter);
            var order = Querying.OrderBy.Bind(Querying.OrderByParser.Parse(query.OrderBy), Definition);
            var shape = CollectionPlans.ShapeOf(query, filter, order).Signature();
            await AnswerAsync(query, filter, order, _plans.Kept.Contains(shape) ? shape : null, cancellationToken);
        }
        else if (sample.Search is { } words && IsRankedByLists(words))
        {
            var search = BindFused(words);
            var text = await EmbedTextAsync(search, cancellationToken);
            var snapshots = await SnapshotsOfAsync(words, cancellationToken);
            var shape = ShapeOf(search).Signature();
            _ = _plans.Kept.Contains(shape) ? await SearchFusedKeptAsync(search, shape, text, snapshots, cancellationToken) : SearchFused(search, text, snapshots, cancellationToken);
        }
        else if (sample.Search is { } request)
        {
            var search = Bind(request);
            var text = await EmbedTextAsync(search, cancellationToken);
            var snapshots = await SnapshotsOfAsync(request, cancellationToken);
            var shape = CollectionPlans.ShapeOf(search, Definition.Objective.Recall).Signature();
            _ = _plans.Kept.Contains(shape)
                ? await SearchKeptAsync(search, shape, text, snapshots, cancellationToken)
                : SearchOne(search, QueryVector(search, text, snapshots), snapshots, cancellationToken);
        }
    }

    private ShapeEvidence EvidenceOf(PlanReport plan, MemtableSnapshot[] snapshots)
    {
        var missing = new Dictionary<string, double>(StringComparer.Ordinal);
        var divides = new Dictionary<string, int>(StringComparer.Ordinal);
        var (written, best) = (0.0, 0.0);
        IReadOnlyList<FilterExpression> order = [];
        FilterExpression? ordered = null;
        if (plan.Samples.Count > 0 && TryBind(plan.Samples[0].Query?.Filter ?? plan.Samples[0].Search?.Filter) is { } filter)
        {
            foreach (var snapshot in snapshots)
            {
                var node = FilterPlanner.For(snapshot, filter);
                AddMissing(node, snapshot.LiveCount, missing);
                if (plan.Kind == RequestKind.Search && node.Kind == FilterPlanKind.And && filter.Expression is FilterAnd and && _plans.Orders.TryOrder(filter) is null)
                {
                    // Searches test a filter's conditions one after the other, as they are written.
                    var rows = Math.Min(snapshot.LiveCount, plan.Statistics.Considered / (double)Math.Max(1, plan.Statistics.Successes) / snapshots.Length);
                    written += OrderMs([.. and.Operands.Select(o => node.Operands.First(n => n.Expression == o))], rows);
                    best += OrderMs(node.Operands, rows);
                    (order, ordered) = ([.. node.Operands.Select(o => o.Expression)], and);
                }

                foreach (var equal in node.DescendantsAndSelf().Where(n => n.Expression is FilterComparison { Operator: FilterOperator.Equal, Literal.Kind: not Querying.FieldValueKind.Null }))
                {
                    if (equal.Field?.ToString() is { } field && snapshot.Table.Columns.GetValueOrDefault(field)?.Cardinality is { } values)
                    {
                        divides[field] = Math.Max(values, divides.GetValueOrDefault(field));
                    }
                }
            }
        }

        return new ShapeEvidence(plan, missing, written, best, order, ordered, divides) { IsKept = _plans.Kept.Contains(plan.Signature) };
    }

    /// <summary>A filter that the collection as it is now may not know any more.</summary>
    private FilterBinding? TryBind(string? filter)
    {
        try
        {
            return BindFilter(filter);
        }
        catch (VektagrafException)
        {
            return null;
        }
    }

    /// <summary>What each field without an index costs where it stands in the filter.</summary>
    private static void AddMissing(FilterPlanNode node, double rows, Dictionary<string, double> missing)
    {
        if (node.LacksIndex)
        {
            var indexed = IndexStartNs + (node.Estimate.Expected * IndexRowNs);
            var saved = CostModel.Milliseconds(Math.Min(node.GatherCost, rows * node.TestCost) - indexed);
            if (saved > 0)
            {
                var field = node.Field!.ToString();
                missing[field] = missing.GetValueOrDefault(field) + saved;
            }
        }

        foreach (var operand in node.Operands)
        {
            AddMissing(operand, rows, missing);
            rows *= node.Kind == FilterPlanKind.And ? operand.Selectivity : 1;
        }
    }

    private static double OrderMs(IReadOnlyList<FilterPlanNode> operands, double rows)
    {
        var sum = 0.0;
        foreach (var operand in operands)
        {
            sum += rows * operand.TestCost;
            rows *= operand.Selectivity;
        }

        return CostModel.Milliseconds(sum);
    }
}
