using System.Numerics;
using System.Runtime.InteropServices;

namespace Vektagraf.Shards;

/// <content>Set operations. A list asks the other side, whatever its form; bits are combined a register at a time.</content>
internal sealed partial class RowSelection
{
    /// <summary>The rows of both sets.</summary>
    public RowSelection And(RowSelection other, SelectionMemory memory) => Keep(other, wanted: true, memory);

    /// <summary>The rows that another set has not.</summary>
    public RowSelection Except(RowSelection other, SelectionMemory memory) => Keep(other, wanted: false, memory);

    /// <summary>The rows of either set.</summary>
    public RowSelection Or(RowSelection other, SelectionMemory memory)
    {
        if (IsList && other.IsList && _length + other._length <= MostListed(RowCount))
        {
            return OrLists(other, memory);
        }

        var words = memory.Words((RowCount + 63) >> 6);
        AddTo(words);
        other.AddTo(words);
        return OfBits(words, RowCount);
    }

    private RowSelection Keep(RowSelection other, bool wanted, SelectionMemory memory)
    {
        if (IsList)
        {
            return other.IsList ? KeepListed(other, wanted, memory) : KeepSet(Rows, other.Bits, wanted, memory);
        }

        if (other.IsList && wanted)
        {
            return KeepSet(other.Rows, Bits, wanted: true, memory);
        }

        var words = memory.Words(_length);
        if (other.IsList)
        {
            Bits.CopyTo(words);
            foreach (var row in other.Rows)
            {
                words[row >> 6] &= ~(1UL << (row & 63));
            }
        }
        else
        {
            Combine(Bits, other.Bits, wanted ? 0 : ulong.MaxValue, words);
        }

        return OfBits(words, RowCount);
    }

    private RowSelection KeepSet(ReadOnlySpan<int> rows, ReadOnlySpan<ulong> bits, bool wanted, SelectionMemory memory)
    {
        var kept = memory.List(rows.Length);
        var count = 0;
        foreach (var row in rows)
        {
            kept[count] = row;
            count += ((bits[row >> 6] >> (row & 63)) & 1) != 0 == wanted ? 1 : 0;
        }

        return OfList(kept, count, RowCount);
    }

    private RowSelection KeepListed(RowSelection other, bool wanted, SelectionMemory memory)
    {
        var rows = Rows;
        var others = other.Rows;
        var kept = memory.List(rows.Length);
        var (count, at) = (0, 0);
        foreach (var row in rows)
        {
            while (at < others.Length && others[at] < row)
            {
                at++;
            }

            kept[count] = row;
            count += (at < others.Length && others[at] == row) == wanted ? 1 : 0;
        }

        return OfList(kept, count, RowCount);
    }

    private RowSelection OrLists(RowSelection other, SelectionMemory memory)
    {
        var a = Rows;
        var b = other.Rows;
        var merged = memory.List(a.Length + b.Length);
        int i = 0, j = 0, count = 0;
        while (i < a.Length || j < b.Length)
        {
            var order = i == a.Length ? 1 : j == b.Length ? -1 : a[i].CompareTo(b[j]);
            merged[count++] = order <= 0 ? a[i] : b[j];
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        return OfList(merged, count, RowCount);
    }

    /// <summary>a and (b xor flip), word by word.</summary>
    private static void Combine(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b, ulong flip, Span<ulong> result)
    {
        var va = MemoryMarshal.Cast<ulong, Vector<ulong>>(a);
        var vb = MemoryMarshal.Cast<ulong, Vector<ulong>>(b);
        var vr = MemoryMarshal.Cast<ulong, Vector<ulong>>(result);
        var mask = new Vector<ulong>(flip);
        for (var i = 0; i < va.Length; i++)
        {
            vr[i] = va[i] & (vb[i] ^ mask);
        }

        for (var i = va.Length * Vector<ulong>.Count; i < a.Length; i++)
        {
            result[i] = a[i] & (b[i] ^ flip);
        }
    }
}
