using System.Globalization;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Tests.Segments;

/// <summary>What filters by index cost in requests and bytes, and indexes in space: a segment of 100,000 rows.</summary>
public class FieldIndexRequestTests(ITestOutputHelper output)
{
    private const int Rows = 100_000;

    private static readonly CollectionDefinition Definition = new(fields: new (string Name, FieldType Type)[]
    {
        ("at", FieldType.DateTime), ("category", FieldType.String), ("ok", FieldType.Boolean), ("price", FieldType.Number), ("rating", FieldType.Number), ("sku", FieldType.String),
        ("tags", FieldType.StringArray), ("where", FieldType.Geo),
    }.ToDictionary(f => f.Name, f => new FieldDefinition { Type = f.Type, Index = true }, StringComparer.Ordinal));

    private static readonly SegmentFileContent Content = SegmentWriter.Write(SegmentSchema.For(Definition), RandomRows(new Random(5)));

    private readonly RecordingStore _store = new(new MemoryObjectStore());

    [Theory]
    [InlineData("sku eq 'NK-012345-X'", 1, 30_000)]
    [InlineData("sku eq 'absent'", 1, 30_000)]
    [InlineData("sku eq 'zzz'", 0, 0)]
    [InlineData("sku in ('NK-012345-X', 'NK-912345-X')", 2, 60_000)]
    [InlineData("startswith(sku, 'NK-0123')", 1, 30_000)]
    [InlineData("category eq 'c7'", 1, 32_768)]
    [InlineData("price eq 50.25", 1, 32_768)]
    [InlineData("rating eq 3", 1, 32_768)]
    [InlineData("ok", 1, 32_768)]
    [InlineData("price ge 50 and price lt 50.5", 1, 65_536)]
    [InlineData("at ge 2025-03-01 and at lt 2025-03-02", 1, 65_536)]
    [InlineData("tags/any(t: t eq 't42')", 1, 65_536)]
    [InlineData("geo.distance(where, geography'POINT(14.4 50.1)') lt 20", 2, 98_304)]
    [InlineData("category eq 'c7' and price lt 1", 1, 131_072)]
    [InlineData("price eq null", 1, 32_768)]
    public async Task MatchAsync_OfASelectiveFilter_ReadsAFewBlocks(string filter, int mostReads, int mostBytes)
    {
        var segment = await OpenAsync();
        var bound = FieldIndexWorld.Bind(filter, Definition);
        var estimate = segment.Estimate(bound);
        Assert.Empty(_store.Reads);
        var found = await segment.MatchAsync(bound);
        var bytes = _store.Reads.Sum(r => r.Length);
        output.WriteLine($"{filter}: {found!.Rows.Count} rows, {_store.Reads.Count} reads, {bytes} bytes, {estimate}");
        Assert.InRange(_store.Reads.Count, 0, mostReads);
        Assert.InRange(bytes, 0, mostBytes);
        Assert.Equal(await FieldIndexWorld.ScanAsync(segment, bound), found.Rows.ToArray());
        Assert.InRange(found.Rows.Count, estimate.Min, estimate.Max);
    }

    [Theory]
    [InlineData("price lt 250")]
    [InlineData("price gt 250")]
    [InlineData("not (price gt 20 and price lt 30)")]
    [InlineData("at ge 2025-02-01")]
    public async Task MatchAsync_OfAWideRange_ReadsLessThanTheValues(string filter)
    {
        var segment = await OpenAsync();
        var bound = FieldIndexWorld.Bind(filter, Definition);
        var found = await segment.MatchAsync(bound);
        var bytes = _store.Reads.Sum(r => r.Length);
        output.WriteLine($"{filter}: {found!.Rows.Count} rows, {_store.Reads.Count} reads, {bytes} bytes, {segment.Estimate(bound)}");

        // At worst half of the rows are read, at two bytes each, and the blocks at the ends.
        Assert.InRange(bytes, 1, Rows + (3 * 32_768));
        Assert.InRange(_store.Reads.Count, 1, 5);
        Assert.Equal(await FieldIndexWorld.ScanAsync(segment, bound), found.Rows.ToArray());
    }

    [Theory]
    [InlineData("price lt 250", 0.02)]
    [InlineData("price ge 20 and price lt 30", 0.1)]
    [InlineData("sku ne null", 0)]
    [InlineData("startswith(sku, 'NK-01')", 0.2)]
    [InlineData("sku ge 'NK-5' and sku lt 'NK-7'", 0.05)]
    [InlineData("at ge 2025-02-01 and at lt 2025-03-01", 0.1)]
    public async Task Estimate_OfARange_IsNearTheTruth(string filter, double relativeError)
    {
        var segment = await OpenAsync();
        var bound = FieldIndexWorld.Bind(filter, Definition);
        var truth = (await FieldIndexWorld.ScanAsync(segment, bound)).Length;
        Assert.InRange(segment.Estimate(bound).Expected, truth * (1 - relativeError), truth * (1 + relativeError));
    }

    [Fact]
    public async Task Write_OfIndexes_TakesAFewBytesForEachRow()
    {
        var segment = await OpenAsync();
        foreach (var (number, column) in segment.Columns.Index())
        {
            var blocks = segment.File.Footer.Blocks.Where(b => b.Kind >= 8 && b.Number >> 20 == number).ToList();
            var perRow = blocks.Sum(b => b.StoredLength) / (double)Rows;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{column.Name}: {segment.DistinctValues(column.Name)} values, {blocks.Count} blocks, {perRow:F2} bytes a row"));
            Assert.InRange(perRow, 0, column.Type == FieldType.Geo ? 20 : 10);
        }

        output.WriteLine($"footer {Content.Footer.Encode().Length} bytes, metadata {Content.Footer.Metadata.Length}");
        Assert.InRange(Content.Footer.Encode().Length, 1, 32 * 1024);
    }

    private Task<Segment> OpenAsync() => SegmentWorld.OpenAsync(Content, _store);

    private static IEnumerable<SegmentRow> RandomRows(Random random)
    {
        var start = new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (var i = 0; i < Rows; i++)
        {
            var price = random.Next(20) == 0 ? "null" : (random.Next(50_000) / 100.0).ToString("R", CultureInfo.InvariantCulture);
            var at = start.AddSeconds(random.Next(10_000_000));
            var text = string.Create(CultureInfo.InvariantCulture, $$"""
                {"sku":"NK-{{random.Next(1_000_000):D6}}-X","category":"c{{random.Next(20)}}","rating":{{random.Next(1, 6)}},"ok":{{(random.Next(4) == 0 ? "true" : "false")}},"price":{{price}},
                "at":"{{at:O}}","tags":["t{{random.Next(500)}}","t{{random.Next(500)}}"],"where":{"lon":{{(random.NextDouble() * 360) - 180:F6}},"lat":{{(random.NextDouble() * 180) - 90:F6}} } }
                """);
            yield return new SegmentRow { Id = $"{i:D7}", Version = new((ulong)i + 1, 0), Properties = Encoding.UTF8.GetBytes(text) };
        }
    }
}
