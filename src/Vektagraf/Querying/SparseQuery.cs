namespace Vektagraf.Querying;

/// <summary>A sparse query vector: objects are ranked by its dot product with theirs, and found if they have one of its dimensions.</summary>
public sealed record SparseQuery
{
    /// <summary>The sparse field; null where the collection has just one.</summary>
    public string? Field { get; init; }

    /// <summary>Its dimensions, in any order.</summary>
    public required ReadOnlyMemory<uint> Indices { get; init; }

    /// <summary>The weight of each, finite; above zero in all learned encodings, though negative ones mean what they say.</summary>
    public required ReadOnlyMemory<float> Values { get; init; }
}
