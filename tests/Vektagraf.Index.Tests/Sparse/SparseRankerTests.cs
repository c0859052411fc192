using CsCheck;

namespace Vektagraf.Index.Tests.Sparse;

/// <summary>Searches of inverted runs against the dot products of all rows.</summary>
public class SparseRankerTests
{
    private static readonly Gen<(int Seed, int Rows, int Dimensions, int Entries, int K, bool IsSigned, bool IsSkewed)> Cases = Gen.Select(
        Gen.Int, Gen.Int[1, 9_000], Gen.Int[1, 400], Gen.Int[1, 30], Gen.Int[1, 30], Gen.Bool, Gen.Bool);

    [Fact]
    public void Search_OfRandomRows_FindsTheGreatestDotProducts() => Cases.Sample(
        c =>
        {
            Random random = new(c.Seed);
            SparseIndex index = new();
            for (int row = 0; row < c.Rows; row++)
            {
                (uint[] indices, float[] values) = Draw(random, c.Dimensions, random.Next(c.Entries + 1), c.IsSigned, c.IsSkewed);
                index.Rows.Append(new SparseVector(indices, values));
                if (random.Next(1500) == 0)
                {
                    index.Advance(CancellationToken.None);
                }
            }

            int end = random.Next(c.Rows + 1);
            (uint[] queryIndices, float[] queryValues) = Draw(random, c.Dimensions, 1 + random.Next(12), c.IsSigned, isSkewed: false);
            int modulus = 1 + random.Next(4);
            List<Neighbor> found = Search(index, new SparseVector(queryIndices, queryValues), c.K, end, new NotDivisible(modulus), out _);
            Assert.Equal(Scan(index.Rows, new SparseVector(queryIndices, queryValues), c.K, end, new NotDivisible(modulus)), found);
        },
        iter: 150);

    [Fact]
    public void Search_OfManyRowsWithAFewGreatOnes_ScoresFew()
    {
        Random random = new(5);
        SparseIndex index = new();
        for (int row = 0; row < 40_000; row++)
        {
            (uint[] indices, float[] values) = Draw(random, 2_000, 20, isSigned: false, isSkewed: true);
            index.Rows.Append(new SparseVector(indices, values));
        }

        (uint[] queryIndices, float[] queryValues) = Draw(random, 2_000, 12, isSigned: false, isSkewed: true);
        SparseVector query = new(queryIndices, queryValues);
        List<Neighbor> found = Search(index, query, 10, 40_000, new NotDivisible(40_001), out long scored);
        Assert.Equal(Scan(index.Rows, query, 10, 40_000, new NotDivisible(40_001)), found);
        Assert.InRange(scored, 10, 4_000);
    }

    [Fact]
    public void Search_WhereAllScoresAreEqual_FindsTheSmallestRows()
    {
        SparseIndex index = new();
        for (int row = 0; row < 9_000; row++)
        {
            index.Rows.Append(new SparseVector([7u, uint.MaxValue], [0.5f, 0.25f]));
        }

        List<Neighbor> found = Search(index, new SparseVector([7u, uint.MaxValue], [1f, 2f]), 5, 9_000, new NotDivisible(9_001), out _);
        Assert.Equal([1, 2, 3, 4, 5], found.Select(n => n.Ordinal));
        Assert.All(found, n => Assert.Equal(-1f, n.Distance));
    }

    [Fact]
    public void Search_ForProductsThatCancelOut_FindsThemWithScoreZero()
    {
        SparseIndex index = new();
        index.Rows.Append(new SparseVector([1u, 2u], [1f, 1f]));
        index.Rows.Append(new SparseVector([3u], [1f]));
        index.Rows.Append(new SparseVector([1u], [1f]));
        index.Advance(CancellationToken.None);
        List<Neighbor> found = Search(index, new SparseVector([1u, 2u], [-1f, 1f]), 5, 3, new NotDivisible(100), out _);
        Assert.Equal([new Neighbor(2, 1)], found);
        found = Search(index, new SparseVector([1u, 2u], [-1f, 1f]), 5, 3, new NotDivisible(1), out _);
        Assert.Equal([new Neighbor(0, 0), new Neighbor(2, 1)], found);
    }

    [Fact]
    public void Advance_ByThousands_KeepsFewRuns()
    {
        SparseIndex index = new();
        for (int row = 0; row < 150_000; row++)
        {
            index.Rows.Append(new SparseVector([(uint)(row % 50)], [1f]));
            if (index.NeedsWork)
            {
                Assert.False(index.Advance(CancellationToken.None));
            }
        }

        IReadOnlyList<SparseRun> runs = index.RunsFor(150_000, CancellationToken.None);
        Assert.InRange(runs.Count, 3, 12);
        Assert.All(runs, r => Assert.InRange(r.RowCount, 1, SparseRun.MaxRows));
        Assert.Equal(index.Rows.Count - index.Pending, runs.Sum(r => r.RowCount));
        Assert.True(index.RunBytes > 0 && index.MemoryBytes > index.RunBytes);
    }

    private static List<Neighbor> Search<TFilter>(SparseIndex index, SparseVector query, int k, int end, TFilter filter, out long scored)
        where TFilter : struct, IOrdinalFilter
    {
        SparseRanker ranker = new();
        ranker.Begin(k, float.NegativeInfinity);
        IReadOnlyList<SparseRun> runs = index.RunsFor(end, CancellationToken.None);
        int covered = runs.Count == 0 ? 0 : runs[^1].FirstRow + runs[^1].RowCount;
        foreach (SparseRun run in runs)
        {
            ranker.Search(run, index.Rows, query, end, filter, default(OrdinalTieBreaker), CancellationToken.None);
        }

        for (int row = covered; row < end; row++)
        {
            if (filter.Accepts(row))
            {
                ranker.Score(index.Rows, row, query, default(OrdinalTieBreaker));
            }
        }

        scored = ranker.Scored;
        return [.. ranker.Drain(default(OrdinalTieBreaker))];
    }

    private static List<Neighbor> Scan<TFilter>(SparseRows rows, SparseVector query, int k, int end, TFilter filter)
        where TFilter : struct, IOrdinalFilter
    {
        Dictionary<uint, float> weights = [];
        for (int i = 0; i < query.Count; i++)
        {
            weights.Add(query.Indices[i], query.Values[i]);
        }

        List<Neighbor> all = [];
        for (int row = 0; row < end; row++)
        {
            double sum = 0;
            bool meets = false;
            SparseVector vector = rows[row];
            for (int i = 0; i < vector.Count; i++)
            {
                if (weights.TryGetValue(vector.Indices[i], out float weight))
                {
                    sum += (double)weight * vector.Values[i];
                    meets = true;
                }
            }

            if (meets && filter.Accepts(row))
            {
                all.Add(new Neighbor(row, -(float)sum));
            }
        }

        return [.. all.OrderBy(n => n.Distance).ThenBy(n => n.Ordinal).Take(k)];
    }

    /// <summary>Few weights that are often the same, so that scores tie; or, skewed, dimensions by Zipf's law.</summary>
    private static (uint[] Indices, float[] Values) Draw(Random random, int dimensions, int entries, bool isSigned, bool isSkewed)
    {
        SortedDictionary<uint, float> drawn = [];
        for (int i = 0; i < entries; i++)
        {
            uint dimension = isSkewed ? (uint)(Math.Pow(dimensions, random.NextDouble()) - 1) * 977u : (uint)random.Next(dimensions) * 977u;
            float weight = isSkewed ? (float)(random.NextDouble() * 3) + 0.001f : (1 + random.Next(5)) / 4f;
            drawn[dimension] = isSigned && random.Next(3) == 0 ? -weight : weight;
        }

        return ([.. drawn.Keys], [.. drawn.Values]);
    }

    /// <summary>Refuses multiples of a number; a number of 1 refuses nothing.</summary>
    private readonly struct NotDivisible(int modulus) : IOrdinalFilter
    {
        public bool Accepts(int ordinal) => modulus == 1 || ordinal % modulus != 0;
    }
}
