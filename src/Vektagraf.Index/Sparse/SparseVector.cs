namespace Vektagraf.Index;

/// <summary>A vector of which only the dimensions that are not zero are kept.</summary>
/// <param name="indices">Its dimensions, ascending, each once.</param>
/// <param name="values">The weight of each.</param>
public readonly ref struct SparseVector(ReadOnlySpan<uint> indices, ReadOnlySpan<float> values)
{
    /// <summary>Its dimensions, ascending.</summary>
    public ReadOnlySpan<uint> Indices { get; } = indices;

    /// <summary>The weight of each.</summary>
    public ReadOnlySpan<float> Values { get; } = values;

    /// <summary>Dimensions it has.</summary>
    public int Count => Indices.Length;

    /// <summary>Whether it has none.</summary>
    public bool IsEmpty => Indices.IsEmpty;

    /// <summary>The dot product with another vector: products are summed in double precision, dimensions ascending, and rounded once.</summary>
    /// <param name="other">The other vector.</param>
    /// <param name="product">The dot product.</param>
    /// <returns>Whether the two have a dimension in common.</returns>
    public bool TryDot(SparseVector other, out float product)
    {
        ReadOnlySpan<uint> left = Indices;
        ReadOnlySpan<uint> right = other.Indices;
        ReadOnlySpan<float> leftValues = Values[..left.Length];
        ReadOnlySpan<float> rightValues = other.Values[..right.Length];
        double sum = 0;
        bool meets = false;
        int i = 0;
        int j = 0;
        while (i < left.Length && j < right.Length)
        {
            uint a = left[i];
            uint b = right[j];
            if (a == b)
            {
                sum += (double)leftValues[i] * rightValues[j];
                meets = true;
            }

            i += a <= b ? 1 : 0;
            j += b <= a ? 1 : 0;
        }

        product = (float)sum;
        return meets;
    }
}
