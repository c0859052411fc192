namespace Vektagraf.Storage.Decorators;

/// <summary>What one kind of request amounted to.</summary>
/// <param name="Requests">Calls made, however they ended; a call counts when it begins.</param>
/// <param name="Bytes">Content received by gets, content sent by puts (also by those that failed); 0 for lists and deletes.</param>
/// <param name="Failures">Calls that threw anything but a cancellation.</param>
/// <param name="Cancellations">Calls that were cancelled.</param>
public readonly record struct OperationCounts(long Requests, long Bytes, long Failures, long Cancellations)
{
    /// <summary>What was added since.</summary>
    /// <param name="earlier">Counts taken before.</param>
    /// <returns>The difference.</returns>
    public OperationCounts Since(OperationCounts earlier) => new(
        Requests - earlier.Requests, Bytes - earlier.Bytes, Failures - earlier.Failures, Cancellations - earlier.Cancellations);
}

/// <summary>What a store was asked for, and what became of it.</summary>
public readonly record struct StoreCounts
{
    /// <summary>Gets.</summary>
    public OperationCounts Get { get; init; }

    /// <summary>Puts.</summary>
    public OperationCounts Put { get; init; }

    /// <summary>Lists; each page is one.</summary>
    public OperationCounts List { get; init; }

    /// <summary>Deletes.</summary>
    public OperationCounts Delete { get; init; }

    /// <summary>Puts whose condition did not hold.</summary>
    public long Conflicts { get; init; }

    /// <summary>Gets and deletes that found nothing.</summary>
    public long Missing { get; init; }

    /// <summary>Gets answered without content, because the caller named the current ETag.</summary>
    public long NotModified { get; init; }

    /// <summary>Entries on all pages listed.</summary>
    public long ListedEntries { get; init; }

    /// <summary>Requests of all kinds: what the provider bills.</summary>
    public long Requests => Get.Requests + Put.Requests + List.Requests + Delete.Requests;

    /// <summary>Failures of all kinds of requests.</summary>
    public long Failures => Get.Failures + Put.Failures + List.Failures + Delete.Failures;

    /// <summary>What was added since: the cost of what ran in between.</summary>
    /// <param name="earlier">Counts taken before.</param>
    /// <returns>The difference.</returns>
    public StoreCounts Since(StoreCounts earlier) => new()
    {
        Get = Get.Since(earlier.Get),
        Put = Put.Since(earlier.Put),
        List = List.Since(earlier.List),
        Delete = Delete.Since(earlier.Delete),
        Conflicts = Conflicts - earlier.Conflicts,
        Missing = Missing - earlier.Missing,
        NotModified = NotModified - earlier.NotModified,
        ListedEntries = ListedEntries - earlier.ListedEntries,
    };
}
