using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Vektagraf.Index;
using Vektagraf.Querying;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class CollectionSearchTests
{
    private const int Dimensions = 5;

    [Theory]
    [InlineData(DistanceMetric.Cosine, 1)]
    [InlineData(DistanceMetric.Cosine, 3)]
    [InlineData(DistanceMetric.Dot, 1)]
    [InlineData(DistanceMetric.Dot, 3)]
    [InlineData(DistanceMetric.Euclidean, 1)]
    [InlineData(DistanceMetric.Euclidean, 3)]
    public async Task SearchAsync_AfterUpdatesAndDeletes_EqualsBruteForce(DistanceMetric metric, int shards)
    {
        await using var things = await CreateAsync(DefinitionOf(metric, shards));
        var random = new Random(3);
        var model = new Dictionary<string, Row>(StringComparer.Ordinal);
        List<(string Token, Dictionary<string, Row> Model)> history = [];
        for (var i = 0; i < 300; i++)
        {
            var id = $"o{random.Next(90)}";
            if (random.Next(6) == 0 && model.Remove(id))
            {
                await things.DeleteAsync(id);
            }
            else
            {
                model[id] = await SaveAsync(things, id, random);
            }

            if (i % 60 == 59)
            {
                history.Add(((await things.QueryAsync()).Session, new(model, StringComparer.Ordinal)));
            }
        }

        foreach (var (token, then) in history)
        {
            for (var i = 0; i < 6; i++)
            {
                var least = i % 2 == 0 ? (int?)null : random.Next(10);
                var request = new SearchRequest
                {
                    Vector = new VectorQuery { Value = Vector(random) },
                    K = 1 + random.Next(20),
                    Offset = random.Next(3) * 2,
                    Filter = least is null ? null : string.Create(CultureInfo.InvariantCulture, $"n ge {least}"),
                    AsOf = token,
                };
                var expected = then.Where(m => m.Value.Vector is not null && (least is null || m.Value.N >= least))
                    .Select(m => (Id: m.Key, Distance: Distance(metric, request.Vector!.Value!.Value.Span, m.Value.Vector)))
                    .OrderBy(m => m.Distance).Skip(request.Offset).Take(request.K).ToList();
                var found = await things.Collection.SearchAsync(request, Cancel);
                Assert.Equal(expected.Select(e => e.Id), found.Hits.Select(h => h.Object.Id));
                Assert.All(found.Hits.Zip(expected), p => Assert.Equal(p.Second.Distance, p.First.Distance, 1e-4 * (1 + Math.Abs(p.Second.Distance))));
                Assert.All(found.Hits, h => Assert.Equal(Score(metric, h.Distance), h.Score, 1e-9));
            }
        }
    }

    [Fact]
    public async Task SearchAsync_WhenObjectsChange_NeverFindsWhatIsDead()
    {
        await using var things = await CreateAsync(DefinitionOf(DistanceMetric.Euclidean, 2));
        await things.SaveAsync("""{"id":"moved","vectors":{"v":[1,0,0,0,0]}}""");
        await things.SaveAsync("""{"id":"emptied","vectors":{"v":[1,0,0,0,0]}}""");
        await things.SaveAsync("""{"id":"deleted","vectors":{"v":[1,0,0,0,0]}}""");
        await things.SaveAsync("""{"id":"never"}""");
        await things.SaveAsync("""{"id":"moved","vectors":{"v":[9,0,0,0,0]}}""");
        await things.SaveAsync("""{"id":"emptied"}""");
        await things.DeleteAsync("deleted");
        var hit = Assert.Single((await things.Collection.SearchAsync(Near([1, 0, 0, 0, 0]), Cancel)).Hits);
        Assert.Equal(("moved", 8.0), (hit.Object.Id, hit.Distance));
    }

    [Fact]
    public async Task SearchAsync_WhenDistancesAreEqual_OrdersById()
    {
        foreach (var shards in (int[])[1, 5])
        {
            await using var things = await CreateAsync(DefinitionOf(DistanceMetric.Euclidean, shards));
            await things.SaveAllAsync(Enumerable.Range(0, 40).Reverse().Select(i => $$$"""{"id":"o{{{i:00}}}","vectors":{"v":[1,1,1,1,1]}}"""));
            Assert.Equal("o00 o01 o02", await things.SearchAsync(Near([0, 0, 0, 0, 0]) with { K = 3 }));
            Assert.Equal("o03 o04", await things.SearchAsync(Near([0, 0, 0, 0, 0]) with { K = 2, Offset = 3 }));
        }
    }

    [Fact]
    public async Task SearchAsync_WithAMinimumScore_EndsThere()
    {
        await using var things = await CreateAsync(DefinitionOf(DistanceMetric.Dot, 2));
        await things.SaveAllAsync(Enumerable.Range(0, 10).Select(i => $$$"""{"id":"o{{{i}}}","vectors":{"v":[{{{i}}},0,0,0,0]}}"""));
        Assert.Equal("o9 o8 o7", await things.SearchAsync(Near([1, 0, 0, 0, 0]) with { MinScore = 7 }));
        Assert.Equal("o8 o7", await things.SearchAsync(Near([1, 0, 0, 0, 0]) with { MinScore = 7, Offset = 1 }));
        Assert.Equal("", await things.SearchAsync(Near([1, 0, 0, 0, 0]) with { MinScore = 9.5 }));
    }

    [Fact]
    public async Task SearchAsync_WithAnId_FindsMoreLikeItWithoutIt()
    {
        await using var things = await CreateAsync(DefinitionOf(DistanceMetric.Euclidean, 3));
        await things.SaveAllAsync(Enumerable.Range(0, 10).Select(i => $$$"""{"id":"o{{{i}}}","vectors":{"v":[{{{i}}},0,0,0,0]}}"""));
        await things.SaveAsync("""{"id":"bare"}""");
        SearchRequest Like(string id) => new() { Vector = new VectorQuery { Id = id }, K = 2 };
        Assert.Equal("o1 o2", await things.SearchAsync(Like("o0")));
        Assert.Equal("o3 o5", await things.SearchAsync(Like("o4")));
        Assert.Equal("o2 o6", await things.SearchAsync(Like("o4") with { Offset = 2 }));
        Assert.Equal(9, (await things.Collection.SearchAsync(Like("o4") with { K = 100 }, Cancel)).Hits.Count);
        await FailsAsync(ErrorKind.NotFound, () => things.SearchAsync(Like("missing")));
        await FailsAsync(ErrorKind.Invalid, () => things.SearchAsync(Like("bare")));
        await FailsAsync(ErrorKind.Invalid, () => things.SearchAsync(Like("a/b")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task SearchAsync_WithGroups_KeepsTheBestOfEach(int shards)
    {
        // Groups are uneven: the largest holds all of the nearest, so that the search has to look far beyond k.
        await using var things = await CreateAsync(DefinitionOf(DistanceMetric.Euclidean, shards));
        var random = new Random(9);
        var model = new List<(string Id, string Group, double Distance)>();
        for (var i = 0; i < 400; i++)
        {
            var group = i < 300 ? "big" : $"g{i % 7}";
            var x = i < 300 ? i : 200 + (i * 3);
            model.Add(($"o{i}", group, x));
        }

        await things.SaveAllAsync(model.OrderBy(_ => random.Next()).Select(m => $$$"""{"id":"{{{m.Id}}}","properties":{"group":"{{{m.Group}}}"},"vectors":{"v":[{{{m.Distance}}},0,0,0,0]}}"""));
        foreach (var (k, offset, limit) in new[] { (5, 0, 1), (8, 0, 1), (6, 3, 2), (30, 0, 3), (400, 0, 1) })
        {
            var expected = model.OrderBy(m => m.Distance).ThenBy(m => m.Id, StringComparer.Ordinal)
                .GroupBy(m => m.Group).SelectMany(g => g.Take(limit))
                .OrderBy(m => m.Distance).Skip(offset).Take(k).Select(m => m.Id);
            var request = Near([0, 0, 0, 0, 0]) with { K = k, Offset = offset, GroupBy = new GroupLimit("group", limit) };
            Assert.Equal(string.Join(' ', expected), await things.SearchAsync(request));
        }
    }

    [Fact]
    public async Task SearchAsync_GroupedOverShards_DoesNotPreferAShardThatWasLookedAtDeeper()
    {
        // One shard holds one group, and all that is near; the other reaches its end with what is far. Cut where the nearest shard was
        // cut, the far ones must not fill the page.
        await using var things = await CreateAsync("""{"shards":2,"vectors":{"v":{"dimensions":1,"metric":"euclidean"}}}""");
        var ids = Enumerable.Range(0, 200).Select(i => $"o{i}").ToLookup(ShardOfTwo);
        await things.SaveAsync($$"""{"id":"{{ids[1].First()}}"}""");
        Assert.EndsWith(".0-1", (await things.QueryAsync()).Session, StringComparison.Ordinal);
        var near = ids[0].Take(60).ToList();
        var far = ids[1].Take(10).ToList();
        await things.SaveAllAsync(near.Select((id, i) => $$$"""{"id":"{{{id}}}","properties":{"g":"{{{(i < 30 ? "same" : id)}}}"},"vectors":{"v":[{{{i}}}]}}"""));
        await things.SaveAllAsync(far.Select((id, i) => $$$"""{"id":"{{{id}}}","properties":{"g":"{{{id}}}"},"vectors":{"v":[{{{1000 + i}}}]}}"""));
        var request = new SearchRequest { Vector = new VectorQuery { Value = new[] { 0f } }, K = 10, GroupBy = new GroupLimit("g", 1) };
        Assert.Equal(string.Join(' ', near.Take(1).Concat(near.Skip(30).Take(9))), await things.SearchAsync(request));
    }

    [Fact]
    public async Task SearchAsync_WhenTheRequestIsInvalid_SaysWhere()
    {
        await using var things = await CreateAsync("""{"vectors":{"v":{"dimensions":5},"w":{"dimensions":2,"metric":"euclidean"}}}""");
        await using var plain = await CreateAsync();
        (VectorQuery Query, string Pointer)[] queries =
        [
            (new VectorQuery { Value = new float[5] }, "/vector/field"),
            (new VectorQuery { Field = "x", Value = new float[5] }, "/vector/field"),
            (new VectorQuery { Field = "v", Value = new float[4] }, "/vector/value"),
            (new VectorQuery { Field = "v", Value = new float[5] }, "/vector/value"),
            (new VectorQuery { Field = "w", Value = new[] { float.NaN, 0 } }, "/vector/value"),
            (new VectorQuery { Field = "w", Value = new[] { 3e38f, 3e38f } }, "/vector/value"),
            (new VectorQuery { Field = "w" }, "/vector"),
            (new VectorQuery { Field = "w", Value = new float[2], Id = "x" }, "/vector"),
            (new VectorQuery { Field = "w", Text = "word" }, "/vector/text"),
        ];
        foreach (var (query, pointer) in queries)
        {
            var e = await FailsAsync(ErrorKind.Invalid, () => things.SearchAsync(new SearchRequest { Vector = query }));
            Assert.Equal(pointer, Assert.Single(e.Errors).Key);
        }

        await FailsAsync(ErrorKind.Invalid, () => plain.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = new float[5] } }));
        var valid = new SearchRequest { Vector = new VectorQuery { Field = "w", Value = new float[2] } };
        foreach (var request in new[] { valid with { K = 0 }, valid with { K = Limits.MaxK + 1 }, valid with { Offset = -1 }, valid with { GroupBy = new GroupLimit("g", 0) }, valid with { AsOf = "x" }, valid with { MinScore = double.NaN } })
        {
            await FailsAsync(ErrorKind.Invalid, () => things.SearchAsync(request));
        }

        Assert.Equal("", await things.SearchAsync(valid));
    }

    [Fact]
    public async Task SearchAsync_WithSettingsOutOfRange_SaysWhichAndWhatIsAllowed()
    {
        await using var things = await CreateAsync(DefinitionOf(DistanceMetric.Dot, 1));
        var valid = Near(new float[Dimensions]);
        (SearchRequest Request, string Pointer)[] requests =
        [
            (valid with { Recall = 0 }, "/recall"),
            (valid with { Recall = 1.5 }, "/recall"),
            (valid with { Recall = double.NaN }, "/recall"),
            (valid with { Params = new SearchParams { EfSearch = 0 } }, "/params/efSearch"),
            (valid with { Params = new SearchParams { EfSearch = HnswOptions.MaxEf + 1 } }, "/params/efSearch"),
            (valid with { Params = new SearchParams { NProbe = -1 } }, "/params/nprobe"),
        ];
        foreach (var (request, pointer) in requests)
        {
            var e = await FailsAsync(ErrorKind.Invalid, () => things.SearchAsync(request));
            Assert.Equal(pointer, Assert.Single(e.Errors).Key);
        }

        Assert.Equal("", await things.SearchAsync(valid with { Recall = 1, Params = new SearchParams { EfSearch = HnswOptions.MaxEf, NProbe = int.MaxValue } }));
    }

    [Fact]
    public async Task SearchAsync_WhileOthersWrite_SeesWholeEntries()
    {
        // Objects are saved one after the other: a search that sees one sees all before it.
        await using var things = await CreateAsync("""{"vectors":{"v":{"dimensions":1,"metric":"euclidean"}},"fields":{"n":{"type":"number"}}}""");
        var writing = WriteAsync();
        var searches = 0;
        while (!writing.IsCompleted || searches < 10)
        {
            var response = await things.Collection.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = new[] { 0f } }, K = 10_000, IncludeVectors = true, Filter = "n ge 0" }, Cancel);
            Assert.Equal(Enumerable.Range(0, response.Hits.Count), response.Hits.Select(h => (int)h.Object.Vectors![0].Values.Span[0]));
            searches++;
        }

        await writing;

        async Task WriteAsync()
        {
            await Task.Yield();
            for (var i = 0; i < 300; i++)
            {
                await things.SaveAsync($$$"""{"id":"o{{{i:000}}}","properties":{"n":{{{i}}}},"vectors":{"v":[{{{i}}}]}}""");
            }
        }
    }

    /// <summary>Where stores have their objects already: never to be changed.</summary>
    private static int ShardOfTwo(string id) => (int)(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id))) % 2);

    private static SearchRequest Near(float[] vector) => new() { Vector = new VectorQuery { Value = vector } };

    private static string DefinitionOf(DistanceMetric metric, int shards) =>
        $$$"""{"shards":{{{shards}}},"vectors":{"v":{"metric":"{{{metric.ToString().ToLowerInvariant()}}}","dimensions":{{{Dimensions}}} } },"fields":{"n":{"type":"number"} } }""";

    private static float[] Vector(Random random) => [.. Enumerable.Range(0, Dimensions).Select(_ => (random.NextSingle() * 2) - 1)];

    private static async Task<Row> SaveAsync(TestCollection things, string id, Random random)
    {
        var row = new Row(random.Next(10), random.Next(8) == 0 ? null : Vector(random));
        var vectors = row.Vector is null ? "" : $",\"vectors\":{{\"v\":[{string.Join(',', row.Vector.Select(x => x.ToString("R", CultureInfo.InvariantCulture)))}]}}";
        await things.SaveAsync($$$"""{"id":"{{{id}}}","properties":{"n":{{{row.N}}}}{{{vectors}}}}""");
        return row;
    }

    private static double Distance(DistanceMetric metric, ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, aa = 0, bb = 0, squares = 0;
        for (var i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
            squares += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        }

        return metric switch
        {
            DistanceMetric.Cosine => 1 - (dot / Math.Sqrt(aa * bb)),
            DistanceMetric.Dot => -dot,
            _ => Math.Sqrt(squares),
        };
    }

    private static double Score(DistanceMetric metric, double distance) => metric switch
    {
        DistanceMetric.Cosine => 1 - distance,
        DistanceMetric.Dot => -distance,
        _ => 1 / (1 + distance),
    };

    private sealed record Row(int N, float[]? Vector);
}
