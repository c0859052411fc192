namespace Vektagraf.Telemetry;

/// <summary>Names of the attributes of spans and measurements. Those that begin with <c>db.</c> and <c>error.</c> are OpenTelemetry's semantic conventions.</summary>
public static class TelemetryAttributes
{
    /// <summary>Which database system: always <see cref="SystemName"/>.</summary>
    public const string DbSystemName = "db.system.name";

    /// <summary>The collection.</summary>
    public const string DbCollectionName = "db.collection.name";

    /// <summary>The operation: the name of a route, or of what the engine was asked to do.</summary>
    public const string DbOperationName = "db.operation.name";

    /// <summary>HTTP status of an operation that failed.</summary>
    public const string DbResponseStatusCode = "db.response.status_code";

    /// <summary>What went wrong: the last part of the problem type, or the type of an unexpected exception.</summary>
    public const string ErrorType = "error.type";

    /// <summary>How vectors were found: the plan's access path.</summary>
    public const string AccessPath = "vektagraf.access_path";

    /// <summary>How something ended.</summary>
    public const string Outcome = "vektagraf.outcome";

    /// <summary>What maintenance did: of runs <c>compact</c> or <c>collect</c>, of what they did <c>fold</c>, <c>merge</c> or <c>index</c>.</summary>
    public const string MaintenanceAction = "vektagraf.maintenance.action";

    /// <summary>Currency of a cost, ISO 4217.</summary>
    public const string Currency = "vektagraf.currency";

    /// <summary>The level of the cache that was asked.</summary>
    public const string CacheLevel = "vektagraf.cache.level";

    /// <summary>What a level of the cache made of a request.</summary>
    public const string CacheResult = "vektagraf.cache.result";

    /// <summary>The kind of a request to the object store.</summary>
    public const string StorageOperation = "vektagraf.storage.operation";

    /// <summary>The key of a request to the object store; only of spans, there are too many for metrics.</summary>
    public const string StorageKey = "vektagraf.storage.key";

    /// <summary>Value of <see cref="DbSystemName"/>.</summary>
    public const string SystemName = "vektagraf";
}
