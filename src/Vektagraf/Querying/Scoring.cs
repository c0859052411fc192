using Vektagraf.Index;

namespace Vektagraf.Querying;

/// <summary>From the index's distances to what users see, and back.</summary>
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

    /// <summary>
    /// The greatest distance inside the index that still has a score. Score and distance are computed by correctly rounded, monotone steps, so
    /// bisection over the floats finds the very last one: an index that cuts there loses no row that the score lets pass, and keeps no other.
    /// </summary>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="minScore">The least score; not NaN.</param>
    /// <returns>Negative infinity where no distance has such a score.</returns>
    public static float MaxIndexDistance(DistanceMetric metric, double minScore)
    {
        long low = KeyOf(float.NegativeInfinity), high = KeyOf(float.PositiveInfinity);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (HasScore(FloatOf((int)middle)))
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return FloatOf((int)low);

        bool HasScore(float indexDistance) => Score(metric, Distance(metric, indexDistance)) >= minScore;
    }

    /// <summary>An integer in the order of the floats: their bits, those of negative ones turned round.</summary>
    private static int KeyOf(float value) => BitConverter.SingleToInt32Bits(value) is var bits && bits < 0 ? bits ^ int.MaxValue : bits;

    private static float FloatOf(int key) => BitConverter.Int32BitsToSingle(key < 0 ? key ^ int.MaxValue : key);
}
