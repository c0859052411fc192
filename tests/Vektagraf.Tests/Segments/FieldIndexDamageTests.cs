using CsCheck;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Tests.Segments;

/// <summary>Damage of field indexes is detected, named and never served.</summary>
public class FieldIndexDamageTests
{
    private const int FirstKind = 7;

    private static readonly string[] Filters =
    [
        "at eq null", "at ge 2020-01-01", "name eq 'x'", "name ge 'x'", "name ge 'y'", "not (name eq 'x')", "name eq null", "ok", "ok eq false", "ok eq null", "price lt 5", "price ne 4.5", "price eq null", "where eq null", "tags/any()", "tags/any(t: t eq 'hot')",
        "tags eq null", "tags/all(t: t eq 'x')", "geo.distance(where, geography'POINT(14.5 50.001)') lt 1", "geo.distance(where, geography'POINT(0 0)') gt 1",
    ];

    private static readonly byte[] Whole = GoldenSegment.IndexedBytes;

    [Fact]
    public async Task MatchAsync_WhenAnyBitOfAnIndexFlips_IsCorrupt()
    {
        var golden = await OpenAsync(Whole);
        foreach (var block in golden.File.Footer.Blocks.Where(b => b.Kind >= FirstKind))
        {
            for (var bit = 0; bit < block.StoredLength * 8; bit++)
            {
                var flipped = Whole.ToArray();
                flipped[block.Offset + (bit / 8)] ^= (byte)(1 << (bit % 8));
                // Neighbours are not to blame: without requests that join them, only what needs the block fails.
                var segment = await OpenAsync(flipped, new SegmentReadOptions { MaxGapBytes = 0, MaxRangeBytes = 1 });
                var e = await Assert.ThrowsAsync<VektagrafException>(() => MatchAllAsync(segment));
                Assert.Equal("corrupt-segment", e.Slug);
                Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"block {block.Kind}/{block.Number} at"), e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task MatchAsync_WhenContentIsWrongUnderFittingChecksums_IsCorruptOrAnAnswer()
    {
        var golden = (await OpenAsync(Whole)).File;
        var contents = new List<byte[]>();
        foreach (var block in golden.Footer.Blocks)
        {
            contents.Add((await golden.ReadBlockAsync(block)).ToArray());
        }

        var first = golden.Footer.Blocks.Index().First(b => b.Item.Kind == FirstKind).Index;
        await Gen.Select(Gen.Int[first, contents.Count], Gen.Int[0, 1_000], Gen.Byte, Gen.Int[0, 3]).SampleAsync(async (which, at, value, how) =>
        {
            using var writer = new SegmentFileWriter();
            for (var i = 0; i < contents.Count; i++)
            {
                var block = golden.Footer.Blocks[i];
                writer.Add(block.Kind, block.Number, i == which ? Spoil(contents[i], at, value, how) : contents[i], SegmentCodec.Zstd);
            }

            var metadata = golden.Footer.Metadata.ToArray();
            // The metadata of indexes is at its end.
            var spoiled = writer.Finish(which == contents.Count ? Spoil(metadata, metadata.Length - 1 - (at % 140), value, how) : metadata, golden.Footer.Version);
            try
            {
                await MatchAllAsync(await OpenAsync(spoiled.Bytes));
            }
            catch (VektagrafException e)
            {
                Assert.Equal((ErrorKind.Corrupt, "corrupt-segment"), (e.Kind, e.Slug));
            }
        }, iter: 10_000);
    }

    private static async Task MatchAllAsync(Segment segment)
    {
        foreach (var filter in Filters.Select(f => FieldIndexWorld.Bind(f)))
        {
            var estimate = segment.Estimate(filter);
            Assert.InRange(estimate.Expected, estimate.Min, estimate.Max);
            var found = await segment.MatchAsync(filter);
            Assert.InRange(found!.Rows.Last, -1, segment.RowCount - 1);
        }
    }

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

    private static async Task<Segment> OpenAsync(ReadOnlyMemory<byte> bytes, SegmentReadOptions? options = null)
    {
        var store = new MemoryObjectStore();
        await store.PutAsync(SegmentWorld.Key, bytes, PutCondition.None);
        return await Segment.OpenAsync(store, SegmentWorld.Key, options: options);
    }
}
