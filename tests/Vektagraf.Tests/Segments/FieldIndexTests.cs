using System.Globalization;
using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Tests.Segments;

/// <summary>Field indexes against scans of the columns.</summary>
public class FieldIndexTests
{
    private const int AllFields = 63;

    [Fact]
    public async Task MatchAsync_OfAnyFilter_FindsWhatAScanFinds() => await Gen.Select(
        FieldIndexWorld.Rows, FieldIndexWorld.Filter.Array[1, 8], FieldIndexWorld.AnyOf(1, 30, 120, 32 * 1024)).SampleAsync(async (rows, filters, blockBytes) =>
    {
        var segment = await FieldIndexWorld.WriteAsync(FieldIndexWorld.Schema(AllFields), rows, blockBytes);
        await segment.File.VerifyAsync();
        foreach (var filter in filters.Select(f => FieldIndexWorld.Bind(f)))
        {
            var expected = await FieldIndexWorld.ScanAsync(segment, filter);
            var found = await segment.MatchAsync(filter);
            Assert.Null(found!.Remaining);
            Assert.Equal(expected, found.Rows.ToArray());
            AssertBrackets(segment.Estimate(filter), expected.Length, filter);
        }
    }, iter: 1_500);

    [Fact]
    public async Task MatchAsync_WhereSomeFieldsHaveNoIndex_SaysWhatIsLeft() => await Gen.Select(
        FieldIndexWorld.Rows, FieldIndexWorld.Filter.Array[1, 8], Gen.Int[0, AllFields], FieldIndexWorld.AnyOf(1, 120)).SampleAsync(async (rows, filters, indexed, blockBytes) =>
    {
        var segment = await FieldIndexWorld.WriteAsync(FieldIndexWorld.Schema(indexed), rows, blockBytes);
        foreach (var filter in filters.Select(f => FieldIndexWorld.Bind(f)))
        {
            var expected = await FieldIndexWorld.ScanAsync(segment, filter);
            AssertBrackets(segment.Estimate(filter), expected.Length, filter);
            var found = await segment.MatchAsync(filter) ?? new FieldMatches(RowBitmap.All(segment.RowCount), filter.Expression);
            if (found.Remaining is not null)
            {
                var remaining = await FieldIndexWorld.ScanAsync(segment, FilterBinder.Bind(found.Remaining, FieldIndexWorld.Definition));
                Assert.Equal(expected, remaining.Where(found.Rows.Contains));
            }
            else
            {
                Assert.Equal(expected, found.Rows.ToArray());
            }
        }
    }, iter: 500);

    [Fact]
    public async Task MatchAsync_OfManyRows_FindsWhatAScanFinds() => await Gen.Select(Gen.Int, FieldIndexWorld.Filter.Array[6]).SampleAsync(async (seed, filters) =>
    {
        // Values of many rows are bitmaps, and rows lie in several containers.
        var random = new Random(seed);
        var rows = Enumerable.Range(0, 70_000).Select(i => random.Next(10) == 0
            ? SegmentWorld.Tombstone($"{i:D6}", 1)
            : SegmentWorld.Plain($"{i:D6}", 1, $$"""{"name":"{{"abc"[random.Next(3)]}}","price":{{random.Next(-50, 50) / 10.0:R}},"ok":{{(i < 60_000 ? "true" : "false")}},"tags":["a","{{i % 7}}"],"where":{"lat":{{random.Next(90)}},"lon":{{i % 180}} } }"""));
        var segment = await FieldIndexWorld.WriteAsync(FieldIndexWorld.Schema(AllFields), rows, 4_000);
        foreach (var filter in filters.Select(f => FieldIndexWorld.Bind(f)))
        {
            var expected = await FieldIndexWorld.ScanAsync(segment, filter);
            Assert.Equal(expected, (await segment.MatchAsync(filter))!.Rows.ToArray());
            AssertBrackets(segment.Estimate(filter), expected.Length, filter);
        }
    }, iter: 6);

    [Fact]
    public async Task MatchAsync_WhenTheFieldIsNotIndexedOrDeclaredAnew_HasNoAnswer()
    {
        var segment = await FieldIndexWorld.WriteAsync(FieldIndexWorld.Schema(AllFields), [SegmentWorld.Plain("a", 1, """{"name":"x","price":1}""")], 100);
        var numbers = new CollectionDefinition(fields: new Dictionary<string, FieldDefinition>(StringComparer.Ordinal) { ["name"] = new() { Type = FieldType.Number, Index = true } });
        Assert.Null(await segment.MatchAsync(FieldIndexWorld.Bind("name eq 1", numbers)));
        Assert.Null(await segment.MatchAsync(FieldIndexWorld.Bind("price eq 1", numbers)));
        Assert.Null(await segment.MatchAsync(FieldIndexWorld.Bind("other eq 1 or name eq 'x'")));
        Assert.Null(await segment.MatchAsync(FieldIndexWorld.Bind("not (other eq 1 and name eq 'x')")));
        Assert.Null(await segment.MatchAsync(FieldIndexWorld.Bind("id eq 'a'")));
        var partly = await segment.MatchAsync(FieldIndexWorld.Bind("other eq 1 and name eq 'x' and address/city eq 'y' and price lt 2"));
        Assert.Equal("other eq 1 and address/city eq 'y'", FilterText.Canonical(partly!.Remaining!));
        Assert.Equal([0], partly.Rows.ToArray());
    }

    [Fact]
    public async Task Columns_OfASegment_SayWhichAreIndexed()
    {
        var segment = await FieldIndexWorld.WriteAsync(FieldIndexWorld.Schema(0b100010), [SegmentWorld.Plain("a", 1, """{"name":"x"}"""), SegmentWorld.Plain("b", 1, """{"name":"y"}""")], 100);
        Assert.Equal(["name", "where"], segment.Columns.Where(c => c.IsIndexed).Select(c => c.Name));
        Assert.Equal((2L, 0L, null), (segment.DistinctValues("name"), segment.DistinctValues("where"), segment.DistinctValues("price")));
        Assert.Equal(2, segment.File.Footer.Version);
        Assert.Equal(1, (await FieldIndexWorld.WriteAsync(FieldIndexWorld.Schema(0), [], 100)).File.Footer.Version);
        var definition = new CollectionDefinition(fields: new Dictionary<string, FieldDefinition>(FieldIndexWorld.Fields, StringComparer.Ordinal) { ["name"] = new() { Type = FieldType.String } });
        Assert.DoesNotContain(SegmentSchema.For(definition).Columns, c => c.IsIndexed == (c.Name == "name"));
    }

    [Fact]
    public async Task MatchAsync_OfAnyCircle_FindsItsPoints() => await Gen.Select(Place, Place.Array[0, 400], Radius, Gen.Double[0, 0.3].Array[40], Gen.Bool).SampleAsync(async (center, points, radius, near, isOutside) =>
    {
        // Some points lie close to the centre, and blocks are small enough for some to lie inside.
        var all = points.Concat(near.Select((d, i) => (Lon: Math.Clamp(center.Lon + (d * Math.Cos(i)), -180, 180), Lat: Math.Clamp(center.Lat + (d * Math.Sin(i)), -90, 90))));
        var rows = all.Select((p, i) => SegmentWorld.Plain($"{i:D6}", 1, string.Create(CultureInfo.InvariantCulture, $$"""{"where":{"lon":{{p.Lon:R}},"lat":{{p.Lat:R}} } }""")));
        var segment = await FieldIndexWorld.WriteAsync(FieldIndexWorld.Schema(AllFields), rows, 50);
        var filter = FieldIndexWorld.Bind(string.Create(CultureInfo.InvariantCulture, $"geo.distance(where, geography'POINT({center.Lon:F12} {center.Lat:F12})') {(isOutside ? "ge" : "lt")} {radius:F9}"));
        var expected = await FieldIndexWorld.ScanAsync(segment, filter);
        Assert.Equal(expected, (await segment.MatchAsync(filter))!.Rows.ToArray());
        AssertBrackets(segment.Estimate(filter), expected.Length, filter);
    }, iter: 1_000);

    private static readonly Gen<(double Lon, double Lat)> Place = Gen.Select(
        Gen.OneOf(Gen.Double[-180, 180], FieldIndexWorld.AnyOf(-180.0, 180, 0, 90)), Gen.OneOf(Gen.Double[-90, 90], FieldIndexWorld.AnyOf(-90.0, 90, 0)));

    private static readonly Gen<double> Radius = Gen.OneOf(Gen.Double[0, 20_100], Gen.Double[0, 30], Gen.Const(0.0), Gen.Const(20_015.0));

    private static void AssertBrackets(FieldEstimate estimate, int truth, FilterBinding filter) => Assert.True(
        estimate.Min <= truth && truth <= estimate.Max && estimate.Min <= estimate.Expected && estimate.Expected <= estimate.Max,
        $"{estimate} for {truth} rows of {filter.Expression}");
}
