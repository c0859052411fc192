namespace Vektagraf.Index;

/// <summary>One search: down through the graph, along its lowest level, then the exact ranking of what was found.</summary>
internal readonly unsafe ref struct GraphSearch<TFilter, TTie>(
    GraphView graph, TFilter filter, TTie tie, SearchScratch scratch, CancellationToken cancellationToken)
    where TFilter : struct, IOrdinalFilter
    where TTie : struct, ITieBreaker
{
    /// <summary>Candidates whose vectors are asked for before the first of them is ranked.</summary>
    private const int RankedAhead = 8;

    /// <summary>A walk without the filter of whose pool it accepts less than this share is done again with the filter.</summary>
    private const double FewAccepted = 0.75;

    /// <summary>Estimates and distances are float sums in different orders; a bound counts only beyond their rounding.</summary>
    private const float Rounding = 1e-5f;

    /// <summary>Walks with one scorer and ranks with another.</summary>
    public void Run<TScorer, TExact>(TScorer scorer, TExact exact, ref SearchPlan plan)
        where TScorer : struct, IRowScorer
        where TExact : struct, IRowScorer
    {
        var counts = default(WalkCounts);
        int start = plan.Entry;
        float distance = GraphWalk<TScorer>.Descend(graph, scorer, graph.Top, 1, ref start, ref counts);
        Expand(scorer, start, distance, plan, ref counts);
        int accepted = Accept(plan);
        if (plan.TestsResults && !plan.IsFiltered && accepted < Math.Max(FewAccepted * scratch.Graph.Pool.Count, Math.Min(scratch.Candidates.Capacity, plan.Matches)))
        {
            // Here the filter refuses more than elsewhere.
            plan.Filter(filter, scratch.Graph);
            Expand(scorer, start, distance, plan, ref counts);
            accepted = Accept(plan);
        }

        Rank(scorer, exact, accepted, ref counts);
        if (accepted < Math.Min(scratch.Candidates.Capacity, plan.Matches))
        {
            plan.IsExact = true;
        }

        graph.KeepAlive();
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
