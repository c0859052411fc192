using Vektagraf.Collections;

namespace Vektagraf.Querying.Sparse;

/// <summary>The sparse vector of a search, checked against the collection's definition.</summary>
/// <param name="Query">Its field, dimensions and weights in their one form.</param>
/// <param name="Warnings">What is legal but probably not meant.</param>
internal sealed record BoundSparse(NamedSparseVector Query, IReadOnlyList<string> Warnings)
{
    /// <summary>The field.</summary>
    public string Field => Query.Field;

    /// <summary>Binds the sparse vector of a request.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static BoundSparse Bind(SparseQuery query, CollectionDefinition definition)
    {
        var field = query.Field ?? (definition.Sparse is { Count: 1 } only
            ? only.Keys.First()
            : throw VektagrafException.Invalid("/sparse/field", $"Name the sparse vector field. {ObjectReader.KnownSparseFields(definition)}"));
        if (definition.Sparse?.ContainsKey(field) != true)
        {
            throw VektagrafException.Invalid("/sparse/field", $"Unknown sparse vector field '{field}'. {ObjectReader.KnownSparseFields(definition)}");
        }

        if (SparseVectorJson.TryNormalize(field, query.Indices.ToArray(), query.Values.ToArray(), out var vector) is { } problem)
        {
            throw VektagrafException.Invalid("/sparse" + problem.Pointer, problem.Problem);
        }

        return new BoundSparse(vector, vector.Vector.IsEmpty ? ["The sparse vector has no dimension whose weight is not zero: it finds nothing."] : []);
    }
}
