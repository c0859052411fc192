using System.Buffers.Binary;
using Xunit;

namespace Vektagraf.TestKit.Storage;

/// <summary>
/// Content that proves to be whole: the rest follows from the seed in its first 8 bytes, so that bytes of two versions, or a missing
/// tail, are recognised without knowing what was written. The length is part of the sequence.
/// </summary>
public static class SelfDescribingContent
{
    private const int SeedLength = sizeof(long);

    /// <summary>Makes content of at least 8 bytes.</summary>
    public static byte[] Create(long seed, int length)
    {
        byte[] content = new byte[Math.Max(length, SeedLength)];
        BinaryPrimitives.WriteInt64LittleEndian(content, seed);
        RandomFor(seed, content.Length).NextBytes(content.AsSpan(SeedLength));
        return content;
    }

    /// <summary>Fails the test unless the content is whole; returns its seed.</summary>
    public static long Verify(ReadOnlySpan<byte> content)
    {
        Assert.True(content.Length >= SeedLength, $"only {content.Length} bytes");
        long seed = BinaryPrimitives.ReadInt64LittleEndian(content);
        Assert.True(content.SequenceEqual(Create(seed, content.Length)), $"the content with seed {seed} and {content.Length} bytes is torn");
        return seed;
    }

    private static Random RandomFor(long seed, int length) => new(HashCodeOf(seed, length));

    // Not HashCode.Combine: its seed differs from process to process, and contents are checked by another process than the writer's.
    private static int HashCodeOf(long seed, int length) => unchecked((int)(seed ^ (seed >> 32)) * 31 + length);
}
