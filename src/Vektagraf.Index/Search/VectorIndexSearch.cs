namespace Vektagraf.Index;

/// <summary>Searches for callers that hold filter and tie breaker as interfaces or have none; the same for every kind of index.</summary>
public static class VectorIndexSearch
{
    /// <summary>Finds the nearest rows that the filter accepts, as <see cref="IVectorIndex.Search{TFilter, TTie}"/> does.</summary>
    /// <param name="index">The index.</param>
    /// <param name="query">As many components as <see cref="IVectorIndex.Dimensions"/>.</param>
    /// <param name="parameters">How many rows to find, and how.</param>
    /// <param name="filter">The rows that may be returned; null for all.</param>
    /// <param name="tie">The order of rows at equal distance; null for the order of insertion.</param>
    /// <param name="scratch">Where to work; the returned rows live in it and are valid until its next use.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <returns>At most k rows.</returns>
    public static ReadOnlySpan<Neighbor> Search(
        this IVectorIndex index,
        ReadOnlySpan<float> query,
        in SearchParameters parameters,
        IOrdinalFilter? filter,
        ITieBreaker? tie,
        SearchScratch scratch,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        return (filter, tie) switch
        {
            (null, null) => index.Search(query, parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch, cancellationToken),
            (null, _) => index.Search(query, parameters, default(AcceptAll), new VirtualTieBreaker(tie), scratch, cancellationToken),
            (BitmapFilter bitmap, null) => index.Search(query, parameters, bitmap, default(OrdinalTieBreaker), scratch, cancellationToken),
            (_, null) => index.Search(query, parameters, new VirtualFilter(filter), default(OrdinalTieBreaker), scratch, cancellationToken),
            _ => index.Search(query, parameters, new VirtualFilter(filter), new VirtualTieBreaker(tie), scratch, cancellationToken),
        };
    }
}
