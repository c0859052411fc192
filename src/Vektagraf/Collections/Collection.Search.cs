using System.Globalization;
using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

public sealed partial class Collection
{
    /// <summary>Searches for the nearest objects.</summary>
    /// <param name="request">What to search for.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <returns>The results, best first.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <see cref="ErrorKind.NotFound"/> or <see cref="ErrorKind.Unavailable"/>.</exception>
    public async Task<SearchResponse> SearchAsync(SearchRequest request, CancellationToken cancellationToken)
    {
        CheckRange("/k", request.K, 1, Limits.MaxK);
        CheckRange("/offset", request.Offset, 0, Limits.MaxOffset);
        if (request.GroupBy is { } groupBy)
        {
            CheckRange("/groupBy/limit", groupBy.Limit, 1, Limits.MaxK);
        }

        SearchSettings.Check(request);
        CheckOneQuery(request.Vector);
        var field = ResolveVectorField(request.Vector.Field);
        var filter = BindFilter(request.Filter);
        if (!IsLoaded && request is { AsOf: null, GroupBy: null })
        {
            try
            {
                if (await TrySearchColdAsync(request, field, filter, cancellationToken) is { } cold)
                {
                    return cold;
                }
            }
            finally
            {
                LoadInBackground();
            }
        }

        // Text first: a generator may have to learn, which writes.
        var text = request.Vector.Text is { } words ? await EmbedQueryAsync(field, words, cancellationToken) : null;
        var snapshots = request.AsOf is { } asOf
            ? await SnapshotsAsOfAsync(asOf, cancellationToken)
            : await SnapshotsAsync(request.Consistency, cancellationToken);
        if (request.Vector.Text is not null && text is null)
        {
            return new SearchResponse([], SessionOf(snapshots), PlanOf(field, filter, snapshots.Length, default, default), []);
        }

        var query = text ?? QueryVector(request.Vector, field, snapshots);
        var fieldIndex = FieldIndexOf(snapshots[0].Table, field);
        var settings = SearchSettings.Resolve(request, Definition, field, Array.ConvertAll(snapshots, s => s.Table.Vectors[fieldIndex]));
        var ranked = Rank(request, snapshots, fieldIndex, query.Span, filter, settings, out var statistics, cancellationToken);
        var plan = PlanOf(field, filter, snapshots.Length, settings, statistics);
        return new SearchResponse(HitsOf(request, field, ranked), SessionOf(snapshots), plan, WarningsOf(filter));
    }

    private List<SearchHit> HitsOf(SearchRequest request, string field, List<Candidate> ranked)
    {
        var definition = Definition.Vectors[field];
        var hits = new List<SearchHit>(Math.Min(request.K, ranked.Count));
        foreach (var candidate in ranked.Skip(request.Offset).Take(request.K))
        {
            var distance = Scoring.Distance(definition.Metric, candidate.Distance);
            var score = Scoring.Score(definition.Metric, distance);
            if (request.MinScore is { } least && score < least)
            {
                break;
            }

            hits.Add(new SearchHit(candidate.Snapshot.Read(candidate.Row, request.IncludeVectors), score, distance));
        }

        return hits;
    }

    private static List<string> WarningsOf(FilterBinding? filter) => [.. filter?.Warnings.Select(w => w.Message) ?? []];

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

    private ReadOnlyMemory<float> QueryVector(VectorQuery query, string field, MemtableSnapshot[] snapshots)
    {
        if (query.Value is { } value)
        {
            return CheckQuery(value, field);
        }

        var id = query.Id!;
        CheckId(id);
        var snapshot = snapshots[ShardIndexOf(id, snapshots.Length)];
        var row = snapshot.FindRow(id);
        if (row == Memtable.NoRow)
        {
            throw ObjectNotFound(id);
        }

        return snapshot.Table.Vectors[FieldIndexOf(snapshot.Table, field)].Read(row)?.Values ?? throw WithoutVector(id, field);
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

    /// <summary>Ranks as many rows as the page asked for needs; with groups, looks further until they are filled.</summary>
    private static List<Candidate> Rank(
        SearchRequest request,
        MemtableSnapshot[] snapshots,
        int field,
        ReadOnlySpan<float> query,
        FilterBinding? filter,
        VectorSearchSettings settings,
        out SearchStatistics statistics,
        CancellationToken cancellationToken)
    {
        var wanted = request.Offset + request.K;
        // The object asked about is the first of its own neighbours; one more row makes up for dropping it.
        var self = request.Vector.Id;
        statistics = default;
        for (var depth = wanted + (self is null ? 0 : 1); ; depth = (int)Math.Min(int.MaxValue, depth * 4L))
        {
            var found = VectorSearch.Search(snapshots, field, query, depth, filter, settings, out var pass, cancellationToken);
            statistics += pass;
            var isExhausted = found.Count < depth;
            if (found.Count > depth)
            {
                // Each shard gave its best; beyond the depth, one that was cut short may have better ones than those of the others.
                found.RemoveRange(depth, found.Count - depth);
            }

            if (self is not null)
            {
                found.RemoveAll(c => string.Equals(c.Id, self, StringComparison.Ordinal));
            }

            if (request.GroupBy is { } groupBy)
            {
                found = LimitGroups(found, groupBy);
            }

            if (isExhausted || found.Count >= wanted)
            {
                return found;
            }
        }
    }

    private static List<Candidate> LimitGroups(List<Candidate> ranked, GroupLimit groupBy)
    {
        var path = string.Equals(groupBy.Field, "type", StringComparison.Ordinal) ? FilterPath.Type : FilterPath.Property(groupBy.Field);
        var mappings = new Dictionary<Memtable, FieldMapping>();
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        return ranked.FindAll(candidate =>
        {
            var table = candidate.Snapshot.Table;
            if (!mappings.TryGetValue(table, out var mapping))
            {
                mapping = new FieldMapping([new FilterField(path, declaredType: null)], table);
                mappings.Add(table, mapping);
            }

            var group = mapping.Read(candidate.Row, 0).ToString() ?? string.Empty;
            var count = counts.GetValueOrDefault(group) + 1;
            counts[group] = count;
            return count <= groupBy.Limit;
        });
    }

    private SearchPlan PlanOf(string field, FilterBinding? filter, int shards, VectorSearchSettings settings, SearchStatistics statistics, string? accessPath = null) => new()
    {
        AccessPath = accessPath ?? statistics switch { { Hops: > 0 } => "hnsw", { ListsProbed: > 0 } => "ivf", _ => "flat" },
        Field = field,
        Metric = Definition.Vectors[field].Metric.ToString().ToLowerInvariant(),
        FilterMode = filter is null ? null : statistics.Hops > 0 ? "inside-graph" : "during-scan",
        Filter = filter?.Expression.ToString(),
        Shards = shards,
        Considered = statistics.Considered,
        Filtered = statistics.Filtered,
        Scored = statistics.Scored,
        EfSearch = statistics.Hops > 0 && settings.EfSearch > 0 ? settings.EfSearch : null,
        NProbe = statistics.ListsProbed > 0 && settings.NProbe > 0 ? settings.NProbe : null,
        Hops = statistics.Hops,
        Reranked = statistics.Reranked,
        ListsProbed = statistics.ListsProbed,
        ExpectedRecall = statistics is { Hops: 0, ListsProbed: 0 } ? 1 : settings.ExpectedRecall,
    };
}
