using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Vektagraf.Client.VectorData;

/// <summary>Scores in the terms of a property's distance function: similarities grow, distances fall, the better a result is.</summary>
internal sealed class ScoreScale
{
    // Scores are computed in float32 and converted back and forth; the exact limit is applied to what comes back.
    private const double Slack = 1e-5;

    private readonly string _function;

    public ScoreScale(VectorPropertyModel property)
    {
        // Refuses those that Vektagraf does not know.
        _ = DefinitionMapping.MetricOf(property);
        _function = property.DistanceFunction ?? DistanceFunction.CosineSimilarity;
    }

    private bool IsSimilarity => _function is DistanceFunction.CosineSimilarity or DistanceFunction.DotProductSimilarity;

    /// <summary>The score of a result.</summary>
    public double? Of(SearchHit hit) => _function switch
    {
        DistanceFunction.CosineSimilarity or DistanceFunction.DotProductSimilarity => hit.Score,
        DistanceFunction.EuclideanSquaredDistance => hit.Distance * hit.Distance,
        _ => hit.Distance,
    };

    /// <summary>Whether a score reaches a threshold.</summary>
    public bool Passes(double? score, double threshold) => IsSimilarity ? score >= threshold : score <= threshold;

    /// <summary>A score of the server's that everything beyond the threshold has, and little else.</summary>
    public double ServerFloor(double threshold)
    {
        var floor = _function switch
        {
            DistanceFunction.CosineSimilarity or DistanceFunction.DotProductSimilarity => threshold,
            DistanceFunction.CosineDistance => 1 - threshold,
            DistanceFunction.NegativeDotProductSimilarity => -threshold,
            DistanceFunction.EuclideanSquaredDistance => 1 / (1 + Math.Sqrt(Math.Max(0, threshold))),
            _ => 1 / (1 + Math.Max(0, threshold)),
        };
        return floor - (Slack * Math.Max(1, Math.Abs(floor)));
    }
}
