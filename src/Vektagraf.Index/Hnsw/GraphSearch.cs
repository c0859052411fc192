using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

/// <summary>One search: down through the graph, along its lowest level, then the exact ranking of what was found.</summary>
internal readonly unsafe ref struct GraphSearch<TFilter, TTie>(
    GraphView graph, TFilter filter, TTie tie, SearchScratch scratch, CancellationToken cancellationToken)
    where TFilter : struct, IOrdinalFilter
    where TTie : struct, ITieBreaker
{
    /// <summary>Candidates whose vectors are asked for before the first of them is ranked.</summary>
    private const int RankedAhead = 8;

    /// <summary>Nodes looked at to see what is accepted next to a query.</summary>
    private const int NearestLooked = 16;

    /// <summary>A scan that takes so many times as long as a look at what lies next to the query is preceded by one.</summary>
    private const double ProbePays = 8;

    /// <summary>From this share of accepted rows on, the few nodes that are looked at tell whether fewer are accepted there than elsewhere.</summary>
    private const double ManyAccepted = 0.19;

    /// <summary>A pool of so many places for each result is long enough anywhere.</summary>
    private const int WidePool = 16;

    /// <summary>Rows whose numbers are gathered before they are scored.</summary>
    private const int ScannedAtOnce = 4096;

    /// <summary>A walk without the filter of whose pool it accepts less than this share is done again with the filter.</summary>
    private const double FewAccepted = 0.75;

    /// <summary>Estimates and distances are float sums in different orders; a bound counts only beyond their rounding.</summary>
    private const float Rounding = 1e-5f;

    /// <summary>Walks with one scorer, or scans where that is the plan, and ranks with another.</summary>
    public void Run<TScorer, TExact>(TScorer scorer, TExact exact, ref SearchPlan plan)
        where TScorer : struct, IRowScorer
        where TExact : struct, IRowScorer
    {
        var counts = default(WalkCounts);
        int start = plan.Entry;
        float distance = GraphWalk<TScorer>.Descend(graph, scorer, graph.Top, 1, ref start, ref counts);
        int pool = plan.Ef;
        if (!plan.IsForced && plan.IsExact && plan.Matches >= ProbePays * NearestLooked * plan.RowsPerPlace)
        {
            FindDense(scorer, start, distance, ref plan, ref counts);
        }
        else if (!plan.IsForced && plan.IsFiltered)
        {
            FilterAfterwards(scorer, start, distance, ref plan, ref counts);
        }

        if (plan.IsExact)
        {
            plan.HasScanned = true;
            scratch.Statistics = new SearchStatistics { FilterStrategy = FilterStrategy.Scan };
            Scan(scorer, exact, 0, plan.Limit, plan.Deleted);
            ScanPending(scorer, exact, ref plan);
            return;
        }

        if (plan.IsFiltered)
        {
            plan.Filter(filter, scratch.Graph);
        }

        Expand(scorer, start, distance, plan, ref counts);
        int accepted = Accept(plan);
        if (plan.TestsResults && !plan.IsFiltered && accepted < Enough(plan))
        {
            // Here the filter refuses more than elsewhere, and the nearest that it accepts lie along an edge, where the graph is thin.
            if (TFilter.AcceptsNearlyAll)
            {
                // It says so, and was not counted.
                plan.Count(filter, scratch.Graph);
            }

            plan.Filter(filter, scratch.Graph);
            plan.Ef = plan.IsForced ? pool : AlongAnEdge(pool);
            Expand(scorer, start, distance, plan, ref counts);
            accepted = Accept(plan);
        }

        Rank(scorer, exact, accepted, ref counts);
        scratch.Statistics += new SearchStatistics { FilterStrategy = plan.IsFiltered ? FilterStrategy.Inside : plan.TestsResults ? FilterStrategy.After : FilterStrategy.Auto };
        if (accepted < Math.Min(scratch.Candidates.Capacity, plan.Matches))
        {
            plan.IsExact = true;
        }
        else
        {
            ScanPending(scorer, exact, ref plan);
        }

        graph.KeepAlive();
    }

    /// <summary>Gives up a long scan where few are accepted in all, but most of what lies next to the query: a filter that goes with the place of vectors.</summary>
    private void FindDense<TScorer>(TScorer scorer, int start, float distance, ref SearchPlan plan, ref WalkCounts counts)
        where TScorer : struct, IRowScorer
    {
        if (2 * ShareNear(scorer, start, distance, plan, ref counts) > 1)
        {
            plan.IsExact = false;
            plan.IsFiltered = true;
        }
    }

    /// <summary>
    /// Lets the walk do without the filter where that is cheaper, with a pool so long that enough of it will be accepted. Where this takes a longer one
    /// than was asked for, a look at what lies next to the query comes first, and may show that a scan is the cheapest.
    /// </summary>
    private void FilterAfterwards<TScorer>(TScorer scorer, int start, float distance, ref SearchPlan plan, ref WalkCounts counts)
        where TScorer : struct, IRowScorer
    {
        double share = plan.Matches / plan.Limit;
        double needed = SearchPlan.PoolToFilter(scratch.Candidates.Capacity, share);
        if (needed > plan.Ef)
        {
            double near = ShareNear(scorer, start, distance, plan, ref counts);
            if (share >= ManyAccepted && 2 * near < share)
            {
                plan.Ef = AlongAnEdge(plan.Ef);
                return;
            }

            // Few nodes tell little: what holds everywhere counts as much as half of them.
            share = (near + (0.5 * share)) / 1.5;
            needed = SearchPlan.PoolToFilter(scratch.Candidates.Capacity, share);
            plan.IsExact = plan.Matches <= plan.RowsPerPlace * Math.Min(needed, plan.Ef * SearchPlan.CostInside(share));
        }

        if (!plan.IsExact && needed <= plan.Ef * SearchPlan.CostInside(share) && needed <= HnswOptions.MaxEf)
        {
            plan.IsFiltered = false;
            plan.Ef = Math.Max(plan.Ef, (int)needed);
        }
    }

    /// <summary>The pool where the nearest accepted nodes lie along the edge of what is refused, where the graph is thin.</summary>
    private int AlongAnEdge(int pool) => pool < WidePool * scratch.Candidates.Capacity ? Math.Min(HnswOptions.MaxEf, pool + (pool / 2)) : pool;

    /// <summary>Accepted nodes that a walk without the filter must have found: at the end of the pool, some of the nearest are missing.</summary>
    private double Enough(in SearchPlan plan)
    {
        int k = scratch.Candidates.Capacity;
        double sure = plan.IsForced ? k : Math.Min(FewAccepted * scratch.Graph.Pool.Count, (1.25 * k) + 2);
        return Math.Max(sure, Math.Min(k, plan.Matches));
    }

    /// <summary>The share of the nodes next to the query that is accepted, as a short walk without the filter finds it.</summary>
    private double ShareNear<TScorer>(TScorer scorer, int start, float distance, in SearchPlan plan, ref WalkCounts counts)
        where TScorer : struct, IRowScorer
    {
        SearchPlan near = plan with { IsFiltered = false, Ef = Math.Min(plan.Ef, NearestLooked), TestsResults = true };
        Expand(scorer, start, distance, near, ref counts);
        return (double)Accept(near) / scratch.Graph.Pool.Count;
    }

    /// <summary>Rows that are not linked yet but have codes, where codes are as sure as the vectors; others are left to be scanned by these.</summary>
    private void ScanPending<TScorer, TExact>(TScorer scorer, TExact exact, ref SearchPlan plan)
        where TScorer : struct, IRowScorer
        where TExact : struct, IRowScorer
    {
        if (TScorer.HasOneBound && plan.Coded > plan.Limit)
        {
            Scan(scorer, exact, plan.Limit, plan.Coded, plan.Deleted);
            plan.Scanned = plan.Coded;
        }
    }

    /// <summary>Scores the codes of all accepted rows, and ranks those whose bound may still enter: a fraction of the bytes of the vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scan<TScorer, TExact>(TScorer scorer, TExact exact, int first, int end, ulong[] deleted)
        where TScorer : struct, IRowScorer
        where TExact : struct, IRowScorer
    {
        var results = new ResultFilter<TFilter>(end, deleted, filter);
        PinnedBuffer<int> gathered = scratch.Rows(ScannedAtOnce);
        long scored = 0;
        long reranked = 0;
        float ruledOut = float.PositiveInfinity;
        for (int start = first; start < end; start += ScannedAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int accepted = FlatRows.Gather(gathered.Pointer, 0, start, Math.Min(ScannedAtOnce, end - start), results);
            scored += accepted;
            reranked += Offer(scorer, exact, gathered.Pointer, accepted, ref ruledOut);
        }

        scratch.Statistics += new SearchStatistics { Considered = end - first, Filtered = end - first - scored, Scored = scored, Reranked = reranked };
        GC.KeepAlive(gathered);
    }

    /// <summary>Scores rows and takes those that may be among the nearest.</summary>
    /// <returns>How many were ranked by their vectors.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Offer<TScorer, TExact>(TScorer scorer, TExact exact, int* rows, int count, ref float ruledOut)
        where TScorer : struct, IRowScorer
        where TExact : struct, IRowScorer
    {
        int reranked = 0;
        int i = 0;
        if (TScorer.HasOneBound && scorer.InFours)
        {
            for (; i <= count - 4; i += 4)
            {
                for (int ahead = i + RankedAhead; ahead < Math.Min(count, i + RankedAhead + 4); ahead++)
                {
                    scorer.Prefetch(rows[ahead]);
                }

                Vector128<float> estimates = scorer.Score4(rows[i], rows[i + 1], rows[i + 2], rows[i + 3]);
                if (!Vector128.GreaterThanOrEqualAll(estimates, Vector128.Create(ruledOut)))
                {
                    for (int lane = 0; lane < 4; lane++)
                    {
                        reranked += Take(scorer, exact, rows[i + lane], estimates[lane], ref ruledOut);
                    }
                }
            }
        }

        for (; i < count; i++)
        {
            if (i + RankedAhead < count)
            {
                scorer.Prefetch(rows[i + RankedAhead]);
            }

            reranked += Take(scorer, exact, rows[i], scorer.Score(rows[i]), ref ruledOut);
        }

        return reranked;
    }

    /// <summary>Ranks a row if it may be among the nearest.</summary>
    /// <returns>1 if its vector was read for that.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Take<TScorer, TExact>(TScorer scorer, TExact exact, int row, float estimate, ref float ruledOut)
        where TScorer : struct, IRowScorer
        where TExact : struct, IRowScorer
    {
        TopK found = scratch.Candidates;
        if (TScorer.HasOneBound && estimate >= ruledOut)
        {
            return 0;
        }

        if (scorer.IsExact(estimate))
        {
            found.Push(estimate, row, tie);
            return 0;
        }

        if (MayEnter(scorer.LowerBound(row, estimate), found.Threshold))
        {
            found.Push(exact.Score(row), row, tie);
            return 1;
        }

        // The threshold only falls, so this stays ruled out.
        ruledOut = Math.Min(ruledOut, estimate);
        return 0;
    }

    /// <summary>Fills the pool, along the lowest level from where the higher ones led.</summary>
    private void Expand<TScorer>(TScorer scorer, int start, float distance, in SearchPlan plan, ref WalkCounts counts)
        where TScorer : struct, IRowScorer
    {
        GraphScratch work = scratch.Graph;
        VisitedNodes visited = work.BeginVisit(plan.Nodes);
        work.Pool.Reset(plan.Ef);
        GraphWalk<TScorer>.Seed(work, visited, start, distance);
        if (plan.IsFiltered)
        {
            for (int i = 0; i < plan.Seeds; i++)
            {
                int seed = work.Seeds.Pointer[i];
                GraphWalk<TScorer>.Seed(work, visited, seed, scorer.Score(seed));
            }

            var results = new ResultFilter<TFilter>(plan.Limit, plan.Deleted, filter);
            FilteredWalk<TScorer, ResultFilter<TFilter>>.Expand(graph, scorer, results, work, visited, ref counts, cancellationToken);
        }
        else
        {
            GraphWalk<TScorer>.Expand(graph, scorer, 0, work, visited, ref counts, cancellationToken);
        }
    }

    /// <summary>Writes down the ranks in the pool of those that may be returned.</summary>
    private int Accept(in SearchPlan plan)
    {
        CandidatePool pool = scratch.Graph.Pool;
        int* ranks = scratch.Rows(pool.Count + RankedAhead).Pointer;
        var results = new ResultFilter<TFilter>(plan.Limit, plan.Deleted, filter);
        int accepted = 0;
        for (int rank = 0; rank < pool.Count; rank++)
        {
            int node = pool.NodeAt(rank);
            if (plan.TestsResults ? results.Accepts(node) : node < plan.Limit)
            {
                ranks[accepted++] = rank;
            }
        }

        return accepted;
    }

    private void Rank<TScorer, TExact>(TScorer scorer, TExact exact, int accepted, ref WalkCounts counts)
        where TScorer : struct, IRowScorer
        where TExact : struct, IRowScorer
    {
        CandidatePool pool = scratch.Graph.Pool;
        TopK found = scratch.Candidates;
        int* ranks = scratch.Rows(accepted).Pointer;
        long reranked = 0;
        for (int i = 0; i < accepted; i++)
        {
            if (i + RankedAhead < accepted && !scorer.IsExact(pool.DistanceAt(ranks[i + RankedAhead])))
            {
                exact.Prefetch(pool.NodeAt(ranks[i + RankedAhead]));
            }

            int node = pool.NodeAt(ranks[i]);
            float distance = pool.DistanceAt(ranks[i]);
            if (scorer.IsExact(distance))
            {
                found.Push(distance, node, tie);
            }
            else if (MayEnter(scorer.LowerBound(node, distance), found.Threshold))
            {
                reranked++;
                found.Push(exact.Score(node), node, tie);
            }
        }

        scratch.Statistics = new SearchStatistics
        {
            Considered = counts.Scored + counts.Refused,
            Filtered = counts.Refused,
            Scored = counts.Scored,
            Hops = counts.Hops,
            Reranked = reranked,
        };
    }

    /// <summary>False only for a bound clearly beyond the threshold, so true for NaN.</summary>
    private static bool MayEnter(float bound, float threshold) => !(bound - (Rounding * MathF.Abs(bound)) > threshold);
}
