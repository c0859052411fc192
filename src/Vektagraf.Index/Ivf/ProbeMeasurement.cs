namespace Vektagraf.Index;

/// <summary>
/// Measures how many lists a search must visit: for some of the vectors as queries, the nearest others are found exactly, and each counts at
/// the rank of its list among the lists as the query would visit them.
/// </summary>
internal static class ProbeMeasurement
{
    /// <summary>The k that recall is measured at.</summary>
    public const int K = 10;

    /// <summary>
    /// Vectors taken as queries: as many as compare with so many vectors in all, within these limits. With ten neighbours each, 64 leave the
    /// recall at 0.95 a standard error of about one percent.
    /// </summary>
    private const int LeastQueries = 64, MostQueries = 256, Comparisons = 6_400_000;

    /// <summary>The part of the wanted misses that is planned for: vectors that the lists were trained on find their neighbours a little sooner than new ones do.</summary>
    private const double MissesForgiven = 0.8;

    /// <summary>How many of the neighbours lie in lists of each rank.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="rows">How many of them are in lists.</param>
    /// <param name="centroids">The centres.</param>
    /// <param name="listsOf">Calls back with each list that a row is in.</param>
    /// <returns>Neighbours by rank; all zero where there are none.</returns>
    public static int[] CountByRank(FlatIndex vectors, int rows, Centroids centroids, Func<int, (int First, int Second)> listsOf)
    {
        int[] found = new int[centroids.Count];
        int[] ranks = new int[centroids.Count];
        int[] order = new int[centroids.Count];
        float[] distances = new float[centroids.Count];
        var scratch = new SearchScratch();
        int queries = Math.Min(rows, Math.Clamp(Comparisons / Math.Max(1, rows), LeastQueries, MostQueries));
        for (int i = 0; i < queries; i++)
        {
            int row = (int)((((2L * i) + 1) * rows) / (2 * queries));
            ReadOnlySpan<float> query = vectors.RowAt(row);
            centroids.Rank(query, distances);
            for (int list = 0; list < order.Length; list++)
            {
                order[list] = list;
            }

            Array.Sort(distances, order);
            for (int rank = 0; rank < order.Length; rank++)
            {
                ranks[order[rank]] = rank;
            }

            foreach (Neighbor neighbor in vectors.Search(query, new SearchParameters(K + 1) { RowLimit = rows }, default(AcceptAll), default(OrdinalTieBreaker), scratch))
            {
                if (neighbor.Ordinal != row)
                {
                    (int first, int second) = listsOf(neighbor.Ordinal);
                    found[second < 0 ? ranks[first] : Math.Min(ranks[first], ranks[second])]++;
                }
            }
        }

        return found;
    }

    /// <summary>The lists to visit for a wanted recall.</summary>
    /// <param name="countByRank">What was measured.</param>
    /// <param name="recall">Above 0 up to 1.</param>
    /// <returns>1 to the count of lists.</returns>
    public static int ProbesFor(ReadOnlySpan<int> countByRank, double recall)
    {
        long total = 0;
        foreach (int count in countByRank)
        {
            total += count;
        }

        double missing = total * (1 - recall) * MissesForgiven;
        long left = total;
        for (int rank = 0; rank < countByRank.Length; rank++)
        {
            left -= countByRank[rank];
            if (left <= missing)
            {
                return rank + 1;
            }
        }

        return countByRank.Length;
    }
}
