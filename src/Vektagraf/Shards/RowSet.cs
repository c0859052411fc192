using System.Numerics;

namespace Vektagraf.Shards;

/// <summary>A set of the rows of one segment: a bit for each.</summary>
internal sealed class RowSet(int rows)
{
    private readonly ulong[] _bits = new ulong[(rows + 63) / 64];

    public int Count => _bits.Sum(BitOperations.PopCount);

    /// <summary>All rows.</summary>
    public static RowSet All(int rows)
    {
        var set = new RowSet(rows);
        Array.Fill(set._bits, ulong.MaxValue);
        if (rows % 64 != 0)
        {
            set._bits[^1] = (1UL << (rows % 64)) - 1;
        }

        return set;
    }

    public bool Contains(int row) => (_bits[row >> 6] & (1UL << (row & 63))) != 0;

    public void Add(int row) => _bits[row >> 6] |= 1UL << (row & 63);

    public void Remove(int row) => _bits[row >> 6] &= ~(1UL << (row & 63));
}
