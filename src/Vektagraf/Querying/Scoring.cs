using Vektagraf.Index;

namespace Vektagraf.Querying;

/// <summary>From the index's distances to what users see.</summary>
internal static class Scoring
{
    /// <summary>The distance as users know it: Euclidean is squared inside the index.</summary>
    public static double Distance(DistanceMetric metric, float indexDistance) => metric switch
    {
        // Rounding can take a vector's distance to itself a little below zero.
        DistanceMetric.Euclidean => Math.Sqrt(Math.Max(0, indexDistance)),
        DistanceMetric.Cosine => Math.Clamp(indexDistance, 0, 2),
        _ => indexDistance,
    };

    /// <summary>The score of a distance: greater is better.</summary>
    public static double Score(DistanceMetric metric, double distance) => metric switch
    {
        DistanceMetric.Euclidean => 1 / (1 + distance),
        DistanceMetric.Cosine => 1 - distance,
        _ => -distance,
    };
}
