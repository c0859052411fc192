using System.Diagnostics;

namespace Vektagraf.Index;

/// <summary>
/// The inverted lists of consecutive rows of sparse vectors: for each dimension the rows that have it, ascending, and a code for the weight
/// of each. Weight <c>w</c> of a list whose weights lie in <c>low … low + 255 · step</c> has the code <c>⌈(w − low) / step⌉</c>, so that
/// <c>low + step · (code − 1) &lt; w ≤ low + step · code</c>: what codes give bounds the dot product, which <see cref="SparseRows"/> have exactly.
/// Long lists know where each window of rows begins in them, and the bounds of the codes there. Immutable.
/// </summary>
public sealed class SparseRun
{
    /// <summary>Most rows of a run: their places in it are 16-bit integers.</summary>
    public const int MaxRows = 1 << 16;

    /// <summary>Rows of a window: what is added up for them lies in the nearest cache.</summary>
    internal const int WindowRows = 4096;

    /// <summary>Postings of a list that has windows.</summary>
    internal const int LeastWindowed = 64;

    private const int MaxCode = byte.MaxValue;
    private const int NoWindows = -1;

    private readonly uint[] _dimensions;
    private readonly int[] _starts;
    private readonly float[] _lows;
    private readonly float[] _steps;
    private readonly ushort[] _rows;
    private readonly byte[] _codes;
    private readonly int[] _windowsOf;
    private readonly int[] _windowStarts;
    private readonly (byte Least, byte Greatest)[] _windowCodes;

    private SparseRun(int firstRow, int rowCount, Entry[] entries, uint[] dimensions, int[] starts)
    {
        (FirstRow, RowCount, Windows) = (firstRow, rowCount, (rowCount + WindowRows - 1) / WindowRows);
        (_dimensions, _starts) = (dimensions, starts);
        (_lows, _steps) = (new float[dimensions.Length], new float[dimensions.Length]);
        _rows = new ushort[entries.Length];
        _codes = new byte[entries.Length];
        _windowsOf = new int[dimensions.Length];
        int windowed = 0;
        for (int list = 0; list < dimensions.Length; list++)
        {
            Encode(list, entries.AsSpan(starts[list]..starts[list + 1]));
            _windowsOf[list] = starts[list + 1] - starts[list] >= LeastWindowed ? windowed++ : NoWindows;
        }

        _windowStarts = new int[windowed * (Windows + 1)];
        _windowCodes = new (byte, byte)[windowed * Windows];
        for (int list = 0; list < dimensions.Length; list++)
        {
            if (_windowsOf[list] != NoWindows)
            {
                DivideIntoWindows(list);
            }
        }
    }

    /// <summary>The first row.</summary>
    public int FirstRow { get; }

    /// <summary>Rows, those without a vector included.</summary>
    public int RowCount { get; }

    /// <summary>Postings of all lists.</summary>
    public int PostingCount => _rows.Length;

    /// <summary>Bytes held.</summary>
    public long MemoryBytes =>
        (_dimensions.Length * 20L) + sizeof(int) + (_rows.Length * 3L) + (_windowStarts.Length * (long)sizeof(int)) + (_windowCodes.Length * 2L);

    internal int Windows { get; }

    internal ushort[] Rows => _rows;

    internal byte[] Codes => _codes;

    /// <summary>Inverts rows.</summary>
    /// <param name="rows">The vectors.</param>
    /// <param name="firstRow">The first row of the run.</param>
    /// <param name="rowCount">Rows, at most <see cref="MaxRows"/>.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public static SparseRun Build(SparseRows rows, int firstRow, int rowCount, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rowCount, MaxRows);
        (uint[] dimensions, Dictionary<uint, int> listOf, int[] ends) = CountLists(rows, firstRow, rowCount, cancellationToken);
        int[] starts = new int[ends.Length + 1];
        ends.CopyTo(starts.AsSpan(1));
        Entry[] entries = new Entry[starts[^1]];
        cancellationToken.ThrowIfCancellationRequested();

        // From the last row on, so that each list is filled from its end and ascends.
        for (int row = rowCount - 1; row >= 0; row--)
        {
            SparseVector vector = rows[firstRow + row];
            for (int i = 0; i < vector.Count; i++)
            {
                entries[--ends[listOf[vector.Indices[i]]]] = new Entry(row, vector.Values[i]);
            }
        }

        return new SparseRun(firstRow, rowCount, entries, dimensions, starts);
    }

    /// <summary>Rows that have a dimension.</summary>
    public int CountOf(uint dimension) => Find(dimension) is >= 0 and var list ? _starts[list + 1] - _starts[list] : 0;

    /// <summary>Index of the list of a dimension; negative where no row has it.</summary>
    internal int Find(uint dimension) => Array.BinarySearch(_dimensions, dimension);

    internal SparseList ListAt(int list) =>
        new(_starts[list], _starts[list + 1], _lows[list], _steps[list], _windowsOf[list]);

    /// <summary>The postings of a windowed list in a window, and the bounds of their codes.</summary>
    internal (int Start, int End, byte Least, byte Greatest) Window(in SparseList list, int window)
    {
        Debug.Assert(list.IsWindowed, "Short lists have no windows.");
        int at = (list.Windows * (Windows + 1)) + window;
        (byte least, byte greatest) = _windowCodes[(list.Windows * Windows) + window];
        return (_windowStarts[at], _windowStarts[at + 1], least, greatest);
    }

    private static (uint[] Dimensions, Dictionary<uint, int> ListOf, int[] Ends) CountLists(
        SparseRows rows, int firstRow, int rowCount, CancellationToken cancellationToken)
    {
        Dictionary<uint, int> counts = [];
        for (int row = 0; row < rowCount; row++)
        {
            foreach (uint dimension in rows[firstRow + row].Indices)
            {
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, dimension, out _)++;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        uint[] dimensions = [.. counts.Keys];
        Array.Sort(dimensions);
        int[] ends = new int[dimensions.Length];
        for (int list = 0; list < dimensions.Length; list++)
        {
            ends[list] = (list == 0 ? 0 : ends[list - 1]) + counts[dimensions[list]];
            counts[dimensions[list]] = list;
        }

        return (dimensions, counts, ends);
    }

    private void Encode(int list, ReadOnlySpan<Entry> entries)
    {
        float low = float.PositiveInfinity;
        float high = float.NegativeInfinity;
        foreach (Entry entry in entries)
        {
            low = Math.Min(low, entry.Weight);
            high = Math.Max(high, entry.Weight);
        }

        double step = ((double)high - low) / MaxCode;
        (_lows[list], _steps[list]) = (low, (float)step);
        int at = _starts[list];
        foreach (Entry entry in entries)
        {
            _rows[at] = (ushort)entry.Row;
            _codes[at++] = step == 0 ? (byte)0 : (byte)Math.Min(MaxCode, Math.Ceiling(((double)entry.Weight - low) / step));
        }
    }

    private void DivideIntoWindows(int list)
    {
        Span<int> starts = _windowStarts.AsSpan(_windowsOf[list] * (Windows + 1), Windows + 1);
        Span<(byte, byte)> codes = _windowCodes.AsSpan(_windowsOf[list] * Windows, Windows);
        int at = _starts[list];
        int end = _starts[list + 1];
        for (int window = 0; window < Windows; window++)
        {
            starts[window] = at;
            byte least = byte.MaxValue;
            byte greatest = 0;
            for (; at < end && _rows[at] < (window + 1) * WindowRows; at++)
            {
                least = Math.Min(least, _codes[at]);
                greatest = Math.Max(greatest, _codes[at]);
            }

            codes[window] = (least, greatest);
        }

        starts[Windows] = end;
    }

    private readonly record struct Entry(int Row, float Weight);
}

/// <summary>One list of a run.</summary>
/// <param name="Start">Where its postings begin.</param>
/// <param name="End">Where they end.</param>
/// <param name="Low">The least weight.</param>
/// <param name="Step">What a code more is.</param>
/// <param name="Windows">Its place among the lists that have windows; negative for none.</param>
internal readonly record struct SparseList(int Start, int End, float Low, float Step, int Windows)
{
    public bool IsWindowed => Windows >= 0;
}
