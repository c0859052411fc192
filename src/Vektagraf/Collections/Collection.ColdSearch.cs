using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

/// <content>Searching before the collection is loaded.</content>
public sealed partial class Collection
{
    private const string ColdAccessPath = "flat-by-range";
    private const string ColdListAccessPath = "ivf-by-range";

    /// <summary>Searches segments by range reads.</summary>
    /// <returns>Null where the loaded collection should answer: because nothing was folded, so that it is in memory as good as now;
    /// because text is asked for and there is a model to learn, or vectors of an older one to replace; or because a transaction over several
    /// shards is under way, and it alone can tell whole from half.</returns>
    private async Task<SearchResponse?> TrySearchColdAsync(SearchRequest request, string field, FilterBinding? filter, CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, Definition.Shards).Select(i => FreshShardAsync(i, request.Consistency, cancellationToken)));
        if (Array.TrueForAll(shards, s => s.IsComplete) || await ColdQueryVectorAsync(request, field, shards, cancellationToken) is not { } query)
        {
            return null;
        }

        var self = request.Vector.Id;
        var depth = request.Offset + request.K + (self is null ? 0 : 1);
        var found = new List<Candidate>();
        var states = new List<(int Shard, ulong Sequence, TransactionProgress Progress)>();
        SearchStatistics statistics = default;

        // One after the other: each keeps several requests under way, and memory is bounded by what one of them holds.
        foreach (var (index, shard) in shards.Index())
        {
            var result = await SearchShardAsync(shard, field, query, depth, filter, request.IncludeVectors, cancellationToken);
            found.AddRange(result.Found);
            statistics += result.Statistics;
            states.Add((index, result.Sequence, result.Progress));
        }

        if (!AreWhole(states))
        {
            return null;
        }

        found.Sort(Candidate.Compare);
        found.RemoveRange(Math.Min(depth, found.Count), Math.Max(0, found.Count - depth));
        if (self is not null)
        {
            found.RemoveAll(c => string.Equals(c.Id, self, StringComparison.Ordinal));
        }

        var usedLists = statistics.ListsProbed > 0;
        var plan = PlanOf(field, filter, shards.Length, statistics, usedLists ? ColdListAccessPath : ColdAccessPath);
        plan = plan with { ExpectedRecall = usedLists ? Definition.Objective.Recall : 1 };
        var session = new SessionToken(_entry.Generation, states.ConvertAll(s => s.Sequence)).ToString();
        return new SearchResponse(HitsOf(request, field, found), session, plan, WarningsOf(filter));
    }

    private static async Task<ShardResult> SearchShardAsync(
        Shard shard, string field, ReadOnlyMemory<float> query, int depth, FilterBinding? filter, bool withVectors, CancellationToken cancellationToken)
    {
        if (shard.IsComplete)
        {
            var latest = shard.Latest;
            var found = VectorSearch.Search([latest], FieldIndexOf(latest.Table, field), query.Span, depth, filter, out var statistics, cancellationToken);
            return new ShardResult(found, statistics, latest.Sequence, latest.Progress);
        }

        return await shard.ReadColdAsync(
            async snapshot =>
            {
                var search = new ColdVectorSearch(snapshot, field, query, depth, filter, withVectors);
                var found = await search.RunAsync(cancellationToken);
                return new ShardResult(found, search.Statistics, snapshot.Sequence, snapshot.Tail.Progress);
            },
            cancellationToken);
    }

    private async Task<ReadOnlyMemory<float>?> ColdQueryVectorAsync(SearchRequest request, string field, Shard[] shards, CancellationToken cancellationToken)
    {
        if (request.Vector.Text is { } text)
        {
            var embedder = Array.Find(_embedders, e => string.Equals(e.Field, field, StringComparison.Ordinal));
            var embedded = embedder is null ? null : await embedder.EmbedAsync(text, cancellationToken);
            return embedder is LearnedEmbedder { Version: var version } && Array.Exists(shards, s => s.HasVectorsOfOtherModels(field, version)) ? null : embedded?.Values;
        }

        if (request.Vector.Value is { } value)
        {
            return CheckQuery(value, field);
        }

        var stored = await GetAsync(request.Vector.Id!, withVectors: true, request.Consistency, cancellationToken);
        return stored.Vectors!.Where(v => string.Equals(v.Field, field, StringComparison.Ordinal)).Select(v => (ReadOnlyMemory<float>?)v.Values).FirstOrDefault()
            ?? throw WithoutVector(stored.Id, field);
    }

    private sealed record ShardResult(List<Candidate> Found, SearchStatistics Statistics, ulong Sequence, TransactionProgress Progress);
}
