using System.Globalization;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Tests.Collections;

namespace Vektagraf.Tests.Sparse;

/// <summary>A collection of objects with sparse vectors beside what it should hold, and dot products from the definition.</summary>
internal sealed class SparseWorld(TestCollection things) : IAsyncDisposable
{
    public const int Dimensions = 12;

    public TestCollection Things { get; } = things;

    public Dictionary<string, (int N, Dictionary<uint, float> Weights)> Objects { get; private init; } = new(StringComparer.Ordinal);

    public static string Definition(int shards) =>
        $$$"""{"shards":{{{shards}}},"vectors":{"v":{"dimensions":2,"metric":"euclidean"} },"sparse":{"lexical":{},"other":{} },"fields":{"title":{"type":"text"},"n":{"type":"number","index":true} } }""";

    public static async Task<SparseWorld> CreateAsync(int shards) => new(await TestCollection.CreateAsync(Definition(shards)));

    /// <summary>The same objects in another collection.</summary>
    public SparseWorld With(TestCollection other) => new(other) { Objects = new(Objects, StringComparer.Ordinal) };

    public static string Json(IReadOnlyDictionary<uint, float> weights) =>
        $$"""{"indices":[{{string.Join(',', weights.Keys)}}],"values":[{{string.Join(',', weights.Values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}}]}""";

    /// <summary>Weights of few sizes, so that dot products tie, some below zero; the order of indices is that of drawing.</summary>
    public static Dictionary<uint, float> Draw(Random random, int most)
    {
        var weights = new Dictionary<uint, float>();
        for (var i = random.Next(most + 1); i > 0; i--)
        {
            weights[(uint)random.Next(Dimensions) * 357_913_941u] = (random.Next(6) == 0 ? -1 : 1) * (1 + random.Next(4)) / 4f;
        }

        return weights;
    }

    public async Task SaveAsync(Random random, int id)
    {
        var weights = Draw(random, 6);
        var key = string.Create(CultureInfo.InvariantCulture, $"o{id:000}");
        Objects[key] = (id, weights);
        var sparse = weights.Count == 0 && random.Next(2) == 0 ? "" : $",\"sparse\":{{\"lexical\":{Json(weights)},\"other\":{Json(Draw(random, 3))}}}";
        await Things.SaveAsync(string.Create(
            CultureInfo.InvariantCulture, $$$"""{"id":"{{{key}}}","properties":{"n":{{{id}}},"title":"w{{{id % 7}}} w{{{id % 5}}}"},"vectors":{"v":[{{{id}}},0]}{{{sparse}}} }"""));
    }

    public async Task ChangeAsync(Random random, int changes, int ids)
    {
        for (var i = 0; i < changes; i++)
        {
            var id = random.Next(ids);
            var key = string.Create(CultureInfo.InvariantCulture, $"o{id:000}");
            if (random.Next(4) != 0)
            {
                await SaveAsync(random, id);
            }
            else if (Objects.Remove(key))
            {
                await Things.DeleteAsync(key);
            }
        }
    }

    public static SparseQuery Query(IReadOnlyDictionary<uint, float> weights, string? field = "lexical") =>
        new() { Field = field, Indices = weights.Keys.ToArray(), Values = weights.Values.ToArray() };

    public Task<SearchResponse> SearchAsync(IReadOnlyDictionary<uint, float> query, int k = 10, Func<SearchRequest, SearchRequest>? with = null)
    {
        var request = new SearchRequest { Sparse = Query(query), K = k, Consistency = ReadConsistency.Strong };
        return Things.Collection.SearchAsync(with?.Invoke(request) ?? request, TestCollection.Cancel);
    }

    /// <summary>All objects that have a dimension of the query, by dot product, best first.</summary>
    public List<(string Id, double Score)> Rank(IReadOnlyDictionary<uint, float> query, Func<int, bool>? where = null) =>
    [
        .. Objects
            .Where(o => (where?.Invoke(o.Value.N) ?? true) && o.Value.Weights.Keys.Any(query.ContainsKey))
            .Select(o => (o.Key, Score: (double)(float)o.Value.Weights.Where(w => query.ContainsKey(w.Key)).Sum(w => (double)w.Value * query[w.Key])))
            .OrderByDescending(o => o.Score)
            .ThenBy(o => o.Key, StringComparer.Ordinal),
    ];

    public static IEnumerable<(string Id, double Score)> Scores(SearchResponse answer) => answer.Hits.Select(h => (h.Object.Id, h.Score));

    public ValueTask DisposeAsync() => Things.DisposeAsync();
}
