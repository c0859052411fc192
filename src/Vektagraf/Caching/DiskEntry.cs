using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Vektagraf.Caching;

/// <summary>The format of one cached value's file. All numbers are little-endian.</summary>
/// <remarks>
/// <code>
/// 0   8  VKTGCAC1: the format and its version
/// 8   8  XxHash3 of bytes 24 up to the end of the key: the header can be trusted without reading the value
/// 16  8  XxHash3 of the value as stored
/// 24  8  when it expires, in UTC ticks
/// 32  8  part
/// 40  4  length of the value before compression; −1 where it is not compressed
/// 44  4  length of the value as stored
/// 48  4  length of the scope in UTF-8
/// 52     scope, then the value as stored
/// </code>
/// </remarks>
internal static class DiskEntry
{
    public const int HeaderLength = 52;

    /// <summary>Longest scope in UTF-8: object keys and ids fit.</summary>
    public const int MaxScopeLength = 2_048;

    private const int HashedFrom = 24;
    private static ReadOnlySpan<byte> Magic => "VKTGCAC1"u8;

    /// <summary>Encodes header and scope.</summary>
    public static byte[] EncodeHeader(CacheKey key, PackedValue value, long expiresAt)
    {
        var header = new byte[HeaderLength + Encoding.UTF8.GetByteCount(key.Scope)];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), XxHash3.HashToUInt64(value.Stored.Span));
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), expiresAt);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), key.Part);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(40), value.RawLength);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(44), value.Stored.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(48), header.Length - HeaderLength);
        Encoding.UTF8.GetBytes(key.Scope, header.AsSpan(HeaderLength));
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), XxHash3.HashToUInt64(header.AsSpan(HashedFrom)));
        return header;
    }

    /// <summary>Reads header and scope.</summary>
    /// <param name="start">The start of the file, with the scope.</param>
    /// <param name="fileLength">Length of the whole file.</param>
    /// <returns>Null where they are not whole, or the file is not as long as they say.</returns>
    public static DiskHeader? DecodeHeader(ReadOnlySpan<byte> start, long fileLength)
    {
        if (start.Length < HeaderLength || !start.StartsWith(Magic))
        {
            return null;
        }

        var stored = BinaryPrimitives.ReadInt32LittleEndian(start[44..]);
        var scope = BinaryPrimitives.ReadInt32LittleEndian(start[48..]);
        if (scope is < 0 or > MaxScopeLength || start.Length < HeaderLength + scope || stored < 0 || fileLength != (long)HeaderLength + scope + stored
            || XxHash3.HashToUInt64(start[HashedFrom..(HeaderLength + scope)]) != BinaryPrimitives.ReadUInt64LittleEndian(start[8..]))
        {
            return null;
        }

        var key = new CacheKey(Encoding.UTF8.GetString(start.Slice(HeaderLength, scope)), BinaryPrimitives.ReadInt64LittleEndian(start[32..]));
        return new DiskHeader(key, BinaryPrimitives.ReadInt64LittleEndian(start[24..]), HeaderLength + scope, BinaryPrimitives.ReadInt32LittleEndian(start[40..]));
    }

    /// <summary>Reads a whole file.</summary>
    /// <returns>Null where it is damaged or another key's.</returns>
    public static PackedValue? Decode(byte[] file, CacheKey key)
    {
        if (DecodeHeader(file, file.Length) is not { } header || header.Key != key)
        {
            return null;
        }

        var stored = file.AsMemory(header.ContentStart);
        return XxHash3.HashToUInt64(stored.Span) == BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(16)) ? new PackedValue(stored, header.RawLength) : null;
    }
}

/// <summary>What a file says of itself.</summary>
internal readonly record struct DiskHeader(CacheKey Key, long ExpiresAt, int ContentStart, int RawLength);

/// <summary>A file of the disk level.</summary>
/// <param name="Sequence">Its number, and its name; later ones are newer.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="ExpiresAt">When its value expires, in UTC ticks.</param>
internal readonly record struct DiskFile(long Sequence, long Length, long ExpiresAt);
