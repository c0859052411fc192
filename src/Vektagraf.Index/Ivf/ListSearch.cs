using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

/// <summary>What a search of inverted lists will do.</summary>
[StructLayout(LayoutKind.Auto)]
internal record struct ListPlan
{
    /// <summary>Rows in lists that count are below this.</summary>
    public int Indexed;

    /// <summary>Rows that count are below this.</summary>
    public int Limit;

    /// <summary>Lists to visit at least.</summary>
    public int Probes;

    /// <summary>Accepted rows to score before the search may end.</summary>
    public double WantedRows;

    /// <summary>Candidates to keep for ranking.</summary>
    public int Candidates;

    /// <summary>Whether rows may be in two lists.</summary>
    public bool IsSpilled;

    /// <summary>Whether to scan everything that matches instead.</summary>
    public bool IsExact;
}

/// <summary>One search: the nearest lists, then the exact ranking of what was found in them, beside the rows in no list.</summary>
internal readonly unsafe ref struct ListSearch<TFilter, TTie>(
    InvertedLists lists, ListPlan plan, TFilter filter, TTie tie, SearchScratch scratch, CancellationToken cancellationToken)
    where TFilter : struct, IOrdinalFilter
    where TTie : struct, ITieBreaker
{
    /// <summary>Vectors asked for before the first of them is scored.</summary>
    private const int Ahead = 8;

    /// <summary>Lists between two looks at the cancellation token.</summary>
    private const int ListsBetweenLooks = 16;

    /// <summary>Estimates and distances are float sums in different orders; a bound counts only beyond their rounding.</summary>
    private const float Rounding = 1e-5f;

    /// <summary>Searches with one scorer over codes and one over vectors, which may be the same where lists hold no codes.</summary>
    public void Run<TScorer, TExact>(ReadOnlySpan<float> query, TScorer scorer, TExact exact)
        where TScorer : struct, IRowScorer
        where TExact : struct, IRowScorer
    {
        // Rows in no list were scanned by now.
        SearchStatistics pending = scratch.Statistics;
        var counts = new ListCounts { Accepted = pending.Considered - pending.Filtered };
        ListScratch work = scratch.Lists;
        work.Candidates.Reset(plan.Candidates);
        VisitedNodes visited = plan.IsSpilled ? scratch.Graph.BeginVisit(plan.Indexed) : default;
        ListOrder order = work.Order(lists.Centroids, query);
        int probed = 0;
        while (order.Count > 0 && plan.Indexed > 0 && (probed < plan.Probes || counts.Accepted < plan.WantedRows))
        {
            if (probed++ % ListsBetweenLooks == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            InvertedList list = lists.Lists[order.Take()];
            int count = list.Count;
            ListRows rows = list.Rows;
            count = InvertedList.CountBelow(rows.Ordinals.Slice(0, count), plan.Indexed);
            if (typeof(TScorer) == typeof(TExact))
            {
                ScanVectors(exact, rows, count, visited, ref counts);
            }
            else
            {
                work.Codes.Pointer[0] = (nint)rows.Codes!.Pointer;
                ScanCodes(scorer, rows, count, visited, ref counts);
            }

            GC.KeepAlive(rows);
        }

        long reranked = typeof(TScorer) == typeof(TExact) ? 0 : Rank(exact);
        scratch.Statistics = pending + new SearchStatistics
        {
            Considered = counts.Scored + counts.Refused,
            Filtered = counts.Refused,
            Scored = counts.Scored,
            ListsProbed = probed,
            Reranked = reranked,
        };
        GC.KeepAlive(work);
    }

    private void ScanVectors<TExact>(TExact exact, ListRows rows, int count, VisitedNodes visited, ref ListCounts counts)
        where TExact : struct, IRowScorer
    {
        TopK found = scratch.Candidates;
        int* ordinals = rows.Ordinals.Pointer;
        for (int i = 0; i < count; i++)
        {
            if (i + Ahead < count)
            {
                exact.Prefetch(ordinals[i + Ahead]);
            }

            int row = ordinals[i];
            if (IsWanted(row, visited, ref counts))
            {
                found.Push(exact.Score(row), row, tie);
            }
        }
    }

    private void ScanCodes<TScorer>(TScorer scorer, ListRows rows, int count, VisitedNodes visited, ref ListCounts counts)
        where TScorer : struct, IRowScorer
    {
        ListCandidates candidates = scratch.Lists.Candidates;
        int* ordinals = rows.Ordinals.Pointer;
        int i = 0;
        if (typeof(TFilter) == typeof(AcceptAll) && !plan.IsSpilled && scorer.InFours)
        {
            for (; i <= count - 4; i += 4)
            {
                Vector128<float> estimates = scorer.Score4(i, i + 1, i + 2, i + 3);
                if (Vector128.GreaterThanAll(estimates, Vector128.Create(candidates.Threshold)))
                {
                    continue;
                }

                for (int lane = 0; lane < 4; lane++)
                {
                    Offer(candidates, scorer, estimates[lane], i + lane, ordinals[i + lane]);
                }
            }

            counts.Scored += i;
            counts.Accepted += i;
        }

        for (; i < count; i++)
        {
            if (IsWanted(ordinals[i], visited, ref counts))
            {
                Offer(candidates, scorer, scorer.Score(i), i, ordinals[i]);
            }
        }
    }

    private static void Offer<TScorer>(ListCandidates candidates, TScorer scorer, float estimate, int place, int row)
        where TScorer : struct, IRowScorer
    {
        // NaN is no reason to refuse a row: its distance may be a number.
        if (!(estimate > candidates.Threshold))
        {
            candidates.Add(estimate, scorer.LowerBound(place, estimate), row);
        }
    }

    private bool IsWanted(int row, VisitedNodes visited, ref ListCounts counts)
    {
        if (!filter.Accepts(row))
        {
            counts.Refused++;
            return false;
        }

        if (plan.IsSpilled && !visited.Add(row))
        {
            return false;
        }

        counts.Scored++;
        counts.Accepted++;
        return true;
    }

    /// <summary>Scores by their vectors the candidates that can still enter the result.</summary>
    private long Rank<TExact>(TExact exact)
        where TExact : struct, IRowScorer
    {
        TopK found = scratch.Candidates;
        ReadOnlySpan<ListCandidate> best = scratch.Lists.Candidates.Sorted();
        for (int i = 0; i < Math.Min(Ahead, best.Length); i++)
        {
            exact.Prefetch(best[i].Ordinal);
        }

        long reranked = 0;
        for (int i = 0; i < best.Length; i++)
        {
            if (i + Ahead < best.Length)
            {
                exact.Prefetch(best[i + Ahead].Ordinal);
            }

            float bound = best[i].Bound;
            if (!(bound - (Rounding * MathF.Abs(bound)) > found.Threshold))
            {
                reranked++;
                found.Push(exact.Score(best[i].Ordinal), best[i].Ordinal, tie);
            }
        }

        return reranked;
    }

    /// <summary>What a search did.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct ListCounts
    {
        public long Scored;
        public long Refused;
        public long Accepted;
    }
}
