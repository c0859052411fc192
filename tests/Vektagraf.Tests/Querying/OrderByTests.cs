namespace Vektagraf.Querying;

public class OrderByTests
{
    [Theory]
    [InlineData("price", "price")]
    [InlineData(" price  asc ", "price")]
    [InlineData("price desc, title", "price desc|title")]
    [InlineData("address/city desc,id,type asc", "address/city desc|id|type")]
    [InlineData("\"a b\" desc, \"id\"", "\"a b\" desc|\"id\"")]
    [InlineData("desc desc", "desc desc")]
    [InlineData("a/and", "a/\"and\"")]
    public void Parse_WhenValid_HasTheseKeys(string text, string keys) =>
        Assert.Equal(keys, string.Join('|', OrderByParser.Parse(text)));

    [Fact]
    public void Parse_OfList_JoinsTheKeys()
    {
        Assert.Equal("price desc|title|sku", string.Join('|', OrderByParser.Parse(["price desc", "title, sku"])));
        Assert.Empty(OrderByParser.Parse([]));
    }

    [Theory]
    [InlineData("", 1, "expected a field")]
    [InlineData("price,", 7, "expected a field")]
    [InlineData("price descending", 7, "expected 'asc', 'desc'")]
    [InlineData("price DESC", 7, "expected 'asc', 'desc'")]
    [InlineData("price desc asc", 12, "expected 'asc', 'desc'")]
    [InlineData("-price", 1, "not a number")]
    [InlineData("'price'", 1, "expected a field")]
    [InlineData("price/", 7, "expected a field")]
    [InlineData("price, title, price desc", 15, "twice")]
    [InlineData("address.city", 1, "address/city")]
    [InlineData("\"price", 1, "not closed")]
    [InlineData("geo.distance(p, geography'POINT(1 2)')", 13, "expected 'asc', 'desc'")]
    public void Parse_WhenInvalid_NamesThePositionAndTheRemedy(string text, int position, string remedy)
    {
        var error = Assert.Throws<VektagrafException>(() => OrderByParser.Parse(text));
        Assert.Equal((ErrorKind.Invalid, "invalid-order-by"), (error.Kind, error.Slug));
        Assert.StartsWith($"Ordering, character {position}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
        Assert.Equal("/orderBy", Assert.Single(error.Errors.Keys));
    }

    [Fact]
    public void Parse_OfListWithAnError_PointsAtTheEntry()
    {
        var error = Assert.Throws<VektagrafException>(() => OrderByParser.Parse(["price", "title asc x"]));
        Assert.Equal("/orderBy/1", Assert.Single(error.Errors.Keys));
    }

    [Fact]
    public void Parse_BeyondTheLimits_Refuses()
    {
        string most = string.Join(',', Enumerable.Range(0, OrderByParser.MaxTerms).Select(i => $"f{i}"));
        Assert.Equal(OrderByParser.MaxTerms, OrderByParser.Parse(most).Count);
        Assert.Throws<VektagrafException>(() => OrderByParser.Parse(most + ",one_more"));
        Assert.Throws<VektagrafException>(() => OrderByParser.Parse(new string('x', OrderByParser.MaxLength + 1)));
    }

    [Theory]
    [InlineData("tags")]
    [InlineData("price, place desc")]
    public void Bind_OfFieldWithoutOrder_Refuses(string text)
    {
        var error = Assert.Throws<VektagrafException>(() => OrderBy.Bind(OrderByParser.Parse(text), FilterWorld.Collection));
        Assert.Equal("invalid-order-by", error.Slug);
    }

    [Fact]
    public void Compare_OfRows_GoesByTheFirstKeyThatDiffers()
    {
        OrderBy order = OrderBy.Bind(OrderByParser.Parse("price desc, color"), FilterWorld.Collection);
        Assert.Equal(["price", "color"], order.Fields.Select(field => field.ToString()));
        FieldValue[][] rows =
        [
            [FieldValue.From(1), FieldValue.Null],
            [FieldValue.From(2), FieldValue.From("b")],
            [FieldValue.Null, FieldValue.From("z")],
            [FieldValue.From(2), FieldValue.From("a")],
            [FieldValue.From(1), FieldValue.From("c")],
        ];
        int[] sorted = [0, 1, 2, 3, 4];
        Array.Sort(sorted, (a, b) => order.Compare(rows[a], rows[b]));
        Assert.Equal([2, 3, 1, 4, 0], sorted); // missing price first when descending, missing color last when ascending
    }
}
