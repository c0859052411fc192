using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Index;

/// <summary>Work done by walks.</summary>
internal struct WalkCounts
{
    /// <summary>Nodes expanded.</summary>
    public long Hops;

    /// <summary>Distances computed.</summary>
    public long Scored;

    /// <summary>Nodes that a filter refused.</summary>
    public long Refused;
}

/// <summary>Walks through a graph towards a query: greedy above level 0, best-first with a bounded pool on it.</summary>
/// <remarks>
/// A cache miss costs ten times an inner product, so every hop first collects the nodes to score and asks the hardware for all their rows,
/// then scores them; and asks for the links of the likely next node before it does so.
/// </remarks>
internal static unsafe class GraphWalk<TScorer>
    where TScorer : struct, IRowScorer
{
    /// <summary>Hops between two looks at the cancellation token.</summary>
    private const long HopsPerCheck = 256;

    /// <summary>Walks greedily from one level down to another, each time to the best node of the level.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scorer">Distances from the query.</param>
    /// <param name="from">The level to start on.</param>
    /// <param name="down">The lowest level to walk on.</param>
    /// <param name="best">The node to start at, then the node reached.</param>
    /// <param name="counts">Added to.</param>
    /// <returns>The distance of the node reached.</returns>
    public static float Descend(in GraphView graph, TScorer scorer, int from, int down, ref int best, ref WalkCounts counts)
    {
        float distance = Finite(scorer.Score(best));
        counts.Scored++;
        for (int level = from; level >= down; level--)
        {
            for (bool nearer = true; nearer;)
            {
                nearer = false;
                int* list = graph.List(best, level);
                int capacity = graph.Capacity(level);
                counts.Hops++;
                for (int i = 0; i < capacity && list[i] >= 0; i++)
                {
                    int node = list[i];
                    if (node >= graph.Nodes)
                    {
                        continue;
                    }

                    float other = scorer.Score(node);
                    counts.Scored++;
                    if (other < distance)
                    {
                        distance = other;
                        best = node;
                        nearer = true;
                    }
                }
            }
        }

        return distance;
    }

    /// <summary>Puts a node that the walk starts from into the pool, whatever its distance.</summary>
    public static void Seed(GraphScratch scratch, VisitedNodes visited, int node, float distance)
    {
        if (visited.Add(node))
        {
            scratch.Pool.Offer(Finite(distance), node);
        }
    }

    /// <summary>Expands the pool's nodes, nearest first, until none is left. The pool holds the seeds.</summary>
    [SkipLocalsInit]
    public static void Expand(
        in GraphView graph, TScorer scorer, int level, GraphScratch scratch, VisitedNodes visited, ref WalkCounts counts, CancellationToken cancellationToken)
    {
        CandidatePool pool = scratch.Pool;
        int* batch = scratch.Batch.Pointer;
        int capacity = graph.Capacity(level);
        int nodes = graph.Nodes;
        long hops = 0;
        while (pool.TryExpand(out int current))
        {
            int* list = graph.List(current, level);
            int count = 0;
            for (int i = 0; i < capacity; i++)
            {
                int node = list[i];
                if ((uint)node < (uint)nodes)
                {
                    if (visited.Add(node))
                    {
                        scorer.Prefetch(node);
                        batch[count++] = node;
                    }
                }
                else if (node < 0)
                {
                    break;
                }
            }

            PrefetchNext(graph, pool, level);
            Score(scorer, pool, batch, count);
            counts.Scored += count;
            if ((++hops & (HopsPerCheck - 1)) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        counts.Hops += hops;
    }

    /// <summary>Scores a batch of nodes and offers them to the pool.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Score(TScorer scorer, CandidatePool pool, int* batch, int count)
    {
        int i = 0;
        if (scorer.InFours)
        {
            for (; i <= count - 4; i += 4)
            {
                Vector128<float> distances = scorer.Score4(batch[i], batch[i + 1], batch[i + 2], batch[i + 3]);
                if (Vector128.LessThanAny(distances, Vector128.Create(pool.Threshold)))
                {
                    pool.Offer(distances[0], batch[i]);
                    pool.Offer(distances[1], batch[i + 1]);
                    pool.Offer(distances[2], batch[i + 2]);
                    pool.Offer(distances[3], batch[i + 3]);
                }
            }
        }

        for (; i < count; i++)
        {
            pool.Offer(scorer.Score(batch[i]), batch[i]);
        }
    }

    /// <summary>Asks for the links of the node that is expanded next unless this hop finds a nearer one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchNext(in GraphView graph, CandidatePool pool, int level)
    {
        int next = pool.PeekNext();
        if (Sse.IsSupported && level == 0 && next >= 0)
        {
            int* list = graph.List(next);
            Sse.Prefetch0(list);
            Sse.Prefetch0(list + (PinnedBuffer<int>.Alignment / sizeof(int)));
        }
    }

    /// <summary>A walk must start somewhere: a seed without a distance is as far as can be.</summary>
    private static float Finite(float distance) => distance < float.MaxValue ? distance : float.MaxValue;
}
