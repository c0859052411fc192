using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

public class JsonFieldReaderTests
{
    [Theory]
    [InlineData("{\"a\":1}", "a", "1")]
    [InlineData("{\"b\":{\"a\":2},\"a\":1}", "a", "1")]
    [InlineData("{\"b\":[{\"a\":2}],\"a\":1}", "a", "1")]
    [InlineData("{\"b\":{\"x\":[],\"a\":2},\"a\":1}", "b/a", "2")]
    [InlineData("{\"b\":{\"c\":{\"d\":\"x\"}}}", "b/c/d", "'x'")]
    [InlineData("{\"b\":{\"c\":1}}", "b/c/d", "null")]
    [InlineData("{\"b\":{},\"c\":1}", "b/c", "null")]
    [InlineData("{\"b\":[{\"c\":1}]}", "b/c", "null")]
    [InlineData("{}", "a", "null")]
    [InlineData("{\"\\u0061\":1}", "a", "1")]
    [InlineData("{\"\\ud800\":2,\"a\":1}", "a", "1")]
    [InlineData("{\"a\":{\"\\udc00\":2}}", "a", "(object or array)")]
    [InlineData("{\"é\":1}", "é", "1")]
    [InlineData("{\"a\":1,\"a\":2}", "a", "1")]
    [InlineData("[1]", "a", "null")]
    public void Read_OfPath_FindsTheProperty(string json, string path, string literal)
    {
        FilterField field = new(FilterPath.Property(path.Split('/')), null);
        Assert.Equal(literal, JsonFieldReader.Read(Encoding.UTF8.GetBytes(json), field).ToString());
    }

    [Theory]
    [InlineData(FieldType.DateTime, "\"2024-01-31\"", "2024-01-31T00:00:00Z")]
    [InlineData(FieldType.DateTime, "\"soon\"", "(object or array)")]
    [InlineData(FieldType.Number, "\"5\"", "(object or array)")]
    [InlineData(FieldType.Number, "null", "null")]
    [InlineData(FieldType.Geo, "{\"lat\":1,\"lon\":2}", "geography'POINT(2 1)'")]
    public void Read_OfDeclaredField_HasItsTypeOrIsEqualToNothing(FieldType type, string json, string literal)
    {
        FilterField field = new(FilterPath.Property("a"), type);
        Assert.Equal(literal, JsonFieldReader.Read(Encoding.UTF8.GetBytes($"{{\"a\":{json}}}"), field).ToString());
    }

    [Fact]
    public void Read_OfDamagedJson_Throws()
    {
        FilterField field = new(FilterPath.Property("b"), null);
        Assert.ThrowsAny<JsonException>(() => JsonFieldReader.Read("{\"a\":1,\"b\""u8, field));
        Assert.ThrowsAny<JsonException>(() => JsonFieldReader.Read(""u8, field));
    }

    [Fact]
    public void Read_OfNumbersAndMisses_AllocatesNothing()
    {
        byte[] json = """{"name":"nobody asks for it","tags":["x"],"address":{"zip":12345},"when":"2024-01-01"}"""u8.ToArray();
        FilterField zip = new(FilterPath.Property("address", "zip"), null);
        FilterField when = new(FilterPath.Property("when"), FieldType.DateTime);
        FilterField missing = new(FilterPath.Property("missing"), null);
        double sum = JsonFieldReader.Read(json, zip).AsNumber + JsonFieldReader.Read(json, when).AsUtcTicks;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            sum += JsonFieldReader.Read(json, zip).AsNumber + JsonFieldReader.Read(json, when).AsUtcTicks;
            sum += JsonFieldReader.Read(json, missing).Kind == FieldValueKind.Null ? 0 : 1;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
    }
}
