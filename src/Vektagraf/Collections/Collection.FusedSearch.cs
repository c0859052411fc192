using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Querying.Sparse;
using Vektagraf.Querying.Text;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

/// <content>Searches for words or a sparse vector, alone, together or with a vector.</content>
public sealed partial class Collection
{
    // What each side of a fused search finds at the least: ranks far down still tell which objects both have.
    private const int FewestFused = 100;
    private const string TextAccessPath = "text-index";
    private const string SparseAccessPath = "sparse-index";

    private static bool IsRankedByLists(SearchRequest request) => request.Text is not null || request.Sparse is not null;

    private async Task<SearchResponse> SearchFusedAsync(SearchRequest request, CancellationToken cancellationToken)
    {
        var search = BindFused(request);
        var observed = _plans.Begin(ShapeOf(search), request, query: null);
        try
        {
            var text = await EmbedTextAsync(search, cancellationToken);
            var snapshots = await SnapshotsOfAsync(request, cancellationToken);
            return observed.Answered(_plans.Kept.Contains(observed.Signature)
                ? await SearchFusedKeptAsync(search, observed.Signature, text, snapshots, cancellationToken)
                : SearchFused(search, text, snapshots, cancellationToken));
        }
        catch (Exception e) when (observed.Failed(e))
        {
            throw;
        }
    }

    /// <summary>A batch in which some queries have words or a sparse vector: those with the same consistency, or the same past, read one snapshot.</summary>
    private async Task<IReadOnlyList<SearchResponse>> SearchFusedBatchAsync(IReadOnlyList<SearchRequest> requests, CancellationToken cancellationToken)
    {
        var searches = new List<(int Number, SearchRequest Request, FusedRequest? Fused, BoundSearch? Vector)>();
        for (var i = 0; i < requests.Count; i++)
        {
            var request = requests[i];
            var fused = IsRankedByLists(request) ? OfQuery(i, () => BindFused(request)) : null;
            searches.Add((i, request, fused, fused is null ? OfQuery(i, () => Bind(request)) : fused.Vector));
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
            foreach (var (number, _, fused, vector) in reading)
            {
                answers[number] = OfQuery(number, () => fused is null
                    ? SearchOne(vector!, QueryVector(vector!, texts[number], snapshots), snapshots, cancellationToken)
                    : SearchFused(fused, texts[number], snapshots, cancellationToken));
            }
        }

        return answers;
    }

    private FusedRequest BindFused(SearchRequest request)
    {
        CheckPage(request);
        if (request.Diversity is not null)
        {
            throw VektagrafException.Invalid("/diversity", "'diversity' compares the vectors of results, so it goes with a search for a vector alone. Leave it, or 'text' and 'sparse', out.");
        }

        if (request.Text is null && request.Highlight is not null)
        {
            throw WithoutWords();
        }

        var fusion = request.Fusion ?? new RankFusion();
        FusedRanking.Check(fusion);
        var text = request.Text is null ? null : BoundText.Bind(request.Text, request.Highlight, Definition);
        var sparse = request.Sparse is null ? null : BoundSparse.Bind(request.Sparse, Definition);

        // Scores, groups and pages are those of the whole.
        var vector = request.Vector is null
            ? null
            : Bind(request with { K = 1, Offset = 0, MinScore = null, GroupBy = null, Text = null, Sparse = null, Highlight = null, Fusion = null });
        return new FusedRequest(request, text, sparse, vector, vector is null ? BindFilter(request.Filter) : vector.Filter, fusion);
    }

    private Task<ReadOnlyMemory<float>?> EmbedTextAsync(FusedRequest search, CancellationToken cancellationToken) =>
        search.Vector is null ? Task.FromResult<ReadOnlyMemory<float>?>(null) : EmbedTextAsync(search.Vector, cancellationToken);

    private SearchResponse SearchFused(FusedRequest search, ReadOnlyMemory<float>? embedded, MemtableSnapshot[] snapshots, CancellationToken cancellationToken)
    {
        var words = search.Text is null ? null : TextSearch.Open(search.Text, snapshots, cancellationToken);
        var sparse = search.Sparse is null ? null : SparseSearch.Open(search.Sparse, snapshots, cancellationToken);
        var query = search.Vector is null ? null : QueryVector(search.Vector, embedded, snapshots);
        var highlighter = search.Text?.Highlight is null ? null : new TextHighlighter(search.Text);
        List<SearchHit> hits;
        SearchPlan? plan = null;
        if (search.Vector is not null || (words is not null && sparse is not null))
        {
            var fused = Fuse(search, words, sparse, query, snapshots, out plan, cancellationToken);
            hits = [.. PageOf(search.Request, fused).Select(f => HitOf(search, f, highlighter))];
        }
        else
        {
            var found = RankAlone(search, (depth, least) => words?.Find(depth, search.Filter, least, cancellationToken) ?? sparse!.Find(depth, search.Filter, least, cancellationToken));
            hits = [.. PageOf(search.Request, found).Select(c => HitOf(search, c, -c.Distance, double.NaN, highlighter))];
        }

        var listed = ListPlanOf(search, words, sparse, plan, snapshots.Length);
        return new SearchResponse(hits, SessionOf(snapshots), listed, [.. search.Warnings, .. WarningsOf(search.Filter)]);
    }

    /// <summary>Ranks as many rows as the page asked for needs; with groups, looks further until they are filled.</summary>
    private static List<Candidate> RankAlone(FusedRequest search, Func<int, double?, List<Candidate>> find)
    {
        for (var depth = search.Page; ; depth = (int)Math.Min(int.MaxValue, depth * 4L))
        {
            var found = find(depth, search.Request.MinScore);
            var isExhausted = found.Count < depth;
            found.RemoveAll(c => -c.Distance < search.Request.MinScore);
            found = search.Request.GroupBy is { } groupBy ? LimitGroups(found, groupBy) : found;
            if (isExhausted || search.Request.GroupBy is null || found.Count >= search.Page)
            {
                return found;
            }
        }
    }

    /// <param name="search">The search.</param>
    /// <param name="words">What finds words; null for none.</param>
    /// <param name="sparse">What finds sparse vectors; null for none.</param>
    /// <param name="query">The query vector; null where there is none.</param>
    /// <param name="snapshots">One for each shard.</param>
    /// <param name="plan">What was done for the vector; null where the search has none.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    private List<FusedRow> Fuse(
        FusedRequest search,
        TextSearch? words,
        SparseSearch? sparse,
        ReadOnlyMemory<float>? query,
        MemtableSnapshot[] snapshots,
        out SearchPlan? plan,
        CancellationToken cancellationToken)
    {
        for (var depth = Math.Max(FewestFused, search.Page); ; depth = (int)Math.Min(int.MaxValue, depth * 4L))
        {
            plan = null;
            var near = new List<Candidate>();
            var vector = search.Vector is { } asked ? asked with { Request = asked.Request with { K = depth } } : null;
            if (vector is not null)
            {
                VectorSearchSettings settings = default;
                SearchStatistics statistics = default;
                if (query is { } value)
                {
                    settings = SettingsOf(vector, snapshots);
                    near = Rank(vector, snapshots, value.Span, settings, out statistics, cancellationToken);
                }

                plan = PlanOf(vector, snapshots.Length, settings, statistics);
            }

            // One more where the object asked about is to be dropped.
            var most = vector?.Depth ?? depth;
            var worded = words?.Find(most, search.Filter, minScore: null, cancellationToken) ?? [];
            var listed = sparse?.Find(most, search.Filter, minScore: null, cancellationToken) ?? [];
            var isExhausted = near.Count < depth && worded.Count < depth && listed.Count < depth;
            var fused = FusedRanking.Fuse([.. near.Take(depth)], SideOf(vector, worded, depth), SideOf(vector, listed, depth), search.Fusion);
            fused.RemoveAll(f => f.Score < search.Request.MinScore);
            fused = search.Request.GroupBy is { } groupBy ? LimitGroups(fused, groupBy) : fused;
            if (isExhausted || search.Request.GroupBy is null || fused.Count >= search.Page)
            {
                return fused;
            }
        }
    }

    /// <summary>What one side found, without the object asked about.</summary>
    private static List<Candidate> SideOf(BoundSearch? vector, List<Candidate> found, int depth) =>
        [.. (vector is null ? found : Narrow(vector, found, vector.Depth)).Take(depth)];

    private static List<FusedRow> LimitGroups(List<FusedRow> ranked, GroupLimit groupBy)
    {
        var kept = LimitGroups(ranked.ConvertAll(f => f.Row), groupBy).ToHashSet();
        return ranked.FindAll(f => kept.Contains(f.Row));
    }

    private static IEnumerable<T> PageOf<T>(SearchRequest request, List<T> ranked) => ranked.Skip(request.Offset).Take(request.K);

    private static SearchHit HitOf(FusedRequest search, FusedRow fused, TextHighlighter? highlighter)
    {
        var distance = fused.Vector is { } near ? Scoring.Distance(search.Vector!.Vectors.Metric, near.Distance) : double.NaN;
        return HitOf(search, fused.Row, fused.Score, distance, highlighter) with
        {
            VectorRank = fused.Vector is { } vector ? new SideRank(vector.Rank, Scoring.Score(search.Vector!.Vectors.Metric, distance)) : null,
            TextRank = fused.Text is { } text ? new SideRank(text.Rank, -text.Distance) : null,
            SparseRank = fused.Sparse is { } sparse ? new SideRank(sparse.Rank, -sparse.Distance) : null,
        };
    }

    private static SearchHit HitOf(FusedRequest search, Candidate candidate, double score, double distance, TextHighlighter? highlighter) =>
        new(candidate.Snapshot.Read(candidate.Row, search.Request.IncludeVectors), score, distance)
        {
            Highlights = highlighter?.Highlight(candidate.Snapshot.Table.PropertiesOf(candidate.Row).Span),
        };

    /// <summary>What was done: for the vector, if there is one, and behind it for words and sparse vector.</summary>
    private static SearchPlan ListPlanOf(FusedRequest search, TextSearch? words, SparseSearch? sparse, SearchPlan? plan, int shards)
    {
        plan ??= new SearchPlan
        {
            AccessPath = string.Empty,
            Field = search.TextFields ?? search.Sparse!.Field,
            Metric = words is null ? "dot" : "bm25",
            FilterMode = search.Filter is null ? null : "during-scan",
            Filter = search.Filter?.Expression.ToString(),
            Shards = shards,
        };
        string?[] paths = [plan.AccessPath, words is null ? null : TextAccessPath, sparse is null ? null : SparseAccessPath];
        return plan with
        {
            AccessPath = string.Join(" + ", paths.Where(p => !string.IsNullOrEmpty(p))),
            Considered = plan.Considered + (words?.Considered ?? 0) + (sparse?.Considered ?? 0),
            Scored = plan.Scored + (words?.Scored ?? 0) + (sparse?.Scored ?? 0),
        };
    }

    /// <summary>A search for words, a sparse vector or several things, whose request was checked.</summary>
    /// <param name="Request">The request.</param>
    /// <param name="Text">Its words; null for none.</param>
    /// <param name="Sparse">Its sparse vector; null for none.</param>
    /// <param name="Vector">Its vector, as a search of its own; null where it has none.</param>
    /// <param name="Filter">Its filter; null for none.</param>
    /// <param name="Fusion">How they become one ranking.</param>
    private sealed record FusedRequest(SearchRequest Request, BoundText? Text, BoundSparse? Sparse, BoundSearch? Vector, FilterBinding? Filter, RankFusion Fusion)
    {
        /// <summary>Results that the pages up to the one asked for hold.</summary>
        public int Page => Request.Offset + Request.K;

        /// <summary>The text fields for people; null without words.</summary>
        public string? TextFields => Text is null ? null : string.Join(", ", Text.Fields.Select(f => f.Name));

        public IEnumerable<string> Warnings => [.. Text?.Warnings ?? [], .. Sparse?.Warnings ?? []];
    }
}
