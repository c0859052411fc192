using Microsoft.AspNetCore.Http;
using Vektagraf.Api;
using Vektagraf.Api.Routing;

namespace Vektagraf.Functions;

/// <summary>From a function's name to the route of the same name.</summary>
internal static class RouteDispatch
{
    private static readonly Dictionary<string, ApiRoute> Routes = ApiRoutes.All.ToDictionary(r => r.Name, StringComparer.Ordinal);

    /// <summary>Answers a request with the handler of the route that has the calling function's name.</summary>
    public static Task RunAsync(this VektagrafApi api, string name, HttpRequest request) => api.HandleAsync(Routes[name], request.HttpContext);
}
