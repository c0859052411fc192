using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;

namespace Vektagraf.Functions;

/// <summary>The work that is done by the clock. Each schedule is a setting of the app; the host keeps in the storage account when each ran last,
/// so that a run missed while no instance was there is made up for.</summary>
public sealed class TimerFunctions(VektagrafApi api)
{
    /// <summary>Folds logs into segments, merges segments and stores vector indexes.</summary>
    [Function("Compact")]
    public Task Compact([TimerTrigger("%VEKTAGRAF_SCHEDULE_COMPACT%", UseMonitor = true)] TimerInfo timer, CancellationToken cancellationToken) =>
        api.RunTimerAsync("Compact", cancellationToken);

    /// <summary>Removes what nothing needs any more.</summary>
    [Function("CollectGarbage")]
    public Task CollectGarbage([TimerTrigger("%VEKTAGRAF_SCHEDULE_COLLECT_GARBAGE%", UseMonitor = true)] TimerInfo timer, CancellationToken cancellationToken) =>
        api.RunTimerAsync("CollectGarbage", cancellationToken);

    /// <summary>Looks for what would make requests cheaper.</summary>
    [Function("Recommend")]
    public Task Recommend([TimerTrigger("%VEKTAGRAF_SCHEDULE_RECOMMEND%", UseMonitor = true)] TimerInfo timer, CancellationToken cancellationToken) =>
        api.RunTimerAsync("Recommend", cancellationToken);

    /// <summary>Compares what was measured with the thresholds.</summary>
    [Function("CheckThresholds")]
    public Task CheckThresholds([TimerTrigger("%VEKTAGRAF_SCHEDULE_CHECK_THRESHOLDS%", UseMonitor = true)] TimerInfo timer, CancellationToken cancellationToken) =>
        api.RunTimerAsync("CheckThresholds", cancellationToken);

    /// <summary>Measures the recall of recorded searches.</summary>
    [Function("ProbeRecall")]
    public Task ProbeRecall([TimerTrigger("%VEKTAGRAF_SCHEDULE_PROBE_RECALL%", UseMonitor = true)] TimerInfo timer, CancellationToken cancellationToken) =>
        api.RunTimerAsync("ProbeRecall", cancellationToken);

    /// <summary>Says that this node lives.</summary>
    [Function("Heartbeat")]
    public Task Heartbeat([TimerTrigger("%VEKTAGRAF_SCHEDULE_HEARTBEAT%", UseMonitor = true)] TimerInfo timer, CancellationToken cancellationToken) =>
        api.RunTimerAsync("Heartbeat", cancellationToken);
}
