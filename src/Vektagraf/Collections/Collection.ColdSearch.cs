using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

/// <content>Searching before the collection is loaded.</content>
public sealed partial class Collection
{
    private const string ColdAccessPath = "flat-by-range";
    private const int ColdShardsAtOnce = 4;
    private const string ColdListAccessPath = "ivf-by-range";

    /// <summary>Whether a search can do without the whole in memory: groups may have to be looked for again and again, and the past is read from what is loaded.</summary>
    private static bool CanSearchCold(BoundSearch search) => search.Request is { AsOf: null, GroupBy: null };

    /// <summary>Searches segments by range reads.</summary>
    /// <param name="search">The search.</param>
    /// <param name="consistency">How fresh.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <returns>Null where the loaded collection should answer: because nothing was folded, so that it is in memory as good as now;
    /// because text is asked for and there is a model to learn, or vectors of an older one to replace; or because a transaction over several
    /// shards is under way, and it alone can tell whole from half.</returns>
    private async Task<SearchResponse?> TrySearchColdAsync(BoundSearch search, ReadConsistency consistency, CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, Definition.Shards).Select(i => FreshShardAsync(i, consistency, cancellationToken)));
        if (Array.TrueForAll(shards, s => s.IsComplete) || await ColdQueryVectorAsync(search, consistency, shards, cancellationToken) is not { } query)
        {
            return null;
        }

        var columns = shards.Where(s => s.IsComplete).Select(s => s.Table.Vectors[FieldIndexOf(s.Table, search.Field)]);
        var settings = SearchSettings.Resolve(search.Request, Definition, search.Field, [.. columns]);
        var found = new List<Candidate>();
        var states = new List<(int Shard, ulong Sequence, TransactionProgress Progress)>();
        SearchStatistics statistics = default;

        // Some at once: each keeps several requests under way, and memory is bounded by what these hold.
        foreach (var some in shards.Index().Chunk(ColdShardsAtOnce))
        {
            var results = await Task.WhenAll(some.Select(s => SearchShardAsync(s.Item, search, query, settings, cancellationToken)));
            foreach (var ((index, _), result) in some.Zip(results))
            {
                found.AddRange(result.Found);
                statistics += result.Statistics;
                states.Add((index, result.Sequence, result.Progress));
            }
        }

        if (!AreWhole(states))
        {
            return null;
        }

        found.Sort(Candidate.Compare);
        found = Narrow(search, found, search.Depth);
        var plan = PlanOf(search, shards.Length, settings, statistics, ColdAccessPath);
        if (statistics.ListsProbed > 0)
        {
            // As many lists were read as that recall was measured to need, unless the request knows better.
            var expected = search.Request.Params?.NProbe is null ? search.Request.Recall ?? Definition.Objective.Recall : (double?)null;
            plan = plan with { AccessPath = ColdListAccessPath, ExpectedRecall = expected };
        }

        var session = new SessionToken(_entry.Generation, states.ConvertAll(s => s.Sequence)).ToString();
        return new SearchResponse(HitsOf(search, found, cancellationToken), session, plan, WarningsOf(search.Filter));
    }

    private static async Task<ShardResult> SearchShardAsync(
        Shard shard, BoundSearch search, ReadOnlyMemory<float> query, VectorSearchSettings settings, CancellationToken cancellationToken)
    {
        if (shard.IsComplete)
        {
            var latest = shard.Latest;
            var found = VectorSearch.Search([latest], FieldIndexOf(latest.Table, search.Field), query.Span, search.Depth, search.Filter, settings, out var statistics, cancellationToken);
            return new ShardResult(found, statistics, latest.Sequence, latest.Progress);
        }

        return await shard.ReadColdAsync(
            async snapshot =>
            {
                var cold = new ColdVectorSearch(snapshot, search.Field, query, search.Depth, search.Filter, search.NeedsVectors, search.Request.Params?.NProbe ?? 0, settings.Exact, search.Request.Recall, settings.MaxDistance);
                var found = await cold.RunAsync(cancellationToken);
                return new ShardResult(found, cold.Statistics, snapshot.Sequence, snapshot.Tail.Progress);
            },
            cancellationToken);
    }

    private async Task<ReadOnlyMemory<float>?> ColdQueryVectorAsync(BoundSearch search, ReadConsistency consistency, Shard[] shards, CancellationToken cancellationToken)
    {
        var (request, field) = (search.Request, search.Field);
        if (search.Vector.Text is { } text)
        {
            var embedder = Array.Find(_embedders, e => string.Equals(e.Field, field, StringComparison.Ordinal));
            var embedded = embedder is null ? null : await embedder.EmbedAsync(text, cancellationToken);
            return embedder is LearnedEmbedder { Version: var version } && Array.Exists(shards, s => s.HasVectorsOfOtherModels(field, version)) ? null : embedded?.Values;
        }

        if (search.Vector.Value is { } value)
        {
            return CheckQuery(value, field);
        }

        var stored = await GetAsync(search.Vector.Id!, withVectors: true, consistency, cancellationToken);
        return stored.Vectors!.Where(v => string.Equals(v.Field, field, StringComparison.Ordinal)).Select(v => (ReadOnlyMemory<float>?)v.Values).FirstOrDefault()
            ?? throw WithoutVector(stored.Id, field);
    }

    private sealed record ShardResult(List<Candidate> Found, SearchStatistics Statistics, ulong Sequence, TransactionProgress Progress);
}
