using System.Runtime.InteropServices;

namespace Vektagraf.Index;

/// <summary>How to search an index. Each kind of index reads what concerns it and ignores the rest.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SearchParameters
{
    /// <summary>Searches for the k nearest rows.</summary>
    /// <param name="k">At least 1.</param>
    public SearchParameters(int k) => K = k;

    /// <summary>The most rows to return, at least 1.</summary>
    public int K { get; init; }

    /// <summary>Search only the rows with ordinals below this: the count at the time of the caller's snapshot. A limit above the count means all rows.</summary>
    public int RowLimit { get; init; } = int.MaxValue;

    /// <summary>The greatest distance to return, inclusive; Euclidean is squared.</summary>
    public float MaxDistance { get; init; } = float.PositiveInfinity;

    /// <summary>Graph indexes: length of the candidate pool; 0 for the index's default.</summary>
    public int EfSearch { get; init; }

    /// <summary>Inverted-list indexes: lists to visit; 0 for the index's default.</summary>
    public int NProbe { get; init; }

    /// <summary>Scan every row at full precision, whatever the kind of index. A flat index always does.</summary>
    public bool Exact { get; init; }

    /// <summary>Graph indexes: how a filter is met.</summary>
    public FilterStrategy FilterStrategy { get; init; }

    /// <summary>
    /// Graph indexes, for searches with a filter: rows that are scanned in the time that one place of the candidate pool costs a walk without one; 0 for the
    /// index's own figure.
    /// </summary>
    public double RowsPerCandidate { get; init; }

    /// <summary>
    /// The most threads to search with, the caller's included; 0 and 1 search on the caller's alone. The result is the same for any number.
    /// Only a search on one thread is free of allocations.
    /// </summary>
    public int DegreeOfParallelism { get; init; }
}

/// <summary>How a graph index meets a filter. Whichever it is, no search returns fewer rows than k where more match.</summary>
public enum FilterStrategy
{
    /// <summary>The index chooses, by how many rows match, and by what is accepted next to the query.</summary>
    Auto,

    /// <summary>All matching rows are scored.</summary>
    Scan,

    /// <summary>The walk asks the filter, and holds matching rows only.</summary>
    Inside,

    /// <summary>A walk without the filter, with a pool so long that k of what it holds are expected to match, and then the test.</summary>
    After,
}

/// <summary>What a search did.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SearchStatistics
{
    /// <summary>Rows looked at, filtered-out ones included.</summary>
    public long Considered { get; init; }

    /// <summary>Rows that the filter refused.</summary>
    public long Filtered { get; init; }

    /// <summary>Distances computed, approximate ones included.</summary>
    public long Scored { get; init; }

    /// <summary>Graph indexes: nodes expanded.</summary>
    public long Hops { get; init; }

    /// <summary>Inverted-list indexes: lists visited.</summary>
    public long ListsProbed { get; init; }

    /// <summary>Candidates scored again at full precision.</summary>
    public long Reranked { get; init; }

    /// <summary>Graph indexes: how a filter was met; of several searches, the last kind of those in <see cref="Index.FilterStrategy"/> that any of them took.</summary>
    public FilterStrategy FilterStrategy { get; init; }

    /// <summary>Adds the work of two searches.</summary>
    public static SearchStatistics operator +(SearchStatistics a, SearchStatistics b) => new()
    {
        Considered = a.Considered + b.Considered,
        Filtered = a.Filtered + b.Filtered,
        Scored = a.Scored + b.Scored,
        Hops = a.Hops + b.Hops,
        ListsProbed = a.ListsProbed + b.ListsProbed,
        Reranked = a.Reranked + b.Reranked,
        FilterStrategy = a.FilterStrategy > b.FilterStrategy ? a.FilterStrategy : b.FilterStrategy,
    };
}
