using Vektagraf.Index;

namespace Vektagraf.Querying;

/// <summary>
/// Maximal marginal relevance (Carbonell and Goldstein 1998): greedy choice of candidates that are near the query and unlike what was chosen
/// before. A candidate's value only falls as more is chosen, so its last value bounds it from above: candidates wait in a queue by that bound,
/// and only those that come up are compared with what was chosen since. The choice is the same as by comparing all with all.
/// </summary>
internal sealed class MarginalRelevance
{
    private readonly DistanceMetric _metric;
    private readonly double _lambda;
    private readonly double[] _relevance;
    private readonly ReadOnlyMemory<float>[] _vectors;
    private readonly double[] _likeness;
    private readonly int[] _compared;
    private readonly List<int> _chosen = [];

    private MarginalRelevance(DistanceMetric metric, double lambda, ReadOnlySpan<float> distances, ReadOnlyMemory<float>[] vectors)
    {
        _metric = metric;
        _lambda = lambda;
        _vectors = vectors;
        _relevance = new double[vectors.Length];
        _likeness = new double[vectors.Length];
        _compared = new int[vectors.Length];
        Array.Fill(_likeness, double.NegativeInfinity);
        for (var i = 0; i < vectors.Length; i++)
        {
            _relevance[i] = SimilarityOf(distances[i]);
        }
    }

    /// <summary>Chooses candidates one after the other; of equally good ones the first.</summary>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="lambda">Weight of relevance, 0 to 1; the rest is that of being unlike.</param>
    /// <param name="distances">The candidates' distances from the query inside the index, nearest first.</param>
    /// <param name="vectors">The candidates' vectors.</param>
    /// <param name="count">How many to choose.</param>
    /// <param name="cancellationToken">Ends the choice early.</param>
    /// <returns>The numbers of those chosen, in order.</returns>
    public static List<int> Choose(
        DistanceMetric metric, double lambda, ReadOnlySpan<float> distances, ReadOnlyMemory<float>[] vectors, int count, CancellationToken cancellationToken)
    {
        var choice = new MarginalRelevance(metric, lambda, distances, vectors);
        choice.Run(Math.Min(count, vectors.Length), cancellationToken);
        return choice._chosen;
    }

    private void Run(int count, CancellationToken cancellationToken)
    {
        if (count == 0)
        {
            return;
        }

        // Nothing to be like yet: the nearest is first. Likeness may be negative, so only from here on do values fall and never rise.
        _chosen.Add(0);
        var waiting = new PriorityQueue<int, Place>(_vectors.Length);
        for (var i = 1; i < _vectors.Length && _chosen.Count < count; i++)
        {
            waiting.Enqueue(i, new Place(ValueOf(i), i));
        }

        while (_chosen.Count < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var best = waiting.Dequeue();
            if (_compared[best] == _chosen.Count)
            {
                _chosen.Add(best);
            }
            else
            {
                waiting.Enqueue(best, new Place(ValueOf(best), best));
            }
        }
    }

    /// <summary>A candidate's value, with all that was chosen taken into account.</summary>
    private double ValueOf(int candidate)
    {
        for (; _compared[candidate] < _chosen.Count; _compared[candidate]++)
        {
            var distance = VectorMath.Distance(_metric, _vectors[candidate].Span, _vectors[_chosen[_compared[candidate]]].Span);
            _likeness[candidate] = Math.Max(_likeness[candidate], SimilarityOf(distance));
        }

        return (_lambda * _relevance[candidate]) - ((1 - _lambda) * _likeness[candidate]);
    }

    private double SimilarityOf(float indexDistance) => Scoring.Score(_metric, Scoring.Distance(_metric, indexDistance));

    /// <summary>Greater values first, then lower numbers.</summary>
    private readonly record struct Place(double Value, int Number) : IComparable<Place>
    {
        public int CompareTo(Place other) => other.Value.CompareTo(Value) is var order && order != 0 ? order : Number.CompareTo(other.Number);
    }
}
