using Vektagraf.Index;

namespace Vektagraf.Tuning;

/// <summary>Measures what the settings of an index give, with vectors as queries that are not in its structure yet.</summary>
internal static class IndexCalibrator
{
    /// <summary>Held-out vectors that a curve is worth measuring with: with fewer, recall is known to no better than some percent.</summary>
    public const int LeastQueries = 64;

    /// <summary>Held-out vectors that suffice: at k = 10 the recall's standard error is below half a percent.</summary>
    public const int MostQueries = 200;

    /// <summary>Vectors that an index has before it is measured: below, a scan is as fast.</summary>
    public const int LeastVectors = 2_000;

    // Each about 1.4 times the one before, where the curve is steep; beyond a thousand a scan is soon no slower.
    private static readonly int[] GraphSettings = [10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 896];

    private static readonly int[] ProbeSettings = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];

    private const int Scans = 5;

    // A measurement beside other work errs; these bound what it can do to plans.
    private const double LeastRowsPerPlace = 12, MostRowsPerPlace = 100;

    // Beyond this recall a longer search is waste.
    private const double EnoughRecall = 0.9995;

    /// <summary>Measures an index.</summary>
    /// <param name="index">The index; some of its pending rows are the queries.</param>
    /// <param name="vectors">The vectors that it is over.</param>
    /// <param name="isLive">Whether a row counts; rows replaced since would be no fair queries.</param>
    /// <param name="k">Neighbours to ask for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    /// <returns>The curve; null where too little is in the index or held out.</returns>
    public static CalibrationCurve? Measure(
        IPendingIndex index, FlatIndex vectors, Func<int, bool> isLive, int k, TimeProvider time, CancellationToken cancellationToken)
    {
        var indexed = index.IndexedCount;
        if (indexed < Math.Max(LeastVectors, k))
        {
            return null;
        }

        // Spread over all that is pending: neighbours in a log are often neighbours in space, and ask the same.
        var pending = vectors.Count - indexed;
        var step = Math.Max(1, pending / MostQueries);
        var held = Enumerable.Range(0, pending / step).Select(i => indexed + (i * step)).Where(isLive).Take(MostQueries).ToArray();
        if (held.Length < LeastQueries)
        {
            return null;
        }

        return Measure(index, vectors, held, indexed, k, self: 0, time, cancellationToken);
    }

    /// <summary>Measures an index that has no vectors waiting, with vectors that are in it: each looks for its neighbours, and finding itself does not count.
    /// The figures are a little better than with vectors that the index does not know.</summary>
    /// <param name="index">The index.</param>
    /// <param name="vectors">The vectors that it is over.</param>
    /// <param name="isLive">Whether a row counts.</param>
    /// <param name="k">Neighbours to ask for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    /// <returns>The curve; null where too little is in the index.</returns>
    public static CalibrationCurve? MeasureAgain(
        IPendingIndex index, FlatIndex vectors, Func<int, bool> isLive, int k, TimeProvider time, CancellationToken cancellationToken)
    {
        var indexed = index.IndexedCount;
        var step = Math.Max(1, indexed / MostQueries);
        var asked = indexed < Math.Max(LeastVectors, k + 1) ? [] : Enumerable.Range(0, indexed / step).Select(i => i * step).Where(isLive).Take(MostQueries).ToArray();
        return asked.Length < LeastQueries ? null : Measure(index, vectors, asked, indexed, k, self: 1, time, cancellationToken);
    }

    private static CalibrationCurve Measure(
        IPendingIndex index, FlatIndex vectors, int[] asked, int indexed, int k, int self, TimeProvider time, CancellationToken cancellationToken)
    {
        var queries = new float[asked.Length * vectors.Dimensions];
        for (var i = 0; i < asked.Length; i++)
        {
            vectors.GetVector(asked[i], queries.AsSpan(i * vectors.Dimensions, vectors.Dimensions));
        }

        var scratch = new SearchScratch();
        var wanted = k + self;
        var thresholds = ExactThresholds(vectors, queries, asked.Length, indexed, wanted, scratch, cancellationToken);
        var points = new List<CalibrationPoint>();
        foreach (var setting in SettingsOf(index, wanted))
        {
            var parameters = new SearchParameters(wanted) { EfSearch = setting, NProbe = setting, RowLimit = indexed };
            points.Add(Measure(index, queries, thresholds, parameters, setting, self, time, scratch, cancellationToken));
            if (points[^1].Recall >= EnoughRecall)
            {
                break;
            }
        }

        return new CalibrationCurve(k, asked.Length, indexed, points, RowsPerPlace(index, queries, indexed, points[^1], time, scratch, cancellationToken));
    }

    /// <summary>What a place of the pool costs against a row that is scanned, by which filtered searches choose between walk and scan.</summary>
    private static double RowsPerPlace(
        IPendingIndex index, float[] queries, int indexed, CalibrationPoint longest, TimeProvider time, SearchScratch scratch, CancellationToken cancellationToken)
    {
        if (index is not HnswIndex || longest.Setting == 0)
        {
            return 0;
        }

        var all = new ulong[(indexed + 63) / 64];
        Array.Fill(all, ulong.MaxValue);
        var parameters = new SearchParameters(1) { RowLimit = indexed, FilterStrategy = FilterStrategy.Scan };
        var times = new double[Scans];
        for (var i = 0; i < Scans; i++)
        {
            var startedAt = time.GetTimestamp();
            index.Search(queries.AsSpan(i * index.Dimensions, index.Dimensions), parameters, new BitmapFilter(all), default(OrdinalTieBreaker), scratch, cancellationToken);
            times[i] = time.GetElapsedTime(startedAt).TotalMicroseconds;
        }

        Array.Sort(times);
        var row = times[Scans / 2] / indexed;
        return row > 0 ? Math.Clamp(longest.Microseconds / longest.Setting / row, LeastRowsPerPlace, MostRowsPerPlace) : 0;
    }

    private static IEnumerable<int> SettingsOf(IPendingIndex index, int k) => index is IvfIndex lists
        ? ProbeSettings.TakeWhile(setting => setting < lists.ListCount).Append(lists.ListCount)
        : GraphSettings.Where(setting => setting >= k).Prepend(k).Distinct();

    /// <summary>For each query the distance of its k-th nearest vector: what is found as near as that is right, whichever of several equal ones it is.</summary>
    private static float[] ExactThresholds(
        FlatIndex vectors, float[] queries, int count, int rowLimit, int k, SearchScratch scratch, CancellationToken cancellationToken)
    {
        var found = new Neighbor[count * k];
        var counts = new int[count];
        var parameters = new SearchParameters(k) { RowLimit = rowLimit, Exact = true };
        vectors.SearchBatch(queries, parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch, found, counts, cancellationToken);
        return [.. Enumerable.Range(0, count).Select(i => counts[i] == 0 ? float.NegativeInfinity : found[(i * k) + counts[i] - 1].Distance)];
    }

    private static CalibrationPoint Measure(
        IPendingIndex index, float[] queries, float[] thresholds, in SearchParameters parameters, int setting, int self, TimeProvider time, SearchScratch scratch, CancellationToken cancellationToken)
    {
        var times = new double[thresholds.Length];
        long right = 0, scored = 0;
        for (var i = 0; i < thresholds.Length; i++)
        {
            var startedAt = time.GetTimestamp();
            var found = index.Search(
                queries.AsSpan(i * index.Dimensions, index.Dimensions), parameters, default(AcceptAll), default(OrdinalTieBreaker), scratch, cancellationToken);
            times[i] = time.GetElapsedTime(startedAt).TotalMicroseconds;
            var count = 0;
            foreach (var neighbor in found)
            {
                count += neighbor.Distance <= thresholds[i] ? 1 : 0;
            }

            right += Math.Max(0, count - self);

            scored += scratch.Statistics.Scored;
        }

        Array.Sort(times);
        return new CalibrationPoint(setting, right / (double)(thresholds.Length * (parameters.K - self)), times[times.Length / 2], scored / (double)thresholds.Length);
    }
}
