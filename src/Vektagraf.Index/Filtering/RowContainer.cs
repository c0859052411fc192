using System.Buffers.Binary;
using System.Numerics;

namespace Vektagraf.Index;

/// <summary>The forms of a container, by the density of its rows.</summary>
internal enum RowContainerKind : byte
{
    /// <summary>Up to 4,096 rows, each as uint16, ascending.</summary>
    Array,

    /// <summary>More rows, as 65,536 bits.</summary>
    Bits,

    /// <summary>Runs, each as uint16 first row and uint16 count less one, ascending, with gaps between.</summary>
    Runs,
}

/// <summary>The rows of a bitmap that share their upper 16 bits, over little-endian bytes that may lie in a file's block.</summary>
/// <param name="Kind">The form.</param>
/// <param name="Count">Count of rows, 1 to 65,536.</param>
/// <param name="Bytes">The rows' lower halves in that form.</param>
internal readonly record struct RowContainer(RowContainerKind Kind, int Count, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Rows of a container: the lower 16 bits.</summary>
    public const int Rows = 1 << 16;

    /// <summary>Words of a container as bits.</summary>
    public const int Words = Rows / 64;

    /// <summary>Most rows of an array: beyond, bits are smaller.</summary>
    public const int MaxArrayCount = 4096;

    public const int BitsBytes = Rows / 8;

    public const int RunBytes = 4;

    /// <summary>Makes the smallest container of some bits.</summary>
    /// <param name="words">Bit n is bit n mod 64 of word n / 64; <see cref="Words"/> or, where the rest is zero, fewer.</param>
    /// <param name="container">The container.</param>
    /// <returns>Whether there is a row.</returns>
    public static bool TryFrom(ReadOnlySpan<ulong> words, out RowContainer container)
    {
        var (count, runs) = (0, 0);
        var carry = 0UL;
        foreach (var word in words)
        {
            count += BitOperations.PopCount(word);
            // A run begins where a bit is set and the one before is not.
            runs += BitOperations.PopCount(word & ~((word << 1) | carry));
            carry = word >> 63;
        }

        var plain = Math.Min(BitsBytes, count * sizeof(ushort));
        container = count == 0 ? default
            : sizeof(ushort) + (runs * RunBytes) < plain ? new RowContainer(RowContainerKind.Runs, count, RunsOf(words, runs))
            : count <= MaxArrayCount ? new RowContainer(RowContainerKind.Array, count, ArrayOf(words, count))
            : new RowContainer(RowContainerKind.Bits, count, BitsOf(words));
        return count > 0;
    }

    public bool Contains(ushort row)
    {
        var bytes = Bytes.Span;
        switch (Kind)
        {
            case RowContainerKind.Bits:
                return (bytes[row >> 3] & (1 << (row & 7))) != 0;
            case RowContainerKind.Array:
                return LastNotAbove(bytes, sizeof(ushort), row) is var index && index >= 0 && UInt16(bytes, index * sizeof(ushort)) == row;
            default:
                var run = LastNotAbove(bytes, RunBytes, row);
                return run >= 0 && row - UInt16(bytes, run * RunBytes) <= UInt16(bytes, (run * RunBytes) + sizeof(ushort));
        }
    }

    /// <summary>Rows of the container that are not above one.</summary>
    public int Rank(ushort row)
    {
        var bytes = Bytes.Span;
        switch (Kind)
        {
            case RowContainerKind.Array:
                return LastNotAbove(bytes, sizeof(ushort), row) + 1;
            case RowContainerKind.Runs:
                var last = LastNotAbove(bytes, RunBytes, row);
                var rank = 0;
                for (var run = 0; run <= last; run++)
                {
                    var first = UInt16(bytes, run * RunBytes);
                    rank += 1 + Math.Min(row - first, UInt16(bytes, (run * RunBytes) + sizeof(ushort)));
                }

                return rank;
            default:
                var below = BitOperations.PopCount((uint)bytes[row >> 3] & (0xFFU >> (7 - (row & 7))));
                foreach (var b in bytes[..(row >> 3)])
                {
                    below += BitOperations.PopCount((uint)b);
                }

                return below;
        }
    }

    /// <summary>Sets the bits of the rows.</summary>
    /// <param name="words">Bits of <see cref="Rows"/> rows.</param>
    public void AddTo(Span<ulong> words)
    {
        var bytes = Bytes.Span;
        switch (Kind)
        {
            case RowContainerKind.Bits:
                for (var i = 0; i < Words; i++)
                {
                    words[i] |= BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * sizeof(ulong))..]);
                }

                break;
            case RowContainerKind.Array:
                for (var i = 0; i < bytes.Length; i += sizeof(ushort))
                {
                    var row = UInt16(bytes, i);
                    words[row >> 6] |= 1UL << (row & 63);
                }

                break;
            default:
                for (var i = 0; i < bytes.Length; i += RunBytes)
                {
                    Fill(words, UInt16(bytes, i), UInt16(bytes, i + sizeof(ushort)) + 1);
                }

                break;
        }
    }

    /// <summary>The rows of an array that another container has, or has not.</summary>
    public bool TryFilter(in RowContainer other, bool wanted, out RowContainer container)
    {
        var bytes = Bytes.Span;
        var kept = new byte[bytes.Length];
        var length = 0;
        for (var i = 0; i < bytes.Length; i += sizeof(ushort))
        {
            if (other.Contains(UInt16(bytes, i)) == wanted)
            {
                bytes.Slice(i, sizeof(ushort)).CopyTo(kept.AsSpan(length));
                length += sizeof(ushort);
            }
        }

        container = new RowContainer(RowContainerKind.Array, length / sizeof(ushort), kept.AsMemory(0, length));
        return length > 0;
    }

    /// <summary>Sets the bits of consecutive rows.</summary>
    public static void Fill(Span<ulong> words, int first, int count)
    {
        for (var row = first; row < first + count;)
        {
            var bits = Math.Min(64 - (row & 63), first + count - row);
            words[row >> 6] |= (ulong.MaxValue >> (64 - bits)) << (row & 63);
            row += bits;
        }
    }

    /// <summary>Place of the last element that begins with a row not above one; −1 for none.</summary>
    private static int LastNotAbove(ReadOnlySpan<byte> bytes, int size, ushort row)
    {
        int low = 0, high = (bytes.Length / size) - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = UInt16(bytes, middle * size) <= row ? (middle + 1, high) : (low, middle - 1);
        }

        return high;
    }

    private static byte[] ArrayOf(ReadOnlySpan<ulong> words, int count)
    {
        var bytes = new byte[count * sizeof(ushort)];
        var at = 0;
        for (var i = 0; i < words.Length; i++)
        {
            for (var word = words[i]; word != 0; word &= word - 1)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)((i * 64) + BitOperations.TrailingZeroCount(word)));
                at += sizeof(ushort);
            }
        }

        return bytes;
    }

    private static byte[] BitsOf(ReadOnlySpan<ulong> words)
    {
        var bytes = new byte[BitsBytes];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), words[i]);
        }

        return bytes;
    }

    private static byte[] RunsOf(ReadOnlySpan<ulong> words, int runs)
    {
        var bytes = new byte[runs * RunBytes];
        var row = 0;
        for (var at = 0; at < bytes.Length; at += RunBytes)
        {
            var first = Next(words, row, 0);
            row = Next(words, first, ulong.MaxValue);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)first);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at + sizeof(ushort)), (ushort)(row - first - 1));
        }

        return bytes;
    }

    /// <summary>The first row from one on whose bit is set, or with all bits flipped is not; the count of bits where there is none.</summary>
    private static int Next(ReadOnlySpan<ulong> words, int row, ulong flip)
    {
        for (var i = row >> 6; i < words.Length; i++)
        {
            var word = (words[i] ^ flip) & (i == row >> 6 ? ulong.MaxValue << (row & 63) : ulong.MaxValue);
            if (word != 0)
            {
                return (i * 64) + BitOperations.TrailingZeroCount(word);
            }
        }

        return words.Length * 64;
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
