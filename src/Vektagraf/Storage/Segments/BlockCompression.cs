using ZstdSharp;

namespace Vektagraf.Storage.Segments;

/// <summary>Zstandard over whole blocks.</summary>
internal static class BlockCompression
{
    // One context is some 100 KiB of native memory and not thread-safe; threads that read segments are few and long-lived.
    [ThreadStatic]
    private static Decompressor? _decompressor;

    /// <summary>Decompresses a block to exactly the length its footer gives.</summary>
    public static byte[] Decompress(ReadOnlySpan<byte> stored, in SegmentBlock block, string key)
    {
        var raw = GC.AllocateUninitializedArray<byte>(block.RawLength);
        int written;
        try
        {
            written = (_decompressor ??= new Decompressor()).Unwrap(stored, raw);
        }
        catch (ZstdException e)
        {
            throw SegmentFormat.Corrupt(key, $"{Name(block)} does not decompress", e);
        }

        SegmentFormat.Check(written == raw.Length, key, $"{Name(block)} decompresses to another length than its footer says");
        return raw;
    }

    /// <summary>A block as errors name it.</summary>
    public static string Name(in SegmentBlock block) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"block {block.Kind}/{block.Number} at byte {block.Offset}");
}
