using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Querying;
using Vektagraf.Storage;

namespace Vektagraf.Tests.Collections;

/// <summary>A collection large enough for an index, what is in it, and the answers that brute force gives.</summary>
internal sealed class IndexedWorld
{
    public const string Name = "things";
    public const int K = 10;

    private const int Clusters = 16;
    private const int IntrinsicDimensions = 6;

    private readonly Random _random;
    private readonly float[][] _axes;
    private readonly float[][] _centers;

    public IndexedWorld(
        int seed = 1, string metric = "euclidean", string index = "hnsw", string quantization = "auto", int dimensions = 16, int shards = 1, double recall = 0.95)
    {
        _random = new Random(seed);
        Dimensions = dimensions;
        Metric = metric;
        _axes = [.. Enumerable.Range(0, IntrinsicDimensions).Select(_ => Gaussians(1))];
        _centers = [.. Enumerable.Range(0, Clusters).Select(_ => Gaussians(2))];
        Definition = DefinitionOf(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"shards":{{shards}},"objective":{"recall":{{recall}}},"vectors":{"v":{"dimensions":{{dimensions}},"metric":"{{metric}}","index":"{{index}}","quantization":"{{quantization}}"} },"fields":{"n":{"type":"number"} } }"""));
    }

    public MemoryObjectStore Store { get; } = new();

    public CollectionDefinition Definition { get; }

    public int Dimensions { get; }

    public string Metric { get; }

    public Dictionary<string, (float[] Vector, int N)> Model { get; } = new(StringComparer.Ordinal);

    public static CompactionOptions Compaction { get; } = new() { FoldEntries = 1 };

    public static CollectionDefinition DefinitionOf(string json) => CollectionJson.Read(Encoding.UTF8.GetBytes(json));

    /// <summary>A node that indexes when it is maintained, and when it is told to.</summary>
    public VektagrafDatabase Node(bool indexesInBackground = false) => new(Store, new VektagrafOptions { IndexesInBackground = indexesInBackground });

    public async Task<Collection> OpenAsync(VektagrafDatabase node)
    {
        var (things, _) = await node.PutCollectionAsync(Name, Definition, CancellationToken.None);
        await things.WarmAsync(CancellationToken.None);
        return things;
    }

    /// <summary>Imports objects with random vectors, or those given; ids that exist are replaced.</summary>
    public async Task ImportAsync(Collection things, int first, int count, Func<float[]>? vector = null)
    {
        var drafts = new List<ObjectDraft>();
        for (var i = first; i < first + count; i++)
        {
            drafts.Add(Draft($"o{i}", (vector ?? Vector)()));
        }

        var result = await things.ImportAsync(drafts, progress: null, CancellationToken.None);
        Assert.Equal((count, 0), ((int)result.Imported, (int)result.FailedCount));
    }

    /// <summary>Changes some of the objects there are: two of three are replaced, one goes.</summary>
    public async Task ChangeAsync(Collection things, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var id = Model.Keys.ElementAt(_random.Next(Model.Count));
            if (i % 3 == 0)
            {
                Model.Remove(id);
                await things.DeleteAsync(id, default, CancellationToken.None);
            }
            else
            {
                await things.SaveAsync(Draft(id, Vector()), default, CancellationToken.None);
            }
        }
    }

    public float[] Vector()
    {
        float[] vector = [.. _centers[_random.Next(Clusters)]];
        foreach (var axis in _axes)
        {
            var amount = Gaussian();
            for (var i = 0; i < vector.Length; i++)
            {
                vector[i] += (amount * axis[i]) + (0.05f * Gaussian());
            }
        }

        return vector;
    }

    /// <summary>
    /// The average share of the k nearest that searches find. Fails where an answer is shorter than it may be, holds what is not there or does not
    /// match, or is out of order, or a distance is not that of the vectors.
    /// </summary>
    public async Task<double> RecallAsync(Collection things, int queries = 40, Func<int, SearchRequest>? request = null, int? below = null, Action<SearchPlan>? inspect = null)
    {
        double sum = 0;
        for (var q = 0; q < queries; q++)
        {
            var query = Vector();
            var asked = (request?.Invoke(q) ?? new SearchRequest { Vector = new VectorQuery(), K = K }) with
            {
                Vector = new VectorQuery { Value = query },
                Filter = below is null ? null : string.Create(CultureInfo.InvariantCulture, $"n lt {below}"),
            };
            var exact = Model.Values.Where(m => below is null || m.N < below).Select(m => Distance(query, m.Vector)).Order().Take(asked.K).ToArray();
            var answer = await things.SearchAsync(asked, CancellationToken.None);
            inspect?.Invoke(answer.Plan);
            Assert.Equal(exact.Length, answer.Hits.Count);
            Assert.Equal(answer.Hits.Count, answer.Hits.Select(h => h.Object.Id).Distinct(StringComparer.Ordinal).Count());
            var previous = double.NegativeInfinity;
            foreach (var hit in answer.Hits)
            {
                var (vector, n) = Model[hit.Object.Id];
                Assert.True(below is null || n < below, $"{hit.Object.Id} has {n}");
                Assert.Equal(Distance(query, vector), hit.Distance, 2e-3);
                Assert.True(hit.Distance >= previous, "out of order");
                previous = hit.Distance;
                sum += exact.Length > 0 && Distance(query, vector) <= exact[^1] + 1e-6 ? 1.0 / exact.Length : 0;
            }

            sum += exact.Length == 0 ? 1 : 0;
        }

        return sum / queries;
    }

    private ObjectDraft Draft(string id, float[] vector)
    {
        var n = _random.Next(1000);
        Model[id] = (vector, n);
        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(new { id, properties = new { n }, vectors = new { v = Convert.ToBase64String(bytes) } });
        return ObjectJson.Read(json, Definition);
    }

    private double Distance(float[] a, float[] b)
    {
        double dot = 0, normA = 0, normB = 0, squared = 0;
        for (var i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            normA += (double)a[i] * a[i];
            normB += (double)b[i] * b[i];
            squared += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        }

        return Metric switch { "cosine" => 1 - (dot / Math.Sqrt(normA * normB)), "dot" => -dot, _ => Math.Sqrt(squared) };
    }

    private float[] Gaussians(float deviation) => [.. Enumerable.Range(0, Dimensions).Select(_ => deviation * Gaussian())];

    private float Gaussian() => (float)(Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));
}
