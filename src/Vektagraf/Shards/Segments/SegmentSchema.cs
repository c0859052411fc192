using Vektagraf.Collections;
using Vektagraf.Index;

namespace Vektagraf.Shards.Segments;

/// <summary>A vector field that a segment keeps.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dimensions">Length of its vectors.</param>
/// <param name="ListMetric">How vectors are compared, where a segment of many shall have them in inverted lists, too; null for no lists.</param>
public sealed record SegmentVectorField(string Name, int Dimensions, DistanceMetric? ListMetric = null);

/// <summary>A declared field that a segment keeps a column of.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, not <see cref="FieldType.Text"/>.</param>
/// <param name="IsIndexed">Whether the segment has an index of it.</param>
public sealed record SegmentColumnField(string Name, FieldType Type, bool IsIndexed = false);

/// <summary>The fields of a segment that is to be written, in the order they are stored.</summary>
public sealed class SegmentSchema
{
    /// <summary>Most fields of one sort: the number of a block holds the field's index and the block's.</summary>
    public const int MaxFields = 1 << (31 - SegmentLayout.FieldShift);

    /// <summary>Creates a schema.</summary>
    /// <param name="vectors">Its vector fields.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="sparse">Names of its sparse vector fields; null for none.</param>
    public SegmentSchema(IReadOnlyList<SegmentVectorField> vectors, IReadOnlyList<SegmentColumnField> columns, IReadOnlyList<string>? sparse = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vectors.Count, MaxFields, nameof(vectors));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns.Count, MaxFields, nameof(columns));
        Vectors = vectors;
        Columns = columns;
        Sparse = sparse ?? [];
    }

    /// <summary>Vector fields.</summary>
    public IReadOnlyList<SegmentVectorField> Vectors { get; }

    /// <summary>Columns.</summary>
    public IReadOnlyList<SegmentColumnField> Columns { get; }

    /// <summary>Names of the sparse vector fields.</summary>
    public IReadOnlyList<string> Sparse { get; }

    /// <summary>The schema of a collection: all vector fields, and a column for each declared field that the memtable has one for.</summary>
    /// <param name="definition">The collection's definition.</param>
    /// <returns>The schema; the order of its fields does not depend on that of the definition.</returns>
    public static SegmentSchema For(CollectionDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return new SegmentSchema(
            [.. definition.Vectors.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => FieldOf(v.Key, v.Value))],
            [
                .. definition.Fields.Where(f => FieldColumn.For(f.Value.Type) is not null)
                    .OrderBy(f => f.Key, StringComparer.Ordinal)
                    .Select(f => new SegmentColumnField(f.Key, f.Value.Type, f.Value.Index)),
            ],
            [.. definition.SparseNames]);
    }

    private static SegmentVectorField FieldOf(string name, VectorFieldDefinition field) =>
        new(name, field.Dimensions, field.Index == VectorIndexKind.Flat ? null : field.Metric);
}
