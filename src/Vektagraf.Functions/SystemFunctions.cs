using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;

namespace Vektagraf.Functions;

/// <summary>The page, the description of the API, and the probes.</summary>
public sealed class SystemFunctions(VektagrafApi api)
{
    /// <summary>The search page; the constraint is how a function is bound to the root.</summary>
    [Function("GetPage")]
    public Task GetPage([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{ignored:maxlength(0)?}")] HttpRequest request) =>
        api.RunAsync("GetPage", request);

    /// <summary>The OpenAPI description.</summary>
    [Function("GetOpenApi")]
    public Task GetOpenApi([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/openapi.json")] HttpRequest request) =>
        api.RunAsync("GetOpenApi", request);

    /// <summary>Whether the process runs.</summary>
    [Function("GetLiveness")]
    public Task GetLiveness([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/health/live")] HttpRequest request) =>
        api.RunAsync("GetLiveness", request);

    /// <summary>Whether the object store answers.</summary>
    [Function("GetReadiness")]
    public Task GetReadiness([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/health/ready")] HttpRequest request) =>
        api.RunAsync("GetReadiness", request);
}
