namespace Vektagraf.Index;

/// <summary>
/// Decides which rows a search may return. Implement it as a struct over the data it reads: search loops are then specialised for it and
/// call it directly. A parallel search calls it from several threads.
/// </summary>
public interface IOrdinalFilter
{
    /// <summary>
    /// Whether it refuses so few rows that a graph is best walked as if there were no filter, and what was found tested. It is a hint: results
    /// are the same, but for speed.
    /// </summary>
    static virtual bool AcceptsNearlyAll => false;

    /// <summary>Whether the row at the ordinal may be returned.</summary>
    bool Accepts(int ordinal);
}

/// <summary>Accepts every row; loops specialised for it hold no test at all.</summary>
public readonly struct AcceptAll : IOrdinalFilter
{
    /// <inheritdoc/>
    public bool Accepts(int ordinal) => true;
}

/// <summary>A filter that answers for 64 rows at once.</summary>
internal interface IBitmapWords
{
    /// <summary>A bit for each of the rows from 64 · index on; 0 beyond the bitmap.</summary>
    ulong WordAt(int index);
}

/// <summary>Accepts the rows whose bit is set; ordinals beyond the bitmap are rejected.</summary>
/// <param name="words">Bit n of the bitmap is bit n mod 64 of word n / 64.</param>
public readonly struct BitmapFilter(ulong[] words) : IOrdinalFilter, IBitmapWords
{
    /// <inheritdoc/>
    public bool Accepts(int ordinal)
    {
        ulong[] bits = words;
        int word = ordinal >> 6;
        return (uint)word < (uint)bits.Length && ((bits[word] >> (ordinal & 63)) & 1) != 0;
    }

    /// <inheritdoc/>
    ulong IBitmapWords.WordAt(int index) => (uint)index < (uint)words.Length ? words[index] : 0;

    /// <summary>Rows accepted below a limit.</summary>
    internal int CountBelow(int limit) => FilterSample.CountBits(words, limit);
}

/// <summary>A filter known only as an interface, one virtual call per row.</summary>
/// <param name="inner">The filter to ask.</param>
public readonly struct VirtualFilter(IOrdinalFilter inner) : IOrdinalFilter
{
    /// <inheritdoc/>
    public bool Accepts(int ordinal) => inner.Accepts(ordinal);
}
