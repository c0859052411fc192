using Vektagraf.Storage;

namespace Vektagraf.Insights;

/// <summary>
/// Where the engine keeps what it learns about itself: plans, measurements, recommendations. Small JSON documents in partitions, read by key or
/// by a range of time. Nothing that users stored depends on it: calls that fail throw <see cref="InsightStoreException"/>, and whoever called
/// goes on without.
/// </summary>
/// <remarks>Thread-safe, and safe for several processes on one store where it is not in memory. A document past its time to live is gone for every call.</remarks>
public interface IInsightStore
{
    /// <summary>Reads a document.</summary>
    /// <param name="partition">Its partition.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The document with its ETag; null where there is none.</returns>
    /// <exception cref="InsightStoreException">The store failed.</exception>
    Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken);

    /// <summary>Writes a document, whole, in place of the one with the same partition and id.</summary>
    /// <param name="document">The document; its <see cref="InsightDocument.ETag"/> is not looked at.</param>
    /// <param name="condition">What must hold, else nothing is written.</param>
    /// <param name="cancellationToken">Cancels the write; it may have happened.</param>
    /// <returns>The new ETag; null where the condition does not hold.</returns>
    /// <exception cref="InsightStoreException">The store failed; the write may have happened.</exception>
    /// <exception cref="ArgumentException">The document breaks a rule of <see cref="InsightRules"/>.</exception>
    Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken);

    /// <summary>Lists documents of a partition by their timestamps, and by ids where these are the same.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="range">Which of them, and how many at a time.</param>
    /// <param name="continuation">What the page before gave, for the same partition and range; null for the first page.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The page. Documents that nobody writes meanwhile are on exactly one page.</returns>
    /// <exception cref="InsightStoreException">The store failed.</exception>
    /// <exception cref="ArgumentException">The continuation is not one that this store gave.</exception>
    Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken);

    /// <summary>Deletes a document.</summary>
    /// <param name="partition">Its partition.</param>
    /// <param name="id">Its id.</param>
    /// <param name="etag">The ETag that it must have; null for any.</param>
    /// <param name="cancellationToken">Cancels the deletion; it may have happened.</param>
    /// <returns>Whether it was there, with that ETag.</returns>
    /// <exception cref="InsightStoreException">The store failed.</exception>
    Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken);
}

/// <summary>A document of an insight store.</summary>
public sealed record InsightDocument
{
    /// <summary>The documents read together, such as the plans of one collection.</summary>
    public required string Partition { get; init; }

    /// <summary>Unique in its partition.</summary>
    public required string Id { get; init; }

    /// <summary>What ranges select by, in UTC; kept to the microsecond.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>A JSON object in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>How long after its last write the document lasts, in whole seconds; null for good.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>The version read; null in a document that was not.</summary>
    public string? ETag { get; init; }
}

/// <summary>Which documents of a partition to list.</summary>
/// <param name="From">The earliest timestamp, inclusive; null for no bound.</param>
/// <param name="To">The latest timestamp, exclusive; null for no bound.</param>
/// <param name="Descending">Whether the latest come first.</param>
/// <param name="PageSize">Most documents of a page, 1 to <see cref="InsightRules.MaxPageSize"/>.</param>
public readonly record struct InsightRange(DateTimeOffset? From = null, DateTimeOffset? To = null, bool Descending = false, int PageSize = InsightRules.MaxPageSize);

/// <summary>A page of documents.</summary>
/// <param name="Documents">The documents.</param>
/// <param name="Continuation">For the next page; null on the last.</param>
public sealed record InsightPage(IReadOnlyList<InsightDocument> Documents, string? Continuation);

/// <summary>An insight store failed. What it was to keep can be tried again later; nothing else depends on it.</summary>
public sealed class InsightStoreException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What failed.</param>
    /// <param name="inner">Why.</param>
    public InsightStoreException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
