using System.Buffers.Binary;
using System.Text;

namespace Vektagraf.Storage.Segments;

/// <summary>
/// Reads what a <see cref="CompactWriter"/> wrote. Every length is checked against what is left before anything is allocated, so
/// that bytes which are wrong under a fitting checksum end in a named error too.
/// </summary>
/// <param name="bytes">The bytes.</param>
/// <param name="key">The segment's key, for errors.</param>
/// <param name="part">What is being read, for errors: "its footer".</param>
internal ref struct CompactReader(ReadOnlySpan<byte> bytes, string key, string part)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly int Remaining => _bytes.Length - Position;

    public byte Byte() => Take(1)[0];

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Byte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                // One value has one form, so that the same content has the same bytes.
                Check((b != 0 || shift == 0) && (shift < 63 || b == 1), "has a malformed number");
                return value;
            }
        }

        throw Damage("has a number that does not end");
    }

    public int Int32(int most = int.MaxValue)
    {
        var value = Varint();
        Check(value <= (ulong)most, "has a number out of range");
        return (int)value;
    }

    /// <summary>A count of things that take at least some bytes each.</summary>
    public int Count(int leastBytesEach) => Int32(Remaining / leastBytesEach);

    public ulong Difference(ulong previous)
    {
        var value = Varint();
        return unchecked(previous + (ulong)((long)(value >> 1) ^ -(long)(value & 1)));
    }

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public string Text() => Text(Take(Int32()));

    public readonly string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw SegmentFormat.Corrupt(key, $"{part} has text that is not UTF-8", e);
        }
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        Check((uint)count <= (uint)Remaining, "has a length that points past its end");
        var taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    public readonly void End() => Check(Remaining == 0, "has bytes after its end");

    public readonly void Check(bool holds, string problem)
    {
        if (!holds)
        {
            throw Damage(problem);
        }
    }

    public readonly VektagrafException Damage(string problem) => SegmentFormat.Corrupt(key, $"{part} {problem}");
}
