using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vektagraf.Caching;
using Vektagraf.Insights;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;
using Vektagraf.Storage.Log;

namespace Vektagraf.Hosting;

/// <summary>Puts an engine together from settings. Nothing here touches a disk or the network: the first request does, so that a cold start takes no
/// longer than it has to.</summary>
public static class HostServices
{
    /// <summary>Adds the object store, the insight store and the database.</summary>
    /// <param name="services">Where to; logging must be there.</param>
    /// <param name="settings">The settings.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="SettingsException">The settings cannot be used.</exception>
    public static IServiceCollection AddVektagraf(this IServiceCollection services, HostSettings settings)
    {
        settings.Validate();
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => settings.Store.Open());
        services.AddSingleton(provider => settings.Insights.Open(settings.Store, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new TieredCache(settings.Budgets.Cache(provider.GetRequiredService<TimeProvider>())));
        services.AddSingleton(provider => Open(provider, settings));
        return services;
    }

    private static VektagrafDatabase Open(IServiceProvider services, HostSettings settings)
    {
        var cache = services.GetRequiredService<TieredCache>();

        // Azure's client tries failed reads again by itself.
        var store = StoreStack.Around(
            services.GetRequiredService<IObjectStore>(), retriesReads: !settings.Store.IsBlobStorage, cache: cache, meters: services.GetService<IMeterFactory>());
        return new VektagrafDatabase(store, new VektagrafOptions
        {
            Time = services.GetRequiredService<TimeProvider>(),
            Logging = services.GetRequiredService<ILoggerFactory>(),
            Log = new ShardLogOptions { CollectionGrace = TimeSpan.FromSeconds(settings.Store.CollectionGraceSeconds) },
            MemoryBudgetBytes = settings.Budgets.MemoryMegabytes * 1024L * 1024,
            ScratchDirectory = string.IsNullOrEmpty(settings.Budgets.ScratchDirectory) ? null : settings.Budgets.ScratchDirectory,
            Insights = services.GetRequiredService<IInsightStore>(),
            Cache = cache,
            Meters = services.GetService<IMeterFactory>(),
        });
    }
}
