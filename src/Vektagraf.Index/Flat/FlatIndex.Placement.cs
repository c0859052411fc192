namespace Vektagraf.Index;

public sealed partial class FlatIndex
{
    /// <summary>Adds rows whose vectors are to follow, in any order, by <see cref="Place"/>. Until then, and where none follows, a row is never found.</summary>
    /// <param name="count">How many.</param>
    public void AppendUnset(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        float[] unset = new float[Dimensions];
        Array.Fill(unset, float.NaN);
        int end = checked(_count + count);
        for (int ordinal = _count; ordinal < end; ordinal++)
        {
            Write(ordinal, unset);
        }

        Volatile.Write(ref _count, end);
    }

    /// <summary>Whether a row still waits for its vector.</summary>
    internal bool IsUnset(int ordinal)
    {
        FlatChunk chunk = _chunks[ordinal >> _layout.ChunkShift];
        bool isUnset = float.IsNaN(chunk.Rows.Slice((ordinal & (_layout.ChunkRows - 1)) * _layout.Stride, 1)[0]);
        GC.KeepAlive(chunk);
        return isUnset;
    }

    /// <summary>Writes the vector of a row. Only while nobody searches.</summary>
    /// <param name="ordinal">The row.</param>
    /// <param name="vector">Its vector.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="ArgumentException">The vector has the wrong length.</exception>
    public void Place(int ordinal, ReadOnlySpan<float> vector)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ordinal, Count);
        RequireLength(vector.Length, nameof(vector));
        Write(ordinal, vector);
    }
}
