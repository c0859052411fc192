using Microsoft.AspNetCore.Http;
using Vektagraf.Api;
using Vektagraf.Api.Routing;
using Vektagraf.Api.Timers;

namespace Vektagraf.Functions;

/// <summary>From a function's name to the route or the timer of the same name.</summary>
internal static class RouteDispatch
{
    private static readonly Dictionary<string, ApiRoute> Routes = ApiRoutes.All.ToDictionary(r => r.Name, StringComparer.Ordinal);
    private static readonly Dictionary<string, ApiTimer> Timers = ApiTimers.All.ToDictionary(t => t.Name, StringComparer.Ordinal);

    /// <summary>Answers a request with the handler of the route that has the calling function's name.</summary>
    public static Task RunAsync(this VektagrafApi api, string name, HttpRequest request) => api.HandleAsync(Routes[name], request.HttpContext);

    /// <summary>Does what the timer that has the calling function's name does; a failure fails the function.</summary>
    public static Task RunTimerAsync(this VektagrafApi api, string name, CancellationToken cancellationToken) => Timers[name].Handler(api, cancellationToken);
}
