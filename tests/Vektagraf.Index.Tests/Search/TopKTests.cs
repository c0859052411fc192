using CsCheck;

namespace Vektagraf.Index.Tests.Search;

public class TopKTests
{
    /// <summary>Few distinct distances, so that most comparisons are ties; NaN among them.</summary>
    private static readonly Gen<float> Distance = Gen.OneOf(-1f, 0f, 0f, 0.5f, 1f, 2f, float.NaN, float.PositiveInfinity, float.NegativeInfinity);

    private static readonly Gen<(float[] Distances, int K, float Max, int Seed)> Case =
        Gen.Select(Distance.Array[0, 200], Gen.Int[1, 60], Gen.OneOf(float.PositiveInfinity, 0.5f, -2f), Gen.Int);

    [Fact]
    public void Drain_AfterAnyPushes_EqualsSortingThem()
    {
        var topK = new TopK();
        Case.Sample(
            sample =>
            {
                KeyTieBreaker tie = Keys(sample.Distances.Length, sample.Seed);
                topK.Reset(sample.K, sample.Max);
                for (int ordinal = 0; ordinal < sample.Distances.Length; ordinal++)
                {
                    topK.Push(sample.Distances[ordinal], ordinal, tie);
                }

                return topK.Drain(tie).SequenceEqual(Sorted(sample.Distances, sample.K, sample.Max, tie));
            },
            threads: 1);
    }

    [Fact]
    public void Merge_OfTwoHalves_EqualsOneHeap() => Case.Sample(sample =>
    {
        KeyTieBreaker tie = Keys(sample.Distances.Length, sample.Seed);
        TopK[] halves = [new(), new()];
        var merged = new TopK();
        halves[0].Reset(sample.K, sample.Max);
        halves[1].Reset(sample.K, sample.Max);
        merged.Reset(sample.K, sample.Max);
        for (int ordinal = 0; ordinal < sample.Distances.Length; ordinal++)
        {
            halves[ordinal % 2].Push(sample.Distances[ordinal], ordinal, tie);
        }

        merged.Merge(halves[0], tie);
        merged.Merge(halves[1], tie);
        return merged.Drain(tie).SequenceEqual(Sorted(sample.Distances, sample.K, sample.Max, tie));
    });

    [Fact]
    public void Threshold_AfterEachPush_IsTheFarthestHeldOnceFull() => Case.Sample(sample =>
    {
        var topK = new TopK();
        topK.Reset(sample.K, sample.Max);
        for (int ordinal = 0; ordinal < sample.Distances.Length; ordinal++)
        {
            topK.Push(sample.Distances[ordinal], ordinal, default(OrdinalTieBreaker));
            Neighbor[] held = Sorted(sample.Distances[..(ordinal + 1)], sample.K, sample.Max, new KeyTieBreaker(new long[ordinal + 1]));
            float expected = held.Length == sample.K ? held[^1].Distance : sample.Max;
            Assert.Equal(expected, topK.Threshold);
            Assert.Equal(held.Length, topK.Count);
        }
    });

    [Fact]
    public void Push_WhenReused_AllocatesNothing()
    {
        var topK = new TopK();
        Fill(topK);
        long least = long.MaxValue;
        int held = 0;
        for (int round = 0; round < 8; round++)
        {
            // The least of several rounds: the runtime itself may allocate once, a heap that allocates does in each.
            long before = GC.GetAllocatedBytesForCurrentThread();
            held = Fill(topK);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(100, held);

        static int Fill(TopK topK)
        {
            topK.Reset(100);
            for (int i = 0; i < 1000; i++)
            {
                topK.Push(i * 7919 % 1000, i, default(OrdinalTieBreaker));
            }

            return topK.Drain(default(OrdinalTieBreaker)).Length;
        }
    }

    [Fact]
    public void Push_BeforeResetOrAfterDrain_IsRefused()
    {
        var topK = new TopK();
        Assert.False(topK.Push(1f, 0, default(OrdinalTieBreaker)));
        topK.Reset(2);
        Assert.True(topK.Push(1f, 0, default(OrdinalTieBreaker)));
        topK.Drain(default(OrdinalTieBreaker));
        Assert.False(topK.Push(0f, 1, default(OrdinalTieBreaker)));
    }

    [Fact]
    public void Reset_WithKBelowOne_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new TopK().Reset(0));

    private static Neighbor[] Sorted(float[] distances, int k, float max, KeyTieBreaker tie) =>
    [
        .. distances
            .Select((distance, ordinal) => new Neighbor(ordinal, distance))
            .Where(neighbor => neighbor.Distance <= max)
            .Order(Comparer<Neighbor>.Create((a, b) => a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : tie.Compare(a.Ordinal, b.Ordinal)))
            .Take(k),
    ];

    /// <summary>Keys in another order than the ordinals, some of them equal.</summary>
    private static KeyTieBreaker Keys(int count, int seed)
    {
        var random = new Random(seed);
        return new KeyTieBreaker(Array.ConvertAll(new long[count], _ => random.NextInt64(20)));
    }
}
