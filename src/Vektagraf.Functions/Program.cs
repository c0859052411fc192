using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vektagraf.Api;
using Vektagraf.Azure.Telemetry;
using Vektagraf.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();

// Settings are checked here, so that a wrong one is told at the start; the store is first asked by the first request.
var settings = HostSettings.Read(builder.Configuration);
builder.Services.AddVektagraf(settings);

// Requests are traced by the host (telemetryMode in host.json); the worker adds what happens within.
builder.Services.AddVektagrafTelemetry(settings.Telemetry)?.UseFunctionsWorkerDefaults();
builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<VektagrafApi>(services, settings.Budgets.ConcurrentRequests));

await builder.Build().RunAsync();
