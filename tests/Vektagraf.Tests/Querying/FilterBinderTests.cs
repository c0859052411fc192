using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

public class FilterBinderTests
{
    [Theory]
    [InlineData("price eq 'x'", 1, "'price' is a number field and cannot be compared with 'x': compare it with a number")]
    [InlineData("a eq 1 and price in (1, 'x')", 12, "'price' is a number field")]
    [InlineData("sku eq 5", 1, "'sku' is a string field and cannot be compared with 5: write the text in single quotes")]
    [InlineData("title eq true", 1, "'title' is a text field")]
    [InlineData("sku eq 2024-01-01", 1, "single quotes")]
    [InlineData("active eq 'true'", 1, "compare it with true or false")]
    [InlineData("active eq 1", 1, "compare it with true or false")]
    [InlineData("active gt true", 1, "no order")]
    [InlineData("color lt false", 1, "no order")]
    [InlineData("price", 1, "'price' is a number field and cannot be compared with true")]
    [InlineData("released gt 5", 1, "compare it with a datetime")]
    [InlineData("released gt 'yesterday'", 1, "a datetime is written like")]
    [InlineData("released gt '2024-06-01T10:00:00'", 1, "with Z or an offset")]
    [InlineData("tags eq 'x'", 1, "write tags/any(t: t eq 'x')")]
    [InlineData("tags in ('x')", 1, "any(")]
    [InlineData("place eq 'x'", 1, "geo.distance(place")]
    [InlineData("contains(price, '1')", 10, "contains works on string")]
    [InlineData("startswith(tags, '1')", 12, "startswith works on string")]
    [InlineData("sku/any(t: t eq 'x')", 1, "any works on string[]")]
    [InlineData("id/all(t: t eq 'x')", 1, "all works on string[]")]
    [InlineData("geo.distance(sku, geography'POINT(1 2)') lt 1", 14, "geo.distance works on geo")]
    [InlineData("id eq 5", 1, "'id' is a string field")]
    [InlineData("type eq true", 1, "'type' is a string field")]
    [InlineData("sku/length eq 5", 1, "no properties inside")]
    [InlineData("place/lat eq 5", 1, "no properties inside")]
    [InlineData("tags/any(t: t eq 5)", 13, "elements are strings and cannot be compared with 5")]
    [InlineData("tags/any(t: t)", 13, "elements are strings")]
    [InlineData("color/any(t: t gt 2024-01-01)", 14, "elements are strings")]
    public void Bind_AgainstDeclaredType_NamesThePositionAndTheRemedy(string filter, int position, string remedy)
    {
        FilterExpression parsed = FilterParser.Parse(filter);
        var error = Assert.Throws<VektagrafException>(() => FilterBinder.Bind(parsed, FilterWorld.Collection));
        Assert.Equal((ErrorKind.Invalid, "invalid-filter"), (error.Kind, error.Slug));
        Assert.StartsWith($"Filter, character {position}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
        Assert.Equal("/filter", Assert.Single(error.Errors.Keys));
    }

    [Theory]
    [InlineData("pirce lt 5", "price")]
    [InlineData("Price lt 5", "price")]
    [InlineData("SKU eq 'x'", "sku")]
    [InlineData("tag eq 'x'", "tags")]
    [InlineData("relaesed eq 'x'", "released")]
    [InlineData("Type eq 'x'", "type")]
    [InlineData("prise lt 5 and x eq 1", "price")]
    public void Bind_WhenNameIsNearADeclaredOne_Warns(string filter, string suggestion)
    {
        FilterWarning warning = Assert.Single(FilterBinder.Bind(FilterParser.Parse(filter), FilterWorld.Collection).Warnings);
        Assert.Equal((1, suggestion), (warning.Position, warning.Suggestion));
        Assert.Contains($"did you mean '{suggestion}'?", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("price lt 5 and sku eq 'x' and id eq 'x' and type eq null")]
    [InlineData("color eq 'x' and size eq 2 and address/price eq 5")]
    [InlineData("x eq 1 or it eq 2 or ab eq 3")]
    [InlineData("tags eq null and place ne null and \"type\" eq 'x'")]
    public void Bind_WhenNamesAreFarOrDeclared_DoesNotWarn(string filter) =>
        Assert.Empty(FilterBinder.Bind(FilterParser.Parse(filter), FilterWorld.Collection).Warnings);

    [Fact]
    public void Bind_OfOrderingAgainstNull_Warns()
    {
        FilterBinding binding = FilterBinder.Bind(FilterParser.Parse("price eq 1 or price gt null"), FilterWorld.Collection);
        FilterWarning warning = Assert.Single(binding.Warnings);
        Assert.Equal((15, null), (warning.Position, warning.Suggestion));
        Assert.Contains("'gt null' is never true", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_OfFilter_ListsEachFieldOnceWithItsType()
    {
        FilterBinding binding = FilterBinder.Bind(
            FilterParser.Parse("price gt 1 and address/city eq 'x' and (id eq 'a' or price lt 0) and tags/any(t: t eq 'x')"),
            FilterWorld.Collection);
        Assert.Equal(["price", "address/city", "id", "tags"], binding.Fields.Select(field => field.ToString()));
        Assert.Equal([FieldType.Number, null, FieldType.String, FieldType.StringArray], binding.Fields.Select(field => field.DeclaredType));
        Assert.Equal(1, binding.IndexOf(FilterPath.Property("address", "city")));
        Assert.Equal(2, binding.IndexOf(FilterPath.Id));
        Assert.Equal(-1, binding.IndexOf(FilterPath.Property("id")));
    }

    [Fact]
    public void Bind_OfStringsAgainstDatetimeFields_TurnsThemIntoDatetimes()
    {
        FilterExpression filter = FilterParser.Parse("released gt '2024-06-01' and when gt '2024-06-01'");
        FilterBinding binding = FilterBinder.Bind(filter, FilterWorld.Collection);
        Assert.Equal("released gt 2024-06-01T00:00:00Z and when gt '2024-06-01'", binding.Expression.ToString());
    }

    [Fact]
    public void Bind_OfIllTypedTrees_EndsInAWorkingBindingOrOneError()
    {
        Gen<FilterPath> declared = Gen.OneOf(FilterWorld.Collection.Fields.Keys.Select(name => FilterPath.Property(name)).ToArray());
        int bound = 0;
        int refused = 0;
        Gen.Select(FilterGen.Trees(FilterGen.Leaf(declared, FilterGen.AnyLiteral), 2), FilterWorld.Objects).Sample(
            (tree, o) =>
            {
                try
                {
                    bool matches = o.Matches(FilterBinder.Bind(tree, FilterWorld.Collection));
                    Assert.NotEqual(matches, o.Matches(FilterBinder.Bind(new FilterNot(tree), FilterWorld.Collection)));
                    Interlocked.Increment(ref bound);
                }
                catch (VektagrafException error)
                {
                    Assert.Equal("invalid-filter", error.Slug);
                    Interlocked.Increment(ref refused);
                }
            },
            iter: 4_000,
            print: pair => pair.Item1.ToString());
        Assert.True(bound > 100 && refused > 100, $"{bound} bound, {refused} refused");
    }
}
