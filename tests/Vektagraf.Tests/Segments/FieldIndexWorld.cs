using System.Globalization;
using System.Text;
using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Segments;

/// <summary>Random rows with values that come often, and random filters on them.</summary>
internal static class FieldIndexWorld
{
    private static readonly string[] Texts = ["", "a", "ab", "abc", "b", "ba", "c", "čaj", "🐎", "🐎🐎", "\uFFFD", new('x', 40), new string('x', 40) + "y", new string('x', 39) + "🐎"];
    private static readonly string[] Numbers = ["-1e300", "-2.5", "-1", "-0", "0", "5e-324", "0.1", "1", "2", "2.5", "3", "1e300"];
    private static readonly string[] Times = ["0001-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.0000001Z", "2024-06-01T12:00:00Z", "2030-01-01T00:00:00Z", "9999-12-31T23:59:59Z"];
    private static readonly string[] Points = ["0 0", "14.4 50.1", "14.41 50.1", "-180 0", "180 0", "179.99 -0.01", "0 90", "100 -90", "-70 -30", "14.4 50.1001"];

    public static readonly IReadOnlyDictionary<string, FieldDefinition> Fields = new Dictionary<string, FieldDefinition>(StringComparer.Ordinal)
    {
        ["at"] = new() { Type = FieldType.DateTime, Index = true },
        ["name"] = new() { Type = FieldType.String, Index = true },
        ["ok"] = new() { Type = FieldType.Boolean, Index = true },
        ["price"] = new() { Type = FieldType.Number, Index = true },
        ["tags"] = new() { Type = FieldType.StringArray, Index = true },
        ["where"] = new() { Type = FieldType.Geo, Index = true },
    };

    public static CollectionDefinition Definition { get; } = new(fields: Fields);

    private static readonly Gen<string> Json = Gen.Select(
        AnyOf(Times), AnyOf(Texts), Gen.Bool, AnyOf(Numbers), AnyOf(Texts).Array[0, 3], AnyOf(Points), Gen.Int[0, 1023],
        (at, name, ok, price, tags, where, which) =>
        {
            string[] members =
            [
                $"\"at\":\"{at}\"", $"\"name\":\"{name}\"", $"\"ok\":{(ok ? "true" : "false")}", $"\"price\":{price}",
                $"\"tags\":[{string.Join(',', tags.Select(t => $"\"{t}\""))}]", $$"""
                "where":{"type":"Point","coordinates":[{{where.Replace(' ', ',')}}]}
                """,
            ];
            // Of every value every other one is missing for a quarter of the rows, and one in sixteen is of another type.
            var present = members.Where((_, i) => which % 4 != 0 || ((which >> 2) & (1 << i)) != 0);
            return $"{{{string.Join(',', which % 16 == 1 ? ["\"name\":7", "\"price\":\"1\"", "\"tags\":[1]"] : present)}}}";
        });

    public static readonly Gen<SegmentRow[]> Rows = Gen.Select(Json, Gen.Int[0, 7]).Array[0, 200].Select(rows => rows.Select((row, i) => new SegmentRow
    {
        Id = i.ToString("D6", CultureInfo.InvariantCulture),
        Version = new ObjectVersion((ulong)i + 1, 0),
        IsTombstone = row.Item2 == 0,
        Properties = row.Item2 == 0 ? default : Encoding.UTF8.GetBytes(row.Item1),
    }).ToArray());

    private static readonly Gen<string> Order = AnyOf("eq", "ne", "lt", "le", "gt", "ge");
    private static readonly Gen<string> Text = AnyOf([.. Texts, "aa", "abcd", "z", "x", "\uFFFF"]).Select(t => $"'{t}'");
    private static readonly Gen<string> Number = AnyOf([.. Numbers, "1.5", "-3", "4"]);
    private static readonly Gen<string> Time = AnyOf([.. Times, "2025-01-01", "'2024-06-01T12:00:00Z'"]);

    private static readonly Gen<string> Leaf = Gen.OneOf(
        OnText("name", allowNull: true),
        Compare("price", Number),
        Compare("at", Time),
        AnyOf("ok", "ok eq false", "ok ne true", "ok eq null", "ok ne null", "ok in (true, false)", "name gt null", "tags lt null", "true", "false"),
        AnyOf("tags eq null", "tags ne null", "tags/any()", "where eq null", "where ne null"),
        Gen.Select(AnyOf("any", "all"), Gen.OneOf(OnText("t", allowNull: false), Gen.Select(OnText("t", false), OnText("t", false), (a, b) => $"({a}) or not ({b})")), (q, c) => $"tags/{q}(t: {c})"),
        Gen.Select(AnyOf([.. Points, "14.405 50.1", "-179.9 0.1", "10 89.9"]), AnyOf("lt", "le", "gt", "ge"), AnyOf("0", "0.5", "2", "20", "1500", "10007", "20000", "20015.2"), (p, o, d) => $"geo.distance(where, geography'POINT({p})') {o} {d}"));

    public static readonly Gen<string> Filter = Gen.Recursive<string>((depth, inner) => depth > 3 ? Leaf : Gen.OneOf(
        Leaf,
        Leaf,
        inner.Select(f => $"not ({f})"),
        Gen.Select(inner, inner, (a, b) => $"({a}) and ({b})"),
        Gen.Select(inner, inner, (a, b) => $"({a}) or ({b})"),
        Gen.Select(Compare("price", Number), Compare("price", Number), inner, (a, b, c) => $"{a} and ({c}) and {b}")));

    public static FilterBinding Bind(string filter, CollectionDefinition? definition = null) => FilterBinder.Bind(FilterParser.Parse(filter), definition ?? Definition);

    /// <summary>A schema whose n-th field is indexed where bit n is set.</summary>
    public static SegmentSchema Schema(int indexed) =>
        new([], [.. SegmentSchema.For(Definition).Columns.Select((c, i) => c with { IsIndexed = (indexed & (1 << i)) != 0 })]);

    public static Task<Segment> WriteAsync(SegmentSchema schema, IEnumerable<SegmentRow> rows, int blockBytes, IObjectStore? store = null) =>
        SegmentWorld.OpenAsync(SegmentWriter.Write(schema, rows, new SegmentWriterOptions { IndexBlockBytes = blockBytes }), store);

    /// <summary>The live rows that fulfil a filter, by the columns.</summary>
    public static async Task<int[]> ScanAsync(Segment segment, FilterBinding filter)
    {
        var columns = new SegmentColumn[filter.Fields.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = (await segment.ReadColumnAsync(filter.Fields[i].Path.Segments[0]))!;
        }

        var found = new List<int>();
        await foreach (var key in segment.ReadIdsAsync())
        {
            if (!key.IsTombstone && filter.Matches(new ColumnReader(columns, key.RowNumber)))
            {
                found.Add(key.RowNumber);
            }
        }

        return [.. found];
    }

    public static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string> OnText(string operand, bool allowNull) => Gen.OneOf(
        Compare(operand, Text, allowNull),
        Gen.Select(AnyOf("startswith", "contains", "endswith"), Text, (f, t) => $"{f}({operand}, {t})"));

    private static Gen<string> Compare(string operand, Gen<string> literal, bool allowNull = true) => Gen.OneOf(
        Gen.Select(Order, literal, (o, l) => $"{operand} {o} {l}"),
        Gen.Select(AnyOf("in", "not in"), literal.Array[1, 3], Gen.Bool, (o, l, n) => $"{operand} {o} ({string.Join(", ", n && allowNull ? [.. l, "null"] : l)})"),
        AnyOf<string>(allowNull ? [$"{operand} eq null", $"{operand} ne null"] : [$"{operand} eq 'a'"]));

    private readonly struct ColumnReader(SegmentColumn[] columns, int row) : IFieldReader
    {
        public FieldValue Read(int fieldIndex) => columns[fieldIndex].Read(row);
    }
}
