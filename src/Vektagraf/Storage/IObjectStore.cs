namespace Vektagraf.Storage;

/// <summary>
/// The object store: the only place where data is durable. Small on purpose; retry, counting, caching and faults are decorators.
/// </summary>
/// <remarks>
/// <para>Keys are 1–1,024 characters of <c>A–Z a–z 0–9 - _ . /</c>; the segments between slashes have 1–80 characters and do not end
/// with a dot (see <see cref="ObjectKey"/>). No key is another key followed by <c>/</c> and more. Keys order by ordinal comparison.</para>
/// <para>Every operation on one key is linearizable, across processes. A completed put is durable. Expected outcomes are results,
/// never exceptions; a method throws <see cref="ObjectStoreException"/> when the store fails, and then a put or delete may or may
/// not have happened. No implementation retries a conditional put by itself: the commit protocol has to see an unknown outcome.</para>
/// <para>A bad argument is an <see cref="ArgumentException"/> from every method.</para>
/// </remarks>
public interface IObjectStore
{
    /// <summary>Reads an object, or one range of it.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="range">The bytes wanted; null for all. A range that ends past the object's end is cut short; one that starts at
    /// or past it gives zero bytes.</param>
    /// <param name="ifNoneMatch">An ETag: if it is still the object's, the answer is <see cref="GetStatus.NotModified"/> without content.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The content with its ETag, or that it is missing or not modified.</returns>
    Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default);

    /// <summary>Writes an object as a whole; readers see the old content or the new, never a mixture.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="content">The bytes; must not change until the task completes.</param>
    /// <param name="condition">Under which the put happens.</param>
    /// <param name="cancellationToken">Cancels the wait; the put may still happen.</param>
    /// <returns>The new ETag, or that the condition did not hold and nothing was changed.</returns>
    Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default);

    /// <summary>Lists one page of the objects whose key starts with a prefix, in key order. Strongly consistent: an object put
    /// before the call is listed, one deleted before it is not.</summary>
    /// <param name="prefix">Start of the keys; empty for all.</param>
    /// <param name="continuation">From the page before; null for the first.</param>
    /// <param name="pageSize">Entries wanted, 1–5,000. A page may hold fewer though more follow.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The page.</returns>
    Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default);

    /// <summary>Deletes an object.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="cancellationToken">Cancels the wait; the delete may still happen.</param>
    /// <returns>False where there was none.</returns>
    Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default);
}

/// <summary>A range of bytes.</summary>
/// <param name="Offset">First byte, from 0.</param>
/// <param name="Length">Count of bytes, at least 1.</param>
public readonly record struct ByteRange(long Offset, int Length)
{
    /// <summary>Checks the bounds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative or the length below 1.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(Length, 1);
    }

    /// <summary>The part of the range that an object has.</summary>
    /// <param name="totalLength">Length of the object in bytes.</param>
    /// <returns>First byte and count of bytes; (0, 0) where the range starts at or past the end.</returns>
    public (long Start, int Length) Within(long totalLength) =>
        Offset >= totalLength ? (0, 0) : (Offset, (int)Math.Min(Length, totalLength - Offset));
}

/// <summary>How a get ended.</summary>
public enum GetStatus
{
    /// <summary>There is no such object.</summary>
    Missing,

    /// <summary>The content was read.</summary>
    Found,

    /// <summary>The object still has the ETag the caller named.</summary>
    NotModified,
}

/// <summary>The outcome of a get.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Content">The bytes asked for; empty unless found. Owned by the caller.</param>
/// <param name="ETag">The version read; null where missing.</param>
/// <param name="TotalLength">Length of the whole object in bytes; 0 unless found.</param>
public readonly record struct GetResult(GetStatus Status, ReadOnlyMemory<byte> Content, string? ETag, long TotalLength)
{
    /// <summary>Whether the content was read.</summary>
    public bool Found => Status == GetStatus.Found;

    /// <summary>The answer for an object that does not exist.</summary>
    public static GetResult Missing => default;
}

/// <summary>The condition of a put.</summary>
public readonly record struct PutCondition
{
    private PutCondition(bool mustBeAbsent, string? mustMatch)
    {
        MustBeAbsent = mustBeAbsent;
        MustMatch = mustMatch;
    }

    /// <summary>No condition: create or replace.</summary>
    public static PutCondition None => default;

    /// <summary>Create only: there must be no such object (<c>If-None-Match: *</c>).</summary>
    public static PutCondition Absent => new(mustBeAbsent: true, mustMatch: null);

    /// <summary>Whether there must be no such object.</summary>
    public bool MustBeAbsent { get; }

    /// <summary>The ETag the object must have; null for no such condition.</summary>
    public string? MustMatch { get; }

    /// <summary>Compare and swap: the object must exist with this ETag (<c>If-Match</c>).</summary>
    /// <param name="etag">The ETag read before.</param>
    /// <returns>The condition.</returns>
    public static PutCondition Match(string etag)
    {
        // Without this, the ETag of a missing object would turn a compare-and-swap into an unconditional put.
        ArgumentException.ThrowIfNullOrEmpty(etag);
        return new(mustBeAbsent: false, etag);
    }

    /// <summary>Whether a put may happen.</summary>
    /// <param name="currentETag">The object's ETag; null where there is no object.</param>
    /// <returns>Whether the condition holds.</returns>
    public bool HoldsFor(string? currentETag) =>
        MustBeAbsent ? currentETag is null : MustMatch is null || string.Equals(MustMatch, currentETag, StringComparison.Ordinal);
}

/// <summary>The outcome of a put.</summary>
/// <param name="Written">Whether the condition held and the object was written.</param>
/// <param name="ETag">The new version; null unless written.</param>
public readonly record struct PutResult(bool Written, string? ETag)
{
    /// <summary>The answer where the condition did not hold.</summary>
    public static PutResult ConditionFailed => default;
}

/// <summary>One object in a listing.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="LastModified">When it was last written.</param>
public readonly record struct ListEntry(string Key, long Length, DateTimeOffset LastModified);

/// <summary>One page of a listing.</summary>
/// <param name="Entries">The objects, in key order.</param>
/// <param name="Continuation">To be passed for the next page; null on the last.</param>
public readonly record struct ListPage(IReadOnlyList<ListEntry> Entries, string? Continuation)
{
    /// <summary>Most entries of a page.</summary>
    public const int MaxSize = 5_000;

    /// <summary>Checks what a listing was asked for.</summary>
    /// <param name="prefix">Start of the keys.</param>
    /// <param name="pageSize">Entries wanted.</param>
    /// <exception cref="ArgumentException">No key can start with the prefix, or the page size is not 1–5,000.</exception>
    public static void ValidateRequest(string prefix, int pageSize)
    {
        ObjectKey.ValidatePrefix(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageSize, MaxSize);
    }
}

/// <summary>The store failed; a put or delete in progress may or may not have happened.</summary>
public sealed class ObjectStoreException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What failed, with the key.</param>
    /// <param name="isTransient">Whether the same call may succeed later.</param>
    /// <param name="inner">The cause.</param>
    public ObjectStoreException(string message, bool isTransient, Exception? inner = null)
        : base(message, inner) => IsTransient = isTransient;

    /// <summary>Whether the same call may succeed later (timeout, throttling, 5xx), as opposed to a refusal (credentials, disk full).</summary>
    public bool IsTransient { get; }
}
