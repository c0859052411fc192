using System.Numerics;

namespace Vektagraf.Index;

/// <summary>
/// An immutable set of row numbers, compressed: a Roaring bitmap (Lemire, Ssi-Yan-Kai, Kaser, "Consistently faster and smaller compressed
/// bitmaps with Roaring", 2016). Rows that share their upper bits lie together as an array, as bits or as runs, whichever is smallest.
/// Sets may refer to the bytes they were read from.
/// </summary>
public sealed partial class RowBitmap
{
    /// <summary>Row numbers are below it.</summary>
    public const int MaxRows = 1 << 30;

    private readonly ushort[] _keys;
    private readonly RowContainer[] _containers;

    private RowBitmap(ushort[] keys, RowContainer[] containers)
    {
        _keys = keys;
        _containers = containers;
        foreach (var container in containers)
        {
            Count += container.Count;
        }
    }

    /// <summary>The empty set.</summary>
    public static RowBitmap Empty { get; } = new([], []);

    /// <summary>Count of rows.</summary>
    public int Count { get; }

    /// <summary>Whether there is no row.</summary>
    public bool IsEmpty => _keys.Length == 0;

    /// <summary>The greatest row; −1 where there is none.</summary>
    public int Last
    {
        get
        {
            if (IsEmpty)
            {
                return -1;
            }

            Span<ulong> words = stackalloc ulong[RowContainer.Words];
            words.Clear();
            _containers[^1].AddTo(words);
            var word = words.LastIndexOfAnyExcept(0UL);
            return (_keys[^1] << 16) + (word * 64) + BitOperations.Log2(words[word]);
        }
    }

    /// <summary>Makes a set of rows.</summary>
    /// <param name="rows">The rows, in any order; one that comes twice counts once.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A row is negative or not below <see cref="MaxRows"/>.</exception>
    public static RowBitmap Of(params ReadOnlySpan<int> rows)
    {
        var greatest = -1;
        foreach (var row in rows)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(row, nameof(rows));
            greatest = Math.Max(greatest, row);
        }

        var builder = new RowBitmapBuilder(greatest + 1);
        foreach (var row in rows)
        {
            builder.Add(row);
        }

        return builder.ToBitmap();
    }

    /// <summary>Makes the set of all rows below a count.</summary>
    /// <param name="count">The count, up to <see cref="MaxRows"/>.</param>
    /// <returns>The set.</returns>
    public static RowBitmap All(int count)
    {
        var builder = new RowBitmapBuilder(count);
        builder.AddRange(0, count);
        return builder.ToBitmap();
    }

    /// <summary>Whether a row is in the set.</summary>
    /// <param name="row">The row; any number.</param>
    /// <returns>True when it is.</returns>
    public bool Contains(int row) => Find(row) is var index && index >= 0 && _containers[index].Contains((ushort)row);

    /// <summary>Counts the rows that are not above one.</summary>
    /// <param name="row">The row; any number, in the set or not.</param>
    /// <returns>The count: for the n-th row of the set n, counted from 1.</returns>
    public int Rank(int row)
    {
        var rank = 0;
        for (var i = 0; i < _keys.Length && _keys[i] <= row >> 16; i++)
        {
            rank += _keys[i] == row >> 16 ? _containers[i].Rank((ushort)row) : _containers[i].Count;
        }

        return rank;
    }

    /// <summary>The rows, ascending.</summary>
    /// <returns>All rows.</returns>
    public int[] ToArray()
    {
        var rows = new int[Count];
        var at = 0;
        Span<ulong> words = stackalloc ulong[RowContainer.Words];
        for (var i = 0; i < _keys.Length; i++)
        {
            words.Clear();
            _containers[i].AddTo(words);
            for (var w = 0; w < words.Length; w++)
            {
                for (var word = words[w]; word != 0; word &= word - 1)
                {
                    rows[at++] = (_keys[i] << 16) + (w * 64) + BitOperations.TrailingZeroCount(word);
                }
            }
        }

        return rows;
    }

    /// <summary>The set as plain bits, as <see cref="BitmapFilter"/> takes them.</summary>
    /// <param name="rowCount">Rows that the bits are for; above all rows of the set.</param>
    /// <returns>The words: bit n is bit n mod 64 of word n / 64.</returns>
    public ulong[] ToWords(int rowCount)
    {
        var builder = new RowBitmapBuilder(rowCount);
        builder.Add(this);
        return builder.TakeWords();
    }

    /// <summary>Adds the rows to plain bits.</summary>
    internal void AddTo(Span<ulong> words)
    {
        Span<ulong> last = stackalloc ulong[RowContainer.Words];
        for (var i = 0; i < _keys.Length; i++)
        {
            var target = words[(_keys[i] * RowContainer.Words)..];
            if (target.Length >= RowContainer.Words)
            {
                _containers[i].AddTo(target);
                continue;
            }

            // The last container of fewer rows than 65,536.
            last.Clear();
            _containers[i].AddTo(last);
            for (var w = 0; w < target.Length; w++)
            {
                target[w] |= last[w];
            }
        }
    }

    /// <summary>Puts a set together from plain bits.</summary>
    internal static RowBitmap FromWords(ReadOnlySpan<ulong> words)
    {
        var result = new Assembly((words.Length / RowContainer.Words) + 1);
        for (var key = 0; key * RowContainer.Words < words.Length; key++)
        {
            var part = words[(key * RowContainer.Words)..];
            if (RowContainer.TryFrom(part[..Math.Min(part.Length, RowContainer.Words)], out var container))
            {
                result.Add((ushort)key, container);
            }
        }

        return result.ToBitmap();
    }

    private int Find(int row) => (uint)row < MaxRows ? _keys.AsSpan().BinarySearch((ushort)(row >> 16)) : -1;

    /// <summary>Containers of a set in the making, ascending.</summary>
    private ref struct Assembly(int capacity)
    {
        private readonly ushort[] _keys = new ushort[capacity];
        private readonly RowContainer[] _containers = new RowContainer[capacity];
        private int _count;

        public void Add(ushort key, in RowContainer container)
        {
            _keys[_count] = key;
            _containers[_count++] = container;
        }

        public readonly RowBitmap ToBitmap() => _count == 0 ? Empty : new RowBitmap(_keys[.._count], _containers[.._count]);
    }
}
