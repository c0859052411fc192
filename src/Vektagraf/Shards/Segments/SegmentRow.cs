using Vektagraf.Storage.Log;

namespace Vektagraf.Shards.Segments;

/// <summary>One version of one object as segments keep it: the object, or that it was deleted.</summary>
public sealed class SegmentRow
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>When it was written or deleted.</summary>
    public required ObjectVersion Version { get; init; }

    /// <summary>Whether the object was deleted; then there is no type, no properties and no vector of any sort.</summary>
    public bool IsTombstone { get; init; }

    /// <summary>Its type; null for none.</summary>
    public string? Type { get; init; }

    /// <summary>Its properties: one JSON object in UTF-8; empty for a tombstone.</summary>
    public ReadOnlyMemory<byte> Properties { get; init; }

    /// <summary>Its vectors, at most one for each field; empty also where they were not asked for.</summary>
    public IReadOnlyList<SegmentVector> Vectors { get; init; } = [];

    /// <summary>Its sparse vectors, at most one for each field.</summary>
    public IReadOnlyList<Collections.NamedSparseVector> Sparse { get; init; } = [];

    /// <summary>Its place in the segment it was read from, from 0; −1 elsewhere.</summary>
    public int RowNumber { get; init; } = -1;

    /// <summary>The order of rows in a segment: ordinal by UTF-16 code unit, as ids are ordered everywhere.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">Another id.</param>
    /// <returns>Negative, zero or positive.</returns>
    public static int CompareIds(string left, string right) => string.CompareOrdinal(left, right);
}

/// <summary>A vector of one field in its stored form.</summary>
/// <param name="Field">The vector field.</param>
/// <param name="LittleEndian">Its components as float32, little-endian.</param>
/// <param name="GeneratedBy">Version of the field's embedding model that made it; 0 for a vector the client brought.</param>
public readonly record struct SegmentVector(string Field, ReadOnlyMemory<byte> LittleEndian, byte GeneratedBy = 0);

/// <summary>What the id table says of a row.</summary>
/// <param name="RowNumber">Its place in the segment, from 0.</param>
/// <param name="Id">Its id.</param>
/// <param name="Version">When it was written or deleted.</param>
/// <param name="IsTombstone">Whether the object was deleted.</param>
public readonly record struct SegmentKey(int RowNumber, string Id, ObjectVersion Version, bool IsTombstone);
