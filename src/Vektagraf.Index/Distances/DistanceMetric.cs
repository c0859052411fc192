namespace Vektagraf.Index;

/// <summary>How two vectors are compared. Every metric is turned into a distance, smaller is nearer.</summary>
public enum DistanceMetric
{
    /// <summary>1 − cosine similarity, in [0, 2].</summary>
    Cosine,

    /// <summary>Negated dot product.</summary>
    Dot,

    /// <summary>Squared Euclidean distance inside the index; its root is what users see.</summary>
    Euclidean,
}
