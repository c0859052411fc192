using System.Globalization;
using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Querying.Planning;
using Vektagraf.Shards;

namespace Vektagraf.Querying;

/// <summary>How the indexes of one vector field are searched; 0 is an index's own default.</summary>
/// <param name="EfSearch">Graph indexes: length of the candidate pool.</param>
/// <param name="NProbe">Inverted-list indexes: lists to visit.</param>
/// <param name="Exact">Score every row at full precision.</param>
/// <param name="MaxDistance">The greatest distance inside the index to return, inclusive; Euclidean is squared.</param>
/// <param name="ExpectedRecall">The recall that the settings were measured to give; null where they were not.</param>
internal readonly record struct VectorSearchSettings(int EfSearch, int NProbe, bool Exact, float MaxDistance, double? ExpectedRecall = null)
{
    /// <summary>How graph indexes meet a filter.</summary>
    public FilterStrategy FilterStrategy { get; init; }

    /// <summary>Every row at full precision, at any distance.</summary>
    public static VectorSearchSettings ExactScan => new(0, 0, Exact: true, float.PositiveInfinity);

    /// <summary>What they mean to an index.</summary>
    /// <param name="k">Most rows.</param>
    /// <param name="rowLimit">Rows of the snapshot.</param>
    /// <param name="rowsPerPlace">Rows that are scanned in the time of a place of the pool, where that was measured; else 0.</param>
    public SearchParameters ToParameters(int k, int rowLimit, double rowsPerPlace = 0) =>
        new(k) { RowLimit = rowLimit, EfSearch = EfSearch, NProbe = NProbe, Exact = Exact, MaxDistance = MaxDistance, FilterStrategy = FilterStrategy, RowsPerCandidate = rowsPerPlace };
}

/// <summary>Decides how a request is searched: the one place that turns wanted recall and parameters into settings.</summary>
internal static class SearchSettings
{
    /// <summary>Checks what a request says about how to search.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static void Check(SearchRequest request)
    {
        if (request.Recall is { } recall and not (> 0 and <= 1))
        {
            throw VektagrafException.Invalid("/recall", string.Create(CultureInfo.InvariantCulture, $"Recall is {recall}; above 0 and at most 1 is allowed."));
        }

        if (request.Params is { EfSearch: { } ef and not (>= 1 and <= HnswOptions.MaxEf) })
        {
            throw VektagrafException.Invalid("/params/efSearch", string.Create(CultureInfo.InvariantCulture, $"efSearch is {ef}; 1 to {HnswOptions.MaxEf} is allowed."));
        }

        if (request.Params is { NProbe: { } nprobe and < 1 })
        {
            throw VektagrafException.Invalid("/params/nprobe", string.Create(CultureInfo.InvariantCulture, $"nprobe is {nprobe}; at least 1 is allowed."));
        }

        if (request.MinScore is double.NaN)
        {
            throw VektagrafException.Invalid("/minScore", "The least score is not a number. Leave it out for results of any score.");
        }
    }

    /// <summary>Settings for a request that was checked.</summary>
    /// <param name="request">The request; parameters it states win over the recall it wants.</param>
    /// <param name="definition">The collection, whose objective counts where the request wants no recall of its own.</param>
    /// <param name="field">The vector field.</param>
    /// <param name="columns">The field's columns in memory, one for each shard that is; their calibration says what a recall takes.</param>
    public static VectorSearchSettings Resolve(SearchRequest request, CollectionDefinition definition, string field, IReadOnlyList<VectorColumn> columns)
    {
        var recall = request.Recall ?? definition.Objective.Recall;
        var stated = request.Params ?? new SearchParams();
        var isExact = stated.Exact || (recall >= 1 && stated is { EfSearch: null, NProbe: null });
        var maxDistance = request.MinScore is { } least ? Scoring.MaxIndexDistance(definition.Vectors[field].Metric, least) : float.PositiveInfinity;
        if (isExact || columns.All(c => c.Index is FlatIndex))
        {
            return new VectorSearchSettings(stated.EfSearch ?? 0, stated.NProbe ?? 0, isExact, maxDistance, ExpectedRecall: 1);
        }

        if (stated is not { EfSearch: null, NProbe: null })
        {
            return new VectorSearchSettings(stated.EfSearch ?? 0, stated.NProbe ?? 0, isExact, maxDistance, Least(columns, c => c.Calibration?.RecallOf((c.Index is IvfIndex ? stated.NProbe : stated.EfSearch) ?? 0)));
        }

        return Calibrated(recall, request.Offset + request.K, columns) with { MaxDistance = maxDistance };
    }

    /// <summary>The cheapest setting that reached a recall in every index; where none did, every vector is scored.</summary>
    private static VectorSearchSettings Calibrated(double recall, int depth, IReadOnlyList<VectorColumn> columns)
    {
        var setting = 0;
        double? expected = 1;
        foreach (var column in columns.Where(c => c.Index is not FlatIndex))
        {
            if (column.Calibration is not { } curve)
            {
                // Not measured yet: where guides begin. Inverted lists measure themselves when they are made.
                setting = column.Index is HnswIndex ? Math.Max(setting, SearchEffort.For(recall).PoolOf(depth)) : setting;
                expected = null;
                continue;
            }

            if (curve.Cheapest(recall) is not { } point)
            {
                return VectorSearchSettings.ExactScan with { ExpectedRecall = 1 };
            }

            // Measured at one k; a page further down takes a pool as much longer.
            var longer = column.Index is IvfIndex ? 1 : Math.Max(depth, curve.K) / (double)curve.K;
            setting = Math.Max(setting, (int)Math.Min(HnswOptions.MaxEf, point.Setting * longer));
            expected = Math.Min(expected ?? 1, point.Recall);
        }

        return new VectorSearchSettings(setting, setting, Exact: false, float.PositiveInfinity, expected);
    }

    private static double? Least(IReadOnlyList<VectorColumn> columns, Func<VectorColumn, double?> recallOf) =>
        columns.Select(c => c.Index is FlatIndex ? 1 : recallOf(c)).Aggregate((double?)1, static (least, next) => least is null || next is null ? null : Math.Min(least.Value, next.Value));
}
