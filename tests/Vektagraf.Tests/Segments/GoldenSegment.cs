using System.Text;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage.Log;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Tests.Segments;

/// <summary>What the checked-in segments hold; they were made after docs/formats/segment.md, not by the code under test. The second version
/// has the same rows, and an index of every column.</summary>
internal static class GoldenSegment
{
    public static byte[] Bytes { get; } = Read("segment-v1.bin");

    public static byte[] IndexedBytes { get; } = Read("segment-v2.bin");

    public static IReadOnlyList<SegmentRow> Rows { get; } =
    [
        Row("a", 7, 0, "Tea", """{"price":4.5,"name":"x","at":"2030-01-01T00:00:00Z","ok":true,"where":{"type":"Point","coordinates":[14.5,50]},"tags":["hot","x","hot"]}""", new SegmentVector("v", SegmentWorld.Bytes(1, -2), 3)),
        new() { Id = "b", Version = new ObjectVersion(9, 1), IsTombstone = true },
        Row("čaj", 5, 2, null, "{}"),
        Row("🐎", 300, 0, "Horse", """{"name":"y","tags":[],"ok":false}""", new SegmentVector("v", SegmentWorld.Bytes(0.5f, 4)), new SegmentVector("w", SegmentWorld.Bytes(9))),
        Row("\uE000", 8, 0, "Tea", """{"name":"x","price":"none"}"""),
    ];

    /// <summary>The same rows and payload, as the code writes them.</summary>
    public static SegmentFileContent Write(bool isIndexed = false)
    {
        using var writer = new SegmentWriter(
            new SegmentSchema([new("v", 2), new("w", 1)], [.. SegmentWorld.Schema.Columns.Select(c => c with { IsIndexed = isIndexed })]),
            new SegmentWriterOptions { RowGroupBytes = 160, VectorBlockBytes = 512, IndexBlockBytes = 20 });
        foreach (var row in Rows)
        {
            writer.Add(row);
        }

        writer.AddPayload("transactions", ["first block"u8.ToArray(), "second"u8.ToArray()]);
        return writer.Finish();
    }

    private static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Segments", "Golden", name));

    private static SegmentRow Row(string id, ulong sequence, int ordinal, string? type, string properties, params SegmentVector[] vectors) => new()
    {
        Id = id,
        Version = new ObjectVersion(sequence, ordinal),
        Type = type,
        Properties = Encoding.UTF8.GetBytes(properties),
        Vectors = vectors,
    };
}
