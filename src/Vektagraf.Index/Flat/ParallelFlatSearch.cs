namespace Vektagraf.Index;

/// <summary>One search by several threads: each takes the next block until none is left and keeps candidates of its own.</summary>
internal sealed class ParallelFlatSearch<TMetric, TFilter, TTie>(
    FlatRows rows, TFilter filter, TTie tie, SearchParameters parameters, CancellationToken cancellationToken)
    where TMetric : struct, IMetric
    where TFilter : struct, IOrdinalFilter
    where TTie : struct, ITieBreaker
{
    private int _nextBlock = -1;

    /// <summary>Searches; the candidates of all threads end in the scratch. Their order is total, so which thread saw which block does not matter.</summary>
    public void Run(int threads, SearchScratch scratch)
    {
        SearchScratch[] workers = scratch.Children(threads);
        FlatQuery query = scratch.Query;
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        Parallel.For(0, threads, options, worker => Work(workers[worker], query));
        for (int worker = 0; worker < threads; worker++)
        {
            scratch.Candidates.Merge(workers[worker].Candidates, tie);
            scratch.Statistics += workers[worker].Statistics;
        }
    }

    private void Work(SearchScratch worker, FlatQuery query)
    {
        worker.Begin(query, parameters);
        for (int block = Interlocked.Increment(ref _nextBlock); block < rows.Blocks; block = Interlocked.Increment(ref _nextBlock))
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Scan<TMetric, TFilter, TTie>(block, filter, tie, new ReadOnlySpan<SearchScratch>(ref worker));
        }
    }
}
