namespace Vektagraf.Collections;

/// <summary>An object on its way in: validated against its collection's definition, not yet stored.</summary>
public sealed record ObjectDraft
{
    /// <summary>Its id, unique in the collection.</summary>
    public required string Id { get; init; }

    /// <summary>Its type; null for none.</summary>
    public string? Type { get; init; }

    /// <summary>Its properties: one JSON object in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Properties { get; init; }

    /// <summary>Its vectors, at most one for each vector field.</summary>
    public IReadOnlyList<NamedVector> Vectors { get; init; } = [];

    /// <summary>Its sparse vectors, at most one for each sparse field.</summary>
    public IReadOnlyList<NamedSparseVector> Sparse { get; init; } = [];
}

/// <summary>A vector of one field.</summary>
/// <param name="Field">The vector field.</param>
/// <param name="Values">The components, as many as the field has dimensions.</param>
/// <param name="GeneratedBy">Version of the field's embedding model that made it, 1–255; 0 for a vector the client brought.</param>
public readonly record struct NamedVector(string Field, ReadOnlyMemory<float> Values, byte GeneratedBy = 0);

/// <summary>A sparse vector of one field; not empty.</summary>
/// <param name="Field">The sparse field.</param>
/// <param name="Indices">The dimensions it has, ascending.</param>
/// <param name="Values">The weight of each, finite and not zero.</param>
public readonly record struct NamedSparseVector(string Field, ReadOnlyMemory<uint> Indices, ReadOnlyMemory<float> Values)
{
    /// <summary>The vector.</summary>
    internal Index.SparseVector Vector => new(Indices.Span, Values.Span);

    /// <summary>Bytes of its dimensions and weights.</summary>
    internal int Bytes => Indices.Length * (sizeof(uint) + sizeof(float));
}

/// <summary>An object as it is stored.</summary>
public sealed record StoredObject
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its type; null for none.</summary>
    public string? Type { get; init; }

    /// <summary>Its properties: one JSON object in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Properties { get; init; }

    /// <summary>Its vectors; null where they were not asked for.</summary>
    public IReadOnlyList<NamedVector>? Vectors { get; init; }

    /// <summary>Its sparse vectors; null where vectors were not asked for.</summary>
    public IReadOnlyList<NamedSparseVector>? Sparse { get; init; }

    /// <summary>Its version, opaque and unquoted.</summary>
    public required string ETag { get; init; }
}
