using Vektagraf.Collections;

namespace Vektagraf.Api.Timers;

/// <summary>The timer table, beside the route table.</summary>
public static class ApiTimers
{
    /// <summary>All timers.</summary>
    public static IReadOnlyList<ApiTimer> All { get; } =
    [
        new("Compact", "Folds logs into segments, merges segments and stores vector indexes.", (api, cancel) => EachAsync(api, collection => collection.CompactAsync(options: null, cancel), cancel)),
        new("CollectGarbage", "Removes log entries, segments and manifests that nothing needs any more.", (api, cancel) => EachAsync(api, collection => collection.CollectGarbageAsync(options: null, cancel), cancel)),
        new("Recommend", "Looks for what would make the requests recorded cheaper, and takes up what other nodes applied.", (api, cancel) => EachAsync(api, collection => api.Database.ListRecommendationsAsync(collection.Name, cancel), cancel)),
        new("CheckThresholds", "Compares what all nodes measured with the thresholds, raises and resolves alerts, and delivers them.", (api, cancel) => api.Database.CheckThresholdsAsync(cancel)),
        new("ProbeRecall", "Measures the recall of recorded searches beside exact ones, and calibrates anew what drifted.", (api, cancel) => api.Database.ProbeRecallAsync(options: null, cancel)),
        new("Heartbeat", "Says that this node lives, and stores what it measured.", async (api, cancel) =>
        {
            await api.Database.HeartbeatAsync(cancel);
            await api.Database.FlushMetricsAsync(cancel);
        }),
    ];

    /// <summary>Does for every collection what a timer does; one that fails keeps none of the others from theirs.</summary>
    /// <exception cref="AggregateException">What failed; so the host counts the run as failed.</exception>
    private static async Task EachAsync(VektagrafApi api, Func<Collection, Task> action, CancellationToken cancellationToken)
    {
        List<Exception> failures = [];
        foreach (var name in await api.Database.ListCollectionsAsync(cancellationToken))
        {
            try
            {
                await action(await api.Database.GetCollectionAsync(name, cancellationToken));
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
            {
                // Dropped since it was listed.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failures.Add(new InvalidOperationException($"Collection '{name}': {e.Message}", e));
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }
}
