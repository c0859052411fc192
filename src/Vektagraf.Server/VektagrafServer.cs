using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Vektagraf.Api;
using Vektagraf.Api.Routing;
using Vektagraf.Caching;
using Vektagraf.Insights;
using Vektagraf.Storage.Decorators;
using Vektagraf.Storage.Log;

namespace Vektagraf.Server;

/// <summary>The API on Kestrel over a local directory or a blob container.</summary>
public sealed class VektagrafServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SqliteInsightStore? _insights;
    private readonly TieredCache _cache;
    private MaintenanceLoop? _maintenance;

    private VektagrafServer(WebApplication app, VektagrafDatabase database, SqliteInsightStore? insights, TieredCache cache)
    {
        _app = app;
        _insights = insights;
        _cache = cache;
        Database = database;
    }

    /// <summary>The database served.</summary>
    public VektagrafDatabase Database { get; }

    /// <summary>The address served, with the port taken.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Cancelled when the process is asked to stop.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    /// <summary>Starts a server; it accepts requests when the task completes.</summary>
    /// <param name="settings">What to serve, and where.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The server.</returns>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<VektagrafServer> StartAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        var store = await settings.Store.OpenAsync(cancellationToken);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // A start that fails is reported once, by whoever called.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Bodies are bounded where they are read, with an error that says what to do instead.
            kestrel.Limits.MaxRequestBodySize = null;
            Listen(kestrel, settings);
        });

        var app = builder.Build();
        var cache = CacheOf(settings);
        var stack = StoreStack.Around(store, retriesReads: settings.Store.DataDirectory is not null, cache: cache, meters: app.Services.GetService<IMeterFactory>());
        var insights = settings.InsightsFileInForce is { } file ? new SqliteInsightStore(file) : null;
        var database = new VektagrafDatabase(stack, new VektagrafOptions
        {
            Logging = app.Services.GetRequiredService<ILoggerFactory>(),
            Log = new ShardLogOptions { CollectionGrace = settings.CollectionGrace },
            MemoryBudgetBytes = settings.MemoryBudgetMegabytes * 1024L * 1024,
            ScratchDirectory = settings.ScratchDirectory,
            Insights = insights,
            Cache = cache,
        });
        var api = new VektagrafApi(database, store, TimeProvider.System, app.Services.GetRequiredService<ILogger<VektagrafApi>>());

        app.UseVektagrafProblemDetails();
        if (!settings.Keys.AreInForce)
        {
            app.UseLoopbackGuard();
        }

        app.UseRouting();
        app.UseAccessKeys(settings.Keys);
        app.MapVektagraf(api);
        var server = new VektagrafServer(app, database, insights, cache);
        try
        {
            await app.StartAsync(cancellationToken);
            if (settings.MaintenanceInterval > TimeSpan.Zero)
            {
                server._maintenance = new MaintenanceLoop(database, settings.MaintenanceInterval, app.Services.GetRequiredService<ILogger<MaintenanceLoop>>());
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Loads every collection into memory; requests that come first wait for no more than their own.</summary>
    /// <returns>When all are loaded, or the server stops.</returns>
    public async Task WarmAsync()
    {
        try
        {
            foreach (var name in await Database.ListCollectionsAsync(Stopping))
            {
                await (await Database.GetCollectionAsync(name, Stopping)).WarmAsync(Stopping);
            }
        }
        catch (Exception e) when (e is VektagrafException or OperationCanceledException)
        {
            // The request that needs the collection will say what is wrong with it.
        }
    }

    /// <summary>Waits until the process is asked to stop, then for the requests in progress.</summary>
    /// <returns>When no request is in progress any more.</returns>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (_maintenance is not null)
        {
            await _maintenance.DisposeAsync();
        }

        await Database.DisposeAsync();
        _insights?.Dispose();
        _cache.Dispose();
    }

    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, ServerSettings settings)
    {
        if (string.Equals(settings.Host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            // "localhost" with a free port would have to agree on one for both IP versions.
            if (settings.Port == 0)
            {
                kestrel.Listen(IPAddress.Loopback, 0);
            }
            else
            {
                kestrel.ListenLocalhost(settings.Port);
            }
        }
        else if (IPAddress.TryParse(settings.Host, out var address))
        {
            kestrel.Listen(address, settings.Port);
        }
        else
        {
            kestrel.ListenAnyIP(settings.Port);
        }
    }

    private static TieredCache CacheOf(ServerSettings settings)
    {
        const long Megabyte = 1024 * 1024;
        var defaults = new CacheOptions();
        var memory = settings.CacheMegabytes * Megabyte;
        return new TieredCache(defaults with
        {
            MemoryBytes = memory > 0 ? memory - (memory / 3) : null,
            CompressedBytes = memory > 0 ? memory / 3 : null,
            Directory = settings.CacheDirectory,
            DiskBytes = settings.DiskCacheMegabytes > 0 ? settings.DiskCacheMegabytes * Megabyte : defaults.DiskBytes,
        });
    }
}
