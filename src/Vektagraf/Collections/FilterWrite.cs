namespace Vektagraf.Collections;

/// <summary>Which objects a delete or patch by filter is about.</summary>
/// <param name="Filter">The filter; <c>true</c> for all objects.</param>
/// <param name="Limit">Most objects, no matter which; null for all.</param>
/// <param name="DryRun">Whether only to count them.</param>
public sealed record FilterWriteRequest(string Filter, int? Limit = null, bool DryRun = false);

/// <summary>What a delete or patch by filter did. Every object counted as changed is durable.</summary>
/// <param name="Matched">Objects that fulfilled the filter when it began.</param>
/// <param name="Changed">Objects deleted or changed; a patch leaves alone those that have what it says.</param>
/// <param name="Skipped">Objects that others deleted, or changed so that they no longer fulfil the filter, before their turn came.</param>
/// <param name="FailedCount">Objects that could not be changed.</param>
/// <param name="Failed">The first <see cref="Limits.MaxReportedFailures"/> of them.</param>
/// <param name="Session">Token for reads that must see the changes.</param>
public sealed record FilterWriteResult(long Matched, long Changed, long Skipped, long FailedCount, IReadOnlyList<FilterWriteFailure> Failed, string Session);

/// <summary>An object that could not be changed.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Detail">Why not.</param>
public sealed record FilterWriteFailure(string Id, string Detail);
