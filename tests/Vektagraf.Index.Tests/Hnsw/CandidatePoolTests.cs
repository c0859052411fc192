using CsCheck;

namespace Vektagraf.Index.Tests.Hnsw;

public class CandidatePoolTests
{
    /// <summary>Offers and expansions in any order: the pool holds the nearest of what was offered, and expands the nearest that was not expanded.</summary>
    [Fact]
    public void OfferAndExpand_InAnyOrder_AgreeWithASortedList() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[-3, 6].List[0, 80]).Sample((capacity, steps) =>
        {
            var pool = new CandidatePool();
            pool.Reset(capacity);
            var model = new List<(float Distance, int Node, bool Expanded)>();
            for (int node = 0; node < steps.Count; node++)
            {
                if (steps[node] == 6)
                {
                    int nearest = model.FindIndex(entry => !entry.Expanded);
                    Assert.Equal(nearest >= 0, pool.TryExpand(out int expanded));
                    if (nearest >= 0)
                    {
                        Assert.Equal(model[nearest].Node, expanded);
                        model[nearest] = model[nearest] with { Expanded = true };
                    }

                    continue;
                }

                float distance = steps[node] * 0.5f;
                if (model.Count < capacity || distance < model[^1].Distance)
                {
                    model.Add((distance, node, false));
                    model = [.. model.OrderBy(entry => entry.Distance).ThenBy(entry => entry.Node).Take(capacity)];
                }

                pool.Offer(distance, node);
            }

            Assert.Equal(model.Select(entry => (entry.Distance, entry.Node)), Enumerable.Range(0, pool.Count).Select(rank => (pool.DistanceAt(rank), pool.NodeAt(rank))));
        });

    [Fact]
    public void Offer_OfNaNOrInfinity_IsRefused()
    {
        var pool = new CandidatePool();
        pool.Reset(3);
        pool.Offer(float.NaN, 1);
        pool.Offer(float.PositiveInfinity, 2);
        Assert.Equal(0, pool.Count);
        pool.Offer(float.MinValue, int.MaxValue);
        pool.Offer(-0f, 4);
        Assert.Equal((int.MaxValue, float.MinValue, 4, 0f), (pool.NodeAt(0), pool.DistanceAt(0), pool.NodeAt(1), pool.DistanceAt(1)));
    }
}
