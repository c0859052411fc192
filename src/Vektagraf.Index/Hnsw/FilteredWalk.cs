using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>
/// A walk on level 0 whose pool holds accepted nodes only (and its seeds). Where a filter accepts at least half of a node's links, these are
/// followed; where it accepts fewer, also the accepted links of refused ones, until there are as many as a list holds: the graph of accepted nodes, two hops
/// wide, stays connected where its own edges are thinned out (ACORN, Patel et al. 2024); where these are few, further ones. The choice is made at each node, so that a filter
/// that goes with the place of vectors is met where it is dense and where it is sparse.
/// </summary>
internal static unsafe class FilteredWalk<TScorer, TFilter>
    where TScorer : struct, IRowScorer
    where TFilter : struct, IOrdinalFilter
{
    private const long HopsPerCheck = 64;

    /// <summary>An expansion that found fewer nodes than this looks beyond the second hop.</summary>
    private const int Starving = 8;

    private const int PrefetchedLists = 4;

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

    /// <summary>
    /// Adds the accepted links of refused nodes until the batch is full. Where even these are few, goes on through refused nodes behind refused
    /// nodes, some hundreds of them. Each is passed through once in a walk, however often it is met.
    /// </summary>
    private static int Reach(
        in GraphView graph, TScorer scorer, TFilter filter, VisitedNodes visited, int* refused, int refusedCount, int* batch, int count)
    {
        int capacity = graph.Capacity(0);
        int before = count;
        for (int i = 0; i < refusedCount && count < capacity; i++)
        {
            Prefetch(graph, refused, i + PrefetchedLists, refusedCount);
            visited.Add(refused[i]);
            count = AddAccepted(graph, graph.List(refused[i]), filter, visited, batch, count);
        }

        int firstRing = refusedCount;
        for (int i = 0; i < refusedCount && count < Starving; i++)
        {
            if (i >= firstRing)
            {
                visited.Add(refused[i]);
                count = AddAccepted(graph, graph.List(refused[i]), filter, visited, batch, count);
            }

            refusedCount = AddRefused(graph, graph.List(refused[i]), visited, refused, refusedCount);
        }

        for (int i = before; i < count; i++)
        {
            scorer.Prefetch(batch[i]);
        }

        return count;
    }

    /// <summary>
    /// Adds the accepted nodes of a list, all of them, so the batch may come to hold a list more than it was to. Without branches: whether a node
    /// is accepted is anybody's guess.
    /// </summary>
    private static int AddAccepted(in GraphView graph, int* list, TFilter filter, VisitedNodes visited, int* batch, int count)
    {
        int capacity = graph.Capacity(0);
        for (int link = 0; link < capacity && list[link] >= 0; link++)
        {
            int node = list[link];
            if (node < graph.Nodes)
            {
                batch[count] = node;
                count += visited.AddIf(node, filter.Accepts(node)) ? 1 : 0;
            }
        }

        return count;
    }

    /// <summary>Adds the nodes of a list that were not visited. Those that are accepted were, so the filter need not be asked.</summary>
    private static int AddRefused(in GraphView graph, int* list, VisitedNodes visited, int* refused, int count)
    {
        int capacity = graph.Capacity(0);
        for (int link = 0; link < capacity && list[link] >= 0 && count < GraphScratch.MaxRefused; link++)
        {
            int node = list[link];
            if (node < graph.Nodes && !visited.Contains(node))
            {
                refused[count++] = node;
            }
        }

        return count;
    }

    private static void Prefetch(in GraphView graph, int* nodes, int index, int count)
    {
        if (Sse.IsSupported && index < count)
        {
            int* list = graph.List(nodes[index]);
            Sse.Prefetch0(list);
            Sse.Prefetch0(list + (PinnedBuffer<int>.Alignment / sizeof(int)));
        }
    }
}
