using System.Text;
using CsCheck;
using Vektagraf.Querying;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Tests.Segments;

public class SegmentRoundTripTests
{
    [Fact]
    public async Task EnumerateAsync_OfRandomRows_GivesThemAndOfAllIds() => await SegmentWorld.Rows.SampleAsync(async rows =>
    {
        var segment = await WriteAsync(rows);
        var read = await SegmentWorld.ListAsync(segment.EnumerateAsync());
        Assert.Equal(rows.Select(r => SegmentText.Of(r.Row)), read.Select(SegmentText.Of));
        Assert.Equal(Enumerable.Range(0, rows.Length), read.Select(r => r.RowNumber));
        Assert.All(await SegmentWorld.ListAsync(segment.EnumerateAsync(withVectors: false)), r => Assert.Empty(r.Vectors));

        var keys = await SegmentWorld.ListAsync(segment.ReadIdsAsync());
        Assert.Equal(rows.Select((r, i) => new SegmentKey(i, r.Row.Id, r.Row.Version, r.Row.IsTombstone)), keys);
        await segment.File.VerifyAsync();
    }, iter: 300);

    [Fact]
    public async Task FindManyAsync_OfRandomRows_FindsWhatIsThereAndNothingElse() => await Gen.Select(SegmentWorld.Rows, SegmentWorld.Rows).SampleAsync(async (rows, others) =>
    {
        var segment = await WriteAsync(rows);
        var byId = rows.ToDictionary(r => r.Row.Id, StringComparer.Ordinal);
        string[] ids = [.. others.Concat(rows).Select(r => r.Row.Id), "", "\uFFFF", .. rows.Select(r => r.Row.Id + "\0")];
        var expected = ids.Select(id => SegmentText.Of(byId.GetValueOrDefault(id)?.Row)).ToList();
        Assert.Equal(expected, (await segment.FindManyAsync(ids, withVectors: true)).Select(SegmentText.Of));
        foreach (var (id, text) in ids.Zip(expected))
        {
            Assert.Equal(text, SegmentText.Of(await segment.FindAsync(id, withVectors: true)));
        }

        int[] numbers = [.. Enumerable.Range(0, rows.Length).Reverse(), .. Enumerable.Range(0, rows.Length)];
        Assert.Equal(numbers.Select(n => SegmentText.Of(rows[n].Row)), (await segment.ReadRowsAsync(numbers, withVectors: true)).Select(SegmentText.Of));
    }, iter: 100);

    [Fact]
    public async Task ReadColumnAsync_OfRandomRows_GivesTheirValues() => await SegmentWorld.Rows.SampleAsync(async rows =>
    {
        var segment = await WriteAsync(rows);
        foreach (var field in SegmentWorld.Schema.Columns)
        {
            var column = await segment.ReadColumnAsync(field.Name);
            Assert.Equal(rows.Length, column!.Count);
            Assert.Equal(
                rows.Select(r => r.Values.GetValueOrDefault(field.Name, FieldValue.Null)),
                Enumerable.Range(0, rows.Length).Select(column.Read));
        }

        Assert.Null(await segment.ReadColumnAsync("declared later"));
    }, iter: 200);

    [Fact]
    public async Task ReadVectorsAsync_OfRandomRows_GivesThemByOrdinal() => await SegmentWorld.Rows.SampleAsync(async rows =>
    {
        var segment = await WriteAsync(rows);
        for (var field = 0; field < segment.Vectors.Count; field++)
        {
            var section = segment.Vectors[field];
            var expected = rows.SelectMany((r, i) => r.Row.Vectors.Where(v => v.Field == section.Name).Select(v => (Row: i, Text: SegmentText.Of(v)))).ToList();
            var mapping = await segment.ReadVectorRowsAsync(field);
            var scanned = new List<string>();
            await foreach (var block in segment.ReadVectorsAsync(field))
            {
                Assert.Equal(scanned.Count, block.FirstOrdinal);
                scanned.AddRange(Enumerable.Range(0, block.Count).Select(i => SegmentText.Of(new SegmentVector(
                    section.Name, block.LittleEndian.Slice(i * section.VectorBytes, section.VectorBytes), mapping.GeneratedBy(block.FirstOrdinal + i)))));
            }

            Assert.Equal(expected.Select(e => e.Text), scanned);
            Assert.Equal(section.Count, expected.Count);
            Assert.Equal(expected.Select(e => e.Row), Enumerable.Range(0, section.Count).Select(mapping.RowOf));
            Assert.All(Enumerable.Range(0, rows.Length), row => Assert.Equal(expected.FindIndex(e => e.Row == row), mapping.OrdinalOf(row)));

            int[] some = [.. Enumerable.Range(0, section.Count).Where(o => o % 3 != 1).Reverse()];
            var read = await segment.ReadVectorsAsync(field, some);
            Assert.Equal(some.Select(o => expected[o].Text), some.Zip(read, (o, bytes) => SegmentText.Of(new SegmentVector(section.Name, bytes, mapping.GeneratedBy(o)))));
        }
    }, iter: 200);

    [Fact]
    public void Write_OfTheSameRows_GivesTheSameBytes() => SegmentWorld.Rows.Sample(rows =>
    {
        var first = SegmentWriter.Write(SegmentWorld.Schema, rows.Select(r => r.Row), SegmentWorld.Small);
        var second = SegmentWriter.Write(SegmentWorld.Schema, rows.Select(r => r.Row), SegmentWorld.Small);
        Assert.True(first.Bytes.Span.SequenceEqual(second.Bytes.Span));
        Assert.Equal(first.Bytes.Length, first.Footer.FileLength);
    }, iter: 100);

    [Fact]
    public async Task OpenAsync_ByTheTail_ReadsTheSameAsByTheFooter()
    {
        var content = GoldenSegment.Write();
        var store = new MemoryObjectStore();
        var expected = await SegmentText.OfAllAsync(await SegmentWorld.OpenAsync(content, store));
        var length = content.Bytes.Length;
        var footerLength = content.Footer.Encode().Length;
        foreach (var (l, f) in ((long?, int?)[])[(null, null), (length, null), (null, footerLength), (length, footerLength), (length, 30), (length, length)])
        {
            Assert.Equal(expected, await SegmentText.OfAllAsync(await Segment.OpenAsync(store, SegmentWorld.Key, l, f)));
        }
    }

    [Fact]
    public async Task Write_OfNoRows_GivesASegmentThatHoldsNothing()
    {
        var segment = await WriteAsync([]);
        Assert.Equal((0, 0, null, null), (segment.RowCount, segment.TombstoneCount, segment.FirstId, segment.LastId));
        Assert.Empty(await SegmentWorld.ListAsync(segment.EnumerateAsync()));
        Assert.Null(await segment.FindAsync("a"));
        Assert.Equal(0, (await segment.ReadColumnAsync("name"))!.Count);
    }

    [Fact]
    public async Task Write_OfHugeProperties_KeepsThem()
    {
        var random = new Random(7);
        var noise = new byte[Limits.MaxPropertiesBytes / 2];
        random.NextBytes(noise);
        SegmentRow[] rows = [SegmentWorld.Plain("a", 1), SegmentWorld.Plain("b", 2, $$"""{"name":"{{Convert.ToHexString(noise)}}"}"""), SegmentWorld.Plain("c", 3)];
        var segment = await SegmentWorld.OpenAsync(SegmentWriter.Write(SegmentWorld.Schema, rows));
        Assert.Equal(rows.Select(SegmentText.Of), (await SegmentWorld.ListAsync(segment.EnumerateAsync())).Select(SegmentText.Of));
    }

    [Fact]
    public async Task Write_OfRowsBeyondOneColumnChunk_KeepsAllValues()
    {
        // 2 × 16,384 + 1, with more distinct strings than two bytes of a code tell apart in neither chunk, and more than one byte does.
        const int Count = (2 * 16_384) + 1;
        var rows = Enumerable.Range(0, Count).Select(i => SegmentWorld.Plain($"{i:D6}", (ulong)i, $$"""{"name":"n{{i % 20_000}}","price":{{i}}}"""));
        var segment = await SegmentWorld.OpenAsync(SegmentWriter.Write(SegmentWorld.Schema, rows));
        var (names, prices) = ((await segment.ReadColumnAsync("name"))!, (await segment.ReadColumnAsync("price"))!);
        Assert.Equal((Count, Count, 20_000), (names.Count, prices.Count, names.Cardinality));
        for (var i = 0; i < Count; i++)
        {
            Assert.Equal(FieldValue.From($"n{i % 20_000}"), names.Read(i));
            Assert.Equal(FieldValue.From((double)i), prices.Read(i));
        }
    }

    [Fact]
    public async Task Write_OfVectorsThatNoLongerFit_LeavesThemOut()
    {
        var row = new SegmentRow
        {
            Id = "a",
            Version = new(1, 0),
            Properties = "{}"u8.ToArray(),
            Vectors = [new("v", SegmentWorld.Bytes(1, 2), 1), new("dropped", SegmentWorld.Bytes(3), 1), new("w", SegmentWorld.Bytes(4), 1)],
        };
        var segment = await SegmentWorld.OpenAsync(SegmentWriter.Write(SegmentWorld.Schema, [row]));
        Assert.Equal("w/1=00008040", SegmentText.Of(Assert.Single((await segment.FindAsync("a", withVectors: true))!.Vectors)));
    }

    [Fact]
    public void Add_OfARowThatIsNotNext_IsRefused()
    {
        using var writer = new SegmentWriter(SegmentWorld.Schema);
        writer.Add(SegmentWorld.Plain("b", 1));
        Assert.Throws<ArgumentException>(() => writer.Add(SegmentWorld.Plain("b", 2)));
        Assert.Throws<ArgumentException>(() => writer.Add(SegmentWorld.Plain("a", 2)));
        Assert.Throws<ArgumentException>(() => writer.Add(new SegmentRow { Id = "c", Version = new(1, 0), IsTombstone = true, Type = "Tea" }));
        Assert.Equal(1, writer.RowCount);
    }

    [Fact]
    public async Task AddPayload_OfBlocks_GivesThemBackApartAndTogether()
    {
        using var writer = new SegmentWriter(SegmentWorld.Schema);
        writer.Add(SegmentWorld.Plain("a", 1));
        ReadOnlyMemory<byte>[] graph = ["graph one"u8.ToArray(), new byte[5_000], "three"u8.ToArray()];
        writer.AddPayload("index/v", graph, SegmentCodec.None);
        writer.AddPayload("none", []);
        writer.AddPayload("transactions", ["txn"u8.ToArray()]);
        Assert.Throws<ArgumentException>(() => writer.AddPayload("none", []));
        var segment = await SegmentWorld.OpenAsync(writer.Finish());

        Assert.Equal([("index/v", 3), ("none", 0), ("transactions", 1)], segment.Payloads);
        var read = await SegmentWorld.ListAsync(segment.ReadPayloadAsync("index/v"));
        Assert.Equal(graph.Select(b => Convert.ToHexString(b.Span)), read.Select(b => Convert.ToHexString(b.Content.Span)));
        var third = await segment.File.ReadBlockAsync(segment.PayloadBlocks("index/v").Span[2]);
        Assert.Equal("three", Encoding.UTF8.GetString(third.Span));
        Assert.Empty(await SegmentWorld.ListAsync(segment.ReadPayloadAsync("none")));
        Assert.Empty(await SegmentWorld.ListAsync(segment.ReadPayloadAsync("unheard of")));
    }

    private static Task<Segment> WriteAsync(ModelRow[] rows) =>
        SegmentWorld.OpenAsync(SegmentWriter.Write(SegmentWorld.Schema, rows.Select(r => r.Row), SegmentWorld.Small));
}
