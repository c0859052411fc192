using System.Text;
using System.Text.Json;
using Vektagraf.Collections;

namespace Vektagraf.Querying;

public class JsonFieldValueTests
{
    [Theory]
    [InlineData(FieldType.String, "\"a\\u00e9\"", "'aé'")]
    [InlineData(FieldType.Text, "\"\"", "''")]
    [InlineData(FieldType.Number, "-1.5e2", "-150")]
    [InlineData(FieldType.Boolean, "true", "true")]
    [InlineData(FieldType.Boolean, "false", "false")]
    [InlineData(FieldType.DateTime, "\"2024-01-31T12:00:00+02:00\"", "2024-01-31T10:00:00Z")]
    [InlineData(FieldType.DateTime, "\"2024-01-31\"", "2024-01-31T00:00:00Z")]
    [InlineData(FieldType.DateTime, "\"\\u0032024-01-31\"", "2024-01-31T00:00:00Z")]
    [InlineData(FieldType.StringArray, "[]", "[]")]
    [InlineData(FieldType.StringArray, "[\"a\", \"it's\"]", "['a','it''s']")]
    [InlineData(FieldType.Geo, "{\"type\":\"Point\",\"coordinates\":[18.5,-59]}", "geography'POINT(18.5 -59)'")]
    [InlineData(FieldType.Geo, "{\"bbox\":[1,[2]],\"coordinates\":[18,59,12.5],\"type\":\"Point\",\"x\":{}}", "geography'POINT(18 59)'")]
    [InlineData(FieldType.Geo, "{\"lat\":59,\"lon\":18}", "geography'POINT(18 59)'")]
    [InlineData(FieldType.Geo, "{\"lat\":90,\"lon\":-180}", "geography'POINT(-180 90)'")]
    [InlineData(FieldType.String, "null", "null")]
    [InlineData(FieldType.Geo, "null", "null")]
    [InlineData(FieldType.StringArray, "null", "null")]
    public void TryRead_WhenValueHasTheType_ReadsIt(FieldType type, string json, string literal)
    {
        Utf8JsonReader reader = At(json);
        Assert.True(JsonFieldValue.TryRead(type, ref reader, out FieldValue value, out string? problem), problem);
        Assert.Equal(literal, value.ToString());
        AssertStandsBeforeSentinel(ref reader);
    }

    [Theory]
    [InlineData(FieldType.String, "5", "must be a string")]
    [InlineData(FieldType.String, "{\"a\":[1]}", "must be a string")]
    [InlineData(FieldType.Text, "[\"a\"]", "must be a string")]
    [InlineData(FieldType.String, "\"\\ud800\"", "valid Unicode")]
    [InlineData(FieldType.Number, "\"5\"", "must be a number")]
    [InlineData(FieldType.Number, "[5]", "must be a number")]
    [InlineData(FieldType.Number, "1e999", "at most about 1.8e308")]
    [InlineData(FieldType.Boolean, "1", "true or false")]
    [InlineData(FieldType.DateTime, "1706695200", "datetime string")]
    [InlineData(FieldType.DateTime, "\"2024-01-31T10:00:00\"", "with Z or an offset")]
    [InlineData(FieldType.DateTime, "\"\\ud800\"", "with Z or an offset")]
    [InlineData(FieldType.StringArray, "\"a\"", "array of strings")]
    [InlineData(FieldType.StringArray, "[\"a\", null]", "array of strings")]
    [InlineData(FieldType.StringArray, "[[\"a\"], {\"b\":[]}, \"c\"]", "array of strings")]
    [InlineData(FieldType.StringArray, "[\"\\udc00\"]", "array of strings")]
    [InlineData(FieldType.Geo, "\"POINT(1 2)\"", "must be a point")]
    [InlineData(FieldType.Geo, "[1,2]", "must be a point")]
    [InlineData(FieldType.Geo, "{}", "must be a point")]
    [InlineData(FieldType.Geo, "{\"type\":\"Polygon\",\"coordinates\":[1,2]}", "must be a point")]
    [InlineData(FieldType.Geo, "{\"type\":\"Point\",\"coordinates\":[1]}", "must be a point")]
    [InlineData(FieldType.Geo, "{\"type\":\"Point\",\"coordinates\":[\"1\",2]}", "must be a point")]
    [InlineData(FieldType.Geo, "{\"type\":\"Point\",\"coordinates\":{\"a\":1}}", "must be a point")]
    [InlineData(FieldType.Geo, "{\"lat\":1}", "must be a point")]
    [InlineData(FieldType.Geo, "{\"lat\":[1],\"lon\":2}", "must be a point")]
    [InlineData(FieldType.Geo, "{\"lat\":91,\"lon\":2}", "latitude from -90 to 90")]
    [InlineData(FieldType.Geo, "{\"type\":\"Point\",\"coordinates\":[181,2]}", "longitude from -180 to 180")]
    [InlineData(FieldType.Geo, "{\"type\":\"Point\",\"coordinates\":[1e999,2]}", "longitude from -180 to 180")]
    public void TryRead_WhenValueHasAnotherType_SaysWhatItMustBe(FieldType type, string json, string problem)
    {
        Utf8JsonReader reader = At(json);
        Assert.False(JsonFieldValue.TryRead(type, ref reader, out FieldValue value, out string? said));
        Assert.Equal(FieldValueKind.Null, value.Kind);
        Assert.Contains(problem, said, StringComparison.Ordinal);
        AssertStandsBeforeSentinel(ref reader);
    }

    [Fact]
    public void TryRead_OfDatetimeLongerThanAny_Refuses()
    {
        Utf8JsonReader reader = At($"\"{new string('2', 100_000)}\"");
        Assert.False(JsonFieldValue.TryRead(FieldType.DateTime, ref reader, out _, out _));
    }

    [Theory]
    [InlineData("\"2024-01-31\"", "'2024-01-31'")]
    [InlineData("1e2", "100")]
    [InlineData("true", "true")]
    [InlineData("null", "null")]
    [InlineData("[\"a\"]", "['a']")]
    [InlineData("[]", "[]")]
    [InlineData("[1]", "(object or array)")]
    [InlineData("{\"a\":1}", "(object or array)")]
    [InlineData("{\"lat\":1,\"lon\":2}", "(object or array)")]
    [InlineData("{\"type\":\"Point\",\"coordinates\":[1,2]}", "geography'POINT(1 2)'")]
    [InlineData("1e999", "(object or array)")]
    [InlineData("\"\\ud800\"", "(object or array)")]
    public void ReadUndeclared_OfValue_HasItsOwnKind(string json, string literal)
    {
        Utf8JsonReader reader = At(json);
        Assert.Equal(literal, JsonFieldValue.ReadUndeclared(ref reader).ToString());
        AssertStandsBeforeSentinel(ref reader);
    }

    private static Utf8JsonReader At(string json)
    {
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes($"[{json},\"sentinel\"]"));
        reader.Read();
        reader.Read();
        return reader;
    }

    private static void AssertStandsBeforeSentinel(ref Utf8JsonReader reader)
    {
        Assert.True(reader.Read());
        Assert.Equal("sentinel", reader.GetString());
        Assert.Equal(1, reader.CurrentDepth);
    }
}
