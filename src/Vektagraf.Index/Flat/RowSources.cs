using System.Runtime.CompilerServices;

namespace Vektagraf.Index;

/// <summary>Which rows of a chunk to score, as a struct, so that loops over all rows and over chosen ones are one text and two specialisations.</summary>
internal interface IRowSource
{
    /// <summary>Whether the next row is anywhere, so that the hardware cannot foresee it and the loop must prefetch.</summary>
    static abstract bool IsScattered { get; }

    /// <summary>Rows to score.</summary>
    int Count { get; }

    /// <summary>The row in its chunk.</summary>
    int this[int index] { get; }

    /// <summary>Whether a row near enough to be returned may be; asked after its distance is known.</summary>
    bool Accepts(int row);
}

/// <summary>Rows one after the other.</summary>
internal readonly struct ConsecutiveRows(int start, int count) : IRowSource
{
    public static bool IsScattered => false;

    public int Count => count;

    public int this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => start + index;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Accepts(int row) => true;
}

/// <summary>Rows that a filter accepted, ascending. Valid as long as the list's memory is.</summary>
internal readonly unsafe struct ChosenRows(int* rows, int count) : IRowSource
{
    public static bool IsScattered => true;

    public int Count => count;

    public int this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => rows[index];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Accepts(int row) => true;
}

/// <summary>
/// Rows one after the other, of which the filter accepts so many that reading all in order is quicker than skipping the others; the filter
/// is asked for near rows only.
/// </summary>
internal readonly struct ScreenedRows<TFilter>(int start, int count, int firstOrdinal, TFilter filter) : IRowSource
    where TFilter : struct, IOrdinalFilter
{
    public static bool IsScattered => false;

    public int Count => count;

    public int this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => start + index;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Accepts(int row) => filter.Accepts(firstOrdinal + row);
}
