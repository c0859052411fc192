using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;
using Vektagraf.Storage.Segments;

namespace Vektagraf.Tests.Segments;

/// <summary>A schema with fields of all types, and random rows for it.</summary>
internal static class SegmentWorld
{
    public const string Key = "c/things.0/s/0/seg/00000000000000000000000000000001/data";

    /// <summary>Parts so small that few rows make many of them.</summary>
    public static SegmentWriterOptions Small { get; } = new() { RowGroupBytes = 200, IdTableBytes = 60, VectorBlockBytes = 512 };

    public static SegmentSchema Schema { get; } = new(
        [new("v", 30), new("w", 1)],
        [
            new("at", FieldType.DateTime), new("name", FieldType.String), new("ok", FieldType.Boolean), new("price", FieldType.Number),
            new("tags", FieldType.StringArray), new("where", FieldType.Geo),
        ],
        ["s", "t"]);

    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Char['a', 'e'].Array[1, 6].Select(c => new string(c)),
        Gen.Int[0, 9].Select(i => $"commonstart{i}"),
        Gen.OneOf(new[] { "čaj", "žluťoučký 🐎", "🐎", "🐎🐎", "\uE000", "\uFFFD", "a/b ~", new string('x', 300) }.Select(Gen.Const).ToArray()));

    /// <summary>A declared field's JSON, and what its column must say.</summary>
    private static readonly Gen<(string Json, FieldValue Value)>[] Values =
    [
        Gen.OneOf(
            Gen.Long[0, DateTime.MaxValue.Ticks].Select(t => ($"\"{new DateTime(t, DateTimeKind.Utc):O}\"", FieldValue.FromUtcTicks(t))),
            Gen.Const(("\"yesterday\"", FieldValue.Null))),
        Gen.OneOf(Texts.Select(t => ($"\"{t}\"", FieldValue.From(t))), Gen.Const(("7", FieldValue.Null)), Gen.Const(("\"\"", FieldValue.From("")))),
        Gen.OneOf(Gen.Bool.Select(b => (b ? "true" : "false", FieldValue.From(b))), Gen.Const(("null", FieldValue.Null))),
        Gen.OneOf(
            Gen.Double[-1e9, 1e9].Select(d => (d.ToString("R", CultureInfo.InvariantCulture), FieldValue.From(d))),
            Gen.Const(("[1]", FieldValue.Null)),
            Gen.Const(("5e-324", FieldValue.From(double.Epsilon)))),
        Gen.OneOf(
            Texts.Array[0, 4].Select(t => ($"[{string.Join(',', t.Select(x => $"\"{x}\""))}]", FieldValue.From(t))),
            Gen.Const(("[\"a\",1]", FieldValue.Null))),
        Gen.Select(Gen.Int[-180, 180], Gen.Int[-90, 90]).Select((lon, lat) => (
            $$"""{"type":"Point","coordinates":[{{lon}},{{lat}}]}""", FieldValue.FromGeo(lon, lat))),
    ];

    private static readonly Gen<(string Name, string Json, FieldValue Value)[]> Fields =
        Gen.Int[0, Values.Length - 1].SelectMany(i => Values[i].Select(v => (Schema.Columns[i].Name, v.Json, v.Value))).Array[0, 6];

    private static readonly Gen<SegmentVector[]> Vectors = Gen.Select(Gen.Float.Array[30], Gen.Float.Array[1], Gen.Byte[0, 2], Gen.Int[0, 15], (v, w, by, which) =>
    {
        var vectors = new List<SegmentVector>();
        vectors.AddRange((which & 1) != 0 ? [new("v", Bytes(v), by)] : []);
        vectors.AddRange((which & 2) != 0 ? [new("w", Bytes(w), 0)] : []);
        return vectors.ToArray();
    });

    private static readonly Gen<(uint[] Indices, float[] Values)> Weights = Gen.Select(Gen.UInt, Gen.Float[-9, 9].Where(v => v != 0)).Array[1, 9].Select(entries =>
    {
        var sorted = entries.DistinctBy(e => e.Item1).OrderBy(e => e.Item1).ToList();
        return (sorted.Select(e => e.Item1).ToArray(), sorted.Select(e => e.Item2).ToArray());
    });

    private static readonly Gen<NamedSparseVector[]> Sparse = Gen.Select(Weights, Weights, Gen.Int[0, 7], (s, t, which) =>
    {
        var vectors = new List<NamedSparseVector>();
        vectors.AddRange((which & 1) != 0 ? [new("s", s.Indices, s.Values)] : []);
        vectors.AddRange((which & 2) != 0 ? [new("t", t.Indices, t.Values)] : []);
        return vectors.ToArray();
    });

    public static readonly Gen<ModelRow> Row = Gen.Select(
        Gen.Select(Texts, Sparse), Gen.ULong[0, 1UL << 40], Gen.Int[0, 3], Gen.Int[0, 4], Fields, Vectors, Gen.Int[0, 2].Select(i => i == 0 ? null : i == 1 ? "Tea" : "🐎"), Model);

    /// <summary>Rows in the order of their ids.</summary>
    public static readonly Gen<ModelRow[]> Rows = Row.Array[0, 60].Select(Sort);

    public static ModelRow[] Sort(IEnumerable<ModelRow> rows) =>
        [.. rows.DistinctBy(r => r.Row.Id, StringComparer.Ordinal).OrderBy(r => r.Row.Id, StringComparer.Ordinal)];

    /// <summary>A row without type and vectors.</summary>
    public static SegmentRow Plain(string id, ulong sequence, string properties = "{}", int ordinal = 0) =>
        new() { Id = id, Version = new ObjectVersion(sequence, ordinal), Properties = Encoding.UTF8.GetBytes(properties) };

    public static SegmentRow Tombstone(string id, ulong sequence) => new() { Id = id, Version = new ObjectVersion(sequence, 0), IsTombstone = true };

    public static ReadOnlyMemory<byte> Bytes(params float[] values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }

        return bytes;
    }

    /// <summary>Puts a segment and opens it by the footer that its writer gave.</summary>
    public static async Task<Segment> OpenAsync(SegmentFileContent content, IObjectStore? store = null, SegmentReadOptions? options = null)
    {
        store ??= new MemoryObjectStore();
        await store.PutAsync(Key, content.Bytes, PutCondition.None);
        return Segment.Open(store, Key, content.Footer.Encode(), options);
    }

    public static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> source)
    {
        var list = new List<T>();
        await foreach (var item in source)
        {
            list.Add(item);
        }

        return list;
    }

    private static ModelRow Model(
        (string Id, NamedSparseVector[] Sparse) own, ulong sequence, int ordinal, int dead, (string Name, string Json, FieldValue Value)[] fields, SegmentVector[] vectors, string? type)
    {
        var (id, sparse) = own;
        if (dead == 0)
        {
            return new ModelRow(Tombstone(id, sequence), new Dictionary<string, FieldValue>(StringComparer.Ordinal));
        }

        // As in the memtable, the last of several members of one name counts.
        var values = new Dictionary<string, FieldValue>(StringComparer.Ordinal);
        foreach (var (name, _, value) in fields)
        {
            values[name] = value;
        }

        var json = $"{{\"other\":{{\"name\":1}}{string.Concat(fields.Select(f => $",\"{f.Name}\":{f.Json}"))}}}";
        return new ModelRow(
            new SegmentRow { Id = id, Version = new ObjectVersion(sequence, ordinal), Type = type, Properties = Encoding.UTF8.GetBytes(json), Vectors = vectors, Sparse = sparse },
            values);
    }
}

/// <summary>A row, and what its columns must say.</summary>
internal sealed record ModelRow(SegmentRow Row, IReadOnlyDictionary<string, FieldValue> Values)
{
    public override string ToString() => SegmentText.Of(Row);
}
