namespace Vektagraf.Index;

/// <summary>
/// Orders rows at equal distance, so that results are totally ordered. Implement it as a struct: it is called inside search loops, by the
/// JIT's specialisation without a virtual call, and only on ties.
/// </summary>
public interface ITieBreaker
{
    /// <summary>Below 0 when ordinal <paramref name="a"/> ranks first, above 0 when <paramref name="b"/> does. 0 only for equal ordinals; a parallel search calls it from several threads.</summary>
    int Compare(int a, int b);
}

/// <summary>The smaller ordinal, that is the row appended first, ranks first.</summary>
public readonly struct OrdinalTieBreaker : ITieBreaker
{
    /// <inheritdoc/>
    public int Compare(int a, int b) => a.CompareTo(b);
}

/// <summary>The smaller of two caller-given keys ranks first; ordinals with equal keys rank by ordinal.</summary>
/// <param name="keys">One key per ordinal.</param>
public readonly struct KeyTieBreaker(ReadOnlyMemory<long> keys) : ITieBreaker
{
    /// <inheritdoc/>
    public int Compare(int a, int b)
    {
        int order = keys.Span[a].CompareTo(keys.Span[b]);
        return order != 0 ? order : a.CompareTo(b);
    }
}

/// <summary>A tie breaker known only as an interface, one virtual call per tie.</summary>
/// <param name="inner">The order to use.</param>
public readonly struct VirtualTieBreaker(ITieBreaker inner) : ITieBreaker
{
    /// <inheritdoc/>
    public int Compare(int a, int b) => inner.Compare(a, b);
}
