using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;

namespace Vektagraf.Functions;

/// <summary>The cache of the instance that answers.</summary>
public sealed class CacheFunctions(VektagrafApi api)
{
    /// <summary>How the levels of the cache did.</summary>
    [Function("GetCache")]
    public Task GetCache([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/cache")] HttpRequest request) => api.RunAsync("GetCache", request);

    /// <summary>Drops what is kept.</summary>
    [Function("InvalidateCache")]
    public Task InvalidateCache([HttpTrigger(AuthorizationLevel.Admin, "post", Route = "api/cache:invalidate")] HttpRequest request) => api.RunAsync("InvalidateCache", request);
}
