using System.Text;
using System.Text.Json;
using CsCheck;
using Vektagraf.Collections;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

/// <summary>One collection with a field of every type, and objects for it as plain values.</summary>
internal static class FilterWorld
{
    public static readonly CollectionDefinition Collection = new()
    {
        Fields = new Dictionary<string, FieldDefinition>(StringComparer.Ordinal)
        {
            ["sku"] = new() { Type = FieldType.String },
            ["price"] = new() { Type = FieldType.Number, Index = true },
            ["active"] = new() { Type = FieldType.Boolean },
            ["released"] = new() { Type = FieldType.DateTime },
            ["title"] = new() { Type = FieldType.Text },
            ["place"] = new() { Type = FieldType.Geo },
            ["tags"] = new() { Type = FieldType.StringArray },
        },
    };

    private static readonly Gen<string> Word = Gen.OneOf("", "a", "b", "ab", "abc", "it's", "é", "Ω\u0001\"\\/");

    private static readonly Gen<string> IsoText = Gen.OneOf(
        "2024-01-01", "2024-01-01T00:00:00Z", "2024-06-01T02:00:00+02:00", "2024-06-01T00:00:00.000Z", "2024-12-31T20:30-03:30",
        "2025-01-01T00:00:00.1234567Z");

    private static readonly Gen<double> Number = Gen.OneOf(-1.0, 0.0, 0.5, 1.0, 2.0, 1e300);

    private static readonly Gen<object?> Missing = Gen.Const((object?)null);

    private static readonly Gen<object?> Point = Gen.Select(Gen.Double[-180, 180], Gen.Double[-90, 90], (longitude, latitude) =>
        (object?)new Dictionary<string, object?> { ["type"] = "Point", ["coordinates"] = new object?[] { longitude, latitude } });

    private static readonly Gen<object?> Words = Word.Array[0, 3].Select(words => (object?)words.Cast<object?>().ToArray());

    /// <summary>Anything that may stand in an undeclared property.</summary>
    private static readonly Gen<object?> Anything = Gen.Frequency<object?>(
        (3, Word.Select(text => (object?)text)),
        (2, IsoText.Select(text => (object?)text)),
        (3, Number.Select(number => (object?)number)),
        (2, Gen.Bool.Select(truth => (object?)truth)),
        (2, Words),
        (1, Point),
        (1, Missing),
        (1, Number.Array[1, 2].Select(numbers => (object?)numbers.Cast<object?>().ToArray())),
        (1, Gen.Const<object?>(new Dictionary<string, object?> { ["type"] = "Pint" })));

    /// <summary>Objects whose declared fields have their type, are null or are left out.</summary>
    public static readonly Gen<FilterObject> Objects = Gen.Select(
        Gen.Select(Gen.OneOf("", "a", "b", "ab"), Gen.Int[0, 2].Select(i => i == 0 ? "Product" : i == 1 ? "a" : null)),
        Gen.Select(Word, Number, Gen.Bool, IsoText, Word),
        Gen.Select(Point, Words),
        Gen.Select(Anything, Anything, Anything, Anything),
        Gen.Int[0, int.MaxValue],
        (names, scalars, composites, loose, mask) =>
        {
            (string Name, object? Value)[] candidates =
            [
                ("sku", scalars.Item1), ("price", scalars.Item2), ("active", scalars.Item3), ("released", scalars.Item4),
                ("title", scalars.Item5), ("place", composites.Item1), ("tags", composites.Item2), ("color", loose.Item1),
                ("size", loose.Item2), ("type", loose.Item3),
                ("address", new Dictionary<string, object?> { ["zip"] = loose.Item3, ["city"] = loose.Item4 }),
            ];
            Dictionary<string, object?> properties = [];
            for (int i = 0; i < candidates.Length; i++)
            {
                int fate = (mask >> (2 * i)) & 3;
                if (fate > 0)
                {
                    properties[candidates[i].Name] = fate == 1 && i % 2 == 0 ? null : candidates[i].Value;
                }
            }

            return new FilterObject(names.Item1, names.Item2, properties);
        });

    private static Gen<FilterPath> Paths(params string[] names) =>
        Gen.OneOf(names.Select(name => FilterPath.Property(name.Split('/'))).ToArray());

    private static Gen<FilterOperand> Operands(params FilterPath[] paths) => Gen.OneOf(paths.Select(path => (FilterOperand)path).ToArray());

    private static Gen<FieldValue> OrNull(Gen<FieldValue> gen) => Gen.Frequency((5, gen), (1, FilterGen.Null));

    /// <summary>Filters that fit the collection.</summary>
    public static readonly Gen<FilterExpression> Filters = FilterGen.Trees(Leaf(), 4);

    private static Gen<FilterExpression> Leaf()
    {
        Gen<FilterOperator> any = Gen.Enum<FilterOperator>();
        Gen<FilterOperator> equality = Gen.OneOf(FilterOperator.Equal, FilterOperator.NotEqual);
        Gen<FieldValue> ordered = Gen.OneOf(FilterGen.Number, FilterGen.Text, FilterGen.Moment, FilterGen.Null);
        Gen<FieldValue> isoText = IsoText.Select(FieldValue.From);
        Gen<FilterOperand> strings = Operands(FilterPath.Id, FilterPath.Type, FilterPath.Property("sku"), FilterPath.Property("title"));
        Gen<FilterOperand> loose = Paths("color", "size", "type", "address/city", "address/zip", "address", "color/x", "nowhere")
            .Select(path => (FilterOperand)path);
        Gen<FilterOperand> moments = Operands(FilterPath.Property("released"));
        Gen<FilterOperand> numbers = Operands(FilterPath.Property("price"));
        Gen<FilterOperand> truths = Operands(FilterPath.Property("active"));
        Gen<FilterOperand> composites = Operands(FilterPath.Property("tags"), FilterPath.Property("place"));
        return Gen.OneOf<FilterExpression>(
            FilterGen.Comparison(strings, OrNull(FilterGen.Text), any),
            FilterGen.In(strings, OrNull(FilterGen.Text)),
            FilterGen.StringMatch(strings),
            FilterGen.Comparison(numbers, OrNull(FilterGen.Number), any),
            FilterGen.In(numbers, OrNull(FilterGen.Number)),
            FilterGen.Comparison(moments, OrNull(Gen.OneOf(FilterGen.Moment, isoText)), any),
            FilterGen.In(moments, OrNull(Gen.OneOf(FilterGen.Moment, isoText))),
            FilterGen.Comparison(truths, OrNull(FilterGen.Boolean), equality),
            FilterGen.In(truths, OrNull(FilterGen.Boolean)),
            FilterGen.Comparison(composites, FilterGen.Null, equality),
            FilterGen.Comparison(loose, ordered, any),
            FilterGen.Comparison(loose, FilterGen.Boolean, equality),
            FilterGen.In(loose, FilterGen.AnyLiteral),
            FilterGen.StringMatch(loose),
            FilterGen.GeoDistance(Paths("place", "color", "address/city")),
            FilterGen.Quantifier(Paths("tags", "color", "size", "address/city"), OrNull(FilterGen.Text)),
            Gen.Bool.Select(value => (FilterExpression)new FilterConstant(value)));
    }
}

/// <summary>An object as plain values: null, string, double, bool, object?[] and dictionaries.</summary>
internal sealed record FilterObject(string Id, string? Type, Dictionary<string, object?> Properties)
{
    public byte[] Json { get; } = JsonSerializer.SerializeToUtf8Bytes(Properties);

    public bool Matches(FilterBinding binding) => binding.Matches(new JsonRow(binding.Fields, Id, Type, Json));

    public override string ToString() => $"id {Id}, type {Type ?? "none"}, {Encoding.UTF8.GetString(Json)}";
}
