namespace Vektagraf.Hosting;

/// <summary>All settings: hosts, documentation and infrastructure are checked against this table.</summary>
public static class SettingTable
{
    /// <summary>The settings, by concern.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("VEKTAGRAF_STORE_DIRECTORY", "Store:Directory", "--data", "Directory of the database. Default of the server: vektagraf/data under the user's local application data."),
        new("VEKTAGRAF_STORE_CONNECTION", "Store:Connection", "--blobs", "Connection string of a storage account to keep the database in.", IsSecret: true),
        new("VEKTAGRAF_STORE_URI", "Store:Uri", "--blobs-uri", "Blob endpoint of a storage account to keep the database in, used with the host's managed identity."),
        new("VEKTAGRAF_STORE_CONTAINER", "Store:Container", "--container", "Container of the storage account; servers make it where missing. Default: vektagraf."),
        new("VEKTAGRAF_STORE_COLLECTION_GRACE_SECONDS", "Store:CollectionGraceSeconds", "--collection-grace-seconds", "Age below which garbage collection spares what nothing refers to; the same for all hosts of one database. Default: 86,400."),
        new("VEKTAGRAF_INSIGHTS_FILE", "Insights:File", "--insights", "File of recorded plans and measurements. Default: insights.db in the database's directory; memory where there is none."),
        new("VEKTAGRAF_COSMOS_CONNECTION", "Insights:CosmosConnection", "--cosmos-connection", "Connection string of a Cosmos DB account to keep recorded plans and measurements in, instead of the file.", IsSecret: true),
        new("VEKTAGRAF_COSMOS_ENDPOINT", "Insights:CosmosEndpoint", "--cosmos-endpoint", "Endpoint of a Cosmos DB account to keep them in, used with the host's managed identity."),
        new("VEKTAGRAF_COSMOS_DATABASE", "Insights:CosmosDatabase", null, "Database of the Cosmos DB account. Default: vektagraf."),
        new("VEKTAGRAF_COSMOS_CONTAINER", "Insights:CosmosContainer", null, "Container of that database. Default: insights."),
        new("VEKTAGRAF_COSMOS_MODE", "Insights:CosmosMode", null, "How the Cosmos DB account is reached: Gateway or Direct. Default: Gateway."),
        new("VEKTAGRAF_MEMORY_MB", "Budgets:MemoryMegabytes", "--memory-budget-mb", "MiB of memory that indexes may take. Default: 60 % of what the machine or its container gives."),
        new("VEKTAGRAF_SCRATCH_DIRECTORY", "Budgets:ScratchDirectory", "--scratch", "Directory on a disk for original vectors, which searches by codes rarely read. Default: they are kept in memory."),
        new("VEKTAGRAF_CACHE_MB", "Budgets:CacheMegabytes", "--cache-mb", "MiB of memory for what is kept near, a third of them compressed. Default: 9 % of what the machine or its container gives."),
        new("VEKTAGRAF_CACHE_DIRECTORY", "Budgets:CacheDirectory", "--cache-directory", "Directory on a local disk, of this process alone, that keeps what was read over restarts. Default: none."),
        new("VEKTAGRAF_CACHE_DISK_MB", "Budgets:CacheDiskMegabytes", "--disk-cache-mb", "MiB of files in the cache's directory. Default: 1,024."),
        new("VEKTAGRAF_CONCURRENT_REQUESTS", "Budgets:ConcurrentRequests", "--concurrent-requests", "Requests in progress beyond which further ones are answered 429. Default: 1,024."),
        .. Schedules(),
        new("VEKTAGRAF_TELEMETRY", "Telemetry:Output", "--telemetry", "console: write traces and metrics to the console."),
        new("VEKTAGRAF_TELEMETRY_SAMPLING_RATIO", "Telemetry:SamplingRatio", null, "Share of ordinary traces that are sent, 0 to 1; errors and slow requests always are. Default: 1."),
        new("VEKTAGRAF_TELEMETRY_SLOW_MS", "Telemetry:SlowRequestMs", null, "Milliseconds from which on a request is slow. Default: 1,000."),
        new("APPLICATIONINSIGHTS_CONNECTION_STRING", "Telemetry:AzureMonitorConnectionString", null, "Connection string of Application Insights, to send traces, metrics and logs there."),
        new("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Telemetry:AzureMonitorAuthentication", null, "Authorization=AAD, or Authorization=AAD;ClientId=… for a user-assigned identity, where Application Insights takes no keys."),
        new("OTEL_EXPORTER_OTLP_ENDPOINT", "Telemetry:OtlpEndpoint", null, "Address of an OpenTelemetry collector, to send traces, metrics and logs there."),
        new("OTEL_EXPORTER_OTLP_PROTOCOL", "Telemetry:OtlpProtocol", null, "http/protobuf or grpc. Default: http/protobuf."),
        new("OTEL_SERVICE_NAME", "Telemetry:ServiceName", null, "Name of the service in all that is sent. Default: vektagraf."),
        new("VEKTAGRAF_READ_KEY", "Keys:Read", "--read-key", "Key for reading. Servers only: function apps have the platform's keys.", IsSecret: true),
        new("VEKTAGRAF_WRITE_KEY", "Keys:Write", "--write-key", "Key for writing objects. Servers only.", IsSecret: true),
        new("VEKTAGRAF_ADMIN_KEY", "Keys:Admin", "--admin-key", "Key for collections and settings. Servers only.", IsSecret: true),
    ];

    /// <summary>The setting at a place of a settings file.</summary>
    /// <param name="key">The place.</param>
    /// <returns>The setting.</returns>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static Setting Of(string key) => All.First(s => string.Equals(s.Key, key, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<Setting> Schedules() => ScheduleOptions.Timers.Select(timer => new Setting(
        ScheduleOptions.SettingOf(timer),
        "Schedules:" + timer,
        null,
        $"When {timer} runs: six fields of NCRONTAB in UTC, or on servers a time span or off. Default of the server: {new ScheduleOptions().Of(timer)}."));
}
