using System.Diagnostics;
using static Vektagraf.Telemetry.InstrumentKind;
using static Vektagraf.Telemetry.TelemetryAttributes;

namespace Vektagraf.Telemetry;

/// <summary>
/// All that is measured, in one place. What is listed here is recorded somewhere, has a row in docs/telemetry.md, and may be named by the queries of
/// dashboards and alerts: tests compare them.
/// </summary>
public static class Instruments
{
    /// <summary>Name of the meter and of the source of spans of the engine and its API.</summary>
    public const string Name = "Vektagraf";

    /// <summary>Name of the meter and of the source of spans of the object store.</summary>
    public const string StorageName = "Vektagraf.Storage";

    /// <summary>Spans of the engine and its API.</summary>
    public static ActivitySource Spans { get; } = new(Name);

    // Boundaries that the conventions advise for durations and row counts of databases.
    internal static readonly double[] DurationBounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
    internal static readonly double[] RowBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

    // From a walk of a small graph to a scan of millions.
    internal static readonly double[] CandidateBounds = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000, 10_000_000];

    internal static readonly double[] RecallBounds = [0.5, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 0.9999];

    // From a request answered from memory to a scan of gigabytes by range reads.
    internal static readonly double[] CostBounds = [1e-9, 1e-8, 1e-7, 2e-7, 5e-7, 1e-6, 2e-6, 5e-6, 1e-5, 1e-4, 1e-3, 1e-2];

    // From a shard without segments to gigabytes over a slow network.
    internal static readonly double[] LoadBounds = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300];

    /// <summary>Every operation of the API.</summary>
    public static InstrumentDefinition OperationDuration { get; } = new(
        Name, "db.client.operation.duration", Histogram, "s", "Duration of operations, from the request to the last byte of its answer.",
        DbSystemName, DbOperationName, DbCollectionName, DbResponseStatusCode, ErrorType);

    /// <summary>Rows of an answer.</summary>
    public static InstrumentDefinition ReturnedRows { get; } = new(
        Name, "db.client.response.returned_rows", Histogram, "{row}", "Objects returned by a search or a query.", DbSystemName, DbOperationName, DbCollectionName);

    /// <summary>Rows looked at.</summary>
    public static InstrumentDefinition ConsideredRows { get; } = new(
        Name, "vektagraf.operation.considered_rows", Histogram, "{row}", "Rows that a search or a query looked at.", DbOperationName, DbCollectionName);

    /// <summary>Distances and scores of a search.</summary>
    public static InstrumentDefinition Candidates { get; } = new(
        Name, "vektagraf.search.candidates", Histogram, "{candidate}", "Candidates that a search computed a distance or a score of.", DbCollectionName, AccessPath);

    /// <summary>Recall that a search is expected to have.</summary>
    public static InstrumentDefinition ExpectedRecall { get; } = new(
        Name, "vektagraf.search.expected_recall", Histogram, "1",
        "Recall that a search's settings gave when the index was measured on its own vectors; 1 for an exact scan, absent where nothing was measured.", DbCollectionName, AccessPath);

    /// <summary>Cost before the fact.</summary>
    public static InstrumentDefinition PredictedCost { get; } = new(
        Name, "vektagraf.operation.predicted_cost", Histogram, "{currency}",
        "Predicted price of a search or a query by the price list; of one in sixteen of each shape.", DbOperationName, DbCollectionName, Currency);

    /// <summary>Cost after the fact.</summary>
    public static InstrumentDefinition ActualCost { get; } = new(
        Name, "vektagraf.operation.actual_cost", Histogram, "{currency}",
        "Price of the time and the requests that a search or a query took; of those that have a prediction.", DbOperationName, DbCollectionName, Currency);

    /// <summary>Cold loads.</summary>
    public static InstrumentDefinition LoadDuration { get; } = new(
        Name, "vektagraf.collection.load.duration", Histogram, "s", "Time of loading a collection into memory; its count is that of cold loads.", DbCollectionName, Outcome);

    /// <summary>Log entries that no segment contains.</summary>
    public static InstrumentDefinition TailLength { get; } = new(
        Name, "vektagraf.collection.tail.length", Gauge, "{entry}", "Log entries that are in no segment yet, of the shard with the most.", DbCollectionName);

    /// <summary>How long ago folding should have happened.</summary>
    public static InstrumentDefinition FoldLag { get; } = new(
        Name, "vektagraf.collection.fold.lag", Gauge, "s", "Age of the oldest log entry that is in no segment yet; 0 where all are.", DbCollectionName);

    /// <summary>Maintenance runs.</summary>
    public static InstrumentDefinition MaintenanceDuration { get; } = new(
        Name, "vektagraf.maintenance.duration", Histogram, "s", "Time of one maintenance run of a collection.", DbCollectionName, MaintenanceAction, Outcome);

    /// <summary>What maintenance did.</summary>
    public static InstrumentDefinition MaintenanceActions { get; } = new(
        Name, "vektagraf.maintenance.actions", Counter, "{action}", "Folds of logs, merges of segments, and vector indexes stored.", DbCollectionName, MaintenanceAction);

    /// <summary>How caches do.</summary>
    public static InstrumentDefinition CacheRequests { get; } = new(
        Name, "vektagraf.cache.requests", Counter, "{request}", "Requests to a level of the cache, by what became of them.", CacheLevel, CacheResult);

    /// <summary>Requests to the object store.</summary>
    public static InstrumentDefinition StorageDuration { get; } = new(
        StorageName, "vektagraf.storage.request.duration", Histogram, "s", "Time from a request to the object store to its reply.", StorageOperation, Outcome);

    /// <summary>Bytes read.</summary>
    public static InstrumentDefinition StorageReadBytes { get; } = new(
        StorageName, "vektagraf.storage.read.bytes", Counter, "By", "Content received from the object store.");

    /// <summary>Bytes written.</summary>
    public static InstrumentDefinition StorageWrittenBytes { get; } = new(
        StorageName, "vektagraf.storage.written.bytes", Counter, "By", "Content sent to the object store, also by puts that failed.");

    /// <summary>All of them, as docs/telemetry.md lists them.</summary>
    public static IReadOnlyList<InstrumentDefinition> All { get; } =
    [
        OperationDuration, ReturnedRows, ConsideredRows, Candidates, ExpectedRecall, PredictedCost, ActualCost, LoadDuration, TailLength, FoldLag,
        MaintenanceDuration, MaintenanceActions, CacheRequests, StorageDuration, StorageReadBytes, StorageWrittenBytes,
    ];
}
