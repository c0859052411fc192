using System.Buffers.Binary;
using CsCheck;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Tests.Segments;

/// <summary>Damage is detected, named and never served.</summary>
public class SegmentDamageTests
{
    private static readonly byte[] Whole = GoldenSegment.Bytes;
    private static readonly SegmentFooter Footer = SegmentFooter.Decode(FooterOf(Whole), SegmentWorld.Key);

    [Fact]
    public async Task Read_OfATornSegment_IsCorruptAtEveryLength()
    {
        for (var length = 0; length < Whole.Length; length++)
        {
            var store = await StoreAsync(Whole.AsMemory(0, length));
            await AssertCorruptAsync(() => Segment.OpenAsync(store, SegmentWorld.Key));
            await AssertCorruptAsync(() => Segment.OpenAsync(store, SegmentWorld.Key, Whole.Length));
            // The manifest knows the footer; the first block fetched shows that the object is not what was written.
            await AssertCorruptAsync(() => Segment.Open(store, SegmentWorld.Key, FooterOf(Whole)).FindAsync("a"));
        }

        var longer = await StoreAsync((byte[])[.. Whole, 0]);
        await AssertCorruptAsync(() => Segment.OpenAsync(longer, SegmentWorld.Key));
        await AssertCorruptAsync(() => Segment.Open(longer, SegmentWorld.Key, FooterOf(Whole)).FindAsync("a"));
    }

    [Fact]
    public async Task Read_WhenAnyBitFlips_IsCorruptOrUnharmed()
    {
        var expected = await SegmentText.OfAllAsync(await Segment.OpenAsync(await StoreAsync(Whole), SegmentWorld.Key));
        var read = BytesThatAreRead();
        for (var bit = 0; bit < Whole.Length * 8; bit++)
        {
            var flipped = Whole.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            var store = await StoreAsync(flipped);
            var segment = Segment.Open(store, SegmentWorld.Key, FooterOf(Whole));
            await AssertCorruptAsync(() => segment.File.VerifyAsync());
            if (!read[bit / 8])
            {
                Assert.Equal(expected, await SegmentText.OfAllAsync(await Segment.OpenAsync(store, SegmentWorld.Key)));
            }
            else
            {
                await AssertCorruptAsync(async () => await SegmentText.OfAllAsync(await Segment.OpenAsync(store, SegmentWorld.Key)));
            }
        }
    }

    [Fact]
    public void Decode_OfAFooterWithAnyBitFlippedOrTorn_IsCorrupt()
    {
        var footer = FooterOf(Whole).ToArray();
        for (var bit = 0; bit < footer.Length * 8; bit++)
        {
            var flipped = footer.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertCorrupt(() => SegmentFooter.Decode(flipped, SegmentWorld.Key));
        }

        for (var length = 0; length < footer.Length; length++)
        {
            AssertCorrupt(() => SegmentFooter.Decode(footer.AsSpan(0, length), SegmentWorld.Key));
        }
    }

    [Fact]
    public async Task Read_WhenABlockIsDamaged_NamesObjectAndBlock()
    {
        var block = Footer.Blocks.First(b => b.Kind == 5);
        var damaged = Whole.ToArray();
        damaged[block.Offset] ^= 1;
        var segment = Segment.Open(await StoreAsync(damaged), SegmentWorld.Key, FooterOf(Whole));
        var e = await AssertCorruptAsync(() => segment.FindAsync("a", withVectors: true));
        Assert.Equal("corrupt-segment", e.Slug);
        Assert.Contains(SegmentWorld.Key, e.Message, StringComparison.Ordinal);
        Assert.Contains($"block 5/0 at byte {block.Offset}", e.Message, StringComparison.Ordinal);
        // What does not need the block is served.
        Assert.Equal(SegmentText.Of(GoldenSegment.Rows[1]), SegmentText.Of(await segment.FindAsync("b", withVectors: true)));
    }

    [Fact]
    public async Task Read_OfAnObjectThatIsGone_SaysSo()
    {
        var store = new MemoryObjectStore();
        Assert.Equal("missing-segment", (await AssertCorruptAsync(() => Segment.OpenAsync(store, SegmentWorld.Key))).Slug);
        Assert.Equal("missing-segment", (await AssertCorruptAsync(() => Segment.Open(store, SegmentWorld.Key, FooterOf(Whole)).FindAsync("a"))).Slug);
    }

    [Fact]
    public async Task Read_OfAnotherSegmentThanTheFooters_IsCorrupt()
    {
        // Same shape and length, other content.
        var other = SegmentWriter.Write(SegmentWorld.Schema, [SegmentWorld.Plain("a", 1)]);
        var store = await StoreAsync(SegmentWriter.Write(SegmentWorld.Schema, [SegmentWorld.Plain("a", 2)]).Bytes);
        Assert.Equal(other.Bytes.Length, (await store.GetAsync(SegmentWorld.Key)).TotalLength);
        await AssertCorruptAsync(() => Segment.Open(store, SegmentWorld.Key, other.Footer.Encode()).FindAsync("a"));
    }

    [Theory]
    [InlineData(5, "newer-segment-format")]
    [InlineData(ushort.MaxValue, "newer-segment-format")]
    [InlineData(0, "corrupt-segment")]
    public async Task Open_WhenTheVersionIsUnknown_NamesIt(ushort version, string slug)
    {
        var trailer = Whole.ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(trailer.AsSpan(trailer.Length - 12), version);
        var footer = FooterOf(Whole).ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(footer.AsSpan(4), version);
        var store = await StoreAsync(trailer);
        foreach (var e in (VektagrafException[])[await AssertCorruptAsync(() => Segment.OpenAsync(store, SegmentWorld.Key)), AssertCorrupt(() => Segment.Open(store, SegmentWorld.Key, footer))])
        {
            Assert.Equal(slug, e.Slug);
            Assert.Contains($"version {version}", e.Message, StringComparison.Ordinal);
            Assert.Contains(SegmentWorld.Key, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Read_WhenContentIsWrongUnderFittingChecksums_IsCorruptOrReadable() => await Gen.Select(
        Gen.Int[0, Footer.Blocks.Count], Gen.Int[0, 1_000], Gen.Byte, Gen.Int[0, 3]).SampleAsync(async (which, at, value, how) =>
    {
        var golden = new SegmentFile(await StoreAsync(Whole), SegmentWorld.Key, Footer);
        using var writer = new SegmentFileWriter();
        for (var i = 0; i < Footer.Blocks.Count; i++)
        {
            var content = (await golden.ReadBlockAsync(Footer.Blocks[i])).ToArray();
            writer.Add(Footer.Blocks[i].Kind, Footer.Blocks[i].Number, i == which ? Spoil(content, at, value, how) : content, SegmentCodec.Zstd);
        }

        var metadata = Footer.Metadata.ToArray();
        var spoiled = writer.Finish(which == Footer.Blocks.Count ? Spoil(metadata, at, value, how) : metadata);
        var store = await StoreAsync(spoiled.Bytes);
        try
        {
            var segment = await Segment.OpenAsync(store, SegmentWorld.Key);
            Assert.NotEmpty(await SegmentText.OfAllAsync(segment));
            await segment.FindManyAsync(["a", "b", "🐎", "\uE000", "q"], withVectors: true);
        }
        catch (VektagrafException e)
        {
            Assert.Equal((ErrorKind.Corrupt, "corrupt-segment"), (e.Kind, e.Slug));
        }
    }, iter: 20_000);

    [Fact]
    public void Decode_OfAFooterThatIsWrongUnderAFittingChecksum_IsCorruptOrAFooter() => Gen.Select(Gen.Int[16, 258], Gen.Byte, Gen.Int[0, 3]).Sample((at, value, how) =>
    {
        var footer = Spoil(FooterOf(Whole)[..^4], at, value, how);
        var sealedFooter = new byte[footer.Length + 4];
        footer.CopyTo(sealedFooter, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(sealedFooter.AsSpan(footer.Length), Crc32C.Compute(footer));
        try
        {
            Assert.NotNull(SegmentFooter.Decode(sealedFooter, SegmentWorld.Key));
        }
        catch (VektagrafException e)
        {
            Assert.Equal(ErrorKind.Corrupt, e.Kind);
        }
    }, iter: 50_000);

    private static byte[] Spoil(ReadOnlySpan<byte> bytes, int at, byte value, int how)
    {
        at %= bytes.Length;
        return how switch
        {
            0 => [.. bytes[..at], value, .. bytes[at..]],
            1 when bytes.Length > 1 => [.. bytes[..at], .. bytes[(at + 1)..]],
            2 => [.. bytes[..at], 0xFF, 0xFF, 0xFF, 0xFF, 0x07, .. bytes[at..]],
            _ => [.. bytes[..at], value, .. bytes[(at + 1)..]],
        };
    }

    /// <summary>Which bytes a reader of everything looks at: blocks, footer and trailer, not the header and the padding.</summary>
    private static bool[] BytesThatAreRead()
    {
        var read = new bool[Whole.Length];
        foreach (var block in Footer.Blocks)
        {
            read.AsSpan((int)block.Offset, block.StoredLength).Fill(true);
        }

        read.AsSpan(Whole.Length - Footer.Encode().Length - SegmentFormat.TrailerBytes).Fill(true);
        return read;
    }

    private static ReadOnlySpan<byte> FooterOf(byte[] segment)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(segment.AsSpan(segment.Length - SegmentFormat.TrailerBytes));
        return segment.AsSpan(segment.Length - SegmentFormat.TrailerBytes - length, length);
    }

    private static async Task<MemoryObjectStore> StoreAsync(ReadOnlyMemory<byte> bytes)
    {
        var store = new MemoryObjectStore();
        await store.PutAsync(SegmentWorld.Key, bytes, PutCondition.None);
        return store;
    }

    private static async Task<VektagrafException> AssertCorruptAsync(Func<Task> read)
    {
        var e = await Assert.ThrowsAsync<VektagrafException>(read);
        Assert.Equal(ErrorKind.Corrupt, e.Kind);
        return e;
    }

    private static VektagrafException AssertCorrupt(Action read)
    {
        var e = Assert.Throws<VektagrafException>(read);
        Assert.Equal(ErrorKind.Corrupt, e.Kind);
        return e;
    }
}
