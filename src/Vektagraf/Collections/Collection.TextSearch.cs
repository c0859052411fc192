using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Querying.Text;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

/// <content>Searches for words, alone or together with a vector.</content>
public sealed partial class Collection
{
    // What each side of a fused search finds at the least: ranks far down still tell which objects both have.
    private const int FewestFused = 100;
    private const string TextAccessPath = "text-index";

    private async Task<SearchResponse> SearchTextAsync(SearchRequest request, CancellationToken cancellationToken)
    {
        var search = BindText(request);
        var observed = _plans.Begin(ShapeOf(search), request, query: null);
        try
        {
            var text = await EmbedTextAsync(search, cancellationToken);
            var snapshots = await SnapshotsOfAsync(request, cancellationToken);
            return observed.Answered(_plans.Kept.Contains(observed.Signature)
                ? await SearchTextKeptAsync(search, observed.Signature, text, snapshots, cancellationToken)
                : SearchText(search, text, snapshots, cancellationToken));
        }
        catch (Exception e) when (observed.Failed(e))
        {
            throw;
        }
    }

    /// <summary>A batch in which some queries have words: those with the same consistency, or the same past, read one snapshot.</summary>
    private async Task<IReadOnlyList<SearchResponse>> SearchTextBatchAsync(IReadOnlyList<SearchRequest> requests, CancellationToken cancellationToken)
    {
        var searches = new List<(int Number, SearchRequest Request, TextRequest? Words, BoundSearch? Vector)>();
        for (var i = 0; i < requests.Count; i++)
        {
            var request = requests[i];
            var words = request.Text is null ? null : OfQuery(i, () => BindText(request));
            searches.Add((i, request, words, words is null ? OfQuery(i, () => Bind(request)) : words.Vector));
        }

        var texts = new ReadOnlyMemory<float>?[searches.Count];
        foreach (var search in searches.Where(s => s.Vector is not null))
        {
            texts[search.Number] = await OfQueryAsync(search.Number, () => EmbedTextAsync(search.Vector!, cancellationToken));
        }

        var answers = new SearchResponse[searches.Count];
        foreach (var reading in searches.GroupBy(s => s.Request.AsOf is { } asOf ? (asOf, default) : ((string?)null, s.Request.Consistency)))
        {
            var first = reading.First();
            var snapshots = await OfQueryAsync(first.Number, () => SnapshotsOfAsync(first.Request, cancellationToken));
            foreach (var (number, _, words, vector) in reading)
            {
                answers[number] = OfQuery(number, () => words is null
                    ? SearchOne(vector!, QueryVector(vector!, texts[number], snapshots), snapshots, cancellationToken)
                    : SearchText(words, texts[number], snapshots, cancellationToken));
            }
        }

        return answers;
    }

    private TextRequest BindText(SearchRequest request)
    {
        CheckPage(request);
        if (request.Diversity is not null)
        {
            throw VektagrafException.Invalid("/diversity", "'diversity' compares the vectors of results, so it goes with a search for a vector alone. Leave it or 'text' out.");
        }

        var fusion = request.Fusion ?? new RankFusion();
        FusedRanking.Check(fusion);
        var text = BoundText.Bind(request.Text!, request.Highlight, Definition);

        // Scores, groups and pages are those of the whole.
        var vector = request.Vector is null ? null : Bind(request with { K = 1, Offset = 0, MinScore = null, GroupBy = null, Text = null, Highlight = null, Fusion = null });
        return new TextRequest(request, text, vector, vector is null ? BindFilter(request.Filter) : vector.Filter, fusion);
    }

    private Task<ReadOnlyMemory<float>?> EmbedTextAsync(TextRequest search, CancellationToken cancellationToken) =>
        search.Vector is null ? Task.FromResult<ReadOnlyMemory<float>?>(null) : EmbedTextAsync(search.Vector, cancellationToken);

    private SearchResponse SearchText(TextRequest search, ReadOnlyMemory<float>? embedded, MemtableSnapshot[] snapshots, CancellationToken cancellationToken)
    {
        var words = TextSearch.Open(search.Text, snapshots, cancellationToken);
        var vector = search.Vector is null ? null : QueryVector(search.Vector, embedded, snapshots);
        var highlighter = search.Text.Highlight is null ? null : new TextHighlighter(search.Text);
        List<SearchHit> hits;
        SearchPlan plan;
        if (search.Vector is null)
        {
            hits = [.. PageOf(search.Request, RankText(search, words, cancellationToken)).Select(c => HitOf(search, c, -c.Distance, double.NaN, null, null, highlighter))];
            plan = TextPlanOf(search, words, snapshots.Length);
        }
        else
        {
            var fused = Fuse(search, words, vector, snapshots, out plan, cancellationToken);
            hits = [.. PageOf(search.Request, fused).Select(f => HitOf(search, f, highlighter))];
        }

        return new SearchResponse(hits, SessionOf(snapshots), plan, [.. search.Text.Warnings, .. WarningsOf(search.Filter)]);
    }

    /// <summary>Ranks as many rows as the page asked for needs; with groups, looks further until they are filled.</summary>
    private static List<Candidate> RankText(TextRequest search, TextSearch words, CancellationToken cancellationToken)
    {
        for (var depth = search.Page; ; depth = (int)Math.Min(int.MaxValue, depth * 4L))
        {
            var found = words.Find(depth, search.Filter, search.Request.MinScore, cancellationToken);
            var isExhausted = found.Count < depth;
            found.RemoveAll(c => -c.Distance < search.Request.MinScore);
            found = search.Request.GroupBy is { } groupBy ? LimitGroups(found, groupBy) : found;
            if (isExhausted || search.Request.GroupBy is null || found.Count >= search.Page)
            {
                return found;
            }
        }
    }

    private List<FusedRow> Fuse(
        TextRequest search, TextSearch words, ReadOnlyMemory<float>? query, MemtableSnapshot[] snapshots, out SearchPlan plan, CancellationToken cancellationToken)
    {
        for (var depth = Math.Max(FewestFused, search.Page); ; depth = (int)Math.Min(int.MaxValue, depth * 4L))
        {
            var vector = search.Vector! with { Request = search.Vector.Request with { K = depth } };
            var near = new List<Candidate>();
            VectorSearchSettings settings = default;
            SearchStatistics statistics = default;
            if (query is { } value)
            {
                settings = SettingsOf(vector, snapshots);
                near = Rank(vector, snapshots, value.Span, settings, out statistics, cancellationToken);
            }

            var found = words.Find(vector.Depth, search.Filter, minScore: null, cancellationToken);
            var isExhausted = near.Count < depth && found.Count < depth;
            found = Narrow(vector, found, vector.Depth);
            var fused = FusedRanking.Fuse([.. near.Take(depth)], [.. found.Take(depth)], search.Fusion);
            fused.RemoveAll(f => f.Score < search.Request.MinScore);
            fused = search.Request.GroupBy is { } groupBy ? LimitGroups(fused, groupBy) : fused;
            if (isExhausted || search.Request.GroupBy is null || fused.Count >= search.Page)
            {
                plan = PlanOf(vector, snapshots.Length, settings, statistics);
                plan = plan with { AccessPath = $"{plan.AccessPath} + {TextAccessPath}", Considered = plan.Considered + words.Considered, Scored = plan.Scored + words.Scored };
                return fused;
            }
        }
    }

    private static List<FusedRow> LimitGroups(List<FusedRow> ranked, GroupLimit groupBy)
    {
        var kept = LimitGroups(ranked.ConvertAll(f => f.Row), groupBy).ToHashSet();
        return ranked.FindAll(f => kept.Contains(f.Row));
    }

    private static IEnumerable<T> PageOf<T>(SearchRequest request, List<T> ranked) => ranked.Skip(request.Offset).Take(request.K);

    private static SearchHit HitOf(TextRequest search, FusedRow fused, TextHighlighter? highlighter)
    {
        var metric = search.Vector!.Vectors.Metric;
        var distance = fused.Vector is { } near ? Scoring.Distance(metric, near.Distance) : double.NaN;
        return HitOf(
            search,
            fused.Row,
            fused.Score,
            distance,
            fused.Vector is { } vector ? new SideRank(vector.Rank, Scoring.Score(metric, distance)) : null,
            fused.Text is { } text ? new SideRank(text.Rank, -text.Distance) : null,
            highlighter);
    }

    private static SearchHit HitOf(
        TextRequest search, Candidate candidate, double score, double distance, SideRank? vector, SideRank? text, TextHighlighter? highlighter) =>
        new(candidate.Snapshot.Read(candidate.Row, search.Request.IncludeVectors), score, distance)
        {
            VectorRank = vector,
            TextRank = text,
            Highlights = highlighter?.Highlight(candidate.Snapshot.Table.PropertiesOf(candidate.Row).Span),
        };

    private static SearchPlan TextPlanOf(TextRequest search, TextSearch words, int shards) => new()
    {
        AccessPath = TextAccessPath,
        Field = string.Join(", ", search.Text.Fields.Select(f => f.Name)),
        Metric = "bm25",
        FilterMode = search.Filter is null ? null : "during-scan",
        Filter = search.Filter?.Expression.ToString(),
        Shards = shards,
        Considered = words.Considered,
        Scored = words.Scored,
    };

    /// <summary>A search for words whose request was checked.</summary>
    /// <param name="Request">The request.</param>
    /// <param name="Text">Its words.</param>
    /// <param name="Vector">Its vector, as a search of its own; null where it has none.</param>
    /// <param name="Filter">Its filter; null for none.</param>
    /// <param name="Fusion">How the two become one ranking.</param>
    private sealed record TextRequest(SearchRequest Request, BoundText Text, BoundSearch? Vector, FilterBinding? Filter, RankFusion Fusion)
    {
        /// <summary>Results that the pages up to the one asked for hold.</summary>
        public int Page => Request.Offset + Request.K;
    }
}
