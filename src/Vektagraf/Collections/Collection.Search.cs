using System.Globalization;
using System.Runtime.InteropServices;
using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

public sealed partial class Collection
{
    /// <summary>Searches for the nearest objects, for those that match words or a sparse vector best, or for several of these.</summary>
    /// <param name="request">What to search for.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <returns>The results, best first.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <see cref="ErrorKind.NotFound"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<SearchResponse> SearchAsync(SearchRequest request, CancellationToken cancellationToken)
    {
        if (IsRankedByLists(request))
        {
            return await SearchFusedAsync(request, cancellationToken);
        }

        var search = Bind(request);
        var observed = Observe(search);
        try
        {
            if (!IsLoaded && CanSearchCold(search))
            {
                try
                {
                    if (await TrySearchColdAsync(search, request.Consistency, cancellationToken) is { } cold)
                    {
                        return observed.Answered(cold);
                    }
                }
                finally
                {
                    LoadInBackground();
                }
            }

            // Text first: a generator may have to learn, which writes.
            var text = await EmbedTextAsync(search, cancellationToken);
            var snapshots = await SnapshotsOfAsync(request, cancellationToken);
            return observed.Answered(_plans.Kept.Contains(observed.Signature)
                ? await SearchKeptAsync(search, observed.Signature, text, snapshots, cancellationToken)
                : SearchOne(search, QueryVector(search, text, snapshots), snapshots, cancellationToken));
        }
        catch (Exception e) when (observed.Failed(e))
        {
            throw;
        }
    }

    /// <summary>Checks a request against the definition.</summary>
    private BoundSearch Bind(SearchRequest request)
    {
        CheckPage(request);
        if (request.Vector is not { } vector)
        {
            throw VektagrafException.Invalid("/vector", "A search needs a 'vector', a 'text' or a 'sparse', or several of them. To list objects by a filter alone, use a query.");
        }

        if (request.Highlight is not null || request.Fusion is not null)
        {
            throw request.Highlight is null
                ? VektagrafException.Invalid("/fusion", "Fusion makes one ranking of several, and the search has a 'vector' alone. Give a 'text' or a 'sparse', or leave it out.")
                : WithoutWords();
        }

        CheckOneQuery(vector);
        var filter = string.IsNullOrWhiteSpace(request.Filter) ? null : _boundFilters.Bind(request.Filter);
        var search = BoundSearch.Bind(request, Definition, ResolveVectorField(vector.Field), filter);
        return filter is not null && _plans.Orders.TryOrder(filter) is { } ordered ? search with { Filter = ordered } : search;
    }

    private static VektagrafException WithoutWords() =>
        VektagrafException.Invalid("/highlight", "This is about words, and the search has none. Give a 'text', or leave it out.");

    private static void CheckPage(SearchRequest request)
    {
        CheckRange("/k", request.K, 1, Limits.MaxK);
        CheckRange("/offset", request.Offset, 0, Limits.MaxOffset);
        if (request.GroupBy is { } groupBy)
        {
            CheckRange("/groupBy/limit", groupBy.Limit, 1, Limits.MaxK);
        }

        SearchSettings.Check(request);
    }

    private Task<MemtableSnapshot[]> SnapshotsOfAsync(SearchRequest request, CancellationToken cancellationToken) => request.AsOf is { } asOf
        ? SnapshotsAsOfAsync(asOf, cancellationToken)
        : SnapshotsAsync(request.Consistency, cancellationToken);

    /// <summary>Embeds the text of a search; null where it has none, or there is nothing to learn from, so nothing to find either.</summary>
    private async Task<ReadOnlyMemory<float>?> EmbedTextAsync(BoundSearch search, CancellationToken cancellationToken) =>
        search.Vector.Text is { } words ? await EmbedQueryAsync(search.Field, words, cancellationToken) : null;

    private SearchResponse SearchOne(BoundSearch search, ReadOnlyMemory<float>? query, MemtableSnapshot[] snapshots, CancellationToken cancellationToken)
    {
        if (query is not { } vector)
        {
            return new SearchResponse([], SessionOf(snapshots), PlanOf(search, snapshots.Length, default, default), []);
        }

        var settings = SettingsOf(search, snapshots);
        var ranked = Rank(search, snapshots, vector.Span, settings, out var statistics, cancellationToken);
        return Answer(search, snapshots, ranked, settings, statistics, cancellationToken);
    }

    private VectorSearchSettings SettingsOf(BoundSearch search, MemtableSnapshot[] snapshots) => SearchSettings.Resolve(
        search.Request, Definition, search.Field, Array.ConvertAll(snapshots, s => s.Table.Vectors[FieldIndexOf(s.Table, search.Field)]));

    private SearchResponse Answer(
        BoundSearch search,
        MemtableSnapshot[] snapshots,
        List<Candidate> ranked,
        VectorSearchSettings settings,
        SearchStatistics statistics,
        CancellationToken cancellationToken) =>
        new(HitsOf(search, ranked, cancellationToken), SessionOf(snapshots), PlanOf(search, snapshots.Length, settings, statistics), WarningsOf(search.Filter));

    /// <summary>The page asked for, from what was ranked: of rows with the least score, and unlike each other where that is asked for.</summary>
    private static List<SearchHit> HitsOf(BoundSearch search, List<Candidate> ranked, CancellationToken cancellationToken)
    {
        var request = search.Request;
        var metric = search.Vectors.Metric;
        if (request.MinScore is { } least)
        {
            CutBelow(ranked, metric, least);
        }

        if (request.Diversity is { } diversity)
        {
            ranked = Diversify(search, diversity, ranked, cancellationToken);
        }

        var end = Math.Min(ranked.Count, request.Offset + request.K);
        var hits = new List<SearchHit>(Math.Max(0, end - request.Offset));
        for (var i = request.Offset; i < end; i++)
        {
            var candidate = ranked[i];
            var distance = Scoring.Distance(metric, candidate.Distance);
            hits.Add(new SearchHit(candidate.Snapshot.Read(candidate.Row, request.IncludeVectors), Scoring.Score(metric, distance), distance));
        }

        return hits;
    }

    private static void CutBelow(List<Candidate> ranked, DistanceMetric metric, double least)
    {
        var end = ranked.FindIndex(c => Scoring.Score(metric, Scoring.Distance(metric, c.Distance)) < least);
        if (end >= 0)
        {
            ranked.RemoveRange(end, ranked.Count - end);
        }
    }

    private static List<Candidate> Diversify(BoundSearch search, SearchDiversity diversity, List<Candidate> ranked, CancellationToken cancellationToken)
    {
        var distances = ranked.ConvertAll(c => c.Distance);
        var vectors = ranked.ConvertAll(c => c.Snapshot.Table.Vectors[FieldIndexOf(c.Snapshot.Table, search.Field)].Read(c.Row)!.Value.Values);
        var chosen = MarginalRelevance.Choose(
            search.Vectors.Metric, diversity.Lambda, CollectionsMarshal.AsSpan(distances), [.. vectors], search.Page, cancellationToken);
        return chosen.ConvertAll(i => ranked[i]);
    }

    private static IReadOnlyList<string> WarningsOf(FilterBinding? filter) => filter is { Warnings.Count: > 0 } ? [.. filter.Warnings.Select(w => w.Message)] : [];

    /// <summary>The vector field a request means.</summary>
    /// <param name="name">Its name; null for the only one.</param>
    /// <returns>The name.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public string ResolveVectorField(string? name)
    {
        if (name is null)
        {
            return Definition.Vectors.Count == 1
                ? Definition.Vectors.Keys.First()
                : throw VektagrafException.Invalid("/vector/field", $"Name the vector field. {ObjectReader.KnownVectorFields(Definition)}");
        }

        return Definition.Vectors.ContainsKey(name)
            ? name
            : throw VektagrafException.Invalid("/vector/field", $"Unknown vector field '{name}'. {ObjectReader.KnownVectorFields(Definition)}");
    }

    private static void CheckRange(string pointer, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            throw VektagrafException.Invalid(pointer, string.Create(CultureInfo.InvariantCulture, $"It is {value}; {least} to {most} is allowed."));
        }
    }

    private static void CheckOneQuery(VectorQuery query)
    {
        if ((query.Value is null ? 0 : 1) + (query.Text is null ? 0 : 1) + (query.Id is null ? 0 : 1) != 1)
        {
            throw VektagrafException.Invalid("/vector", "Give the query vector in one way: as 'value', as 'text', or as the 'id' of an object.");
        }
    }

    private FilterBinding? BindFilter(string? filter) =>
        string.IsNullOrWhiteSpace(filter) ? null : FilterBinder.Bind(FilterParser.Parse(filter), Definition);

    private ReadOnlyMemory<float> CheckQuery(ReadOnlyMemory<float> value, string field) =>
        VectorJson.Problem(value.Span, Definition.Vectors[field]) is { } problem
            ? throw VektagrafException.Invalid("/vector/value", problem)
            : value;

    /// <summary>The query vector; null where a text has none.</summary>
    private ReadOnlyMemory<float>? QueryVector(BoundSearch search, ReadOnlyMemory<float>? text, MemtableSnapshot[] snapshots)
    {
        var query = search.Vector;
        if (query.Text is not null)
        {
            return text;
        }

        if (query.Value is { } value)
        {
            return CheckQuery(value, search.Field);
        }

        var id = query.Id!;
        CheckId(id);
        var snapshot = snapshots[ShardIndexOf(id, snapshots.Length)];
        var row = snapshot.FindRow(id);
        if (row == Memtable.NoRow)
        {
            throw ObjectNotFound(id);
        }

        return snapshot.Table.Vectors[FieldIndexOf(snapshot.Table, search.Field)].Read(row)?.Values ?? throw WithoutVector(id, search.Field);
    }

    private static VektagrafException WithoutVector(string id, string field) =>
        VektagrafException.Invalid("/vector/id", $"Object '{id}' has no vector in field '{field}'.");

    private static int FieldIndexOf(Memtable table, string field)
    {
        for (var i = 0; i < table.Vectors.Count; i++)
        {
            if (string.Equals(table.Vectors[i].Field, field, StringComparison.Ordinal))
            {
                return i;
            }
        }

        throw new InvalidOperationException($"The memtable was made without vector field '{field}'.");
    }
}
