using CsCheck;
using Vektagraf.Index;
using Vektagraf.Querying;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class SearchDiversityTests
{
    [Fact]
    public Task SearchAsync_WithDiversity_EqualsTheNaiveChoice() => Gen.Select(Gen.Int[0, 1_000_000], Gen.Enum<DistanceMetric>()).SampleAsync(
        async (seed, metric) =>
        {
            var random = new Random(seed);
            await using var world = await VectorWorld.CreateAsync(metric, shards: 1 + (seed % 3), objects: 1 + random.Next(100), random);
            for (var i = 0; i < 10; i++)
            {
                var query = VectorWorld.Draw(random);
                var (k, offset) = (1 + random.Next(12), random.Next(3) * random.Next(5));
                var ranked = world.Rank(query);
                var least = random.Next(3) == 0 ? ranked[random.Next(ranked.Count)].Score : (double?)null;
                var candidates = random.Next(2) == 0 ? (int?)null : k + offset + random.Next(60);
                var lambda = random.Next(5) / 4.0;
                var request = new SearchRequest
                {
                    Vector = new VectorQuery { Value = query },
                    K = k,
                    Offset = offset,
                    MinScore = least,
                    Diversity = new SearchDiversity(lambda, candidates),
                };
                var from = ranked.Take(candidates ?? Math.Max(50, 4 * (k + offset))).Where(r => least is null || r.Score >= least).ToList();
                var expected = Naive(world, from, lambda, offset + k).Skip(offset);
                Assert.Equal(string.Join(' ', expected), await world.Things.SearchAsync(request));
            }
        },
        iter: 60);

    [Theory]
    [InlineData(DistanceMetric.Cosine)]
    [InlineData(DistanceMetric.Dot)]
    [InlineData(DistanceMetric.Euclidean)]
    public async Task SearchAsync_WithLambdaOne_IsThePlainSearch(DistanceMetric metric)
    {
        await using var world = await VectorWorld.CreateAsync(metric, shards: 2, objects: 80, new Random(11));
        var request = new SearchRequest { Vector = new VectorQuery { Value = new float[] { 2, 1, -1 } }, K = 20, Offset = 3 };
        var plain = await world.Things.Collection.SearchAsync(request, Cancel);
        var diverse = await world.Things.Collection.SearchAsync(request with { Diversity = new SearchDiversity(1) }, Cancel);
        Assert.Equal(VectorWorld.Describe(plain), VectorWorld.Describe(diverse));
    }

    [Fact]
    public async Task SearchAsync_AmongDuplicates_TakesOneOfEach()
    {
        await using var things = await CreateAsync("""{"vectors":{"v":{"dimensions":2,"metric":"euclidean"}}}""");
        await things.SaveAllAsync(from place in Enumerable.Range(0, 3) from copy in Enumerable.Range(0, 4) select $$$"""{"id":"p{{{place}}}{{{copy}}}","vectors":{"v":[{{{place}}},0]}}""");
        var request = new SearchRequest { Vector = new VectorQuery { Value = new float[] { 0, 0 } }, K = 3 };
        Assert.Equal("p00 p01 p02", await things.SearchAsync(request));
        Assert.Equal("p00 p20 p10", await things.SearchAsync(request with { Diversity = new SearchDiversity(0.4) }));
        Assert.Equal("p10", await things.SearchAsync(request with { Diversity = new SearchDiversity(0.4), Offset = 2, K = 1 }));

        // More like an object: without it, its copies count as near as any.
        var like = request with { Vector = new VectorQuery { Id = "p00" }, Diversity = new SearchDiversity(0.4) };
        Assert.Equal("p01 p20 p10", await things.SearchAsync(like));
    }

    [Fact]
    public async Task SearchAsync_WithDiversityThatCannotBe_SaysWhatToChange()
    {
        await using var things = await CreateAsync("""{"vectors":{"v":{"dimensions":2,"metric":"dot"},"wide":{"dimensions":16384}}}""");
        var valid = new SearchRequest { Vector = new VectorQuery { Field = "v", Value = new float[2] }, K = 10, Offset = 5 };
        (SearchRequest Request, string Pointer)[] requests =
        [
            (valid with { Diversity = new SearchDiversity(-0.1) }, "/diversity/lambda"),
            (valid with { Diversity = new SearchDiversity(1.1) }, "/diversity/lambda"),
            (valid with { Diversity = new SearchDiversity(double.NaN) }, "/diversity/lambda"),
            (valid with { Diversity = new SearchDiversity(0.5, 14) }, "/diversity/candidates"),
            (valid with { Diversity = new SearchDiversity(0.5, Limits.MaxK + 1) }, "/diversity/candidates"),
            (valid with { Diversity = new SearchDiversity(0.5), GroupBy = new GroupLimit("g", 1) }, "/diversity"),
            (valid with { Diversity = new SearchDiversity(0.5), K = Limits.MaxK, Offset = 1 }, "/diversity"),
            (valid with { Vector = new VectorQuery { Field = "wide", Value = new float[16_384] }, Diversity = new SearchDiversity(0.5, 5_000) }, "/diversity/candidates"),
        ];
        foreach (var (request, pointer) in requests)
        {
            var e = await FailsAsync(ErrorKind.Invalid, () => things.SearchAsync(request));
            Assert.Equal(pointer, Assert.Single(e.Errors).Key);
        }

        Assert.Equal("", await things.SearchAsync(valid with { Diversity = new SearchDiversity(0, 15) }));
        Assert.Equal("", await things.SearchAsync(valid with { Diversity = new SearchDiversity(1, Limits.MaxK) }));
    }

    private static List<string> Naive(VectorWorld world, List<(string Id, double Score)> candidates, double lambda, int count)
    {
        var chosen = new List<string>();
        var left = candidates.ToList();
        while (chosen.Count < count && left.Count > 0)
        {
            var best = left.MaxBy(c => chosen.Count == 0 ? c.Score : (lambda * c.Score) - ((1 - lambda) * chosen.Max(s => world.Similarity(c.Id, s))));
            chosen.Add(best.Id);
            left.Remove(best);
        }

        return chosen;
    }
}
