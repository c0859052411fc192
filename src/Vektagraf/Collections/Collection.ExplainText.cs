using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Querying.Text;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Collections;

/// <content>Explaining searches for words.</content>
public sealed partial class Collection
{
    private RequestShape ShapeOf(TextRequest search) =>
        CollectionPlans.ShapeOf(search.Request, [.. search.Text.Fields.Select(f => f.Name)], search.Vector, search.Filter, Definition.Objective.Recall);

    private async Task<Explanation> ExplainTextAsync(ExplainRequest request, SearchRequest asked, CancellationToken cancellationToken)
    {
        if (request.WhatIf.Any(a => a.FieldIndex is null))
        {
            throw VektagrafException.Invalid("/whatIf", "A search for words knows one alternative: fieldIndex. Leave out 'text' to try others on the vector alone.");
        }

        var search = BindText(asked);
        var actual = request.Analyze ? await AnalyzeAsync(search, cancellationToken) : null;
        var snapshots = await SnapshotsOfAsync(asked, cancellationToken);
        var filters = PlanShards(search.Filter, snapshots, request.Analyze, cancellationToken);
        var live = snapshots.Sum(s => (long)s.LiveCount);
        var accepted = RowsOf(filters, live);
        var selectivity = live == 0 ? 1 : Math.Min(1, accepted.Expected / (double)live);
        var words = TextSearch.Open(search.Text, snapshots, cancellationToken);
        var text = TextNode(search, words, live, accepted, selectivity);
        var finders = new List<ExplainNode> { text };
        var matching = text.Estimate;
        var cpu = text.PredictedMs;
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
            Warnings = [.. search.Text.Warnings, .. WarningsOf(search.Filter)],
        };
    }

    /// <summary>The step that finds words, as if the filter had nothing to do with them.</summary>
    private static ExplainNode TextNode(TextRequest search, TextSearch words, long live, RowEstimate accepted, double selectivity)
    {
        var containing = words.Estimate((int)Math.Min(int.MaxValue, live));
        var isFiltered = search.Filter is not null;
        return new ExplainNode
        {
            Kind = TextAccessPath,
            Field = string.Join(", ", search.Text.Fields.Select(f => f.Name)),
            Detail = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{words.Postings} postings of {search.Text.Clauses.Count} words"),
            Estimate = new RowEstimate(isFiltered ? Math.Max(0, containing.Min + accepted.Min - live) : containing.Min, (long)Math.Round(containing.Expected * selectivity), Math.Min(containing.Max, accepted.Max)),
            PredictedMs = CostModel.ScanMs(words.Postings, vectorBytes: 0),
        };
    }

    private async Task<ExecutionAnalysis> AnalyzeAsync(TextRequest search, CancellationToken cancellationToken)
    {
        var meter = new StoreMeter(_engine.Time);
        var stages = new StageTimes(_engine.Time);
        meter.Start();
        var text = await EmbedTextAsync(search, cancellationToken);
        stages.End("embed");
        var snapshots = await SnapshotsOfAsync(search.Request, cancellationToken);
        stages.End("snapshot");
        var answer = SearchText(search, text, snapshots, cancellationToken);
        stages.End("search");
        StoreMeter.Stop();
        return Analyzed(meter, stages, answer.Hits.Count) with { Search = answer.Plan, Considered = answer.Plan.Considered };
    }
}
