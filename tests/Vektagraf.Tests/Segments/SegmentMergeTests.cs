using CsCheck;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage.Log;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Tests.Segments;

public class SegmentMergeTests
{
    private static readonly Gen<ModelRow[][]> Sources = SegmentWorld.Rows.Array[0, 5];

    [Fact]
    public async Task MergeAsync_OfRandomSegments_KeepsTheNewestOfEachObject() => await Gen.Select(Sources, Gen.Bool).SampleAsync(async (sources, dropTombstones) =>
    {
        var segments = await Task.WhenAll(sources.Select(rows =>
            SegmentWorld.OpenAsync(SegmentWriter.Write(SegmentWorld.Schema, rows.Select(r => r.Row), SegmentWorld.Small))));
        var merged = SegmentMerge.MergeAsync([.. segments.Select(s => s.EnumerateAsync())], dropTombstones);

        // A dictionary, and the rows one after the other in the order they were written; of equals the earlier source's remains.
        var model = new SortedDictionary<string, SegmentRow>(StringComparer.Ordinal);
        foreach (var row in sources.Reverse().SelectMany(rows => rows).Select(r => r.Row).OrderBy(r => r.Version.Sequence).ThenBy(r => r.Version.Ordinal))
        {
            model[row.Id] = row;
        }

        var expected = model.Values.Where(r => !(dropTombstones && r.IsTombstone)).Select(SegmentText.Of);
        Assert.Equal(expected, (await SegmentWorld.ListAsync(merged)).Select(SegmentText.Of));
    }, iter: 100);

    [Fact]
    public async Task WriteAsync_OfMergedRows_SplitsThemAtTheSizeLimit() => await Sources.SampleAsync(async sources =>
    {
        var rows = await SegmentWorld.ListAsync(SegmentMerge.MergeAsync(Streams(sources), dropTombstones: false));
        var completed = 0;
        var written = await SegmentWorld.ListAsync(SegmentMerge.WriteAsync(
            SegmentMerge.FromRows(rows), SegmentWorld.Schema, SegmentWorld.Small with { TargetBytes = 2_000 }, _ => completed++));
        Assert.Equal(written.Count, completed);
        Assert.Equal(rows.Count == 0, written.Count == 0);

        var read = new List<string>();
        string? last = null;
        foreach (var content in written)
        {
            var segment = await SegmentWorld.OpenAsync(content);
            Assert.True(string.CompareOrdinal(last, segment.FirstId) < 0);
            last = segment.LastId;
            Assert.InRange(content.Footer.Blocks.Where(b => b.Kind is 1 or 5).Sum(b => b.StoredLength), 1, 4_000);
            read.AddRange((await SegmentWorld.ListAsync(segment.EnumerateAsync())).Select(SegmentText.Of));
        }

        Assert.Equal(rows.Select(SegmentText.Of), read);
        Assert.True(written.Count >= rows.Sum(r => r.Vectors.Sum(v => v.LittleEndian.Length)) / 4_000);
    }, iter: 100);

    [Fact]
    public async Task MergeAsync_WhenDeletedAndWrittenAgain_FollowsTheVersions()
    {
        var tail = SegmentMerge.FromRows([SegmentWorld.Tombstone("a", 5), SegmentWorld.Plain("b", 7), SegmentWorld.Plain("c", 6, """{"n":2}""", ordinal: 2)]);
        var segment = SegmentMerge.FromRows([SegmentWorld.Plain("a", 4), SegmentWorld.Tombstone("b", 3), SegmentWorld.Plain("c", 6, """{"n":1}""", ordinal: 1), SegmentWorld.Tombstone("d", 1)]);
        var rows = await SegmentWorld.ListAsync(SegmentMerge.MergeAsync([segment, tail], dropTombstones: true));
        Assert.Equal([("b", new ObjectVersion(7, 0)), ("c", new ObjectVersion(6, 2))], rows.Select(r => (r.Id, r.Version)));
    }

    [Fact]
    public async Task MergeAsync_OfOneSegment_WritesItAgainByteForByte()
    {
        var content = GoldenSegment.Write();
        var segment = await SegmentWorld.OpenAsync(content);
        var schema = new SegmentSchema([.. segment.Vectors.Select(v => new SegmentVectorField(v.Name, v.Dimensions))], segment.Columns);
        var payload = (await SegmentWorld.ListAsync(segment.ReadPayloadAsync("transactions"))).Select(b => b.Content);
        var again = Assert.Single(await SegmentWorld.ListAsync(SegmentMerge.WriteAsync(
            SegmentMerge.MergeAsync([segment.EnumerateAsync()], dropTombstones: false),
            schema,
            new SegmentWriterOptions { RowGroupBytes = 160, VectorBlockBytes = 512 },
            writer => writer.AddPayload("transactions", payload))));
        Assert.Equal(Convert.ToHexString(content.Bytes.Span), Convert.ToHexString(again.Bytes.Span));
    }

    [Fact]
    public async Task MergeAsync_WhenASourceIsDamaged_GivesNoSegment()
    {
        var content = GoldenSegment.Write();
        var bytes = content.Bytes.ToArray();
        bytes[content.Footer.Blocks[1].Offset] ^= 1;
        var segment = await SegmentWorld.OpenAsync(new SegmentFileContent(bytes, content.Footer));
        var merged = SegmentMerge.MergeAsync([segment.EnumerateAsync(), SegmentMerge.FromRows([SegmentWorld.Plain("a", 99)])], dropTombstones: false);
        var e = await Assert.ThrowsAsync<VektagrafException>(() => SegmentWorld.ListAsync(SegmentMerge.WriteAsync(merged, SegmentWorld.Schema)));
        Assert.Equal("corrupt-segment", e.Slug);
    }

    private static IAsyncEnumerable<SegmentRow>[] Streams(ModelRow[][] sources) =>
        [.. sources.Select(rows => SegmentMerge.FromRows(rows.Select(r => r.Row)))];
}
