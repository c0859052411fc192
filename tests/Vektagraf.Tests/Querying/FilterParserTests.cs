using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

public class FilterParserTests
{
    [Theory]
    // comparisons
    [InlineData("price lt 80", "price lt 80")]
    [InlineData("  price\t\n lt   80 ", "price lt 80")]
    [InlineData("80 gt price", "price lt 80")]
    [InlineData("80 le price", "price ge 80")]
    [InlineData("'x' eq sku", "sku eq 'x'")]
    [InlineData("price ne -0", "price ne 0")]
    [InlineData("price eq -1.50", "price eq -1.5")]
    [InlineData("price eq 1E3", "price eq 1000")]
    [InlineData("price eq 1e-7", "price eq 1E-07")]
    [InlineData("sku eq 'it''s'", "sku eq 'it''s'")]
    [InlineData("sku eq ''", "sku eq ''")]
    [InlineData("sku eq ''''", "sku eq ''''")]
    [InlineData("sku eq 'a and (b'", "sku eq 'a and (b'")]
    [InlineData("sku eq null", "sku eq null")]
    [InlineData("active eq false", "active eq false")]
    [InlineData("active", "active eq true")]
    [InlineData("not active and true", "not (active eq true) and true")]
    // datetimes
    [InlineData("t ge 2024-01-31", "t ge 2024-01-31T00:00:00Z")]
    [InlineData("t ge 2024-01-31T12:00+02:00", "t ge 2024-01-31T10:00:00Z")]
    [InlineData("t ge 2024-01-31T10:00:00.2500Z", "t ge 2024-01-31T10:00:00.25Z")]
    [InlineData("2024-01-31t10:00:00z lt t", "t gt 2024-01-31T10:00:00Z")]
    // precedence and flattening
    [InlineData("a or b and c", "a eq true or b eq true and c eq true")]
    [InlineData("(a or b) and c", "(a eq true or b eq true) and c eq true")]
    [InlineData("a and (b and (c and d))", "a eq true and b eq true and c eq true and d eq true")]
    [InlineData("((a or b)) or c", "a eq true or b eq true or c eq true")]
    [InlineData("not a and b", "not (a eq true) and b eq true")]
    [InlineData("not (a and b)", "not (a eq true and b eq true)")]
    [InlineData("not not a", "not (not (a eq true))")]
    [InlineData("not price gt 5", "not (price gt 5)")]
    // lists
    [InlineData("id in ('a','b')", "id in ('a', 'b')")]
    [InlineData("size in (1,2.5,null,true)", "size in (1, 2.5, null, true)")]
    [InlineData("id not in ('a')", "not (id in ('a'))")]
    [InlineData("not id in ('a') or b", "not (id in ('a')) or b eq true")]
    // functions
    [InlineData("startswith(title,'x')", "startswith(title, 'x')")]
    [InlineData("contains( address/city , 'x' )", "contains(address/city, 'x')")]
    [InlineData("endswith(id, '')", "endswith(id, '')")]
    [InlineData("startswith eq 1 and any eq 2", "startswith eq 1 and any eq 2")]
    [InlineData("tags/any(t: t eq 'x')", "tags/any(e: e eq 'x')")]
    [InlineData("tags/any()", "tags/any()")]
    [InlineData("a/b/all(x:x in ('a') or startswith(x,'b'))", "a/b/all(e: e in ('a') or startswith(e, 'b'))")]
    [InlineData("tags/any(tags: not (tags eq 'x')) and tags eq null", "tags/any(e: not (e eq 'x')) and tags eq null")]
    [InlineData("geo.distance(p, geography'POINT(18 -59.5)') lt 5", "geo.distance(p, geography'POINT(18 -59.5)') lt 5")]
    [InlineData("geo.distance(geography'point( 18  59 )',p) le 5", "geo.distance(p, geography'POINT(18 59)') le 5")]
    [InlineData("5 gt geo.distance(p, geography'POINT(18 59)')", "geo.distance(p, geography'POINT(18 59)') lt 5")]
    // names
    [InlineData("\"first-name\" eq 'x'", "\"first-name\" eq 'x'")]
    [InlineData("\"a\"\"b\"/\"c d\" eq 1", "\"a\"\"b\"/\"c d\" eq 1")]
    [InlineData("\"price\" eq 1", "price eq 1")]
    [InlineData("\"and\" eq 1", "\"and\" eq 1")]
    [InlineData("\"id\" eq 1 and \"type\" eq 2 and id eq 'x'", "\"id\" eq 1 and \"type\" eq 2 and id eq 'x'")]
    [InlineData("address/type eq 1", "address/type eq 1")]
    [InlineData("größe eq 1", "größe eq 1")]
    [InlineData("geography eq 1 and geo eq 2", "geography eq 1 and geo eq 2")]
    [InlineData("true or false", "true or false")]
    public void Parse_WhenValid_HasThisCanonicalText(string text, string canonical)
    {
        FilterExpression parsed = FilterParser.Parse(text);
        Assert.Equal(canonical, parsed.ToString());
        Assert.Equal(parsed, FilterParser.Parse(canonical));
    }

    [Theory]
    [InlineData("price lt 80", "price lt ?")]
    [InlineData("price eq null and a eq 'x'", "price eq null and a eq ?")]
    [InlineData("id in ('a', 'b')", "id in (?)")]
    [InlineData("not contains(title, 'x')", "not (contains(title, ?))")]
    [InlineData("tags/any(t: t eq 'x') or true", "tags/any(e: e eq ?) or true")]
    [InlineData("geo.distance(p, geography'POINT(1 2)') lt 5", "geo.distance(p, ?) lt ?")]
    public void Shape_OfFilter_HasNoLiterals(string text, string shape) =>
        Assert.Equal(shape, FilterText.Shape(FilterParser.Parse(text)));

    [Fact]
    public void Parse_OfTree_KeepsPositionsOutsideEquality()
    {
        var and = Assert.IsType<FilterAnd>(FilterParser.Parse("a eq 1 and  price lt 80"));
        Assert.Equal([1, 13], and.Operands.Select(operand => operand.Position));
        Assert.Equal(13, Assert.IsType<FilterComparison>(and.Operands[1]).Operand.Position);
        Assert.Equal(FilterParser.Parse("price lt 80"), and.Operands[1]);
        Assert.Equal(FilterParser.Parse("price lt 80").GetHashCode(), and.Operands[1].GetHashCode());
        Assert.NotEqual(FilterParser.Parse("price lt 81"), and.Operands[1]);
    }

    [Fact]
    public void Parse_OfIdAndType_TellsPseudoFieldsFromProperties()
    {
        var comparison = Assert.IsType<FilterComparison>(FilterParser.Parse("type eq 'Product'"));
        Assert.Equal(FilterPath.Type, comparison.Operand);
        var quoted = Assert.IsType<FilterComparison>(FilterParser.Parse("\"type\" eq 'Product'"));
        Assert.Equal(FilterPath.Property("type"), quoted.Operand);
        Assert.NotEqual(comparison.Operand, quoted.Operand);
    }

    [Fact]
    public void Parse_AtTheDepthLimit_AcceptsAndBeyondRefuses()
    {
        const int Limit = FilterParser.MaxDepth;
        Assert.Equal("a eq true", FilterParser.Parse(new string('(', Limit) + "a" + new string(')', Limit)).ToString());
        string nots = string.Concat(Enumerable.Repeat("not ", Limit));
        Assert.Equal(FilterParser.Parse(nots + "a"), FilterParser.Parse(FilterParser.Parse(nots + "a").ToString()));

        string oneTooMany = new string('(', Limit + 1) + "a" + new string(')', Limit + 1);
        var tooDeep = Assert.Throws<VektagrafException>(() => FilterParser.Parse(oneTooMany));
        Assert.StartsWith($"Filter, character {Limit + 1}: ", tooDeep.Message, StringComparison.Ordinal);
        Assert.Throws<VektagrafException>(() => FilterParser.Parse(nots + "not a"));
        Assert.Throws<VektagrafException>(() => FilterParser.Parse(nots + "tags/any(t: t eq 'x')"));
    }

    [Theory]
    [InlineData("(a or b)")]
    [InlineData("not a")]
    [InlineData("not (a or b)")]
    [InlineData("tags/any(t: t eq 'x')")]
    public void Parse_OfManySiblings_CountsDepthNotNumber(string condition)
    {
        const int Siblings = 2 * FilterParser.MaxDepth;
        var and = Assert.IsType<FilterAnd>(FilterParser.Parse(string.Join(" and ", Enumerable.Repeat(condition, Siblings))));
        Assert.Equal(Siblings, and.Operands.Count);
    }

    [Theory]
    [InlineData('x', 1)]
    [InlineData('é', 2)]
    [InlineData('語', 3)]
    public void Parse_AtTheByteLimit_AcceptsAndBeyondRefuses(char filling, int bytesEach)
    {
        const string Frame = "sku eq ''";
        int count = (FilterParser.MaxBytes - Frame.Length) / bytesEach;
        int spaces = FilterParser.MaxBytes - Frame.Length - (count * bytesEach);
        string longest = $"sku eq '{new string(filling, count)}'{new string(' ', spaces)}";
        Assert.IsType<FilterComparison>(FilterParser.Parse(longest));

        var error = Assert.Throws<VektagrafException>(() => FilterParser.Parse(longest + " "));
        string start = $"Filter, character {longest.Length + 1}: the filter is longer than 16384 bytes";
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }
}
