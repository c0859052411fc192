using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

/// <content>Answers that are kept. How fresh they have to be is seen to first, as ever: a key names the version of the data, so an answer found is the one that
/// would be computed.</content>
public sealed partial class Collection
{
    /// <summary>Keeps the answers of a shape in this process from here on, or does not any more; recommendations do that by themselves. Searches in
    /// batches are always computed.</summary>
    /// <param name="shape">The shape, as plans and explanations name it.</param>
    /// <param name="isKept">Whether to keep them.</param>
    public void KeepAnswers(QuerySignature shape, bool isKept) => _plans.Kept.Set(shape, isKept);

    private async Task<SearchResponse> SearchKeptAsync(
        BoundSearch search, QuerySignature shape, ReadOnlyMemory<float>? text, MemtableSnapshot[] snapshots, CancellationToken cancellationToken)
    {
        var query = QueryVector(search, text, snapshots);
        return query is not null && _answers.Value.KeyOf(shape, search.Request, query, SessionOf(snapshots)) is { } key
            ? await _answers.Value.GetOrComputeAsync(key, token => SearchOne(search, query, snapshots, token), cancellationToken)
            : SearchOne(search, query, snapshots, cancellationToken);
    }

    private async Task<SearchResponse> SearchFusedKeptAsync(
        FusedRequest search, QuerySignature shape, ReadOnlyMemory<float>? embedded, MemtableSnapshot[] snapshots, CancellationToken cancellationToken)
    {
        var query = search.Vector is null ? null : QueryVector(search.Vector, embedded, snapshots);
        return _answers.Value.KeyOf(shape, search.Request, query, SessionOf(snapshots)) is { } key
            ? await _answers.Value.GetOrComputeAsync(key, token => SearchFused(search, embedded, snapshots, token), cancellationToken)
            : SearchFused(search, embedded, snapshots, cancellationToken);
    }
}
