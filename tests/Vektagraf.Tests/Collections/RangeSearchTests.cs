using CsCheck;
using Vektagraf.Index;
using Vektagraf.Querying;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class RangeSearchTests
{
    [Fact]
    public Task SearchAsync_WithinAScore_EqualsBruteForce() => Gen.Select(Gen.Int[0, 1_000_000], Gen.Enum<DistanceMetric>()).SampleAsync(
        async (seed, metric) =>
        {
            var random = new Random(seed);
            await using var world = await VectorWorld.CreateAsync(metric, shards: 1 + (seed % 3), objects: 1 + random.Next(120), random);
            for (var i = 0; i < 8; i++)
            {
                var query = VectorWorld.Draw(random);
                var ranked = world.Rank(query);

                // On the very score of an object, and just beside it: that row must be in, or out, by the last bit.
                var exact = ranked[random.Next(ranked.Count)].Score;
                foreach (var least in new[] { exact, Math.BitIncrement(exact), Math.BitDecrement(exact), (random.NextDouble() * 4) - 2 })
                {
                    var request = new SearchRequest { Vector = new VectorQuery { Value = query }, K = Limits.MaxK, MinScore = least };
                    var expected = ranked.Where(r => r.Score >= least).Select(r => r.Id);
                    Assert.Equal(string.Join(' ', expected), await world.Things.SearchAsync(request));
                }
            }
        },
        iter: 60);

    [Theory]
    [InlineData(DistanceMetric.Cosine)]
    [InlineData(DistanceMetric.Dot)]
    [InlineData(DistanceMetric.Euclidean)]
    public async Task SearchAsync_WithAScoreBeyondAllOrNone_FindsNoneOrAll(DistanceMetric metric)
    {
        await using var world = await VectorWorld.CreateAsync(metric, shards: 2, objects: 30, new Random(5));
        var request = new SearchRequest { Vector = new VectorQuery { Value = new float[] { 1, 2, -1 } }, K = 100 };
        foreach (var least in new[] { double.NegativeInfinity, double.MinValue, -1e30 })
        {
            Assert.Equal(30, (await world.Things.Collection.SearchAsync(request with { MinScore = least }, Cancel)).Hits.Count);
        }

        foreach (var least in new[] { double.PositiveInfinity, double.MaxValue, 1e30 })
        {
            Assert.Empty((await world.Things.Collection.SearchAsync(request with { MinScore = least }, Cancel)).Hits);
        }
    }

    [Fact]
    public async Task SearchAsync_ForTheVectorItself_ScoresOneAndIsKept()
    {
        foreach (var metric in new[] { DistanceMetric.Cosine, DistanceMetric.Euclidean })
        {
            await using var world = await VectorWorld.CreateAsync(metric, shards: 1, objects: 20, new Random(6));
            var (id, vector) = world.Vectors.First();
            var best = (await world.Things.Collection.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = vector }, K = 1 }, Cancel)).Hits[0];
            var found = await world.Things.SearchAsync(new SearchRequest { Vector = new VectorQuery { Value = vector }, K = 20, MinScore = best.Score });
            Assert.Contains(id, found.Split(' '));
            if (metric == DistanceMetric.Euclidean)
            {
                Assert.Equal(1, best.Score);
            }
        }
    }
}
