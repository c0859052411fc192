using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Vektagraf.Collections;

namespace Vektagraf.Tests.Collections;

public class ObjectJsonTests
{
    private static readonly CollectionDefinition Definition = CollectionJson.Read(
        """
        {
          "vectors": { "v": { "dimensions": 2 }, "e": { "dimensions": 1, "metric": "euclidean" } },
          "fields": {
            "n": { "type": "number" }, "s": { "type": "string" }, "b": { "type": "boolean" }, "d": { "type": "datetime" },
            "t": { "type": "text" }, "g": { "type": "geo" }, "a": { "type": "string[]" }
          }
        }
        """u8);

    [Theory]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("{", "")]
    [InlineData("{\"id\":\"x\"", "")]
    [InlineData("{\"id\":\"x\"}}", "")]
    [InlineData("{\"id\":\"x\"} x", "")]
    [InlineData("{\"id\":\"x\"}{}", "")]
    [InlineData("{\"id\":\"x\",}", "")]
    [InlineData("{'id':'x'}", "")]
    [InlineData("{\"id\":\"x\"/**/}", "")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":01}}", "")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":NaN}}", "")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":\"\t\"}}", "")]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    [InlineData("\"x\"", "")]
    [InlineData("\uFEFF{\"id\":\"x\"}", "")]
    [InlineData("{}", "/id")]
    [InlineData("{\"id\":null}", "/id")]
    [InlineData("{\"id\":1}", "/id")]
    [InlineData("{\"id\":[\"x\"]}", "/id")]
    [InlineData("{\"id\":\"\"}", "/id")]
    [InlineData("{\"id\":\".\"}", "/id")]
    [InlineData("{\"id\":\"..\"}", "/id")]
    [InlineData("{\"id\":\"../x\"}", "/id")]
    [InlineData("{\"id\":\"a\\\\b\"}", "/id")]
    [InlineData("{\"id\":\"a\\u0000b\"}", "/id")]
    [InlineData("{\"id\":\"a\\nb\"}", "/id")]
    [InlineData("{\"id\":\"a\\u007fb\"}", "/id")]
    [InlineData("{\"id\":\"a\\u0085b\"}", "/id")]
    [InlineData("{\"id\":\"\\ud83d\"}", "/id")]
    [InlineData("{\"id\":\"\\udc0e\\ud83d\"}", "/id")]
    [InlineData("{\"id\":\"x\",\"id\":\"x\"}", "/id")]
    [InlineData("{\"id\":\"x\",\"i\\u0064\":\"x\"}", "/id")]
    [InlineData("{\"id\":\"x\",\"type\":1}", "/type")]
    [InlineData("{\"id\":\"x\",\"type\":\"\\ud800\"}", "/type")]
    [InlineData("{\"id\":\"x\",\"what\":1}", "/what")]
    [InlineData("{\"id\":\"x\",\"a/b~\":{\"deep\":[1]}}", "/a~1b~0")]
    [InlineData("{\"id\":\"x\",\"\\ud800\":1}", "")]
    [InlineData("{\"id\":\"x\",\"properties\":[]}", "/properties")]
    [InlineData("{\"id\":\"x\",\"properties\":1}", "/properties")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":1,\"p\":1}}", "/properties/p")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":1,\"\\u0070\":1}}", "/properties/p")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":{\"q\":1,\"q\":1}}}", "/properties/p")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":[{\"q\":{\"r\":1,\"r\":1}}]}}", "/properties/p")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"\\ud800\":1}}", "/properties")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":\"\\ud800\"}}", "/properties/p")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":[{\"q\":\"\\udfff\"}]}}", "/properties/p")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"p\":{\"\\ud800\":1}}}", "/properties/p")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"n\":\"1\"}}", "/properties/n")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"n\":1e400}}", "/properties/n")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"n\":1e99999999999999999999}}", "/properties/n")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"s\":1}}", "/properties/s")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"s\":\"\\ud800\"}}", "/properties/s")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"b\":\"true\"}}", "/properties/b")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"d\":\"yesterday\"}}", "/properties/d")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"d\":\"\\ud800\"}}", "/properties/d")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"t\":[]}}", "/properties/t")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"g\":{\"lat\":91,\"lon\":0}}}", "/properties/g")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"g\":{\"\\ud800\":91,\"lon\":{\"a\":[\"\\ud800\"]}}}}", "/properties/g")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"a\":[\"x\",1]}}", "/properties/a")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"a\":\"x\"}}", "/properties/a")]
    [InlineData("{\"id\":\"x\",\"vectors\":[]}", "/vectors")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"w\":[1,2]}}", "/vectors/w")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"\\ud800\":[1,2]}}", "/vectors")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[1]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[1,2,3]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[1,null]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[1,\"2\"]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[[1,[2]],{\"a\":[3]},4]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":{\"0\":1}}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":true}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[1e40,1]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[-1e40,1]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[1e99999999999999999999,1]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[3e38,3e38]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[0,0]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[1e-50,-0.0]}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":\"AACAPwAAgD\"}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":\"AACAPwAAgA==\"}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":\"AACAPwAAwH8=\"}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":\"\\ud800\"}}", "/vectors/v")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[1,2],\"v\":[1,2]}}", "/vectors/v")]
    public void Read_OfAnInvalidObject_SaysWhere(string json, string pointer)
    {
        var e = Assert.Throws<VektagrafException>(() => ObjectJson.Read(Encoding.UTF8.GetBytes(json), Definition));
        Assert.Equal(ErrorKind.Invalid, e.Kind);
        Assert.Equal(pointer, e.Errors.Keys.First());
        Assert.Equal(pointer.Length == 0 && e.Slug == "malformed-json", e.Slug == "malformed-json");
    }

    [Theory]
    [InlineData("{\"id\":\"x\",\"type\":null,\"properties\":null,\"vectors\":null}")]
    [InlineData("{\"vectors\":{\"v\":null},\"properties\":{},\"id\":\"x\",\"etag\":\"\\\"1-0\\\"\"}")]
    [InlineData(" \r\n{ \"id\" : \"x\" }\n ")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"n\":null,\"s\":\"\",\"b\":false,\"d\":\"2030-01-01\",\"t\":\"\",\"g\":{\"lat\":90,\"lon\":-180},\"a\":[]}}")]
    [InlineData("{\"id\":\"x\",\"properties\":{\"undeclared\":1e400,\"other\":[1,\"a\",null,{\"\":{}}],\"\":1}}")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":[0.1,-2.5e-3],\"e\":[0]}}")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"v\":\"AACAPwAAAEA=\",\"e\":\"\\u0041AAAAA==\"}}")]
    [InlineData("{\"id\":\"x\",\"vectors\":{\"e\":[1e-50]}}")]
    public void Read_OfAValidObject_CanBeWrittenAndReadBack(string json) => AssertRoundTrip(ObjectJson.Read(Encoding.UTF8.GetBytes(json), Definition));

    [Theory]
    [InlineData("a b")]
    [InlineData("...")]
    [InlineData("a?b#c%2F&d=1")]
    [InlineData("žluťoučký kůň")]
    [InlineData("日本語")]
    [InlineData("🐎")]
    [InlineData("e\u0301")]
    [InlineData("\u202E")]
    public void Read_OfAnyReadableId_KeepsIt(string id)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new { id });
        Assert.Equal(id, ObjectJson.Read(json, Definition).Id);
        Assert.Equal(id, ObjectJson.Read(json, Definition, id).Id);
        Assert.Equal(id, ObjectJson.Read("{}"u8, Definition, id).Id);
        Assert.Equal("/id", Assert.Throws<VektagrafException>(() => ObjectJson.Read(json, Definition, id + "x")).Errors.Keys.Single());
    }

    [Theory]
    [InlineData("x", 512, true)]
    [InlineData("x", 513, false)]
    [InlineData("ž", 256, true)]
    [InlineData("ž", 257, false)]
    [InlineData("🐎", 128, true)]
    [InlineData("🐎", 129, false)]
    public void Read_OfALongIdOrType_CountsItsBytes(string character, int count, bool isValid)
    {
        var text = string.Concat(Enumerable.Repeat(character, count));
        AssertValid(isValid, JsonSerializer.SerializeToUtf8Bytes(new { id = text }));
        AssertValid(isValid, JsonSerializer.SerializeToUtf8Bytes(new { id = "x", type = text }));
    }

    [Theory]
    [InlineData(62, true)]
    [InlineData(63, false)]
    [InlineData(10_000, false)]
    public void Read_OfDeepProperties_HasALimit(int depth, bool isValid)
    {
        // The object and its properties are two levels of the 64.
        AssertValid(isValid, Encoding.UTF8.GetBytes($$$"""{"id":"x","properties":{"p":{{{new string('[', depth)}}}{{{new string(']', depth)}}}}}"""));
        var nested = string.Concat(Enumerable.Repeat("{\"q\":", depth)) + "1" + new string('}', depth);
        AssertValid(isValid, Encoding.UTF8.GetBytes($$$"""{"id":"x","properties":{"p":{{{nested}}}}}"""));
    }

    [Fact]
    public void Read_OfLargeProperties_HasALimit()
    {
        byte[] Sized(int length) => Encoding.UTF8.GetBytes($$$"""{"id":"x","properties":{"p":"{{{new string('x', length - 8)}}}"}}""");
        Assert.Equal(Limits.MaxPropertiesBytes, ObjectJson.Read(Sized(Limits.MaxPropertiesBytes), Definition).Properties.Length);
        var e = Assert.Throws<VektagrafException>(() => ObjectJson.Read(Sized(Limits.MaxPropertiesBytes + 1), Definition));
        Assert.Equal((ErrorKind.TooLarge, "properties-too-large"), (e.Kind, e.Slug));
    }

    [Fact]
    public void Read_OfManyErrors_ListsThemWithoutGrowing()
    {
        var json = $"{{\"id\":\"../x\",\"type\":1,\"properties\":{{{string.Join(',', Enumerable.Range(0, 1_000).Select(i => $"\"p{i}\":\"\\ud800\""))}}}}}";
        var e = Assert.Throws<VektagrafException>(() => ObjectJson.Read(Encoding.UTF8.GetBytes(json), Definition));
        Assert.InRange(e.Errors.Count, 10, 50);
        Assert.Contains("/id: ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'{', 0xFF, (byte)'}' })]
    [InlineData(new byte[] { (byte)'"', 0xC0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'{', 0 })]
    public void Read_OfBytesThatAreNoUtf8_IsInvalid(byte[] bytes) =>
        Assert.Equal("malformed-json", Assert.Throws<VektagrafException>(() => ObjectJson.Read(bytes, Definition)).Slug);

    [Fact]
    public void Read_OfAnyBytes_IsAnObjectOrAnError() => Gen.Byte.Array[0, 60].Sample(bytes => Probe(bytes), iter: 3_000);

    [Fact]
    public void Read_OfMutatedObjects_IsAnObjectOrAnError()
    {
        byte[][] seeds =
        [
            """{"id":"x","type":"T","properties":{"n":1.5,"s":"a","b":true,"d":"2030-01-01T00:00:00Z","g":{"lat":1,"lon":2},"a":["x","y"],"o":{"p":[1,{"q":null}]}},"vectors":{"v":[1,-2.5e3],"e":"AACAPw=="}}"""u8.ToArray(),
            """{"id":"\ud83d\udc0e","properties":{"\u0041":"\u0022","g":{"type":"Point","coordinates":[1,2,3]}},"vectors":{"v":[0.1,2]}}"""u8.ToArray(),
        ];
        string[] inserts = ["\"", "\\", "{", "}", "[", "]", ",", ":", "null", "1e999", "-", "\\ud800", "\\u0000", "\u00e9", "\"id\":", "\"x\"", "0", " ", "\n", "e99999999999"];
        var change = Gen.Select(Gen.Int[0, 1_000], Gen.Int[0, 3], Gen.Int[0, 19].Select(i => inserts[i]), Gen.Byte);
        Gen.Select(Gen.Int[0, 1].Select(i => seeds[i]), change.Array[1, 4]).Sample(
            (seed, changes) =>
            {
                var bytes = seed.ToList();
                foreach (var (at, kind, insert, value) in changes)
                {
                    var position = at % (bytes.Count + 1);
                    switch (kind)
                    {
                        case 0:
                            bytes.InsertRange(position, Encoding.UTF8.GetBytes(insert));
                            break;
                        case 1 when position < bytes.Count:
                            bytes[position] = value;
                            break;
                        case 2 when position < bytes.Count:
                            bytes.RemoveRange(position, Math.Min(1 + (value % 8), bytes.Count - position));
                            break;
                    }
                }

                Probe([.. bytes]);
            },
            iter: 20_000);
    }

    [Fact]
    public void Write_OfASelection_WritesTheseProperties()
    {
        var stored = StoredOf(ObjectJson.Read("""{"id":"x","properties":{"o":{"p":1},"\u0070":[2],"q":3}}"""u8, Definition));
        Assert.Equal("""{"id":"x","etag":"\u00221-0\u0022","properties":{"o":{"p":1},"p":[2]}}""", Text(stored, ["p", "o", "missing"], withETag: true));
        Assert.Equal("""{"id":"x","properties":{}}""", Text(stored, [], withETag: false));
    }

    private static void Probe(byte[] bytes)
    {
        ObjectDraft draft;
        try
        {
            draft = ObjectJson.Read(bytes, Definition);
        }
        catch (VektagrafException e)
        {
            Assert.True(e.Kind is ErrorKind.Invalid or ErrorKind.TooLarge);
            return;
        }

        AssertRoundTrip(draft);
    }

    private static void AssertRoundTrip(ObjectDraft draft)
    {
        var text = Text(StoredOf(draft));
        Assert.DoesNotContain('\n', text);
        var again = ObjectJson.Read(Encoding.UTF8.GetBytes(text), Definition);
        Assert.Equal((draft.Id, draft.Type), (again.Id, again.Type));
        Assert.Equal(draft.Properties.ToArray(), again.Properties.ToArray());
        Assert.Equal(draft.Vectors.Select(Show).Order(), again.Vectors.Select(Show).Order());
    }

    private static string Show(NamedVector vector) =>
        $"{vector.Field}: {string.Join(' ', vector.Values.ToArray().Select(x => BitConverter.SingleToInt32Bits(x).ToString("x8", CultureInfo.InvariantCulture)))}";

    private static StoredObject StoredOf(ObjectDraft draft) =>
        new() { Id = draft.Id, Type = draft.Type, Properties = draft.Properties, Vectors = draft.Vectors, ETag = "1-0" };

    private static string Text(StoredObject stored, IReadOnlyList<string>? select = null, bool withETag = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            ObjectJson.Write(writer, stored, select, withETag);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void AssertValid(bool isValid, byte[] json)
    {
        try
        {
            ObjectJson.Read(json, Definition);
            Assert.True(isValid);
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.Invalid)
        {
            Assert.False(isValid);
        }
    }
}
