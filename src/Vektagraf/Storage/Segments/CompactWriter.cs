using System.Buffers.Binary;
using System.Text;

namespace Vektagraf.Storage.Segments;

/// <summary>Growing bytes of a segment structure: varints (LEB128), length-prefixed text, little-endian integers.</summary>
internal sealed class CompactWriter
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[] _bytes = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>What was written, to be corrected.</summary>
    public Span<byte> WrittenMutable => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Varint(int value) => Varint(checked((ulong)value));

    /// <summary>A difference, small in either direction: sign in the lowest bit.</summary>
    public void Difference(ulong value, ulong previous)
    {
        var difference = unchecked((long)(value - previous));
        Varint((ulong)((difference << 1) ^ (difference >> 63)));
    }

    public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Reserve(sizeof(ushort)), value);

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    public void Text(string value)
    {
        var length = StrictUtf8.GetByteCount(value);
        Varint(length);
        StrictUtf8.GetBytes(value, Reserve(length));
    }

    /// <summary>Room for some bytes, to be filled by the caller.</summary>
    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max((long)Length + count, _bytes.Length * 2L)));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
