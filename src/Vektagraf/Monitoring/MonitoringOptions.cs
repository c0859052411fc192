namespace Vektagraf.Monitoring;

/// <summary>How a node measures itself and what it says of itself.</summary>
public sealed record MonitoringOptions
{
    /// <summary>Name of this node, the same after a restart; null for the machine's name with a random ending.</summary>
    public string? NodeId { get; init; }

    /// <summary>Where other nodes reach this one; null where they cannot.</summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>Version of the program; null for the engine's.</summary>
    public string? Version { get; init; }

    /// <summary>How often measurements go to the insight store, and the step in which thresholds are looked at; 1 s to 5 min. A node that is killed loses what it measured since.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long measurements are kept.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Memory in use and what there is; null for the working set against the limit of the container, or what the machine has.</summary>
    public Func<MemoryUsage>? Memory { get; init; }

    /// <summary>Where alerts go.</summary>
    public AlertOptions Alerts { get; init; } = new();

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One is out of its range; the message says which.</exception>
    public void Check()
    {
        if (Interval < TimeSpan.FromSeconds(1) || Interval > TimeSpan.FromMinutes(5))
        {
            throw new ArgumentException($"The interval of monitoring is {Interval}; 1 second to 5 minutes is allowed.", nameof(Interval));
        }

        if (Retention < TimeSpan.FromHours(1))
        {
            throw new ArgumentException($"Measurements are kept for {Retention}; at least an hour is needed.", nameof(Retention));
        }

        if (NodeId is { } id)
        {
            Insights.InsightRules.CheckKey(id, nameof(NodeId));
        }

        Alerts.Webhook?.Check();
    }
}

/// <summary>Memory of a process.</summary>
/// <param name="UsedBytes">Bytes in use.</param>
/// <param name="LimitBytes">Bytes that it may use.</param>
public readonly record struct MemoryUsage(long UsedBytes, long LimitBytes)
{
    private const string ContainerLimit = "/sys/fs/cgroup/memory.max";
    private const string OlderContainerLimit = "/sys/fs/cgroup/memory/memory.limit_in_bytes";

    private static readonly Lazy<long> Limit = new(ReadLimit);

    /// <summary>Share in use.</summary>
    public double Ratio => LimitBytes <= 0 ? 0 : UsedBytes / (double)LimitBytes;

    /// <summary>This process's working set against the limit of its control group, or the machine's memory where there is none.</summary>
    /// <returns>The usage.</returns>
    public static MemoryUsage OfProcess() => new(Environment.WorkingSet, Limit.Value);

    private static long ReadLimit()
    {
        // The runtime's own figure is 75 % of a container's limit, which is what the heap may take, not the process.
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        foreach (var file in new[] { ContainerLimit, OlderContainerLimit })
        {
            try
            {
                // "max", and in the older hierarchy a number beyond any memory, mean that there is no limit.
                if (File.Exists(file) && long.TryParse(File.ReadAllText(file).AsSpan().Trim(), System.Globalization.CultureInfo.InvariantCulture, out var bytes) && bytes < 1L << 50)
                {
                    return bytes;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return available;
            }
        }

        return available;
    }
}
