using System.Globalization;
using Vektagraf.Querying;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

/// <content>Many searches at once.</content>
public sealed partial class Collection
{
    // Each search by range reads its own blocks; loading reads all of them once.
    private const int MostColdSearches = 4;

    // A block of rows is scored against so many queries while it is in cache; more gain nothing.
    private const int MostQueriesTogether = 64;

    // What a pass holds for its queries: 4 MB of places.
    private const int MostPlacesTogether = 512 * 1024;

    /// <summary>
    /// Searches for many queries at once. Those with the same consistency, or the same past, read one snapshot; of them, those that ask alike
    /// are found in one pass over the vectors where these are scanned. Each answer is that of the search by itself.
    /// </summary>
    /// <param name="requests">What to search for, 1 to <see cref="Limits.MaxBatchQueries"/> requests.</param>
    /// <param name="cancellationToken">Ends the searches early.</param>
    /// <returns>The answers in the order of the requests.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <see cref="ErrorKind.NotFound"/> or
    /// <see cref="ErrorKind.Unavailable"/>; of one request, its pointers begin with <c>/queries/{its number}</c>.</exception>
    public async Task<IReadOnlyList<SearchResponse>> SearchBatchAsync(IReadOnlyList<SearchRequest> requests, CancellationToken cancellationToken)
    {
        CheckRange("/queries", requests.Count, 1, Limits.MaxBatchQueries);
        if (requests.Any(IsRankedByLists))
        {
            return await SearchFusedBatchAsync(requests, cancellationToken);
        }

        var searches = new BatchedSearch[requests.Count];
        for (var i = 0; i < searches.Length; i++)
        {
            searches[i] = new BatchedSearch(i, OfQuery(i, () => Bind(requests[i])));
        }

        var startedAt = _engine.Time.GetTimestamp();

        if (!IsLoaded && searches.Length <= MostColdSearches && Array.TrueForAll(searches, s => CanSearchCold(s.Search)))
        {
            try
            {
                if (await TrySearchBatchColdAsync(searches, cancellationToken) is { } cold)
                {
                    return Observed(searches, cold, startedAt);
                }
            }
            finally
            {
                LoadInBackground();
            }
        }

        // Texts first: a generator may have to learn, which writes.
        foreach (var batched in searches)
        {
            batched.Text = await OfQueryAsync(batched.Number, () => EmbedTextAsync(batched.Search, cancellationToken));
        }

        var answers = new SearchResponse[searches.Length];
        foreach (var reading in searches.GroupBy(s => s.Reading))
        {
            var first = reading.First();
            var snapshots = await OfQueryAsync(first.Number, () => SnapshotsOfAsync(first.Search.Request, cancellationToken));
            SearchSnapshots([.. reading], snapshots, answers, cancellationToken);
        }

        return Observed(searches, answers, startedAt);
    }

    /// <summary>Searches segments by range reads, one search after the other.</summary>
    /// <returns>Null where the loaded collection should answer, also because others wrote meanwhile.</returns>
    private async Task<SearchResponse[]?> TrySearchBatchColdAsync(BatchedSearch[] searches, CancellationToken cancellationToken)
    {
        var answers = new SearchResponse[searches.Length];
        foreach (var reading in searches.GroupBy(s => s.Reading))
        {
            SearchResponse? first = null;
            foreach (var batched in reading)
            {
                // Only the first catches up with the log, so that all see the same unless others do.
                var consistency = first is null ? batched.Search.Request.Consistency : ReadConsistency.Eventual;
                if (await OfQueryAsync(batched.Number, () => TrySearchColdAsync(batched.Search, consistency, cancellationToken)) is not { } answer)
                {
                    return null;
                }

                first ??= answer;
                if (!string.Equals(answer.Session, first.Session, StringComparison.Ordinal))
                {
                    return null;
                }

                answers[batched.Number] = answer;
            }
        }

        return answers;
    }

    private void SearchSnapshots(BatchedSearch[] searches, MemtableSnapshot[] snapshots, SearchResponse[] answers, CancellationToken cancellationToken)
    {
        foreach (var batched in searches)
        {
            batched.Query = OfQuery(batched.Number, () => QueryVector(batched.Search, batched.Text, snapshots));
            batched.Settings = SettingsOf(batched.Search, snapshots);
        }

        foreach (var alike in searches.GroupBy(s => s.Pass))
        {
            var field = FieldIndexOf(snapshots[0].Table, alike.Key.Field);
            if (alike.Key.Alone is not null || alike.Count() == 1 || !VectorSearch.ScansAll(snapshots, field))
            {
                foreach (var batched in alike)
                {
                    answers[batched.Number] = SearchOne(batched.Search, batched.Query, snapshots, cancellationToken);
                }

                continue;
            }

            foreach (var together in alike.Chunk(Math.Clamp(MostPlacesTogether / alike.Key.Depth, 1, MostQueriesTogether)))
            {
                SearchTogether(together, field, snapshots, answers, cancellationToken);
            }
        }
    }

    private void SearchTogether(BatchedSearch[] together, int field, MemtableSnapshot[] snapshots, SearchResponse[] answers, CancellationToken cancellationToken)
    {
        var first = together[0];
        var queries = Array.ConvertAll(together, t => t.Query!.Value);
        var found = VectorSearch.SearchBatch(
            snapshots, field, queries, first.Search.Depth, first.Search.Filter, first.Settings, out var statistics, cancellationToken);
        for (var i = 0; i < together.Length; i++)
        {
            var search = together[i].Search;
            var ranked = Narrow(search, found[i], search.Depth);
            answers[together[i].Number] = Answer(search, snapshots, ranked, first.Settings, statistics, cancellationToken);
        }
    }

    private static T OfQuery<T>(int number, Func<T> part)
    {
        try
        {
            return part();
        }
        catch (VektagrafException e)
        {
            throw e.Within(PointerOf(number));
        }
    }

    private static async Task<T> OfQueryAsync<T>(int number, Func<Task<T>> part)
    {
        try
        {
            return await part();
        }
        catch (VektagrafException e)
        {
            throw e.Within(PointerOf(number));
        }
    }

    private static string PointerOf(int number) => string.Create(CultureInfo.InvariantCulture, $"/queries/{number}");

    /// <summary>One search of a batch.</summary>
    private sealed class BatchedSearch(int number, BoundSearch search)
    {
        public int Number { get; } = number;

        public BoundSearch Search { get; } = search;

        public ReadOnlyMemory<float>? Text { get; set; }

        public ReadOnlyMemory<float>? Query { get; set; }

        public VectorSearchSettings Settings { get; set; }

        /// <summary>What must be the same for one snapshot to serve.</summary>
        public (string? AsOf, ReadConsistency Consistency) Reading =>
            Search.Request.AsOf is { } asOf ? (asOf, default) : (null, Search.Request.Consistency);

        /// <summary>What must be the same for one pass over the vectors to serve. Groups may need several passes, and a text without a vector none.</summary>
        public (string Field, int Depth, string? Filter, VectorSearchSettings Settings, int? Alone) Pass =>
            (Search.Field, Search.Depth, Search.Filter?.Expression.ToString(), Settings, Search.Request.GroupBy is null && Query is not null ? null : Number);
    }
}
