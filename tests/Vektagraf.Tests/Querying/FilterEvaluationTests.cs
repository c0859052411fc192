using System.Text;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

public class FilterEvaluationTests
{
    private const string Properties = """
        { "sku": "A-1", "price": 79.5, "active": true, "released": "2024-06-01T12:00:00+02:00", "title": "Running shoes", "empty": null,
          "place": { "type": "Point", "coordinates": [18.07, 59.33] }, "tags": ["new", "sale"], "none": [], "mixed": ["a", 1],
          "color": "red", "count": 3, "when": "2024-06-01T10:00:00Z", "type": "inner",
          "address": { "city": "Malmö", "geo": { "zip": "1" } },
          "first-name": "Ada", "price2": 1e2 }
        """;

    [Theory]
    // eq, ne
    [InlineData("sku eq 'A-1'", true)]
    [InlineData("sku eq 'a-1'", false)]
    [InlineData("sku ne 'A-1'", false)]
    [InlineData("sku ne 'B'", true)]
    [InlineData("price eq 79.5", true)]
    [InlineData("price2 eq 100", true)]
    [InlineData("active eq true", true)]
    [InlineData("active", true)]
    [InlineData("active ne true", false)]
    [InlineData("released eq 2024-06-01T10:00:00Z", true)]
    [InlineData("released eq '2024-06-01T10:00:00.000+00:00'", true)]
    [InlineData("released ne 2024-06-01", true)]
    // orderings
    [InlineData("price gt 79", true)]
    [InlineData("price gt 79.5", false)]
    [InlineData("price ge 79.5", true)]
    [InlineData("price lt 79.5", false)]
    [InlineData("price le 79.5", true)]
    [InlineData("80 gt price", true)]
    [InlineData("sku gt 'A'", true)]
    [InlineData("sku lt 'a'", true)]
    [InlineData("released lt 2024-06-01T10:00:01Z", true)]
    [InlineData("released le '2024-05-31'", false)]
    // null and missing
    [InlineData("missing eq null", true)]
    [InlineData("missing ne null", false)]
    [InlineData("empty eq null", true)]
    [InlineData("empty ne 'x'", true)]
    [InlineData("missing ne 5", true)]
    [InlineData("missing lt 5", false)]
    [InlineData("missing ge 5", false)]
    [InlineData("not (missing lt 5)", true)]
    [InlineData("sku gt null", false)]
    [InlineData("sku le null", false)]
    [InlineData("not (missing le null)", true)]
    [InlineData("tags eq null", false)]
    [InlineData("mixed ne null", true)]
    // mismatched types of undeclared fields
    [InlineData("color eq 5", false)]
    [InlineData("color ne 5", true)]
    [InlineData("color lt 5", false)]
    [InlineData("count eq '3'", false)]
    [InlineData("count eq 3", true)]
    [InlineData("mixed eq 'a'", false)]
    [InlineData("when ge 2024-06-01", true)]
    [InlineData("when eq 2024-06-01T12:00:00+02:00", true)]
    [InlineData("when eq '2024-06-01T10:00:00Z'", true)]
    [InlineData("when eq '2024-06-01T12:00:00+02:00'", false)]
    [InlineData("color lt 2024-06-01", false)]
    // logic
    [InlineData("color eq 'red' and price lt 80", true)]
    [InlineData("color eq 'blue' or price lt 80 and not active", false)]
    [InlineData("(color eq 'blue' or price lt 80) and active", true)]
    [InlineData("not (color eq 'red' and active)", false)]
    [InlineData("true", true)]
    [InlineData("false or color eq 'red'", true)]
    [InlineData("false and color eq 'red'", false)]
    // lists
    [InlineData("color in ('blue', 'red')", true)]
    [InlineData("color not in ('blue', 'red')", false)]
    [InlineData("count in ('3', 4)", false)]
    [InlineData("count in (1, 2, 3)", true)]
    [InlineData("missing in (null, 1)", true)]
    [InlineData("when in (2024-06-01T10:00:00Z)", true)]
    [InlineData("when in (2024-06-01, '2024-06-01T10:00:00Z')", true)]
    [InlineData("id in ('sku-1', 'sku-2')", true)]
    [InlineData("type in ('Product')", true)]
    // string functions
    [InlineData("startswith(title, 'Run')", true)]
    [InlineData("startswith(title, 'run')", false)]
    [InlineData("contains(title, 'ing sh')", true)]
    [InlineData("endswith(title, 'shoes')", true)]
    [InlineData("endswith(title, 'shoe')", false)]
    [InlineData("contains(title, '')", true)]
    [InlineData("contains(missing, '')", false)]
    [InlineData("contains(count, '3')", false)]
    [InlineData("startswith(id, 'sku-')", true)]
    // any, all
    [InlineData("tags/any(t: t eq 'sale')", true)]
    [InlineData("tags/any(t: t eq 'old')", false)]
    [InlineData("tags/any(t: t in ('old', 'new'))", true)]
    [InlineData("tags/any(t: startswith(t, 's') and t ne 'sale')", false)]
    [InlineData("tags/any(t: not (t eq 'sale'))", true)]
    [InlineData("tags/all(t: t ne 'old')", true)]
    [InlineData("tags/all(t: t eq 'sale')", false)]
    [InlineData("tags/all(t: t gt 'a' and t lt 'z' or t eq null)", true)]
    [InlineData("tags/any()", true)]
    [InlineData("none/any()", false)]
    [InlineData("none/any(t: true)", false)]
    [InlineData("none/all(t: false)", true)]
    [InlineData("missing/all(t: false)", true)]
    [InlineData("mixed/any(t: t eq 'a')", false)]
    [InlineData("color/any(t: t eq 'red')", false)]
    // distance: Stockholm to Uppsala is about 64 km
    [InlineData("geo.distance(place, geography'POINT(17.64 59.86)') lt 65", true)]
    [InlineData("geo.distance(place, geography'POINT(17.64 59.86)') lt 60", false)]
    [InlineData("geo.distance(place, geography'POINT(17.64 59.86)') gt 60", true)]
    [InlineData("geo.distance(place, geography'POINT(18.07 59.33)') le 0", true)]
    [InlineData("geo.distance(color, geography'POINT(18.07 59.33)') ge 0", false)]
    // paths and names
    [InlineData("address/city eq 'Malmö'", true)]
    [InlineData("address/geo/zip eq '1'", true)]
    [InlineData("address/geo/nope eq null", true)]
    [InlineData("color/city eq null", true)]
    [InlineData("address eq null", false)]
    [InlineData("type eq 'Product'", true)]
    [InlineData("\"type\" eq 'inner'", true)]
    [InlineData("\"first-name\" eq 'Ada'", true)]
    public void Matches_OnSampleObject_Is(string filter, bool expected)
    {
        FilterBinding binding = FilterBinder.Bind(FilterParser.Parse(filter), FilterWorld.Collection);
        Assert.Equal(expected, binding.Matches(new JsonRow(binding.Fields, "sku-1", "Product", Encoding.UTF8.GetBytes(Properties))));
    }

    [Fact]
    public void Matches_WhenOutcomeIsKnownEarly_ReadsNoMoreFields()
    {
        FilterBinding binding = FilterBinder.Bind(FilterParser.Parse("a eq 1 and b eq 2 or a lt 0 and c eq 3"), FilterWorld.Collection);
        List<int> reads = [];
        Assert.False(binding.Matches(new RecordingRow([FieldValue.From(5.0), default, default], reads)));
        Assert.Equal([0], reads); // b and c cannot matter, and a is read once for two tests in a row
    }

    [Fact]
    public void Matches_OverColumns_AllocatesNothing()
    {
        FilterBinding binding = FilterBinder.Bind(
            FilterParser.Parse(
                "(sku in ('a', 'b', 'c') or startswith(title, 'x')) and price gt 5 and price lt 9 and tags/any(t: t eq 'y') and " +
                "released gt 2024-01-01 and geo.distance(place, geography'POINT(1 2)') lt 500 and not (color eq 'z') and " +
                "when lt 2024-01-01"),
            FilterWorld.Collection);
        FieldValue[] values =
        [
            FieldValue.From("b"), FieldValue.From("t"), FieldValue.From(7.0), FieldValue.From(["x", "y"]),
            FieldValue.FromUtcTicks(DateTime.MaxValue.Ticks),
            FieldValue.FromGeo(1, 2), FieldValue.From("red"), FieldValue.From("2020-01-01T00:00:00Z"),
        ];
        ArrayRow row = new(values);
        string[] names = ["sku", "title", "price", "tags", "released", "place", "color", "when"];
        Assert.Equal(names, binding.Fields.Select(field => field.ToString()));

        Assert.True(binding.Matches(in row));
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool all = true;
        for (int i = 0; i < 1_000; i++)
        {
            all &= binding.Matches(in row);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(all);
    }

    private readonly struct ArrayRow(FieldValue[] values) : IFieldReader
    {
        public FieldValue Read(int fieldIndex) => values[fieldIndex];
    }

    private readonly struct RecordingRow(FieldValue[] values, List<int> reads) : IFieldReader
    {
        public FieldValue Read(int fieldIndex)
        {
            reads.Add(fieldIndex);
            return values[fieldIndex];
        }
    }
}
