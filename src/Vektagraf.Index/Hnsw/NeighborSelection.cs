namespace Vektagraf.Index;

/// <summary>
/// Chooses the links of a node among candidates: Malkov and Yashunin (2018), algorithm 4. A candidate is taken when it is nearer to the node
/// than to every candidate taken before it, so that links point in different directions.
/// </summary>
internal sealed class NeighborSelection
{
    private Neighbor[] _candidates = new Neighbor[4 * HnswOptions.MaxM];
    private int _count;

    /// <summary>The taken ones, nearest first, after <see cref="Choose"/>.</summary>
    public ReadOnlySpan<Neighbor> Chosen => _candidates.AsSpan(0, _count);

    /// <summary>Forgets all candidates.</summary>
    public void Reset() => _count = 0;

    /// <summary>Adds a candidate with its distance from the node; each once.</summary>
    public void Add(int node, float distance)
    {
        if (_count == _candidates.Length)
        {
            Array.Resize(ref _candidates, 2 * _count);
        }

        _candidates[_count++] = new Neighbor(node, distance);
    }

    /// <summary>Keeps at most as many candidates as asked.</summary>
    /// <param name="most">The most to keep.</param>
    /// <param name="scorer">Over the rows that candidates are compared by.</param>
    public void Choose<TScorer>(int most, TScorer scorer)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        Span<Neighbor> candidates = _candidates.AsSpan(0, _count);
        candidates.Sort(static (a, b) => a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : a.Ordinal.CompareTo(b.Ordinal));
        int taken = 0;
        int twins = 0;
        foreach (Neighbor candidate in candidates)
        {
            if (taken == most)
            {
                break;
            }

            bool isTwin = candidate.Distance == candidates[0].Distance && taken > 0;
            if (isTwin && twins == most / 2)
            {
                continue;
            }

            if (IsDiverse(candidate, candidates[..taken], scorer))
            {
                twins += isTwin ? 1 : 0;
                candidates[taken++] = candidate;
            }
        }

        _count = taken;
    }

    /// <summary>
    /// Equal distances do not exclude, so that links between equal vectors are kept. (They alone can all be as near as the nearest; the
    /// caller leaves half of the places to others, or a heap of equal vectors would be linked to nothing else.)
    /// </summary>
    private static bool IsDiverse<TScorer>(Neighbor candidate, ReadOnlySpan<Neighbor> taken, TScorer scorer)
        where TScorer : struct, ISymmetricScorer<TScorer>
    {
        TScorer fromCandidate = scorer.For(candidate.Ordinal);
        foreach (Neighbor other in taken)
        {
            if (fromCandidate.Score(other.Ordinal) < candidate.Distance)
            {
                return false;
            }
        }

        return true;
    }
}
