using System.Globalization;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Shards.Segments;
using ZstdSharp;

namespace Vektagraf.Tests.Segments;

/// <summary>The promise on storage: objects of 1 KB take at most 1.3 times what they take compressed as one stream.</summary>
public class SegmentSizeTests
{
    [Fact]
    public void Write_OfOneKilobyteObjects_TakesAtMostThirtyPercentMoreThanTheirCompressedSize()
    {
        var schema = new SegmentSchema(
            [],
            [new("category", FieldType.String), new("createdAt", FieldType.DateTime), new("inStock", FieldType.Boolean), new("price", FieldType.Number), new("tags", FieldType.StringArray)]);
        var rows = Rows(new Random(11), 20_000);
        var segment = SegmentWriter.Write(schema, rows);
        using var compressor = new Compressor(3);
        var compressed = compressor.Wrap((byte[])[.. rows.SelectMany(r => r.Properties.ToArray())]).Length;
        var ratio = segment.Bytes.Length / (double)compressed;
        Assert.True(ratio <= 1.3, string.Create(CultureInfo.InvariantCulture, $"{segment.Bytes.Length} bytes, {compressed} compressed: {ratio:F3} times"));
        Assert.InRange(segment.Footer.Encode().Length, 1, segment.Bytes.Length / 2_000);
    }

    private static List<SegmentRow> Rows(Random random, int count)
    {
        string[] words = [.. Enumerable.Range(0, 5_000).Select(_ => new string([.. Enumerable.Range(0, random.Next(3, 10)).Select(_ => (char)('a' + (int)(26 * Math.Pow(random.NextDouble(), 1.5))))]))];
        string Word() => words[(int)(words.Length * Math.Pow(random.NextDouble(), 2.2))];
        return
        [
            .. Enumerable.Range(0, count).Select(_ => new SegmentRow
            {
                Id = $"item-{random.NextInt64():x16}",
                Version = new((ulong)random.Next(1, 2_000), random.Next(1_000)),
                Properties = Properties(random, Word),
            }).OrderBy(r => r.Id, StringComparer.Ordinal),
        ];
    }

    private static byte[] Properties(Random random, Func<string> word)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""{"name":"{{word()}} {{word()}}","category":"c{{random.Next(20)}}",""");
        text.Append(CultureInfo.InvariantCulture, $$"""  "price":{{random.Next(1, 100_000) / 100.0}},"inStock":{{(random.Next(2) == 0 ? "true" : "false")}},""");
        text.Append(CultureInfo.InvariantCulture, $$"""  "createdAt":"2025-{{random.Next(1, 13):00}}-{{random.Next(1, 29):00}}T{{random.Next(24):00}}:{{random.Next(60):00}}:00Z",""");
        text.Append(CultureInfo.InvariantCulture, $$"""  "tags":["{{word()}}","{{word()}}"],"description":" """);
        while (text.Length < 1_000)
        {
            text.Append(word()).Append(' ');
        }

        return Encoding.UTF8.GetBytes(text.Append("\"}").ToString());
    }
}
