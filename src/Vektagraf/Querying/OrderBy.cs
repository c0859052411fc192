using Vektagraf.Collections;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

/// <summary>One key of an ordering.</summary>
/// <param name="Path">The field ordered by.</param>
/// <param name="Descending">Whether the greatest comes first.</param>
public sealed record OrderByTerm(FilterPath Path, bool Descending)
{
    /// <summary>The term as text.</summary>
    /// <returns>Such as <c>price desc</c>.</returns>
    public override string ToString() => Descending ? $"{Path} desc" : $"{Path}";
}

/// <summary>An ordering checked against a collection. Immutable and safe for concurrent use. It does not break ties: the executor
/// does, by id, so that pages are stable.</summary>
public sealed class OrderBy
{
    private OrderBy(IReadOnlyList<OrderByTerm> terms, IReadOnlyList<FilterField> fields)
    {
        Terms = terms;
        Fields = fields;
    }

    /// <summary>The keys, the most significant first.</summary>
    public IReadOnlyList<OrderByTerm> Terms { get; }

    /// <summary>The field of each key, at the key's index.</summary>
    public IReadOnlyList<FilterField> Fields { get; }

    /// <summary>Binds an ordering.</summary>
    /// <param name="terms">The keys, from <see cref="OrderByParser"/>.</param>
    /// <param name="collection">The collection to be ordered.</param>
    /// <returns>The ordering.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>, <c>invalid-order-by</c>: a field of a type without order,
    /// <c>string[]</c> or <c>geo</c>.</exception>
    public static OrderBy Bind(IReadOnlyList<OrderByTerm> terms, CollectionDefinition collection)
    {
        FilterField[] fields = [.. terms.Select(term => FilterField.Resolve(term.Path, collection))];
        for (int i = 0; i < fields.Length; i++)
        {
            if (fields[i].DeclaredType is FieldType.StringArray or FieldType.Geo)
            {
                string problem = $"'{fields[i]}' holds arrays or points, which have no order: order by another field.";
                throw OrderByParser.Error("/orderBy", problem);
            }
        }

        return new OrderBy(terms, fields);
    }

    /// <summary>Compares two objects.</summary>
    /// <param name="left">Values of one object, one per key.</param>
    /// <param name="right">Values of another object, one per key.</param>
    /// <returns>Negative when the first comes first, positive when the second does, 0 when the keys do not tell them apart.</returns>
    public int Compare(ReadOnlySpan<FieldValue> left, ReadOnlySpan<FieldValue> right)
    {
        for (int i = 0; i < Terms.Count; i++)
        {
            FieldValueComparer comparer = Terms[i].Descending ? FieldValueComparer.Descending : FieldValueComparer.Ascending;
            int order = comparer.Compare(left[i], right[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }
}
