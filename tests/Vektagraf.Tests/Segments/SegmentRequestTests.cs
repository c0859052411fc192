using Vektagraf.Collections;
using Vektagraf.Shards.Segments;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Tests.Segments;

/// <summary>What reads cost in requests and bytes: the price of a cold shard.</summary>
public class SegmentRequestTests
{
    private const int Rows = 3_000;

    private static readonly SegmentSchema Schema = new([new("v", 64), new("w", 16)], [new("name", FieldType.String), new("price", FieldType.Number)]);

    private static readonly SegmentFileContent Content = SegmentWriter.Write(
        Schema, RandomRows(new Random(3)), new SegmentWriterOptions { RowGroupBytes = 16 * 1024 });

    private readonly RecordingStore _store = new(new MemoryObjectStore());

    [Fact]
    public async Task OpenAsync_WithTheFooterOfAManifest_AsksNothing()
    {
        await OpenAsync();
        Assert.Empty(_store.Reads);
    }

    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(true, false, 1)]
    [InlineData(false, false, 2)]
    public async Task OpenAsync_ByTheTail_TakesOneReadWhereTheLengthIsKnown(bool lengthIsKnown, bool footerLengthIsKnown, int reads)
    {
        await OpenAsync();
        await Segment.OpenAsync(_store, SegmentWorld.Key, lengthIsKnown ? Content.Bytes.Length : null, footerLengthIsKnown ? Content.Footer.Encode().Length : null);
        Assert.Equal(reads, _store.Reads.Count);
    }

    [Fact]
    public async Task FindAsync_OfAnObject_TakesOneReadOfOneRowGroup()
    {
        var segment = await OpenAsync();
        Assert.Equal("0001234", (await segment.FindAsync("0001234"))!.Id);
        Assert.InRange(Assert.Single(_store.Reads).Length, 1, Content.Bytes.Length / 40);
    }

    [Fact]
    public async Task FindAsync_WithVectors_TakesOneMoreReadForEachField()
    {
        var segment = await OpenAsync();
        Assert.Equal(2, (await segment.FindAsync("0001234", withVectors: true))!.Vectors.Count);
        Assert.Equal(3, _store.Reads.Count);
        Assert.All(_store.Reads, r => Assert.InRange(r.Length, 1, 33_000));
    }

    [Theory]
    [InlineData("0001234 absent", 1)]
    [InlineData("/", 0)]
    [InlineData("1", 0)]
    public async Task FindAsync_OfAnAbsentId_TakesOneReadOrNone(string id, int reads)
    {
        var segment = await OpenAsync();
        Assert.Null(await segment.FindAsync(id));
        Assert.Equal(reads, _store.Reads.Count);
    }

    [Fact]
    public async Task FindManyAsync_OfNeighbours_SharesReads()
    {
        var segment = await OpenAsync();
        await segment.FindManyAsync([.. Enumerable.Range(1_000, 200).Select(i => $"{i:D7}")]);
        Assert.Single(_store.Reads);
        await segment.ReadRowsAsync([0, 1_500, 2_999]);
        Assert.Equal(4, _store.Reads.Count);
    }

    [Fact]
    public async Task ReadColumnAsync_ReadsThatColumnAlone()
    {
        var segment = await OpenAsync();
        await segment.ReadColumnAsync("price");
        Assert.InRange(Assert.Single(_store.Reads).Length, 1, Content.Bytes.Length / 20);
    }

    [Fact]
    public async Task ReadVectorsAsync_OfAField_ReadsItsVectorsAndNothingElse()
    {
        var segment = await OpenAsync(new SegmentReadOptions { MaxRangeBytes = 128 * 1024 });
        await foreach (var block in segment.ReadVectorsAsync(0))
        {
            Assert.NotEqual(0, block.Count);
        }

        Assert.Equal(Rows * 64 * sizeof(float), _store.Reads.Sum(r => r.Length));
        Assert.All(_store.Reads, r => Assert.InRange(r.Length, 1, 128 * 1024));
        Assert.Equal((Rows * 64 * sizeof(float) / (128 * 1024)) + 1, _store.Reads.Count);
    }

    [Fact]
    public async Task ReadVectorRowsAsync_WhereAllRowsAreAlike_AsksNothing()
    {
        var segment = await OpenAsync();
        Assert.Equal((5, 5), ((await segment.ReadVectorRowsAsync(0)).RowOf(5), (await segment.ReadVectorRowsAsync(0)).OrdinalOf(5)));
        Assert.Empty(_store.Reads);
    }

    [Fact]
    public async Task EnumerateAsync_HoldsAFewRangesAtATime()
    {
        const int Range = 40_000;
        const int Streams = 3;
        var segment = await OpenAsync(new SegmentReadOptions { MaxRangeBytes = Range });
        long rowBytes = 0;
        await foreach (var row in segment.EnumerateAsync())
        {
            rowBytes += row.Properties.Length + row.Vectors.Sum(v => v.LittleEndian.Length);
            // What was asked for is never far ahead of what was handed out: here even uncompressed bytes are counted against stored ones.
            Assert.InRange(_store.Reads.Sum(r => (long)r.Length), 0, rowBytes + (Streams * 3 * Range));
        }

        Assert.All(_store.Reads, r => Assert.InRange(r.Length, 1, Range));
        Assert.InRange(_store.MostInFlight, 1, Streams * 2);
        Assert.InRange(Content.Bytes.Length, 10 * Streams * Range / 3, int.MaxValue);
    }

    [Fact]
    public async Task EnumerateAsync_WhenAbandoned_LeavesNoReadBehind()
    {
        var segment = await OpenAsync(new SegmentReadOptions { MaxRangeBytes = 20_000 });
        _store.Gate = new TaskCompletionSource().Task;
        await foreach (var row in segment.EnumerateAsync(withVectors: false))
        {
            Assert.NotEqual(0, _store.InFlight);
            break;
        }

        Assert.Equal(0, _store.InFlight);
        Assert.InRange(_store.Reads.Count, 2, 3);
    }

    [Fact]
    public async Task ReadBlocksAsync_RunsAsManyReadsAtATimeAsAllowed()
    {
        var segment = await OpenAsync(new SegmentReadOptions { MaxRangeBytes = 20_000, MaxParallelReads = 3 });
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        var reading = SegmentWorld.ListAsync(segment.File.ReadBlocksAsync(segment.File.Footer.Blocks.ToArray()));
        Assert.Equal(3, _store.InFlight);
        gate.SetResult();
        Assert.Equal(segment.File.Footer.Blocks, (await reading).Select(b => b.Block));
        Assert.Equal((0, 3), (_store.InFlight, _store.MostInFlight));
    }

    [Fact]
    public async Task ReadBlocksAsync_WhenTheStoreFails_IsUnavailable()
    {
        var store = new FaultInjectingObjectStore(new MemoryObjectStore(), TimeProvider.System);
        var segment = await SegmentWorld.OpenAsync(Content, store);
        store.FailNext(StoreOperation.Get, "seg/", StoreFault.LostRequest);
        var e = await Assert.ThrowsAsync<VektagrafException>(() => segment.FindAsync("0001234"));
        Assert.Equal((ErrorKind.Unavailable, "store-unavailable"), (e.Kind, e.Slug));
        Assert.NotNull(await segment.FindAsync("0001234"));
    }

    private Task<Segment> OpenAsync(SegmentReadOptions? options = null) => SegmentWorld.OpenAsync(Content, _store, options);

    private static IEnumerable<SegmentRow> RandomRows(Random random)
    {
        for (var i = 0; i < Rows; i++)
        {
            var noise = new byte[150];
            random.NextBytes(noise);
            yield return new SegmentRow
            {
                Id = $"{i:D7}",
                Version = new((ulong)i, 0),
                Properties = System.Text.Encoding.UTF8.GetBytes($$"""{"name":"n{{i % 10}}","price":{{i}},"noise":"{{Convert.ToBase64String(noise)}}"}"""),
                Vectors = [new("v", RandomVector(random, 64)), new("w", RandomVector(random, 16))],
            };
        }
    }

    private static ReadOnlyMemory<byte> RandomVector(Random random, int dimensions) =>
        SegmentWorld.Bytes([.. Enumerable.Range(0, dimensions).Select(_ => random.NextSingle())]);
}
