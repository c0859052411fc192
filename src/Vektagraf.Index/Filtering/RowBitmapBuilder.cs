namespace Vektagraf.Index;

/// <summary>Gathers rows in plain bits, which is the fastest way to unite many sets. Not thread-safe.</summary>
public sealed class RowBitmapBuilder
{
    private readonly int _rowCount;
    private ulong[] _words;

    /// <summary>Creates a builder without rows.</summary>
    /// <param name="rowCount">Rows are below it; up to <see cref="RowBitmap.MaxRows"/>. An eighth of a byte each.</param>
    public RowBitmapBuilder(int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rowCount, RowBitmap.MaxRows);
        _rowCount = rowCount;
        _words = new ulong[(rowCount + 63) / 64];
    }

    /// <summary>Adds a row.</summary>
    /// <param name="row">The row.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not below the count.</exception>
    public void Add(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)_rowCount, nameof(row));
        _words[row >> 6] |= 1UL << (row & 63);
    }

    /// <summary>Adds consecutive rows.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is negative or not below the count.</exception>
    public void AddRange(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _rowCount - first);
        RowContainer.Fill(_words, first, count);
    }

    /// <summary>Adds the rows of a set.</summary>
    /// <param name="rows">The set.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is not below the count.</exception>
    public void Add(RowBitmap rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rows.Last, _rowCount, nameof(rows));
        rows.AddTo(_words);
    }

    /// <summary>Compresses the rows. The builder keeps them.</summary>
    /// <returns>The set.</returns>
    public RowBitmap ToBitmap() => RowBitmap.FromWords(_words);

    /// <summary>Hands the bits out; the builder is empty afterwards.</summary>
    internal ulong[] TakeWords()
    {
        var words = _words;
        _words = new ulong[words.Length];
        return words;
    }
}
