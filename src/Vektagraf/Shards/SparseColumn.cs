using Vektagraf.Collections;
using Vektagraf.Index;

namespace Vektagraf.Shards;

/// <summary>The sparse vectors of one field, row by row, and their index.</summary>
internal sealed class SparseColumn(string field)
{
    public string Field { get; } = field;

    public SparseIndex Index { get; } = new();

    /// <summary>Appends what the next row has of the field.</summary>
    /// <param name="vectors">The sparse vectors of the row, of all fields.</param>
    public void Append(IReadOnlyList<NamedSparseVector> vectors)
    {
        foreach (var vector in vectors)
        {
            if (string.Equals(vector.Field, Field, StringComparison.Ordinal))
            {
                Index.Rows.Append(vector.Vector);
                return;
            }
        }

        Index.Rows.Append(default);
    }

    /// <summary>Copies the vector of a row.</summary>
    /// <returns>Null where the row has none.</returns>
    public NamedSparseVector? Read(int row)
    {
        var vector = Index.Rows[row];
        return vector.IsEmpty ? null : new NamedSparseVector(Field, vector.Indices.ToArray(), vector.Values.ToArray());
    }
}
