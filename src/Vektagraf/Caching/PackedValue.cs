using ZstdSharp;

namespace Vektagraf.Caching;

/// <summary>A value as the second level and files hold it: compressed where that is worth it.</summary>
/// <param name="Stored">The bytes held.</param>
/// <param name="RawLength">Length of the value; −1 where it is held as it is.</param>
internal readonly record struct PackedValue(ReadOnlyMemory<byte> Stored, int RawLength)
{
    public const int IsRaw = -1;

    // Less is not worth the time to decompress: what is cached may be compressed already.
    private const int LeastSavedShare = 16;

    // Some hundred KiB of native memory each, and not thread-safe.
    [ThreadStatic]
    private static Compressor? _compressor;

    [ThreadStatic]
    private static Decompressor? _decompressor;

    public static PackedValue Pack(ReadOnlyMemory<byte> value, int level)
    {
        var compressor = _compressor ??= new Compressor(level);
        if (compressor.Level != level)
        {
            compressor.Level = level;
        }

        var buffer = new byte[value.Length - (value.Length / LeastSavedShare)];
        return compressor.TryWrap(value.Span, buffer, out var written) && written < buffer.Length
            ? new PackedValue(buffer.AsSpan(0, written).ToArray(), value.Length)
            : new PackedValue(value, IsRaw);
    }

    /// <summary>The value.</summary>
    /// <returns>Null where the bytes are damaged.</returns>
    public ReadOnlyMemory<byte>? Unpack()
    {
        if (RawLength == IsRaw)
        {
            return Stored;
        }

        try
        {
            var raw = GC.AllocateUninitializedArray<byte>(RawLength);
            return (_decompressor ??= new Decompressor()).Unwrap(Stored.Span, raw) == RawLength ? raw : null;
        }
        catch (ZstdException)
        {
            return null;
        }
    }
}
