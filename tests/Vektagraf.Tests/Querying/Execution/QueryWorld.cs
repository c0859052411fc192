using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;
using Vektagraf.Tests.Collections;
using Vektagraf.Tests.Segments;

namespace Vektagraf.Tests.Querying.Execution;

/// <summary>Random collections, filters and orders; and what queries must answer, from the objects as they are read one by one.</summary>
internal static class QueryWorld
{
    private static readonly string[] Names = ["at", "name", "ok", "price", "tags", "where"];
    private static readonly string[] Types = ["datetime", "string", "boolean", "number", "string[]", "geo"];

    /// <summary>Definitions in which any of the fields are declared and any of those indexed.</summary>
    public static readonly Gen<string> Definitions = Gen.Select(Gen.Int[0, 63], Gen.Int[0, 63], Gen.OneOf(Gen.Const(1), Gen.Const(3)), (declared, indexed, shards) =>
    {
        var fields = Names.Select((name, i) => (name, i)).Where(f => (declared & (1 << f.i)) != 0 || (indexed & (1 << f.i)) != 0)
            .Select(f => $$"""
                "{{f.name}}":{"type":"{{Types[f.i]}}","index":{{((indexed & (1 << f.i)) != 0 ? "true" : "false")}}}
                """);
        return $$"""{"shards":{{shards}},"fields":{ {{string.Join(',', fields)}} } }""";
    });

    /// <summary>Properties that fit the definitions, some of them missing.</summary>
    public static readonly Gen<string> Properties = Gen.Select(
        Of("2024-01-01T00:00:00Z", "2024-06-01T12:00:00Z", "2030-01-01T00:00:00Z"), Of("", "a", "ab", "abc", "b", "čaj", "🐎"), Gen.Bool,
        Of("-2.5", "-0", "0", "1", "2", "2.5", "1e300"), Of("a", "b", "ab", "x").Array[0, 3], Of("0,0", "14.4,50.1", "14.41,50.1", "180,0", "0,90"), Gen.Int[0, 127],
        (at, name, ok, price, tags, where, which) =>
        {
            string[] members =
            [
                $"\"at\":\"{at}\"", $"\"name\":\"{name}\"", $"\"ok\":{(ok ? "true" : "false")}", $"\"price\":{price}",
                $"\"tags\":[{string.Join(',', tags.Select(t => $"\"{t}\""))}]", $$"""
                "where":{"type":"Point","coordinates":[{{where}}]}
                """, $"\"loose\":{(ok ? price : $"\"{name}\"")}",
            ];
            return $"{{{string.Join(',', members.Where((_, i) => which % 2 == 0 || (which & (2 << i)) != 0))}}}";
        });

    private static readonly Gen<string> Leaf = Gen.Frequency(
        (8, FieldIndexWorld.Filter),
        (1, Of("id eq 'o3'", "id in ('o1','o2','nobody')", "id gt 'o3'", "not (id eq 'o1')", "startswith(id, 'o1')")),
        (1, Of("type eq 'A'", "type ne 'A'", "type eq null", "type in ('B', 'C')", "type gt 'A'")),
        (1, Of("loose eq 1", "loose ne 'a'", "loose gt 0", "loose eq null", "nowhere eq null", "nowhere ne null")));

    public static readonly Gen<string> Filters = Gen.Recursive<string>((depth, inner) => depth > 2 ? Leaf : Gen.OneOf(
        Leaf,
        inner.Select(f => $"not ({f})"),
        Gen.Select(inner, inner, Leaf, (a, b, c) => $"({a}) and ({b}) and ({c})"),
        Gen.Select(inner, inner, (a, b) => $"({a}) or ({b})")));

    public static readonly Gen<string[]> Orders = Of("price", "price desc", "name", "name desc", "at desc", "ok", "id", "id desc", "type", "type desc", "loose", "loose desc").Array[0, 3]
        .Select(o => o.DistinctBy(t => t.Split(' ')[0]).ToArray());

    public static string ObjectOf(string id, string? type, string properties) =>
        $$"""{"id":"{{id}}"{{(type is null ? string.Empty : $",\"type\":\"{type}\"")}},"properties":{{properties}} }""";

    public static Gen<string> Of(params string[] values) => FieldIndexWorld.AnyOf(values);

    /// <summary>All objects as an export gives them, read without any index.</summary>
    public static async Task<List<StoredObject>> AllAsync(TestCollection things, string? asOf = null) =>
        [.. await things.Collection.ExportAsync(asOf, TestCollection.Cancel)];

    /// <summary>The objects that fulfil a filter, in order.</summary>
    public static List<StoredObject> Expected(IEnumerable<StoredObject> all, string? filter, IReadOnlyList<string> orderBy, CollectionDefinition definition)
    {
        var binding = filter is null ? null : FilterBinder.Bind(FilterParser.Parse(filter), definition);
        var order = OrderBy.Bind(OrderByParser.Parse(orderBy), definition);
        return [.. all.Where(o => binding is null || binding.Matches(new ObjectRow(binding.Fields, o)))
            .Order(Comparer<StoredObject>.Create((a, b) => order.Compare(Keys(a), Keys(b)) is var by && by != 0 ? by : string.CompareOrdinal(a.Id, b.Id)))];

        FieldValue[] Keys(StoredObject o) => [.. order.Fields.Select(f => ValueOf(o, f))];
    }

    /// <summary>A field of an object, from its JSON.</summary>
    public static FieldValue ValueOf(StoredObject stored, FilterField field) => field.Path.Kind switch
    {
        FilterPathKind.Id => FieldValue.From(stored.Id),
        FilterPathKind.Type => stored.Type is { } type ? FieldValue.From(type) : FieldValue.Null,
        _ => JsonFieldReader.Read(stored.Properties.Span, field),
    };

    public static string Show(IEnumerable<string> ids) => string.Join(' ', ids);

    private readonly struct ObjectRow(IReadOnlyList<FilterField> fields, StoredObject stored) : IFieldReader
    {
        public FieldValue Read(int fieldIndex) => ValueOf(stored, fields[fieldIndex]);
    }
}
