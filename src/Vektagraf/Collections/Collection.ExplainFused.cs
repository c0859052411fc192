using System.Globalization;
using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Querying.Sparse;
using Vektagraf.Querying.Text;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Collections;

/// <content>Explaining searches for words and sparse vectors.</content>
public sealed partial class Collection
{
    private RequestShape ShapeOf(FusedRequest search) =>
        CollectionPlans.ShapeOf(search.Request, search.Text?.Fields.Select(f => f.Name).ToList(), search.Sparse?.Field, search.Vector, search.Filter, Definition.Objective.Recall);

    private async Task<Explanation> ExplainFusedAsync(ExplainRequest request, SearchRequest asked, CancellationToken cancellationToken)
    {
        if (request.WhatIf.Any(a => a.FieldIndex is null))
        {
            throw VektagrafException.Invalid("/whatIf", "A search for words or a sparse vector knows one alternative: fieldIndex. Leave out 'text' and 'sparse' to try others on the vector alone.");
        }

        var search = BindFused(asked);
        var actual = request.Analyze ? await AnalyzeAsync(search, cancellationToken) : null;
        var snapshots = await SnapshotsOfAsync(asked, cancellationToken);
        var filters = PlanShards(search.Filter, snapshots, request.Analyze, cancellationToken);
        var live = snapshots.Sum(s => (long)s.LiveCount);
        var accepted = RowsOf(filters, live);
        var selectivity = live == 0 ? 1 : Math.Min(1, accepted.Expected / (double)live);
        var finders = new List<ExplainNode>();
        if (search.Text is not null)
        {
            finders.Add(TextNode(search, TextSearch.Open(search.Text, snapshots, cancellationToken), live, accepted, selectivity));
        }

        if (search.Sparse is not null)
        {
            finders.Add(SparseNode(search, SparseSearch.Open(search.Sparse, snapshots, cancellationToken), live, accepted, selectivity));
        }

        var matching = EitherOf(finders, accepted);
        var cpu = finders.Sum(f => f.PredictedMs);
        if (search.Vector is { } vector)
        {
            var near = VectorNode(vector, snapshots, SettingsOf(vector, snapshots), selectivity, accepted, actual: null);
            finders.Add(near);

            // What either side finds.
            matching = new RowEstimate(Math.Max(matching.Min, accepted.Min), Math.Max(matching.Expected, accepted.Expected), accepted.Max);
            cpu += near.PredictedMs;
        }

        var requests = RequestsOf(asked.Consistency, snapshots.Length);
        var predicted = _engine.Plans.Costs.Price(requests, bytes: 0, cpu + CostModel.OverheadMs(asked.K, requests));
        return await DescribeAsync(ShapeOf(search), snapshots, predicted, selectivity, search.Filter, cancellationToken) with
        {
            Plan = RootOf(asked, matching, predicted, actual, filters, [.. finders]),
            Analysis = FilterExplanation.Analyze(Definition, filters.Count > 0 ? filters[0] : null, accepted, live),
            Actual = actual,
            Alternatives = [.. request.WhatIf.Select(a => Hypothetical(a, predicted, filters, snapshots))],
            Warnings = [.. search.Warnings, .. WarningsOf(search.Filter)],
        };
    }

    /// <summary>The rows that some of several steps find.</summary>
    private static RowEstimate EitherOf(List<ExplainNode> finders, RowEstimate accepted) =>
        new(finders.Max(f => f.Estimate.Min), finders.Max(f => f.Estimate.Expected), Math.Min(accepted.Max, finders.Sum(f => f.Estimate.Max)));

    /// <summary>The step that finds words, as if the filter had nothing to do with them.</summary>
    private static ExplainNode TextNode(FusedRequest search, TextSearch words, long live, RowEstimate accepted, double selectivity) => new()
    {
        Kind = TextAccessPath,
        Field = search.TextFields,
        Detail = string.Create(CultureInfo.InvariantCulture, $"{words.Postings} postings of {search.Text!.Clauses.Count} words"),
        Estimate = Filtered(search, words.Estimate((int)Math.Min(int.MaxValue, live)), live, accepted, selectivity),
        PredictedMs = CostModel.ScanMs(words.Postings, vectorBytes: 0),
    };

    /// <summary>The step that finds sparse vectors, as if the filter had nothing to do with them.</summary>
    private static ExplainNode SparseNode(FusedRequest search, SparseSearch sparse, long live, RowEstimate accepted, double selectivity) => new()
    {
        Kind = SparseAccessPath,
        Field = search.Sparse!.Field,
        Detail = string.Create(CultureInfo.InvariantCulture, $"{sparse.Postings} postings of {search.Sparse.Query.Indices.Length} dimensions"),
        Estimate = Filtered(search, sparse.Estimate((int)Math.Min(int.MaxValue, live)), live, accepted, selectivity),
        PredictedMs = CostModel.ScanMs(sparse.Postings, vectorBytes: 0),
    };

    private static RowEstimate Filtered(FusedRequest search, FieldEstimate containing, long live, RowEstimate accepted, double selectivity) => new(
        search.Filter is null ? containing.Min : Math.Max(0, containing.Min + accepted.Min - live),
        (long)Math.Round(containing.Expected * selectivity),
        Math.Min(containing.Max, accepted.Max));

    private async Task<ExecutionAnalysis> AnalyzeAsync(FusedRequest search, CancellationToken cancellationToken)
    {
        var meter = new StoreMeter(_engine.Time);
        var stages = new StageTimes(_engine.Time);
        meter.Start();
        var text = await EmbedTextAsync(search, cancellationToken);
        stages.End("embed");
        var snapshots = await SnapshotsOfAsync(search.Request, cancellationToken);
        stages.End("snapshot");
        var answer = SearchFused(search, text, snapshots, cancellationToken);
        stages.End("search");
        StoreMeter.Stop();
        return Analyzed(meter, stages, answer.Hits.Count) with { Search = answer.Plan, Considered = answer.Plan.Considered };
    }
}
