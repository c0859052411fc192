namespace Vektagraf.Index;

public sealed partial class FlatIndex
{
    /// <summary>
    /// Searches for many queries in one pass over the rows: each block of rows is read from memory once and scored against every query while
    /// it is in cache. Each query's result is the same as that of a search of its own.
    /// </summary>
    /// <param name="queries">The queries laid end to end.</param>
    /// <param name="parameters">How many rows to find for each, and how. With more than one thread, each takes a part of the queries.</param>
    /// <param name="filter">The rows that may be returned.</param>
    /// <param name="tie">The order of rows at equal distance.</param>
    /// <param name="scratch">Where to work; its statistics are the sums over the queries.</param>
    /// <param name="results">K places for each query, nearest first; places beyond a query's count are left as they are.</param>
    /// <param name="counts">Rows found for each query.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <exception cref="ArgumentException">The queries are no whole number of vectors, or results or counts are too short for them.</exception>
    /// <exception cref="ArgumentOutOfRangeException">k is below 1 or the row limit below 0.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public void SearchBatch<TFilter, TTie>(
        ReadOnlySpan<float> queries,
        in SearchParameters parameters,
        TFilter filter,
        TTie tie,
        SearchScratch scratch,
        Span<Neighbor> results,
        Span<int> counts,
        CancellationToken cancellationToken = default)
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        int queryCount = RequireBatch(queries.Length, parameters.K, results.Length, counts.Length);
        switch (Metric)
        {
            case DistanceMetric.Cosine:
                ScanBatch<CosineMetric, TFilter, TTie>(queries, queryCount, parameters, filter, tie, scratch, cancellationToken);
                break;
            case DistanceMetric.Dot:
                ScanBatch<DotMetric, TFilter, TTie>(queries, queryCount, parameters, filter, tie, scratch, cancellationToken);
                break;
            default:
                ScanBatch<EuclideanMetric, TFilter, TTie>(queries, queryCount, parameters, filter, tie, scratch, cancellationToken);
                break;
        }

        SearchScratch[] searches = scratch.Children(queryCount);
        scratch.Statistics = default;
        for (int i = 0; i < queryCount; i++)
        {
            ReadOnlySpan<Neighbor> found = searches[i].Candidates.Drain(tie);
            found.CopyTo(results[(i * parameters.K)..]);
            counts[i] = found.Length;
            scratch.Statistics += searches[i].Statistics;
        }
    }

    private void ScanBatch<TMetric, TFilter, TTie>(
        ReadOnlySpan<float> queries,
        int queryCount,
        in SearchParameters parameters,
        TFilter filter,
        TTie tie,
        SearchScratch scratch,
        CancellationToken cancellationToken)
        where TMetric : struct, IMetric
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        FlatRows rows = Snapshot(parameters.RowLimit, _layout.BatchBlockRows);
        PinnedBuffer<float> buffer = scratch.Queries(checked(queryCount * _layout.Stride));
        SearchScratch[] searches = scratch.Children(queryCount);
        for (int i = 0; i < queryCount; i++)
        {
            searches[i].Begin(Prepare<TMetric>(queries.Slice(i * Dimensions, Dimensions), buffer, i * _layout.Stride), parameters);
        }

        int threads = Math.Min(parameters.DegreeOfParallelism, queryCount);
        if (threads > 1)
        {
            ScanParallel<TMetric, TFilter, TTie>(rows, queryCount, threads, filter, tie, searches, cancellationToken);
        }
        else if (queryCount > 0)
        {
            rows.ScanAll<TMetric, TFilter, TTie>(filter, tie, searches.AsSpan(0, queryCount), cancellationToken);
        }
    }

    /// <summary>A method of its own, so that only parallel batches pay for the closure.</summary>
    private static void ScanParallel<TMetric, TFilter, TTie>(
        FlatRows rows, int queryCount, int threads, TFilter filter, TTie tie, SearchScratch[] searches, CancellationToken cancellationToken)
        where TMetric : struct, IMetric
        where TFilter : struct, IOrdinalFilter
        where TTie : struct, ITieBreaker
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        Parallel.For(0, threads, options, thread =>
        {
            int first = (int)((long)queryCount * thread / threads);
            int end = (int)((long)queryCount * (thread + 1) / threads);
            rows.ScanAll<TMetric, TFilter, TTie>(filter, tie, searches.AsSpan(first, end - first), cancellationToken);
        });
    }

    private int RequireBatch(int components, int k, int results, int counts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (components % Dimensions != 0)
        {
            throw new ArgumentException($"{components} components are no whole number of queries of {Dimensions}.");
        }

        int queries = components / Dimensions;
        if (results < (long)queries * k || counts < queries)
        {
            throw new ArgumentException($"{queries} queries need {(long)queries * k} results and {queries} counts, not {results} and {counts}.");
        }

        return queries;
    }
}
