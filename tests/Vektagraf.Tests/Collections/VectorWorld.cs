using System.Globalization;
using Vektagraf.Index;
using Vektagraf.Querying;

namespace Vektagraf.Tests.Collections;

/// <summary>Objects o000, o001, … with vectors of small whole components: their distances tie often, and are exact in float32.</summary>
internal sealed class VectorWorld : IAsyncDisposable
{
    public const int Dimensions = 3;

    private VectorWorld(TestCollection things, DistanceMetric metric, Dictionary<string, float[]> vectors) => (Things, Metric, Vectors) = (things, metric, vectors);

    public TestCollection Things { get; }

    public DistanceMetric Metric { get; }

    public Dictionary<string, float[]> Vectors { get; }

    public static async Task<VectorWorld> CreateAsync(DistanceMetric metric, int shards, int objects, Random random)
    {
        var name = metric.ToString().ToLowerInvariant();
        var things = await TestCollection.CreateAsync(
            $$$"""{"shards":{{{shards}}},"vectors":{"v":{"metric":"{{{name}}}","dimensions":{{{Dimensions}}} } },"fields":{"n":{"type":"number"} } }""");
        var vectors = Enumerable.Range(0, objects).ToDictionary(i => $"o{i:000}", _ => Draw(random), StringComparer.Ordinal);
        await things.SaveAllAsync(vectors.Select((v, i) => $$$"""{"id":"{{{v.Key}}}","properties":{"n":{{{i}}}},"vectors":{"v":[{{{Text(v.Value)}}}]}}"""));
        return new VectorWorld(things, metric, vectors);
    }

    /// <summary>Never zero, so that cosine is defined.</summary>
    public static float[] Draw(Random random) => [1 + random.Next(4), random.Next(7) - 3, random.Next(7) - 3];

    public static string Describe(SearchResponse response) =>
        string.Join(' ', response.Hits.Select(h => string.Create(CultureInfo.InvariantCulture, $"{h.Object.Id}:{h.Distance:r}:{h.Score:r}")));

    /// <summary>All objects, best first, with their scores.</summary>
    public List<(string Id, double Score)> Rank(float[] query) =>
        [.. Vectors.Select(v => (Id: v.Key, Distance: VectorMath.Distance(Metric, query, v.Value))).OrderBy(v => v.Distance).ThenBy(v => v.Id, StringComparer.Ordinal).Select(v => (v.Id, ScoreOf(v.Distance)))];

    public double Similarity(string a, string b) => ScoreOf(VectorMath.Distance(Metric, Vectors[a], Vectors[b]));

    public ValueTask DisposeAsync() => Things.DisposeAsync();

    private double ScoreOf(float distance) => Metric switch
    {
        DistanceMetric.Cosine => 1 - (double)distance,
        DistanceMetric.Dot => -(double)distance,
        _ => 1 / (1 + Math.Sqrt(distance)),
    };

    private static string Text(float[] vector) => string.Join(',', vector.Select(x => x.ToString("R", CultureInfo.InvariantCulture)));
}
