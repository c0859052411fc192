using System.Diagnostics.Metrics;
using Vektagraf.Caching;
using Vektagraf.Telemetry;

namespace Vektagraf.Storage.Decorators;

/// <summary>What a host puts around its store: measurements next to it, retries of reads over those, a cache over all.</summary>
public static class StoreStack
{
    // Name of the cache's level in metrics: blocks of objects of the store.
    private const string CacheLevel = "blocks";

    /// <summary>What of a host's store goes through its cache. Row groups and manifests fit; the ranges in which whole segments are streamed go
    /// past, since whoever streams a segment keeps what it makes of it.</summary>
    public static CachingOptions DefaultCache { get; } = new() { LargestReadBytes = 512 * 1024 };

    /// <summary>Wraps a store; asks nothing of it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="retriesReads">Whether failed reads are tried again. Not where the store's own client does, or attempts multiply.</param>
    /// <param name="caching">What goes through the cache; null for <see cref="DefaultCache"/>.</param>
    /// <param name="time">Clock of durations and waits; null for the system's.</param>
    /// <param name="cache">The cache, which the engine shares; null for one of the default budgets.</param>
    /// <param name="meters">Makes and owns the meter; null for one shared by the process.</param>
    /// <returns>The store to give to the engine.</returns>
    public static IObjectStore Around(IObjectStore store, bool retriesReads, CachingOptions? caching = null, TieredCache? cache = null, TimeProvider? time = null, IMeterFactory? meters = null)
    {
        IObjectStore measured = new MeteredObjectStore(new InstrumentedObjectStore(store, time, meters), MeterLevel.Store);
        var cached = new CachingObjectStore(retriesReads ? new RetryingObjectStore(measured, time: time) : measured, caching ?? DefaultCache, cache ?? new TieredCache());
        if (meters is not null)
        {
            CacheInstruments.Observe(meters, CacheLevel, () => Results(cached.Snapshot()));
        }

        return cached;
    }

    private static IEnumerable<(string Result, long Requests)> Results(CacheCounts counts) =>
        [("hit", counts.Hits), ("miss", counts.Loads), ("joined", counts.Joined), ("bypassed", counts.Bypassed)];
}
