using System.Net;
using System.Text.Json.Nodes;
using Vektagraf.Client.Http;

namespace Vektagraf.Client;

public sealed partial class VektagrafClient
{
    /// <summary>Lists all collections.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Their names, object counts and sizes.</returns>
    /// <exception cref="VektagrafClientException">The server refused the call, or did not answer.</exception>
    public async Task<IReadOnlyList<CollectionSummary>> ListCollectionsAsync(CancellationToken cancellationToken = default) =>
        (await ReadAsync(new ApiCall(HttpMethod.Get, "api/collections"), VektagrafJson.Default.CollectionList, cancellationToken).ConfigureAwait(false)).Collections;

    /// <summary>Creates a collection, or changes what needs no rebuild. The same definition again changes nothing.</summary>
    /// <param name="name">Its name: ASCII letters, digits, '-', '_' or '.', at most 128, a letter or digit first.</param>
    /// <param name="definition">What it holds.</param>
    /// <param name="cancellationToken">Ends the call; the collection may still be created.</param>
    /// <returns>The collection, and whether it is new. After a lost answer, a repeated attempt may find it there already.</returns>
    /// <exception cref="VektagrafClientException">409: the change needs a rebuild; 400: the definition is not valid.</exception>
    public async Task<PutCollectionResult> PutCollectionAsync(string name, CollectionDefinition definition, CancellationToken cancellationToken = default)
    {
        var call = new ApiCall(HttpMethod.Put, CollectionPath(name)) { Content = Body(definition, VektagrafJson.Default.CollectionDefinition) };
        using var response = await _sender.SendAsync(call, cancellationToken).ConfigureAwait(false);
        var collection = await ReadAsync(response, VektagrafJson.Default.CollectionInfo, cancellationToken).ConfigureAwait(false);
        return new PutCollectionResult(collection, response.StatusCode == HttpStatusCode.Created);
    }

    /// <summary>Reads a collection's definition and statistics.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The collection; null where there is none of this name.</returns>
    /// <exception cref="VektagrafClientException">The server refused the call, or did not answer.</exception>
    public async Task<CollectionInfo?> GetCollectionAsync(string name, CancellationToken cancellationToken = default)
    {
        var call = new ApiCall(HttpMethod.Get, CollectionPath(name));
        using var response = await _sender.TrySendAsync(call, CollectionNotFound, cancellationToken).ConfigureAwait(false);
        return response is null ? null : await ReadAsync(response, VektagrafJson.Default.CollectionInfo, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Changes a collection by a JSON merge patch (RFC 7396) of its definition.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mergePatch">The members to change; null drops one, such as <c>{ "fields": { "price": null } }</c>.</param>
    /// <param name="cancellationToken">Ends the call; the change may still be made.</param>
    /// <returns>The collection as it is now.</returns>
    /// <exception cref="VektagrafClientException">404, 409: the change needs a rebuild; 400: the outcome is not valid.</exception>
    public Task<CollectionInfo> PatchCollectionAsync(string name, JsonObject mergePatch, CancellationToken cancellationToken = default) =>
        ReadAsync(new ApiCall(HttpMethod.Patch, CollectionPath(name)) { Content = PatchBody(mergePatch) }, VektagrafJson.Default.CollectionInfo, cancellationToken);

    /// <summary>Drops a collection with all of its objects.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the call; the collection may still be dropped.</param>
    /// <returns>Whether there was one. After a lost answer, a repeated attempt may find it gone already.</returns>
    /// <exception cref="VektagrafClientException">The server refused the call, or did not answer.</exception>
    public async Task<bool> DeleteCollectionAsync(string name, CancellationToken cancellationToken = default)
    {
        var call = new ApiCall(HttpMethod.Delete, CollectionPath(name));
        using var response = await _sender.TrySendAsync(call, CollectionNotFound, cancellationToken).ConfigureAwait(false);
        return response is not null;
    }

    /// <summary>Loads a collection into the server's memory.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The collection.</returns>
    /// <exception cref="VektagrafClientException">404, or the server did not answer.</exception>
    public Task<CollectionInfo> WarmCollectionAsync(string name, CancellationToken cancellationToken = default) =>
        ReadAsync(new ApiCall(HttpMethod.Post, CollectionPath(name) + "/warm"), VektagrafJson.Default.CollectionInfo, cancellationToken);
}
