using System.Net;
using System.Text.Json.Nodes;
using Vektagraf.Client.Http;

namespace Vektagraf.Client;

public sealed partial class VektagrafClient
{
    /// <summary>Saves an object; durable when the task completes.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="item">The object; it replaces one of the same id.</param>
    /// <param name="options">Precondition and idempotency key; null for none.</param>
    /// <param name="cancellationToken">Ends the call; the object may still be saved.</param>
    /// <returns>The object's new version.</returns>
    /// <exception cref="VektagrafClientException">412: the precondition does not hold; 404: no such collection; 400: the object is not valid.</exception>
    public async Task<WriteResult> PutObjectAsync(string collection, VektagrafObject item, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(item);
        var content = Body(item with { ETag = null }, VektagrafJson.Default.VektagrafObject);
        using var response = await _sender.SendAsync(Write(HttpMethod.Put, ObjectPath(collection, item.Id), content, options), cancellationToken).ConfigureAwait(false);
        var result = await ReadAsync(response, VektagrafJson.Default.WriteResult, cancellationToken).ConfigureAwait(false);
        return result with { Created = response.StatusCode == HttpStatusCode.Created };
    }

    /// <summary>Changes an object by a JSON merge patch (RFC 7396).</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="id">The object's id.</param>
    /// <param name="mergePatch">The members to change, such as <c>{ "properties": { "price": 79, "oldPrice": null } }</c>; null removes
    /// one. Vectors are arrays, or text of <see cref="VectorEncoding.ToBase64"/>.</param>
    /// <param name="options">Precondition and idempotency key; null for none.</param>
    /// <param name="cancellationToken">Ends the call; the object may still be changed.</param>
    /// <returns>The object's new version.</returns>
    /// <exception cref="VektagrafClientException">404: no such object; 412: the precondition does not hold; 400: the outcome is not valid.</exception>
    public Task<WriteResult> PatchObjectAsync(string collection, string id, JsonObject mergePatch, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        ReadAsync(Write(HttpMethod.Patch, ObjectPath(collection, id), PatchBody(mergePatch), options), VektagrafJson.Default.WriteResult, cancellationToken);

    /// <summary>Deletes an object.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="id">The object's id.</param>
    /// <param name="options">Precondition and idempotency key; null for none.</param>
    /// <param name="cancellationToken">Ends the call; the object may still be deleted.</param>
    /// <returns>Whether there was such an object.</returns>
    /// <exception cref="VektagrafClientException">412: the precondition does not hold; 404: no such collection.</exception>
    public async Task<DeleteResult> DeleteObjectAsync(string collection, string id, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        var call = Write(HttpMethod.Delete, ObjectPath(collection, id), content: null, options);
        using var response = await _sender.TrySendAsync(call, ObjectNotFound, cancellationToken).ConfigureAwait(false);
        return response is null
            ? new DeleteResult(Deleted: false, Session: null)
            : new DeleteResult(Deleted: true, response.Headers.TryGetValues("Vektagraf-Session", out var session) ? session.FirstOrDefault() : null);
    }

    /// <summary>Saves, patches, deletes and checks several objects, all or nothing; durable when the task completes.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="operations">The operations, applied in order.</param>
    /// <param name="idempotencyKey">As <see cref="WriteOptions.IdempotencyKey"/>; null for one drawn at random.</param>
    /// <param name="cancellationToken">Ends the call; the transaction may still be committed.</param>
    /// <returns>What each operation did.</returns>
    /// <exception cref="VektagrafClientException">409: an operation was refused, and the error names it; 404: no such collection; 400: an
    /// operation is not valid.</exception>
    public Task<TransactionResult> TransactAsync(
        string collection, IReadOnlyList<TransactionOperation> operations, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var content = Body(new TransactionBody(operations), VektagrafJson.Default.TransactionBody);
        var call = Write(HttpMethod.Post, CollectionPath(collection) + "/transactions", content, new WriteOptions { IdempotencyKey = idempotencyKey });
        return ReadAsync(call, VektagrafJson.Default.TransactionResult, cancellationToken);
    }

    /// <summary>Reads an object.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="id">The object's id.</param>
    /// <param name="includeVectors">Whether to read its vectors as well.</param>
    /// <param name="consistency">How fresh; null for strong.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The object; null where there is none of this id.</returns>
    /// <exception cref="VektagrafClientException">404: no such collection; 400: the id is not valid.</exception>
    public async Task<VektagrafObject?> GetObjectAsync(
        string collection,
        string id,
        bool includeVectors = false,
        ReadConsistency? consistency = null,
        CancellationToken cancellationToken = default) =>
        (await GetAsync(collection, id, null, includeVectors, consistency, cancellationToken).ConfigureAwait(false)).Object;

    /// <summary>Reads an object unless it still has a version that the caller knows.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="id">The object's id.</param>
    /// <param name="etag">The version known, as an earlier answer gave it.</param>
    /// <param name="includeVectors">Whether to read its vectors as well.</param>
    /// <param name="consistency">How fresh; null for strong.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The object, or that it has not changed.</returns>
    /// <exception cref="VektagrafClientException">404: no such collection; 400: the id is not valid.</exception>
    public Task<ConditionalObject> GetObjectIfChangedAsync(
        string collection,
        string id,
        string etag,
        bool includeVectors = false,
        ReadConsistency? consistency = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(etag);
        return GetAsync(collection, id, etag, includeVectors, consistency, cancellationToken);
    }

    /// <summary>Reads several objects.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="ids">Their ids, at most 10,000.</param>
    /// <param name="includeVectors">Whether to read their vectors as well.</param>
    /// <param name="consistency">How fresh; null for strong.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The objects in the order asked for; null where there is none.</returns>
    /// <exception cref="VektagrafClientException">404: no such collection; 400: too many ids.</exception>
    public async Task<IReadOnlyList<VektagrafObject?>> BatchGetObjectsAsync(
        string collection,
        IReadOnlyList<string> ids,
        bool includeVectors = false,
        ReadConsistency? consistency = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var path = WithQuery(CollectionPath(collection) + "/objects:batchGet", (consistency ?? ReadConsistency.Strong).ToQuery());
        var call = new ApiCall(HttpMethod.Post, path) { Content = Body(new BatchGetBody(ids, includeVectors), VektagrafJson.Default.BatchGetBody) };
        return (await ReadAsync(call, VektagrafJson.Default.ObjectList, cancellationToken).ConfigureAwait(false)).Objects;
    }

    private async Task<ConditionalObject> GetAsync(
        string collection,
        string id,
        string? etag,
        bool includeVectors,
        ReadConsistency? consistency,
        CancellationToken cancellationToken)
    {
        var path = WithQuery(
            ObjectPath(collection, id),
            ("vectors", includeVectors ? "true" : "false"),
            (consistency ?? ReadConsistency.Strong).ToQuery());
        var call = new ApiCall(HttpMethod.Get, path) { Headers = etag is null ? [] : [("If-None-Match", etag)] };
        using var response = await _sender.TrySendAsync(call, ObjectNotFound, cancellationToken).ConfigureAwait(false);
        if (response is null or { StatusCode: HttpStatusCode.NotModified })
        {
            return new ConditionalObject(NotModified: response is not null, Object: null);
        }

        var found = await ReadAsync(response, VektagrafJson.Default.VektagrafObject, cancellationToken).ConfigureAwait(false);
        return new ConditionalObject(NotModified: false, found with { ETag = response.Headers.ETag?.ToString() ?? found.ETag });
    }

    private static ApiCall Write(HttpMethod method, string path, Func<HttpContent>? content, WriteOptions? options)
    {
        options ??= new WriteOptions();
        var headers = new List<(string, string)>();
        if (options.IfMatch is { } etag)
        {
            headers.Add(("If-Match", etag));
        }

        if (options.IfNotExists)
        {
            headers.Add(("If-None-Match", "*"));
        }

        return new ApiCall(method, path)
        {
            Content = content,
            Headers = headers,
            IdempotencyKey = options.IdempotencyKey ?? ApiSender.NewIdempotencyKey(),
        };
    }
}
