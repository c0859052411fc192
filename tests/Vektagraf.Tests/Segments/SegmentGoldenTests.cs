using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Tests.Segments;

/// <summary>Bytes that exist in stores must stay readable, and what is written must stay the same until the version changes.</summary>
public class SegmentGoldenTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OpenAsync_OfTheCheckedInSegment_GivesItsContent(bool isIndexed)
    {
        var segment = await OpenAsync(isIndexed ? GoldenSegment.IndexedBytes : GoldenSegment.Bytes);
        await segment.File.VerifyAsync();
        var rows = await SegmentWorld.ListAsync(segment.EnumerateAsync());
        Assert.Equal(GoldenSegment.Rows.Select(SegmentText.Of), rows.Select(SegmentText.Of));
        Assert.Equal(await SegmentText.OfAllAsync(await OpenAsync(GoldenSegment.Write(isIndexed).Bytes)), await SegmentText.OfAllAsync(segment));
    }

    [Fact]
    public async Task ReadColumnAsync_OfTheCheckedInSegment_GivesItsValues()
    {
        var segment = await OpenAsync(GoldenSegment.Bytes);
        string[] expected =
        [
            "at: 2030-01-01T00:00:00Z null null null null", "name: 'x' null null 'y' 'x'", "ok: true null null false null",
            "price: 4.5 null null null null", "tags: ['hot','x','hot'] null null [] null",
        ];
        foreach (var line in expected)
        {
            var name = line[..line.IndexOf(':', StringComparison.Ordinal)];
            var column = (await segment.ReadColumnAsync(name))!;
            Assert.Equal(line, $"{name}: {string.Join(' ', Enumerable.Range(0, 5).Select(column.Read))}");
        }

        var where = (await segment.ReadColumnAsync("where"))!.Read(0);
        Assert.Equal((14.5, 50.0), (where.Longitude, where.Latitude));
    }

    [Theory]
    [InlineData("at eq 2030-01-01", "0")]
    [InlineData("at eq null", "2 3 4")]
    [InlineData("name eq 'x'", "0 4")]
    [InlineData("name ge 'x'", "0 3 4")]
    [InlineData("name ne 'x'", "2 3")]
    [InlineData("not ok", "2 3 4")]
    [InlineData("ok ne null", "0 3")]
    [InlineData("price lt 5", "0")]
    [InlineData("tags/any(t: t eq 'hot') or tags eq null", "0 2 4")]
    [InlineData("tags/all(t: t eq 'x')", "2 3 4")]
    [InlineData("tags ne null", "0 3")]
    [InlineData("geo.distance(where, geography'POINT(14.5 50.001)') lt 1", "0")]
    [InlineData("geo.distance(where, geography'POINT(15 50.001)') lt 1", "")]
    public async Task MatchAsync_OfTheCheckedInIndexes_FindsRows(string filter, string rows)
    {
        var found = await (await OpenAsync(GoldenSegment.IndexedBytes)).MatchAsync(FieldIndexWorld.Bind(filter));
        Assert.Equal((rows, null), (string.Join(' ', found!.Rows.ToArray()), found.Remaining));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_OfTheCheckedInRows_WritesTheBlocksThatTheSpecificationDraws(bool isIndexed)
    {
        // Raw bytes: those of a compressed block are the compressor's affair.
        var (golden, written) = ((await OpenAsync(isIndexed ? GoldenSegment.IndexedBytes : GoldenSegment.Bytes)).File, (await OpenAsync(GoldenSegment.Write(isIndexed).Bytes)).File);
        Assert.Equal(isIndexed ? 2 : 1, written.Footer.Version);
        Assert.Equal(Convert.ToHexString(golden.Footer.Metadata.Span), Convert.ToHexString(written.Footer.Metadata.Span));
        Assert.Equal(golden.Footer.Blocks.Select(b => (b.Kind, b.Number)), written.Footer.Blocks.Select(b => (b.Kind, b.Number)));
        foreach (var (expected, actual) in golden.Footer.Blocks.Zip(written.Footer.Blocks))
        {
            Assert.Equal(Convert.ToHexString((await golden.ReadBlockAsync(expected)).Span), Convert.ToHexString((await written.ReadBlockAsync(actual)).Span));
        }
    }

    [Fact]
    public async Task Write_OfTheCheckedInBlocks_GivesTheCheckedInFile()
    {
        var golden = (await OpenAsync(GoldenSegment.Bytes)).File;
        using var writer = new SegmentFileWriter();
        foreach (var block in golden.Footer.Blocks.Reverse())
        {
            // The one compressed block is stored as it is: its codec, lengths and checksum are all that may differ.
            writer.Add(block.Kind, block.Number, (await golden.ReadBlockAsync(block)).Span, SegmentCodec.None);
        }

        var written = writer.Finish(golden.Footer.Metadata.Span);
        var changed = Enumerable.Range(0, golden.Footer.Blocks.Count).Where(i => golden.Footer.Blocks[i] != written.Footer.Blocks[i]).ToList();
        Assert.Equal(Enumerable.Range(0, golden.Footer.Blocks.Count).Where(i => golden.Footer.Blocks[i].Codec == SegmentCodec.Zstd), changed);
        Assert.Equal(GoldenSegment.Bytes[..64], written.Bytes.Span[..64].ToArray());
        Assert.Equal(GoldenSegment.Bytes[^4..], written.Bytes.Span[^4..].ToArray());
        Assert.Equal(golden.Footer.Encode(), SegmentFooter.Decode(golden.Footer.Encode(), "golden").Encode());
    }

    private static async Task<Segment> OpenAsync(ReadOnlyMemory<byte> bytes)
    {
        var store = new MemoryObjectStore();
        await store.PutAsync(SegmentWorld.Key, bytes, PutCondition.None);
        return await Segment.OpenAsync(store, SegmentWorld.Key);
    }
}
