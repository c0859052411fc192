namespace Vektagraf.Index;

/// <summary>
/// A walk on level 0 whose pool holds accepted nodes only (and its seeds). Where a filter accepts at least half of a node's links, these are
/// followed; where it accepts fewer, also the accepted links of refused ones, as many as a list holds: the graph of accepted nodes, two hops
/// wide, stays connected where its own edges are thinned out (ACORN, Patel et al. 2024). The choice is made at each node, so that a filter
/// that goes with the place of vectors is met where it is dense and where it is sparse.
/// </summary>
internal static unsafe class FilteredWalk<TScorer, TFilter>
    where TScorer : struct, IRowScorer
    where TFilter : struct, IOrdinalFilter
{
    private const long HopsPerCheck = 64;

    /// <summary>Expands the pool's nodes, nearest first, until none is left. The pool holds the seeds.</summary>
    public static void Expand(
        in GraphView graph, TScorer scorer, TFilter filter, GraphScratch scratch, VisitedNodes visited, ref WalkCounts counts, CancellationToken cancellationToken)
    {
        CandidatePool pool = scratch.Pool;
        int* batch = scratch.Batch.Pointer;
        int* refused = scratch.Refused.Pointer;
        int capacity = graph.Capacity(0);
        long hops = 0;
        while (pool.TryExpand(out int current))
        {
            int* list = graph.List(current);
            int count = 0;
            int refusedCount = 0;
            int links = 0;
            for (; links < capacity && list[links] >= 0; links++)
            {
                int node = list[links];
                if (node >= graph.Nodes || visited.Contains(node))
                {
                    continue;
                }

                if (filter.Accepts(node))
                {
                    visited.Add(node);
                    scorer.Prefetch(node);
                    batch[count++] = node;
                }
                else
                {
                    refused[refusedCount++] = node;
                }
            }

            counts.Refused += refusedCount;
            if (2 * refusedCount > links)
            {
                count = Reach(graph, scorer, filter, visited, refused, refusedCount, batch, count);
            }

            GraphWalk<TScorer>.PrefetchNext(graph, pool, level: 0);
            GraphWalk<TScorer>.Score(scorer, pool, batch, count);
            counts.Scored += count;
            if ((++hops & (HopsPerCheck - 1)) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        counts.Hops += hops;
    }

    /// <summary>Adds the accepted links of refused nodes, each of which is passed through once in a walk.</summary>
    private static int Reach(
        in GraphView graph, TScorer scorer, TFilter filter, VisitedNodes visited, int* refused, int refusedCount, int* batch, int count)
    {
        int capacity = graph.Capacity(0);
        for (int i = 0; i < refusedCount && count < capacity; i++)
        {
            visited.Add(refused[i]);
            int* list = graph.List(refused[i]);
            for (int link = 0; link < capacity && list[link] >= 0 && count < capacity; link++)
            {
                int node = list[link];
                if (node < graph.Nodes && !visited.Contains(node) && filter.Accepts(node))
                {
                    visited.Add(node);
                    scorer.Prefetch(node);
                    batch[count++] = node;
                }
            }
        }

        return count;
    }
}
