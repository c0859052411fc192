using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vektagraf;
using Vektagraf.Api;
using Vektagraf.Functions;
using Vektagraf.Storage;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();

// Nothing here touches the network: the first request does, so that a cold start is not longer than it has to be.
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<IObjectStore>(_ => StoreSettings.FromEnvironment().CreateStore());
builder.Services.AddSingleton(services => new VektagrafDatabase(
    services.GetRequiredService<IObjectStore>(),
    new VektagrafOptions { Logging = services.GetRequiredService<ILoggerFactory>() }));
builder.Services.AddSingleton<VektagrafApi>();

await builder.Build().RunAsync();
