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
        new("VEKTAGRAF_MEMORY_MB", "Budgets:MemoryMegabytes", "--memory-budget-mb", "MiB of memory that indexes may take. Default: 60 % of what the machine or its container gives."),
        new("VEKTAGRAF_SCRATCH_DIRECTORY", "Budgets:ScratchDirectory", "--scratch", "Directory on a disk for original vectors, which searches by codes rarely read. Default: they are kept in memory."),
        new("VEKTAGRAF_CONCURRENT_REQUESTS", "Budgets:ConcurrentRequests", "--concurrent-requests", "Requests in progress beyond which further ones are answered 429. Default: 1,024."),
        .. Schedules(),
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
