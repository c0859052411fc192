using System.Runtime.CompilerServices;
using Vektagraf.Client.Http;

namespace Vektagraf.Client;

public sealed partial class VektagrafClient
{
    /// <summary>Finds the objects nearest to a vector, a text or another object, those that match words best, or both.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="request">What to search for.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The results, best first.</returns>
    /// <exception cref="VektagrafClientException">400: the request is not valid, <see cref="VektagrafClientException.Errors"/> says where; 404; 501.</exception>
    public Task<SearchResponse> SearchAsync(string collection, SearchRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = new ApiCall(HttpMethod.Post, CollectionPath(collection) + "/search") { Content = Body(request, VektagrafJson.Default.SearchRequest) };
        return ReadAsync(call, VektagrafJson.Default.SearchResponse, cancellationToken);
    }

    /// <summary>Makes several searches in one request.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="requests">What to search for, 1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answers in the order of the requests.</returns>
    /// <exception cref="VektagrafClientException">400: a request is not valid; 404; 501.</exception>
    public async Task<IReadOnlyList<SearchResponse>> SearchBatchAsync(string collection, IReadOnlyList<SearchRequest> requests, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var content = Body(new SearchBatchBody(requests), VektagrafJson.Default.SearchBatchBody);
        var call = new ApiCall(HttpMethod.Post, CollectionPath(collection) + "/search:batch") { Content = content };
        return (await ReadAsync(call, VektagrafJson.Default.SearchBatchAnswer, cancellationToken).ConfigureAwait(false)).Results;
    }

    /// <summary>Reads one page of the objects that fulfil a filter.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="request">What to find, in which order.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The page, and the cursor of the next one.</returns>
    /// <exception cref="VektagrafClientException">400: the request is not valid; 404.</exception>
    public Task<QueryPage> QueryAsync(string collection, QueryRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = new ApiCall(HttpMethod.Post, CollectionPath(collection) + "/query") { Content = Body(request, VektagrafJson.Default.QueryRequest) };
        return ReadAsync(call, VektagrafJson.Default.QueryPage, cancellationToken);
    }

    /// <summary>Reads all objects that fulfil a filter, page after page, all of the snapshot of the first.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="request">What to find, in which order; its limit is the size of a page.</param>
    /// <param name="cancellationToken">Ends the sequence.</param>
    /// <returns>The objects; a page is fetched when it is reached.</returns>
    /// <exception cref="VektagrafClientException">400: the request is not valid; 404.</exception>
    public async IAsyncEnumerable<VektagrafObject> QueryAllAsync(
        string collection,
        QueryRequest request,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        for (var next = request; next is not null;)
        {
            var page = await QueryAsync(collection, next, cancellationToken).ConfigureAwait(false);
            foreach (var found in page.Results)
            {
                yield return found;
            }

            next = page.Cursor is null ? null : next with { Cursor = page.Cursor };
        }
    }
}
