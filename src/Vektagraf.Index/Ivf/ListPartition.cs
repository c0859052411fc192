namespace Vektagraf.Index;

/// <summary>
/// Vectors divided into lists, for those who store lists elsewhere than in memory. Lists whose centres are near each other have numbers near
/// each other, so that the lists of a search lie side by side more often than not.
/// </summary>
public sealed class ListPartition
{
    private readonly int[][] _rows;
    private readonly int[] _countByRank;

    private ListPartition(Centroids centroids, int[][] rows, int[] countByRank)
    {
        Centroids = centroids;
        _rows = rows;
        _countByRank = countByRank;
    }

    /// <summary>The lists' centres.</summary>
    public Centroids Centroids { get; }

    /// <summary>
    /// What searches were measured to need: of the nearest neighbours of some vectors, how many lie in the nearest list, the second nearest, and
    /// so on. <see cref="ProbesFor"/> reads it.
    /// </summary>
    public ReadOnlySpan<int> NeighborsByRank => _countByRank;

    /// <summary>Divides vectors.</summary>
    /// <param name="vectors">The vectors, at least one.</param>
    /// <param name="lists">Lists to make, at least 1; no more are made than there are vectors.</param>
    /// <param name="seed">What sampling is drawn from: the same seed and vectors give the same lists.</param>
    /// <param name="round">What becomes of a centre's components when it is stored: lists are made for what is read later. Null for nothing.</param>
    public static ListPartition Train(FlatIndex vectors, int lists, long seed, Func<Centroids, Centroids>? round = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentOutOfRangeException.ThrowIfLessThan(vectors.Count, 1, nameof(vectors));
        ArgumentOutOfRangeException.ThrowIfLessThan(lists, 1);
        Centroids centroids = InChain(KMeans.Train(vectors, vectors.Count, Math.Min(lists, vectors.Count), seed, threads: 1));
        centroids = round?.Invoke(centroids) ?? centroids;
        var made = new InvertedLists(vectors, centroids, codec: null, spill: 1, vectors.Count);
        made.AddUpTo(vectors.Count, threads: 1);
        int[][] rows = Array.ConvertAll(made.Lists, list => list.Rows.Ordinals.Slice(0, list.Count).ToArray());
        int[] listOf = new int[vectors.Count];
        for (int list = 0; list < rows.Length; list++)
        {
            foreach (int row in rows[list])
            {
                listOf[row] = list;
            }
        }

        return new ListPartition(centroids, rows, ProbeMeasurement.CountByRank(vectors, vectors.Count, centroids, row => (listOf[row], -1)));
    }

    /// <summary>The vectors of a list, ascending.</summary>
    /// <param name="list">Below the count of centres.</param>
    public ReadOnlySpan<int> RowsOf(int list) => _rows[list];

    /// <summary>The lists to visit for a wanted recall.</summary>
    /// <param name="neighborsByRank">What <see cref="NeighborsByRank"/> said.</param>
    /// <param name="recall">Recall@10, above 0 up to 1.</param>
    /// <returns>At least 1.</returns>
    public static int ProbesFor(ReadOnlySpan<int> neighborsByRank, double recall) => Math.Max(1, ProbeMeasurement.ProbesFor(neighborsByRank, recall));

    /// <summary>From one centre to the nearest that has no place yet, and so on.</summary>
    private static Centroids InChain(Centroids centroids)
    {
        var placed = new bool[centroids.Count];
        float[] components = new float[centroids.Count * centroids.Dimensions];
        int current = 0;
        for (int i = 0; i < centroids.Count; i++)
        {
            placed[current] = true;
            ReadOnlySpan<float> here = centroids.At(current);
            here.CopyTo(components.AsSpan(i * centroids.Dimensions));
            float least = float.PositiveInfinity;
            int next = Array.IndexOf(placed, false);
            for (int other = 0; other < centroids.Count; other++)
            {
                float distance = placed[other] ? float.PositiveInfinity : VectorMath.SquaredEuclidean(here, centroids.At(other));
                (least, next) = distance < least ? (distance, other) : (least, next);
            }

            current = next;
        }

        return new Centroids(centroids.Metric, centroids.Dimensions, components);
    }
}
