using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vektagraf.Api;
using Vektagraf.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();

// Settings are checked here, so that a wrong one is told at the start; the store is first asked by the first request.
var settings = HostSettings.Read(builder.Configuration);
builder.Services.AddVektagraf(settings);
builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<VektagrafApi>(services, settings.Budgets.ConcurrentRequests));

await builder.Build().RunAsync();
