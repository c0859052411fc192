using System.Text;
using Vektagraf.Collections;

namespace Vektagraf.Querying.Filters;

/// <summary>A field that a filter or an ordering reads; the engine maps it onto a column, or onto the stored JSON.</summary>
public sealed class FilterField
{
    private readonly byte[][] _utf8Segments;

    /// <summary>Describes a field.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="declaredType">Its declared type; null when the collection does not declare it.</param>
    public FilterField(FilterPath path, FieldType? declaredType)
    {
        Path = path;
        DeclaredType = declaredType;
        _utf8Segments = [.. path.Segments.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The field's path.</summary>
    public FilterPath Path { get; }

    /// <summary>The declared type; <see cref="FieldType.String"/> for id and type, null when the collection does not declare the
    /// field.</summary>
    public FieldType? DeclaredType { get; }

    /// <summary>The names of <see cref="FilterPath.Segments"/> as UTF-8, outermost first.</summary>
    public ReadOnlySpan<byte[]> Utf8Segments => _utf8Segments;

    /// <summary>Finds a path's type in a collection.</summary>
    /// <param name="path">The path.</param>
    /// <param name="collection">The collection.</param>
    /// <returns>The field, typed when the path is a pseudo-field or a declared field; nested paths are never declared.</returns>
    public static FilterField Resolve(FilterPath path, CollectionDefinition collection)
    {
        FieldType? type = path switch
        {
            { Kind: not FilterPathKind.Property } => FieldType.String,
            { Segments.Count: 1 } when collection.Fields.TryGetValue(path.Segments[0], out FieldDefinition? field) => field.Type,
            _ => null,
        };
        return new FilterField(path, type);
    }

    /// <summary>The path as filter text.</summary>
    /// <returns>Such as <c>address/city</c>.</returns>
    public override string ToString() => Path.ToString();
}
