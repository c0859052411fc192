using System.Globalization;
using System.Text;
using Vektagraf.Collections;

namespace Vektagraf.Benchmarks.Query;

/// <summary>One synthetic product.</summary>
internal readonly record struct Product(string Id, string Sku, string Category, string Brand, double Price, int Stock, bool Active, DateTime Created, string[] Tags)
{
    public string Json => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"sku":"{{Sku}}","category":"{{Category}}","brand":"{{Brand}}","price":{{Price}},"stock":{{Stock}},"active":{{(Active ? "true" : "false")}},"created":"{{Created:yyyy-MM-ddTHH:mm:ssZ}}","tags":[{{string.Join(',', Tags.Select(t => $"\"{t}\""))}}]}""");

    public ObjectDraft ToDraft() => new() { Id = Id, Type = "Product", Properties = Encoding.UTF8.GetBytes(Json) };
}

/// <summary>
/// A seeded catalogue: categories and brands as frequent as Zipf's law has them, prices that lie as a lognormal does, each brand in few
/// categories and each category at a price level of its own, so that conditions on them are not independent.
/// </summary>
internal static class Products
{
    public const string Definition = """
        { "fields": { "sku": { "type": "string", "index": true }, "category": { "type": "string", "index": true }, "brand": { "type": "string", "index": true },
          "price": { "type": "number", "index": true }, "stock": { "type": "number", "index": true }, "active": { "type": "boolean", "index": true },
          "created": { "type": "datetime", "index": true }, "tags": { "type": "string[]", "index": true } } }
        """;

    public const int Categories = 24;
    public const int Brands = 1_000;
    public const int Tags = 200;
    public static readonly DateTime From = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    public const int Days = 2_000;

    public static IEnumerable<Product> Make(int count)
    {
        var random = new Random(42);
        double[] categories = Zipf(Categories);
        double[] brands = Zipf(Brands);
        double[] tags = Zipf(Tags);
        for (int i = 0; i < count; i++)
        {
            int brand = Draw(random, brands);
            int category = random.Next(3) == 0 ? Draw(random, categories) : brand * 7 % Categories;
            double price = Math.Round(Math.Exp((Gauss(random) * 0.8) + 3 + (category % 5 * 0.4)), 2);
            string[] own = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Tag(Draw(random, tags))).Distinct()];
            yield return new Product(
                Id(i), Sku(i), Category(category), Brand(brand), price, random.Next(500), random.Next(5) > 0, From.AddSeconds(random.Next(Days * 86_400)), own);
        }
    }

    public static string Id(int i) => string.Create(CultureInfo.InvariantCulture, $"p{i:D7}");

    public static string Sku(int i) => string.Create(CultureInfo.InvariantCulture, $"SKU-{unchecked((uint)i * 2654435761):X8}");

    public static string Category(int i) => string.Create(CultureInfo.InvariantCulture, $"category-{i:D2}");

    public static string Brand(int i) => string.Create(CultureInfo.InvariantCulture, $"brand-{i:D4}");

    public static string Tag(int i) => string.Create(CultureInfo.InvariantCulture, $"tag-{i:D3}");

    public static double[] Zipf(int count)
    {
        double[] cumulative = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            cumulative[i] = sum += 1.0 / (i + 2);
        }

        return cumulative;
    }

    public static int Draw(Random random, double[] cumulative)
    {
        int found = Array.BinarySearch(cumulative, random.NextDouble() * cumulative[^1]);
        return Math.Min(found < 0 ? ~found : found, cumulative.Length - 1);
    }

    // Box and Muller.
    private static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
