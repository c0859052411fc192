using System.Diagnostics.Metrics;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vektagraf;
using Vektagraf.Api;
using Vektagraf.Azure.Telemetry;
using Vektagraf.Functions;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();

// Requests are traced by the host (telemetryMode in host.json); the worker adds what happens within.
builder.Services.AddVektagrafTelemetry(TelemetryOptions.FromEnvironment(Environment.GetEnvironmentVariable))?.UseFunctionsWorkerDefaults();

// Nothing here touches the network: the first request does, so that a cold start is not longer than it has to be.
builder.Services.AddSingleton(TimeProvider.System);
// Azure's client tries failed reads again by itself.
builder.Services.AddSingleton<IObjectStore>(services => StoreStack.Around(
    StoreSettings.FromEnvironment().CreateStore(), retriesReads: false, meters: services.GetService<IMeterFactory>()));
builder.Services.AddSingleton(services => new VektagrafDatabase(
    services.GetRequiredService<IObjectStore>(),
    new VektagrafOptions { Logging = services.GetRequiredService<ILoggerFactory>(), Meters = services.GetService<IMeterFactory>() }));
builder.Services.AddSingleton<VektagrafApi>();

await builder.Build().RunAsync();
