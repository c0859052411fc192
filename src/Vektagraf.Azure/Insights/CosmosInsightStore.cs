using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Azure.Cosmos;
using Vektagraf.Insights;
using Vektagraf.Storage;

namespace Vektagraf.Azure;

/// <summary>Insights in one container of Azure Cosmos DB, for all processes on a database.</summary>
/// <remarks>
/// <para>Nothing is asked of the service before the first call. Calls are single requests, mostly of about one request unit for each KiB read and six for
/// each written; ranges are read from one partition in the order of its index.</para>
/// <para>Too many requests (429) are repeated by the SDK a few times within the time that a call may take; then they are an
/// <see cref="InsightStoreException"/> like every other failure.</para>
/// </remarks>
public sealed partial class CosmosInsightStore : IInsightStore, IDisposable
{
    // Deletions of one document that race with its writers.
    private const int MaxDeletions = 8;

    private readonly CosmosInsightOptions _options;
    private readonly TimeProvider _time;
    private readonly EntropySource _entropy;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private CosmosClient? _client;
    private Container? _container;

    /// <summary>Names the container; the first call opens it.</summary>
    /// <param name="options">Which container, and how it is reached.</param>
    /// <param name="time">Clock of times to live; null for the system's.</param>
    /// <param name="entropy">Source of the marks of writes; null for the system's.</param>
    /// <exception cref="ArgumentException">The options have a <see cref="CosmosInsightOptions.Problem"/>.</exception>
    public CosmosInsightStore(CosmosInsightOptions options, TimeProvider? time = null, EntropySource? entropy = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        _options = options;
        _time = time ?? TimeProvider.System;
        _entropy = entropy ?? EntropySource.System;
    }

    /// <inheritdoc/>
    public Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken)
    {
        InsightRules.CheckKey(partition, nameof(partition));
        InsightRules.CheckKey(id, nameof(id));
        return CallAsync($"read '{id}' of '{partition}'", async (container, cancel) => (await ReadAsync(container, partition, id, cancel))?.Document, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken)
    {
        InsightRules.Check(document);
        var expires = InsightItem.ExpiryOf(document, _time.GetUtcNow());
        var write = _entropy.NextUInt128().ToString("x32", CultureInfo.InvariantCulture);
        return CallAsync(
            $"write '{document.Id}' of '{document.Partition}'",
            (container, cancel) => PutAsync(container, new Pending(document, expires, write), condition, cancel),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken)
    {
        InsightRules.CheckKey(partition, nameof(partition));
        InsightRules.CheckRange(range);
        var place = InsightRules.Place(continuation);
        return CallAsync($"list documents of '{partition}'", (container, cancel) => QueryAsync(container, partition, range, place, cancel), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken)
    {
        InsightRules.CheckKey(partition, nameof(partition));
        InsightRules.CheckKey(id, nameof(id));
        return CallAsync(
            $"delete '{id}' of '{partition}'",
            (container, cancel) => etag is null ? DeleteAnyAsync(container, partition, id, cancel) : DeleteVersionAsync(container, partition, id, etag, cancel),
            cancellationToken);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _client?.Dispose();
        _opening.Dispose();
    }

    private async Task<ReadItem?> ReadAsync(Container container, string partition, string id, CancellationToken cancellationToken)
    {
        using var response = await container.ReadItemStreamAsync(id, new PartitionKey(partition), cancellationToken: cancellationToken);
        if (IsMissing(response))
        {
            return null;
        }

        using var json = await JsonDocument.ParseAsync(Succeeded(response).Content, cancellationToken: cancellationToken);
        var item = InsightItem.Read(json.RootElement);
        return IsOver(item.Expires) ? null : item;
    }

    private Task<string?> PutAsync(Container container, Pending pending, PutCondition condition, CancellationToken cancellationToken) => condition switch
    {
        { MustMatch: { } etag } => ReplaceAsync(container, pending, etag, cancellationToken),
        { MustBeAbsent: true } => CreateAsync(container, pending, cancellationToken),
        _ => UpsertAsync(container, pending, cancellationToken),
    };

    private static async Task<string?> UpsertAsync(Container container, Pending pending, CancellationToken cancellationToken)
    {
        using var item = pending.Item();
        using var response = await container.UpsertItemStreamAsync(item, pending.Key, new ItemRequestOptions { EnableContentResponseOnWrite = false }, cancellationToken);
        return pending.ETag(Succeeded(response));
    }

    private async Task<string?> CreateAsync(Container container, Pending pending, CancellationToken cancellationToken)
    {
        using var item = pending.Item();
        using var response = await container.CreateItemStreamAsync(item, pending.Key, new ItemRequestOptions { EnableContentResponseOnWrite = false }, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Conflict)
        {
            return pending.ETag(Succeeded(response));
        }

        if (await FindOwnAsync(container, pending, cancellationToken) is { } own)
        {
            return own;
        }

        // What expired by this clock may still be there by the service's.
        return await FindExpiredAsync(container, pending, cancellationToken) is { } expired ? await ReplaceServiceVersionAsync(container, pending, expired, cancellationToken) : null;
    }

    private Task<string?> ReplaceAsync(Container container, Pending pending, string etag, CancellationToken cancellationToken)
    {
        var (service, expires) = InsightItem.Parts(etag);
        return IsOver(expires) ? Task.FromResult<string?>(null) : ReplaceServiceVersionAsync(container, pending, service, cancellationToken);
    }

    private async Task<string?> ReplaceServiceVersionAsync(Container container, Pending pending, string service, CancellationToken cancellationToken)
    {
        using var item = pending.Item();
        var options = new ItemRequestOptions { IfMatchEtag = service, EnableContentResponseOnWrite = false };
        using var response = await container.ReplaceItemStreamAsync(item, pending.Document.Id, pending.Key, options, cancellationToken);
        if (response.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            return await FindOwnAsync(container, pending, cancellationToken);
        }

        return IsMissing(response) ? null : pending.ETag(Succeeded(response));
    }

    /// <summary>The ETag of the document where this very write made it: an answer that was lost on the way is asked for again by the SDK.</summary>
    private async Task<string?> FindOwnAsync(Container container, Pending pending, CancellationToken cancellationToken) =>
        await ReadAsync(container, pending.Document.Partition, pending.Document.Id, cancellationToken) is { } present && string.Equals(present.Write, pending.Write, StringComparison.Ordinal)
            ? present.Document.ETag
            : null;

    /// <summary>The service's ETag of a document that is there and expired.</summary>
    private async Task<string?> FindExpiredAsync(Container container, Pending pending, CancellationToken cancellationToken)
    {
        using var response = await container.ReadItemStreamAsync(pending.Document.Id, pending.Key, cancellationToken: cancellationToken);
        if (IsMissing(response))
        {
            return null;
        }

        using var json = await JsonDocument.ParseAsync(Succeeded(response).Content, cancellationToken: cancellationToken);
        var present = InsightItem.Read(json.RootElement);
        return IsOver(present.Expires) ? InsightItem.Parts(present.Document.ETag!).Service : null;
    }

    private async Task<bool> DeleteVersionAsync(Container container, string partition, string id, string etag, CancellationToken cancellationToken)
    {
        var (service, expires) = InsightItem.Parts(etag);
        if (IsOver(expires))
        {
            return false;
        }

        using var response = await container.DeleteItemStreamAsync(id, new PartitionKey(partition), new ItemRequestOptions { IfMatchEtag = service }, cancellationToken);
        if (response.StatusCode == HttpStatusCode.PreconditionFailed || IsMissing(response))
        {
            return false;
        }

        Succeeded(response);
        return true;
    }

    /// <summary>Deletes whatever version there is: read first, since one that expired counts as absent.</summary>
    private async Task<bool> DeleteAnyAsync(Container container, string partition, string id, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxDeletions; attempt++)
        {
            if (await ReadAsync(container, partition, id, cancellationToken) is not { } present)
            {
                return false;
            }

            if (await DeleteVersionAsync(container, partition, id, present.Document.ETag!, cancellationToken))
            {
                return true;
            }
        }

        throw new InsightStoreException($"Others kept changing '{id}' of '{partition}'.");
    }

    private async Task<InsightPage> QueryAsync(Container container, string partition, InsightRange range, (long Microseconds, string Id)? place, CancellationToken cancellationToken)
    {
        using var pages = container.GetItemQueryStreamIterator(
            Query(partition, range, place),
            requestOptions: new QueryRequestOptions { PartitionKey = new PartitionKey(partition), MaxItemCount = range.PageSize + 1, MaxConcurrency = 1, MaxBufferedItemCount = 0 });
        var documents = new List<InsightDocument>();
        while (documents.Count <= range.PageSize && pages.HasMoreResults)
        {
            using var response = await pages.ReadNextAsync(cancellationToken);
            using var json = await JsonDocument.ParseAsync(Succeeded(response).Content, cancellationToken: cancellationToken);
            documents.AddRange(json.RootElement.GetProperty("Documents"u8).EnumerateArray().Select(item => InsightItem.Read(item).Document));
        }

        // One more than the page tells whether there is another.
        if (documents.Count <= range.PageSize)
        {
            return new InsightPage(documents, Continuation: null);
        }

        documents.RemoveRange(range.PageSize, documents.Count - range.PageSize);
        return new InsightPage(documents, InsightRules.Continuation(InsightRules.Microseconds(documents[^1].Timestamp), documents[^1].Id));
    }

    private QueryDefinition Query(string partition, in InsightRange range, (long Microseconds, string Id)? place)
    {
        var from = range.From is { } f ? InsightItem.Time(f) : string.Empty;
        var to = range.To is { } t ? InsightItem.Time(t) : InsightItem.End;
        var isBehind = ">=";
        if (place is { } last)
        {
            var at = InsightItem.Place(last.Microseconds, last.Id);
            (from, to, isBehind) = range.Descending ? (from, at, isBehind) : (at, to, ">");
        }

        // The partition is stated twice: to the service by the options, and here for services that leave those aside.
        var order = range.Descending ? "DESC" : "ASC";
        return new QueryDefinition($"SELECT * FROM c WHERE c.partition = @partition AND c.at {isBehind} @from AND c.at < @to AND c.expires > @now ORDER BY c.at {order}")
            .WithParameter("@partition", partition)
            .WithParameter("@from", from)
            .WithParameter("@to", to)
            .WithParameter("@now", Now());
    }

    private bool IsOver(long expires) => expires <= Now();

    private long Now() => InsightRules.Microseconds(_time.GetUtcNow());

    /// <summary>A document on its way.</summary>
    private readonly record struct Pending(InsightDocument Document, long Expires, string Write)
    {
        public PartitionKey Key => new(Document.Partition);

        public MemoryStream Item() => InsightItem.Write(Document, Expires, Write);

        public string ETag(ResponseMessage response) => InsightItem.ETag(response.Headers.ETag, Expires);
    }
}
