using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

/// <summary>A collection large enough for a graph: how far its index is and what it was measured to give, and searches by it.</summary>
public class VectorIndexTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const int Dimensions = 8;
    private const int Objects = 4_000;

    [Fact]
    public async Task Get_OfAnIndexedCollection_SaysHowFarItIsAndWhatItGives()
    {
        var random = new Random(4);
        var path = await server.CreateCollectionAsync("""{ "vectors": { "e": { "dimensions": 8, "metric": "euclidean", "index": "hnsw", "quantization": "sq8" } } }""");
        var lines = new List<string>();
        for (var i = 0; i < Objects; i++)
        {
            lines.Add($$"""{"id":"o{{i}}","vectors":{"e":{{Vector(random)}} } }""");
        }

        await server.ImportAsync(path, lines);
        JsonNode statistics;
        do
        {
            statistics = (await server.GetAsync(path)).Is(HttpStatusCode.OK).Json["statistics"]!;
        }
        while (statistics["vectors"]!["e"]!["pending"]!.GetValue<int>() >= 256 || statistics["vectors"]!["e"]!["index"]!.GetValue<string>() != "hnsw");

        var vectors = statistics["vectors"]!["e"]!;
        Assert.Equal("scalar8", vectors["quantization"]!.GetValue<string>());
        Assert.Equal(Objects, vectors["count"]!.GetValue<int>());
        Assert.Equal(Objects, vectors["indexed"]!.GetValue<int>() + vectors["pending"]!.GetValue<int>());
        Assert.True(vectors["originalBytes"]!.GetValue<long>() >= Objects * Dimensions * sizeof(float));
        Assert.True(vectors["indexBytes"]!.GetValue<long>() >= Objects * (Dimensions + 128));
        var curve = Assert.Single(statistics["calibration"]!["e"]!.AsArray())!;
        Assert.Equal(10, curve["k"]!.GetValue<int>());
        var points = curve["points"]!.AsArray().Select(p => (Setting: p!["setting"]!.GetValue<int>(), Recall: p["recall"]!.GetValue<double>())).ToList();
        Assert.Equal(points.Select(p => p.Setting).Order(), points.Select(p => p.Setting));
        Assert.All(points, p => Assert.InRange(p.Recall, 0, 1));

        var wanted = points.First(p => p.Recall >= 0.9);
        var plan = (await server.PostAsync(path + "/search", $$"""{ "vector": { "value": {{Vector(random)}} }, "recall": 0.9, "explain": true }""")).Is(HttpStatusCode.OK).Json["plan"]!;
        Assert.Equal((wanted.Recall, "hnsw"), (plan["expectedRecall"]!.GetValue<double>(), plan["accessPath"]!.GetValue<string>()));
        Assert.Equal(wanted.Setting, plan["efSearch"]!.GetValue<int>());
        var exact = (await server.PostAsync(path + "/search", $$"""{ "vector": { "value": {{Vector(random)}} }, "params": { "exact": true }, "explain": true }""")).Is(HttpStatusCode.OK).Json["plan"]!;
        Assert.Equal(("flat", Objects), (exact["accessPath"]!.GetValue<string>(), exact["scored"]!.GetValue<int>()));
    }

    private static string Vector(Random random) =>
        "[" + string.Join(',', Enumerable.Range(0, Dimensions).Select(_ => random.NextDouble().ToString("0.0000", CultureInfo.InvariantCulture))) + "]";
}
