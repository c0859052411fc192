using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vektagraf.Insights;
using Vektagraf.Storage;

namespace Vektagraf.Monitoring;

/// <summary>Documents of one kind in one partition of the insight store.</summary>
internal sealed class InsightTable<T>(IInsightStore store, string partition, JsonTypeInfo<T> type, Func<T, DateTimeOffset> timestamp, TimeSpan? timeToLive = null)
    where T : class
{
    public async Task<(T? Value, string? ETag)> GetAsync(string id, CancellationToken cancellationToken) =>
        await store.GetAsync(partition, id, cancellationToken) is { } document ? (Decode(document), document.ETag) : (null, null);

    /// <summary>Writes a document.</summary>
    /// <returns>The new ETag; null where the condition does not hold.</returns>
    public Task<string?> PutAsync(string id, T value, PutCondition condition, CancellationToken cancellationToken) =>
        store.PutAsync(Encode(id, value), condition, cancellationToken);

    /// <summary>Changes a document: read, change, write under the ETag, again where another was faster.</summary>
    /// <returns>What stands there then.</returns>
    public async Task<T?> ChangeAsync(string id, Func<T?, T?> change, CancellationToken cancellationToken)
    {
        var written = await InsightUpdate.ApplyAsync(store, partition, id, present => change(present is null ? null : Decode(present)) is { } changed ? Encode(id, changed) : null, cancellationToken);
        return written is null ? null : Decode(written);
    }

    public Task<bool> DeleteAsync(string id, string? etag, CancellationToken cancellationToken) => store.DeleteAsync(partition, id, etag, cancellationToken);

    /// <summary>A page of documents by their timestamps.</summary>
    public async Task<(List<(string Id, T Value, string ETag)> Items, string? Continuation)> PageAsync(InsightRange range, string? continuation, CancellationToken cancellationToken)
    {
        var page = await store.QueryAsync(partition, range, continuation, cancellationToken);
        return ([.. page.Documents.Select(d => (d.Id, Value: Decode(d), d.ETag)).Where(d => d.Value is not null).Select(d => (d.Id, d.Value!, d.ETag!))], page.Continuation);
    }

    /// <summary>All documents by their timestamps.</summary>
    public async Task<List<(string Id, T Value, string ETag)>> AllAsync(CancellationToken cancellationToken)
    {
        var all = new List<(string, T, string)>();
        string? continuation = null;
        do
        {
            var (items, next) = await PageAsync(new InsightRange(PageSize: InsightRules.MaxPageSize), continuation, cancellationToken);
            all.AddRange(items);
            continuation = next;
        }
        while (continuation is not null);

        return all;
    }

    private InsightDocument Encode(string id, T value) => new()
    {
        Partition = partition,
        Id = id,
        Timestamp = timestamp(value),
        TimeToLive = timeToLive,
        Content = JsonSerializer.SerializeToUtf8Bytes(value, type),
    };

    /// <summary>Reads a document.</summary>
    /// <returns>Null where it is none of this kind: of another version, or damaged.</returns>
    private T? Decode(InsightDocument document)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Content.Span, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
