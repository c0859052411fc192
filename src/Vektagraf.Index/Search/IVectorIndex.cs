namespace Vektagraf.Index;

/// <summary>
/// An index over vectors of one length, addressed by ordinals 0, 1, 2, … in order of insertion. One writer may append while any number of
/// threads search; each search sees the rows below its <see cref="SearchParameters.RowLimit"/>. Deleting is a matter of the filter.
/// </summary>
public interface IVectorIndex
{
    /// <summary>Components of each vector.</summary>
    int Dimensions { get; }

    /// <summary>How vectors are compared.</summary>
    DistanceMetric Metric { get; }

    /// <summary>Rows appended so far: the row limit of a snapshot taken now.</summary>
    int Count { get; }

    /// <summary>Bytes of memory that the index holds.</summary>
    long MemoryBytes { get; }

    /// <summary>
    /// Finds the nearest rows that the filter accepts, nearest first, ties in the tie breaker's order. Rows whose distance is NaN are never
    /// found, so there may be fewer than k even when there are k rows. <see cref="SearchScratch.Statistics"/> says what was done.
    /// </summary>
    /// <param name="query">As many components as <see cref="Dimensions"/>.</param>
    /// <param name="parameters">How many rows to find, and how.</param>
    /// <param name="filter">The rows that may be returned.</param>
    /// <param name="tie">The order of rows at equal distance.</param>
    /// <param name="scratch">Where to work; the returned rows live in it and are valid until its next use.</param>
    /// <param name="cancellationToken">Ends the search early; looked at every few megabytes scanned or few hundred hops.</param>
    /// <returns>At most k rows.</returns>
    /// <exception cref="ArgumentException">The query has the wrong length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">k is below 1 or the row limit below 0.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    ReadOnlySpan<Neighbor> Search<TFilter, TTie>(
        ReadOnlySpan<float> query,
        in SearchParameters parameters,
        TFilter filter,
        TTie tie,
        SearchScratch scratch,
        CancellationToken cancellationToken = default)
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker;

    /// <summary>The original vector, bit for bit as it was appended.</summary>
    /// <param name="ordinal">Below <see cref="Count"/>.</param>
    /// <param name="destination">As many components as <see cref="Dimensions"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="ArgumentException">The destination has the wrong length.</exception>
    void GetVector(int ordinal, Span<float> destination);
}
