using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

public class FilterParserErrorTests
{
    [Theory]
    // lexing
    [InlineData("", 1, "empty")]
    [InlineData("   ", 1, "empty")]
    [InlineData("sku eq 'x", 8, "not closed")]
    [InlineData("sku eq 'it''s", 8, "not closed")]
    [InlineData("\"sku eq 1", 1, "not closed")]
    [InlineData("price = 5", 7, "'eq'")]
    [InlineData("price == 5", 7, "'eq'")]
    [InlineData("price != 5", 7, "'ne'")]
    [InlineData("price < 5", 7, "'lt'")]
    [InlineData("price >= 5", 7, "'ge'")]
    [InlineData("a && b", 3, "'and'")]
    [InlineData("a || b", 3, "'or'")]
    [InlineData("sku in ['a']", 8, "parentheses")]
    [InlineData("sku eq #", 8, "'#' means nothing")]
    [InlineData("sku eq \u0001", 8, "U+0001")]
    [InlineData("sku eq 😀", 8, "'😀'")]
    [InlineData("sku eq \ud83d", 8, "means nothing")]
    [InlineData("address.city eq 'x'", 1, "address/city")]
    [InlineData("first-name eq 'x'", 6, "double quotes")]
    [InlineData("search.in(sku, 'a,b')", 1, "in ('a', 'b')")]
    // numbers, datetimes, points
    [InlineData("price eq 1.", 10, "not a number")]
    [InlineData("price eq 1.2.3", 10, "not a number")]
    [InlineData("price eq -", 10, "not a number")]
    [InlineData("price eq 12abc", 10, "not a number")]
    [InlineData("price eq 5m", 10, "not a number")]
    [InlineData("price eq 1e", 10, "not a number")]
    [InlineData("price eq 0x10", 10, "not a number")]
    [InlineData("price eq +5", 10, "without a sign")]
    [InlineData("price eq 1e400", 10, "too large")]
    [InlineData("t gt 2024-13-01", 6, "not a datetime")]
    [InlineData("t gt 2023-02-29", 6, "not a datetime")]
    [InlineData("t gt 2024-01-01T10:00:00", 6, "with Z or an offset")]
    [InlineData("t gt datetime'2024-01-01'", 6, "without a prefix")]
    [InlineData("geo.distance(p, geography'POINT(1,2)') lt 5", 17, "POINT(longitude latitude)")]
    [InlineData("geo.distance(p, geography'POINT(200 2)') lt 5", 17, "-180 to 180")]
    [InlineData("geo.distance(p, geography'POINT(1 91)') lt 5", 17, "-90 to 90")]
    [InlineData("geo.distance(p, geography'POINT(1 2)') eq 5", 1, "lt, le, gt or ge")]
    [InlineData("geo.distance(p, geography'POINT(1 2)')", 39, "kilometres")]
    [InlineData("geo.distance(p, geography'POINT(1 2)') lt 'x'", 1, "kilometres")]
    [InlineData("geo.distance(p, 'POINT(1 2)') lt 5", 1, "a field and a point")]
    [InlineData("geo.distance(p) lt 5", 15, "','")]
    [InlineData("geo.distance lt 5", 14, "'('")]
    [InlineData("p eq geography'POINT(1 2)'", 6, "geo.distance")]
    [InlineData("p in (geography'POINT(1 2)')", 7, "geo.distance")]
    // structure
    [InlineData("sku eq", 7, "expected a field or a literal but found the end")]
    [InlineData("sku eq and", 8, "expected a field or a literal but found 'and'")]
    [InlineData("eq 5", 1, "expected a field or a literal but found 'eq'")]
    [InlineData("sku 'x'", 5, "expected an operator")]
    [InlineData("sku EQ 'x'", 5, "lower case: 'eq'")]
    [InlineData("a eq 1 AND b eq 2", 8, "lower case: 'and'")]
    [InlineData("a eq 1 b eq 2", 8, "expected 'and', 'or' or the end but found 'b'")]
    [InlineData("a eq 1 and", 11, "found the end")]
    [InlineData("and a eq 1", 1, "found 'and'")]
    [InlineData("(a eq 1", 1, "never closed")]
    [InlineData("(a eq 1 b", 9, "expected 'and'")]
    [InlineData("a eq 1)", 7, "closes nothing")]
    [InlineData("()", 2, "found ')'")]
    [InlineData("(a) eq true", 5, "not compared")]
    [InlineData("startswith(a,'x') eq true", 19, "not compared")]
    [InlineData("a eq b", 6, "not with another field")]
    [InlineData("category eq \"Sneaker\"", 13, "single quotes")]
    [InlineData("1 eq 1", 1, "two literals")]
    [InlineData("'x'", 1, "a literal alone")]
    [InlineData("null", 1, "a literal alone")]
    [InlineData("'x' in tags", 1, "any(")]
    [InlineData("a not b", 7, "expected 'in'")]
    [InlineData("not", 4, "found the end")]
    [InlineData("a/ eq 5", 7, "expected an operator")]
    [InlineData("a/5 eq 5", 3, "nested property")]
    // lists and functions
    [InlineData("sku in 'a'", 8, "'(' and a list")]
    [InlineData("sku in ()", 9, "one literal or more")]
    [InlineData("sku in ('a',)", 13, "expected a literal")]
    [InlineData("sku in ('a' 'b')", 13, "',' or ')'")]
    [InlineData("sku in ('a'", 8, "never closed")]
    [InlineData("sku in (b)", 9, "expected a literal")]
    [InlineData("substringof('x', a)", 1, "there is no function 'substringof'")]
    [InlineData("StartsWith(a, 'x')", 1, "there is no function")]
    [InlineData("contains('x', a)", 10, "first argument")]
    [InlineData("contains(a, 5)", 13, "second argument")]
    [InlineData("contains(a, b)", 13, "second argument")]
    [InlineData("contains(a)", 11, "','")]
    [InlineData("contains(a, 'x'", 16, "')'")]
    [InlineData("contains(tags/any(t: t eq 'x'), 'x')", 15, "condition by itself")]
    [InlineData("tags/any(t eq 'x')", 12, "':'")]
    [InlineData("tags/any(eq: eq eq 'x')", 10, "operator")]
    [InlineData("tags/any(t: price eq 5)", 13, "only the element 't'")]
    [InlineData("tags/any(t: t/name eq 'x')", 14, "no properties")]
    [InlineData("tags/any(t: t/any(u: u eq 'x'))", 14, "no properties")]
    [InlineData("tags/any(t: tags/any(u: u eq 'x'))", 13, "only the element 't'")]
    [InlineData("tags/any(t: geo.distance(p, geography'POINT(1 2)') lt 5)", 13, "no distance")]
    [InlineData("tags/any(t: t eq 'x'", 9, "never closed")]
    [InlineData("tags/all()", 10, "a name for the element")]
    [InlineData("tags/any(t: t eq 'x') eq true", 23, "not compared")]
    public void Parse_WhenInvalid_NamesThePositionAndTheRemedy(string text, int position, string remedy)
    {
        var error = Assert.Throws<VektagrafException>(() => FilterParser.Parse(text));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Equal("invalid-filter", error.Slug);
        Assert.Equal(error.Message, Assert.Single(error.Errors, pair => pair.Key == "/filter").Value);
        Assert.StartsWith($"Filter, character {position}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_OfLongGarbage_RepeatsOnlyALittleOfIt()
    {
        var error = Assert.Throws<VektagrafException>(() => FilterParser.Parse("a eq 1 " + new string('x', 10_000)));
        Assert.True(error.Message.Length < 200, error.Message);
    }
}
