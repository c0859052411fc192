using System.Globalization;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Compaction;
using Vektagraf.Index;
using Vektagraf.Querying;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Collections;

/// <summary>Searches of shards that are only on the object store, by inverted lists: what they cost, counted, and what they find.</summary>
public sealed class ColdListTests(ColdListTests.Worlds worlds) : IClassFixture<ColdListTests.Worlds>
{
    private const int K = 10;
    private const double Floor = 0.93;

    [Fact]
    public void SearchAsync_OfOneRun_TakesFourRoundsAndAPartOfTheBytes()
    {
        var world = worlds.OneRun;
        var (recall, costs) = Measure(world, filter: null, _ => true);
        Assert.True(recall >= Floor, $"recall {recall}");
        Assert.All(costs, cost => Assert.Equal("ivf-by-range", cost.AccessPath));

        // Head; manifest and the slot behind it; lists; vectors and rows. A row that estimates put too far back may cost one more.
        Assert.All(costs, cost => Assert.InRange(cost.Rounds, 4, 5));
        Assert.True(costs.Count(cost => cost.Rounds > 4) <= costs.Count / 20, string.Join(' ', costs.Select(cost => cost.Rounds)));
        var bytes = costs.Select(cost => cost.Bytes).Order().ElementAt(costs.Count / 2);
        Assert.InRange(bytes, 1, world.SegmentBytes / 4);
    }

    /// <summary>The second run and the log behind it hide a third of the first: liveness, lists of both and the tail come together.</summary>
    [Fact]
    public void SearchAsync_OfSeveralRunsAndATail_TakesTwoRoundsOnceOpenAndServesNothingStale()
    {
        var (recall, costs) = Measure(worlds.Changed, filter: null, _ => true, isOpen: true);
        Assert.True(recall >= Floor, $"recall {recall}");
        Assert.All(costs, cost => Assert.Equal("ivf-by-range", cost.AccessPath));
        Assert.All(costs, cost => Assert.InRange(cost.Rounds, 2, 3));
        Assert.True(costs.Count(cost => cost.Rounds > 2) <= costs.Count / 10, string.Join(' ', costs.Select(cost => cost.Rounds)));
    }

    /// <summary>Vectors of whole numbers have codes without error, whose bounds differ from distances by rounding only: none of the k may fall to it.</summary>
    [Fact]
    public async Task SearchAsync_OfWholeNumbers_ReturnsAsManyAsAreWanted()
    {
        var world = new Worlds.World("euclidean", isWhole: true);
        await world.AddAsync(0, 6000);
        await world.FoldAsync();
        var (recall, _) = Measure(world, filter: null, _ => true);
        Assert.True(recall >= Floor, $"recall {recall}");
    }

    [Theory]
    [InlineData("n lt 6000")]
    [InlineData("n lt 1200")]
    [InlineData("n lt 300")]
    [InlineData("n lt 12")]
    [InlineData("n lt 4")]
    [InlineData("cluster lt 10")]
    [InlineData("cluster eq 3")]
    public void SearchAsync_WithAFilter_KeepsItsRecall(string filter)
    {
        Func<Worlds.Thing, bool> matches = filter.StartsWith("cluster lt", StringComparison.Ordinal) ? thing => thing.Cluster < 10
            : filter.StartsWith("cluster", StringComparison.Ordinal) ? thing => thing.Cluster == 3
            : thing => thing.N < int.Parse(filter.AsSpan(5), CultureInfo.InvariantCulture);
        foreach (var world in new[] { worlds.OneRun, worlds.Changed })
        {
            var (recall, _) = Measure(world, filter, matches, queries: 20);
            Assert.True(recall >= Floor, $"recall {recall}");
        }
    }

    [Theory]
    [InlineData("cosine")]
    [InlineData("dot")]
    public async Task SearchAsync_ByOtherMetrics_KeepsItsRecall(string metric)
    {
        var world = new Worlds.World(metric);
        await world.AddAsync(0, 6000);
        await world.FoldAsync();
        var (recall, costs) = Measure(world, filter: null, _ => true);
        Assert.True(recall >= Floor, $"recall {recall}");
        Assert.All(costs, cost => Assert.Equal("ivf-by-range", cost.AccessPath));
    }

    [Theory]
    [InlineData(""","index":"flat" """, "0.95", 6000)]
    [InlineData("", "1", 6000)]
    [InlineData("", "0.95", 4000)]
    public async Task SearchAsync_WhereListsAreNotWantedOrNotThere_IsExact(string index, string recall, int count)
    {
        var world = new Worlds.World("euclidean", index, recall);
        await world.AddAsync(0, count);
        await world.FoldAsync();
        var (reached, costs) = Measure(world, filter: null, _ => true, queries: 10);
        Assert.Equal(1, reached);
        Assert.All(costs, cost => Assert.Equal("flat-by-range", cost.AccessPath));
    }

    /// <summary>The average recall, and what each search cost. Fails when a hit is gone, does not match, or its distance is not the current vector's.</summary>
    private static (double Recall, List<Cost> Costs) Measure(Worlds.World world, string? filter, Func<Worlds.Thing, bool> matches, int queries = 40, bool isOpen = false)
    {
        var costs = new List<Cost>();
        var sum = 0.0;
        for (var i = 0; i < queries; i++)
        {
            var query = world.Query(new Random(1_000_000 + i), i % Worlds.Clusters);
            var expected = world.Live.Values.Where(matches).Select(thing => VectorMath.Distance(world.Metric, query, thing.Vector)).Order().Take(K).ToList();
            var (cost, found) = Search(world.Store, query, filter, isOpen);
            costs.Add(cost);
            Assert.Equal(expected.Count, found.Hits.Count);
            foreach (var hit in found.Hits)
            {
                var thing = world.Live[hit.Object.Id];
                Assert.True(matches(thing), hit.Object.Id);
                var distance = VectorMath.Distance(world.Metric, query, thing.Vector);
                Assert.Equal(world.Metric == DistanceMetric.Euclidean ? Math.Sqrt(distance) : distance, hit.Distance, 1e-3);
                sum += distance <= expected[^1] + 1e-4 ? 1.0 / expected.Count : 0;
            }

            Assert.Equal(found.Hits.Select(hit => hit.Distance).Order(), found.Hits.Select(hit => hit.Distance));
        }

        return (Math.Round(sum / queries, 6), costs);
    }

    private static (Cost Cost, SearchResponse Found) Search(MemoryObjectStore store, float[] query, string? filter, bool isOpen)
    {
        var rounds = new RoundCountingStore(store);
        var counting = new CountingObjectStore(rounds);
        return rounds.Run(async () =>
        {
            await using var node = ColdWorld.ColdNode(counting);
            var collection = await node.GetCollectionAsync(ColdWorld.Name, default);
            var request = new SearchRequest { Vector = new VectorQuery { Value = query }, K = K, Filter = filter };
            if (isOpen)
            {
                // No segment can hold that id.
                await collection.BatchGetAsync(["~"], withVectors: false, ReadConsistency.Strong, default);
                request = request with { Consistency = ReadConsistency.Eventual };
            }

            var (before, roundsBefore) = (counting.Snapshot(), rounds.Rounds);
            var found = await collection.SearchAsync(request, default);
            return (new Cost(rounds.Rounds - roundsBefore, counting.Snapshot().Since(before).Get.Bytes, found.Plan.AccessPath), found);
        });
    }

    private sealed record Cost(int Rounds, long Bytes, string AccessPath);

    /// <summary>Clustered vectors with ids, numbers and clusters that do not go together.</summary>
    public sealed class Worlds : IAsyncLifetime
    {
        internal const int Clusters = 20;
        internal const int Count = 12_000;

        private const int Dimensions = 48;
        private const int IntrinsicDimensions = 8;
        private static readonly float[][] Centers = Gaussians(new Random(1), Clusters, 1.5f);
        private static readonly float[][] Axes = Gaussians(new Random(2), IntrinsicDimensions, 1);

        internal World OneRun { get; } = new("euclidean");

        internal World Changed { get; } = new("euclidean");

        public async ValueTask InitializeAsync()
        {
            await OneRun.AddAsync(0, Count);
            await OneRun.FoldAsync();
            await Changed.AddAsync(0, Count);
            await Changed.FoldAsync();
            await Changed.AddAsync(Count - 2000, Count + 3000);
            await Changed.DeleteAsync(100, 300);
            await Changed.FoldAsync();
            await Changed.AddAsync(Count + 2500, Count + 2600);
            await Changed.DeleteAsync(300, 310);
        }

        public ValueTask DisposeAsync() => default;

        internal static float[] Vector(Random random, int cluster)
        {
            float[] vector = [.. Centers[cluster]];
            foreach (var axis in Axes)
            {
                var amount = Gaussian(random);
                for (var i = 0; i < vector.Length; i++)
                {
                    vector[i] += (amount * axis[i]) + (0.05f * Gaussian(random));
                }
            }

            return vector;
        }

        private static float[][] Gaussians(Random random, int count, float deviation) =>
            [.. Enumerable.Range(0, count).Select(_ => Array.ConvertAll(new float[Dimensions], _ => deviation * Gaussian(random)))];

        private static float Gaussian(Random random) =>
            (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

        internal sealed record Thing(int N, int Cluster, float[] Vector);

        /// <summary>A store with a folded collection, and what is in it.</summary>
        internal sealed class World(string metric, string index = "", string recall = "0.95", bool isWhole = false)
        {
            private int _made;

            public MemoryObjectStore Store { get; } = new();

            public Dictionary<string, Thing> Live { get; } = new(StringComparer.Ordinal);

            public DistanceMetric Metric { get; } = Enum.Parse<DistanceMetric>(metric, ignoreCase: true);

            public long SegmentBytes { get; private set; }

            public float[] Query(Random random, int cluster) => Whole(Vector(random, cluster));

            public async Task AddAsync(int from, int to)
            {
                await using var node = new VektagrafDatabase(Store);
                var definition = $$"""{"objective":{"recall":{{recall}},"k":10},"vectors":{"v":{"dimensions":{{Dimensions}},"metric":"{{metric}}"{{index}}} },"fields":{"n":{"type":"number"},"cluster":{"type":"number"} } }""";
                var (things, _) = await node.PutCollectionAsync(ColdWorld.Name, CollectionJson.Read(Encoding.UTF8.GetBytes(definition)), default);
                await things.ImportAsync(Enumerable.Range(from, to - from).Select(Draft), progress: null, default);
            }

            public async Task DeleteAsync(int from, int to)
            {
                await using var node = new VektagrafDatabase(Store);
                var things = await node.GetCollectionAsync(ColdWorld.Name, default);
                for (var i = from; i < to; i++)
                {
                    await things.DeleteAsync(Id(i), default, default);
                    Live.Remove(Id(i));
                }
            }

            public async Task FoldAsync()
            {
                await using var node = new VektagrafDatabase(Store);
                var things = await node.GetCollectionAsync(ColdWorld.Name, default);
                await things.MaintainAsync(new CompactionOptions { FoldEntries = 1, TierWidth = 100 }, default);
                SegmentBytes = (await Store.ListAsync("c/")).Entries.Where(entry => entry.Key.Contains("/seg/", StringComparison.Ordinal)).Sum(entry => entry.Length);
            }

            private float[] Whole(float[] vector) => isWhole ? Array.ConvertAll(vector, component => MathF.Round(10 * component)) : vector;

            private static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"id-{number * 7919L % 100_003:d6}");

            private ObjectDraft Draft(int number)
            {
                var random = new Random(_made++);
                var thing = new Thing(random.Next(Count), random.Next(Clusters), []);
                thing = thing with { Vector = Whole(Vector(random, thing.Cluster)) };
                Live[Id(number)] = thing;
                return new ObjectDraft
                {
                    Id = Id(number),
                    Properties = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{thing.N}},"cluster":{{thing.Cluster}}}""")),
                    Vectors = [new NamedVector("v", thing.Vector)],
                };
            }
        }
    }
}
