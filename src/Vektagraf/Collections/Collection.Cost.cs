using Vektagraf.Index;
using Vektagraf.Optimisation;
using Vektagraf.Querying;
using Vektagraf.Querying.Execution;
using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Collections;

/// <content>What requests will cost, predicted from what is in memory.</content>
public sealed partial class Collection
{
    // The slot behind the log's tail, and the head.
    private const int RequestsOfStrongRead = 2;

    // Out-of-order rows that a graph walk scores for each place of its pool, where nothing was measured: about the links of a node.
    private const int ScoredPerPlace = 20;

    /// <summary>Predicts a search.</summary>
    /// <returns>Null where the collection is not in memory: what a range read takes is known when segments are open.</returns>
    private QueryCost? PredictCost(BoundSearch search)
    {
        if (Volatile.Read(ref _loaded) is not { } shards)
        {
            return null;
        }

        var snapshots = Array.ConvertAll(shards, s => s.Latest);
        var signature = CollectionPlans.ShapeOf(search, Definition.Objective.Recall).Signature();
        var version = VersionOf(snapshots);
        if (!_plans.Cache.TryGet(signature, version, out var planned))
        {
            var selectivity = SelectivityOf(search.Filter, snapshots);
            planned = new PlannedRequest(selectivity, PredictCost(search, snapshots, SettingsOf(search, snapshots), selectivity));
            _plans.Cache.Set(signature, version, planned);
        }

        return planned.Cost;
    }

    /// <summary>The version of what plans are made by.</summary>
    private long VersionOf(MemtableSnapshot[] snapshots)
    {
        var indexes = new HashCode();
        var calibration = new HashCode();
        var objects = 0L;
        foreach (var snapshot in snapshots)
        {
            objects += snapshot.LiveCount;
            foreach (var column in snapshot.Table.Vectors)
            {
                indexes.Add(column.Index.GetType());
                calibration.Add(column.Calibration?.Vectors ?? 0);
            }
        }

        foreach (var (name, field) in Definition.Fields)
        {
            indexes.Add(field.Index ? name : string.Empty, StringComparer.Ordinal);
        }

        return _plans.Statistics.Observe(objects, indexes.ToHashCode(), calibration.ToHashCode());
    }

    private QueryCost PredictCost(BoundSearch search, MemtableSnapshot[] snapshots, VectorSearchSettings settings, double selectivity)
    {
        var requests = RequestsOf(search.Request.Consistency, snapshots.Length);
        var cpu = CostModel.OverheadMs(search.Page, requests);
        foreach (var snapshot in snapshots)
        {
            var field = FieldIndexOf(snapshot.Table, search.Field);
            var column = snapshot.Table.Vectors[field];
            cpu += SearchMs(column, snapshot.VectorCount(field), settings, selectivity);
            cpu += search.Filter is null ? 0 : CostModel.Milliseconds(FilterPlanner.For(snapshot, search.Filter).GatherCost);
        }

        return _engine.Plans.Costs.Price(requests, bytes: 0, cpu);
    }

    private QueryCost? PredictCost(FilterBinding? filter, QueryRequest request)
    {
        if (Volatile.Read(ref _loaded) is not { } shards)
        {
            return null;
        }

        var requests = RequestsOf(request.Consistency, shards.Length);
        var cpu = CostModel.OverheadMs(request.Limit, requests);
        foreach (var snapshot in shards.Select(s => s.Latest))
        {
            cpu += filter is null ? CostModel.ScanMs(snapshot.RowCount, vectorBytes: 0) : CostModel.Milliseconds(FilterPlanner.For(snapshot, filter).GatherCost);
        }

        return _engine.Plans.Costs.Price(requests, bytes: 0, cpu);
    }

    private static int RequestsOf(ReadConsistency consistency, int shards) => consistency.Level == ConsistencyLevel.Strong ? shards * RequestsOfStrongRead : 0;

    /// <summary>The share of rows that a filter is expected to accept; 1 without one.</summary>
    private static double SelectivityOf(FilterBinding? filter, MemtableSnapshot[] snapshots)
    {
        if (filter is null || snapshots.Sum(s => (long)s.LiveCount) is var live && live == 0)
        {
            return 1;
        }

        return snapshots.Sum(s => (double)FilterPlanner.For(s, filter).Estimate.Expected) / snapshots.Sum(s => (double)s.LiveCount);
    }

    private static double SearchMs(VectorColumn column, int vectors, VectorSearchSettings settings, double selectivity)
    {
        var bytes = column.Definition.Dimensions * sizeof(float);
        if (settings.Exact || column.Index is not IPendingIndex index)
        {
            return CostModel.ScanMs(vectors * selectivity, bytes);
        }

        // What is not indexed yet is scanned beside it.
        var pending = CostModel.ScanMs(Math.Max(0, vectors - index.IndexedCount) * selectivity, bytes);
        var setting = index is IvfIndex ? settings.NProbe : settings.EfSearch;
        if (column.Calibration?.Points.FirstOrDefault(p => p.Setting >= setting) is { } measured)
        {
            return pending + (measured.Microseconds / 1000);
        }

        return pending + (index is IvfIndex lists
            ? CostModel.ScanMs(index.IndexedCount * Math.Min(1.0, Math.Max(1, setting) / (double)Math.Max(1, lists.ListCount)) * selectivity, bytes)
            : CostModel.JumpMs(Math.Min(index.IndexedCount, (double)Math.Max(1, setting) * ScoredPerPlace), bytes));
    }
}
