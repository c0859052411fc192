using System.Diagnostics;
using System.Diagnostics.Metrics;
using Vektagraf.Optimisation;

namespace Vektagraf.Telemetry;

/// <summary>What the engine records of its requests. A call costs a few reads of fields while nobody listens.</summary>
internal sealed class EngineInstruments
{
    /// <summary>Those of engines that were given no meters.</summary>
    public static EngineInstruments Shared { get; } = new(new Meter(Instruments.Name));

    private readonly Histogram<long> _returnedRows;
    private readonly Histogram<long> _consideredRows;
    private readonly Histogram<long> _candidates;
    private readonly Histogram<double> _expectedRecall;
    private readonly Histogram<double> _predictedCost;
    private readonly Histogram<double> _actualCost;
    private readonly Histogram<double> _loadDuration;
    private readonly Histogram<double> _maintenanceDuration;
    private readonly Counter<long> _maintenanceActions;

    public EngineInstruments(Meter meter)
    {
        _returnedRows = meter.Histogram(Instruments.ReturnedRows, Array.ConvertAll(Instruments.RowBounds, b => (long)b));
        _consideredRows = meter.Histogram(Instruments.ConsideredRows, Array.ConvertAll(Instruments.CandidateBounds, b => (long)b));
        _candidates = meter.Histogram(Instruments.Candidates, Array.ConvertAll(Instruments.CandidateBounds, b => (long)b));
        _expectedRecall = meter.Histogram(Instruments.ExpectedRecall, Instruments.RecallBounds);
        _predictedCost = meter.Histogram(Instruments.PredictedCost, Instruments.CostBounds);
        _actualCost = meter.Histogram(Instruments.ActualCost, Instruments.CostBounds);
        _loadDuration = meter.Histogram(Instruments.LoadDuration, Instruments.LoadBounds);
        _maintenanceDuration = meter.Histogram(Instruments.MaintenanceDuration, Instruments.LoadBounds);
        _maintenanceActions = meter.Counter(Instruments.MaintenanceActions);
    }

    /// <summary>Takes note of a search or a query that gave an answer.</summary>
    /// <param name="collection">Name of the collection.</param>
    /// <param name="operation"><c>Search</c> or <c>Query</c>.</param>
    /// <param name="returned">Rows of the answer.</param>
    /// <param name="considered">Rows looked at.</param>
    public void Answered(string collection, string operation, long returned, long considered)
    {
        if (_returnedRows.Enabled)
        {
            _returnedRows.Record(returned, new(TelemetryAttributes.DbSystemName, TelemetryAttributes.SystemName), new(TelemetryAttributes.DbOperationName, operation), new(TelemetryAttributes.DbCollectionName, collection));
        }

        if (_consideredRows.Enabled)
        {
            _consideredRows.Record(considered, new(TelemetryAttributes.DbOperationName, operation), new(TelemetryAttributes.DbCollectionName, collection));
        }
    }

    /// <summary>Takes note of how a search found its candidates.</summary>
    /// <param name="collection">Name of the collection.</param>
    /// <param name="accessPath">How.</param>
    /// <param name="candidates">Distances and scores computed.</param>
    /// <param name="expectedRecall">Recall to expect, 0 to 1; null where it is not known.</param>
    public void Searched(string collection, string accessPath, long candidates, double? expectedRecall)
    {
        if (_candidates.Enabled)
        {
            _candidates.Record(candidates, new(TelemetryAttributes.DbCollectionName, collection), new(TelemetryAttributes.AccessPath, accessPath));
        }

        if (expectedRecall is { } recall && _expectedRecall.Enabled)
        {
            _expectedRecall.Record(recall, new(TelemetryAttributes.DbCollectionName, collection), new(TelemetryAttributes.AccessPath, accessPath));
        }
    }

    /// <summary>Takes note of what a request cost.</summary>
    /// <param name="collection">Name of the collection.</param>
    /// <param name="operation"><c>Search</c> or <c>Query</c>.</param>
    /// <param name="predicted">The prediction.</param>
    /// <param name="actual">The measurement.</param>
    /// <param name="currency">Currency of both.</param>
    public void Cost(string collection, string operation, QueryCost predicted, QueryCost actual, string currency)
    {
        if (_predictedCost.Enabled || _actualCost.Enabled)
        {
            TagList tags = new([new(TelemetryAttributes.DbOperationName, operation), new(TelemetryAttributes.DbCollectionName, collection), new(TelemetryAttributes.Currency, currency)]);
            _predictedCost.Record(predicted.Money, tags);
            _actualCost.Record(actual.Money, tags);
        }
    }

    /// <summary>Takes note of a load of a collection that ended.</summary>
    public void Loaded(string collection, TimeSpan took, string outcome) =>
        _loadDuration.Record(took.TotalSeconds, new(TelemetryAttributes.DbCollectionName, collection), new(TelemetryAttributes.Outcome, outcome));

    /// <summary>Takes note of a maintenance run that ended.</summary>
    public void Maintained(string collection, string action, TimeSpan took, string outcome) =>
        _maintenanceDuration.Record(took.TotalSeconds, new(TelemetryAttributes.DbCollectionName, collection), new(TelemetryAttributes.MaintenanceAction, action), new(TelemetryAttributes.Outcome, outcome));

    /// <summary>Takes note of what a maintenance run did to a shard.</summary>
    public void MaintenanceDid(string collection, string action, int times)
    {
        if (times > 0)
        {
            _maintenanceActions.Add(times, new(TelemetryAttributes.DbCollectionName, collection), new(TelemetryAttributes.MaintenanceAction, action));
        }
    }
}
