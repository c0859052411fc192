using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OpenTelemetry.Trace;
using Vektagraf.Api;
using Vektagraf.Api.Routing;
using Vektagraf.Api.Timers;
using Vektagraf.Azure.Telemetry;
using Vektagraf.Hosting;
using Vektagraf.Storage;

namespace Vektagraf.Server;

/// <summary>The API on Kestrel over a local directory or a blob container.</summary>
public sealed class VektagrafServer : IAsyncDisposable
{
    // Then requests in progress are cut off.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;

    private VektagrafServer(WebApplication app) => _app = app;

    /// <summary>The database served.</summary>
    public VektagrafDatabase Database => _app.Services.GetRequiredService<VektagrafDatabase>();

    /// <summary>The address served, with the port taken.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Cancelled when the process is asked to stop.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    /// <summary>Starts a server; it accepts requests when the task completes.</summary>
    /// <param name="settings">What to serve, and where.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The server.</returns>
    /// <exception cref="SettingsException">The settings cannot be used.</exception>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<VektagrafServer> StartAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
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
        builder.Services.AddVektagraf(settings);
        // Probes would drown what matters.
        builder.Services.AddVektagrafTelemetry(settings.Telemetry, traces => traces.AddAspNetCoreInstrumentation(
            web => web.Filter = context => !context.Request.Path.StartsWithSegments("/api/health", StringComparison.Ordinal)));
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<VektagrafApi>(services, settings.Budgets.ConcurrentRequests));
        builder.Services.AddHostedService<TimerService>();

        var app = builder.Build();
        app.UseVektagrafProblemDetails();
        if (!settings.Keys.AreInForce)
        {
            app.UseLoopbackGuard();
        }

        app.UseRouting();
        app.UseAccessKeys(settings.Keys);
        var server = new VektagrafServer(app);
        try
        {
            app.MapVektagraf(app.Services.GetRequiredService<VektagrafApi>());
            await settings.Store.EnsureContainerAsync(app.Services.GetRequiredService<IObjectStore>(), cancellationToken);
            await app.StartAsync(cancellationToken);
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
    public Task WarmAsync() => _app.Services.GetRequiredService<VektagrafApi>().WarmAsync(Stopping);

    /// <summary>Waits until the process is asked to stop, then for the requests in progress.</summary>
    /// <returns>When no request is in progress any more.</returns>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Requests end first: what is measured of one is complete only after its answer, and must reach the exporters before they do.
        using var patience = new CancellationTokenSource(StopPatience, TimeProvider.System);
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
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
}
