using System.Globalization;
using Vektagraf.Querying;

namespace Vektagraf.Benchmarks.Query;

/// <summary>What both are asked to give.</summary>
internal enum QueryAnswer
{
    /// <summary>A count.</summary>
    Count,

    /// <summary>The first objects, with their JSON.</summary>
    Objects,

    /// <summary>Values with counts, or metrics.</summary>
    Aggregates,
}

/// <summary>One kind of query, for both.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Repeats">Queries in a pass, each with other values.</param>
/// <param name="Answer">What is wanted.</param>
/// <param name="Sql">For SQLite, with parameters $0, $1, ….</param>
/// <param name="Values">Draws parameters for SQLite.</param>
/// <param name="Request">The same for Vektagraf.</param>
internal sealed record QueryCase(string Name, int Repeats, QueryAnswer Answer, string Sql, Func<Random, object[]> Values, Func<object[], QueryRequest> Request)
{
    private const string ByTag = "SELECT count(*) FROM t JOIN p ON p.n = t.n WHERE t.tag = $0 AND p.category = $1";

    public static IReadOnlyList<QueryCase> All(int objects) =>
    [
        new("one object by id", 500, QueryAnswer.Objects, "SELECT id, json FROM p WHERE id = $0", r => [Products.Id(r.Next(objects))], v => Of($"id eq '{v[0]}'")),
        new("one object by a unique field", 500, QueryAnswer.Objects, "SELECT id, json FROM p WHERE sku = $0", r => [Products.Sku(r.Next(objects))], v => Of($"sku eq '{v[0]}'")),
        new("count: category", 200, QueryAnswer.Count, "SELECT count(*) FROM p WHERE category = $0", r => [AnyCategory(r)], v => Count($"category eq '{v[0]}'")),
        new("count: price within 0.5", 200, QueryAnswer.Count, "SELECT count(*) FROM p WHERE price >= $0 AND price < $1", r => Range(r, 100, 0.5), v => Count(Text($"price ge {v[0]} and price lt {v[1]}"))),
        new("count: price within 20", 20, QueryAnswer.Count, "SELECT count(*) FROM p WHERE price >= $0 AND price < $1", r => Range(r, 60, 20), v => Count(Text($"price ge {v[0]} and price lt {v[1]}"))),
        new("count: category and price", 3, QueryAnswer.Count, "SELECT count(*) FROM p WHERE category = $0 AND price >= $1 AND price < $2", r => [AnyCategory(r), .. Range(r, 60, 20)], v => Count(Text($"category eq '{v[0]}' and price ge {v[1]} and price lt {v[2]}"))),
        new("count: brand and active and created", 30, QueryAnswer.Count, "SELECT count(*) FROM p WHERE brand = $0 AND active = 1 AND created >= $1", r => [AnyBrand(r), AnyTime(r).Ticks], v => Count($"brand eq '{v[0]}' and active and created ge {Iso(v[1])}")),
        new("count: brand or little stock", 10, QueryAnswer.Count, "SELECT count(*) FROM p WHERE brand = $0 OR stock < $1", r => [AnyBrand(r), (double)r.Next(1, 5)], v => Count(Text($"brand eq '{v[0]}' or stock lt {v[1]}"))),
        new("count: three categories, not active", 2, QueryAnswer.Count, "SELECT count(*) FROM p WHERE category IN ($0, $1, $2) AND NOT active", r => [AnyCategory(r), AnyCategory(r), AnyCategory(r)], v => Count($"category in ('{v[0]}', '{v[1]}', '{v[2]}') and not active")),
        new("count: tag and category", 5, QueryAnswer.Count, ByTag, r => [AnyTag(r), AnyCategory(r)], v => Count($"tags/any(t: t eq '{v[0]}') and category eq '{v[1]}'")),
        new("count: brand starts with, price above", 5, QueryAnswer.Count, "SELECT count(*) FROM p WHERE brand >= $0 AND brand < $1 AND price > $2", r => Prefix(r), v => Count(Text($"startswith(brand, '{v[0]}') and price gt {v[2]}"))),
        new("20 cheapest of a category", 4, QueryAnswer.Objects, "SELECT id, json FROM p WHERE category = $0 ORDER BY price, id LIMIT 20", r => [AnyCategory(r)], v => Of($"category eq '{v[0]}'", 20, "price")),
        new("20 newest of a brand, active", 30, QueryAnswer.Objects, "SELECT id, json FROM p WHERE brand = $0 AND active = 1 ORDER BY created DESC, id LIMIT 20", r => [AnyBrand(r)], v => Of($"brand eq '{v[0]}' and active", 20, "created desc")),
        new("20 dearest of all", 50, QueryAnswer.Objects, "SELECT id, json FROM p ORDER BY price DESC, id LIMIT 20", _ => [], _ => Of(null, 20, "price desc")),
        new("20 of a category and price, by id", 4, QueryAnswer.Objects, "SELECT id, json FROM p WHERE category = $0 AND price < $1 ORDER BY id LIMIT 20", r => [AnyCategory(r), (double)r.Next(5, 40)], v => Of(Text($"category eq '{v[0]}' and price lt {v[1]}"), 20)),
        new("facet: categories of all", 2, QueryAnswer.Aggregates, "SELECT category, count(*) c FROM p GROUP BY category ORDER BY c DESC, category LIMIT 10", _ => [], _ => Facet(null, "category")),
        new("facet: categories within a price", 1, QueryAnswer.Aggregates, "SELECT category, count(*) c FROM p WHERE price >= $0 AND price < $1 GROUP BY category ORDER BY c DESC, category LIMIT 10", r => Range(r, 60, 20), v => Facet(Text($"price ge {v[0]} and price lt {v[1]}"), "category")),
        new("facet: brands of a category", 2, QueryAnswer.Aggregates, "SELECT brand, count(*) c FROM p WHERE category = $0 GROUP BY brand ORDER BY c DESC, brand LIMIT 10", r => [AnyCategory(r)], v => Facet($"category eq '{v[0]}'", "brand")),
        new("min, max, avg price of a brand", 20, QueryAnswer.Aggregates, "SELECT min(price), max(price), avg(price) FROM p WHERE brand = $0", r => [AnyBrand(r)], v => Metrics($"brand eq '{v[0]}'")),
        new("min, max, avg price of a category", 2, QueryAnswer.Aggregates, "SELECT min(price), max(price), avg(price) FROM p WHERE category = $0", r => [AnyCategory(r)], v => Metrics($"category eq '{v[0]}'")),
    ];

    private static QueryRequest Of(string? filter, int limit = 1, params string[] orderBy) => new() { Filter = filter, Limit = limit, OrderBy = orderBy, Consistency = Shards.ReadConsistency.Eventual };

    private static QueryRequest Count(string filter) => Of(filter, 0) with { Aggregate = new AggregateRequest { Count = true } };

    private static QueryRequest Facet(string? filter, string field) => Of(filter, 0) with { Aggregate = new AggregateRequest { Facets = [new FacetRequest(field)] } };

    private static QueryRequest Metrics(string filter) => Of(filter, 0) with { Aggregate = new AggregateRequest { Min = ["price"], Max = ["price"], Avg = ["price"] } };

    private static string AnyCategory(Random random) => Products.Category(random.Next(Products.Categories));

    private static string AnyBrand(Random random) => Products.Brand(random.Next(Products.Brands));

    private static string AnyTag(Random random) => Products.Tag(random.Next(Products.Tags));

    private static DateTime AnyTime(Random random) => Products.From.AddDays(random.Next(Products.Days));

    private static string Iso(object ticks) => new DateTime((long)ticks, DateTimeKind.Utc).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static object[] Range(Random random, int below, double width) => Math.Round(random.NextDouble() * below, 2) is var low ? [low, low + width] : [];

    private static object[] Prefix(Random random) => random.Next(100) is var n ? [$"brand-{n:D3}", $"brand-{n + 1:D3}", (double)random.Next(10, 100)] : [];
}
