using System.Net;
using Microsoft.Net.Http.Headers;
using Vektagraf.Api.Http;
using Vektagraf.Api.Routing;

namespace Vektagraf.Server;

/// <summary>What stands before every request: the keys, and for a keyless local server the doors that browsers leave open.</summary>
internal static class RequestGuards
{
    /// <summary>Refuses requests that do not show the key their route asks for.</summary>
    public static void UseAccessKeys(this IApplicationBuilder app, AccessKeys keys) => app.Use(async (context, next) =>
    {
        // What matches no route is answered with 404 and needs no key.
        var level = context.GetEndpoint()?.Metadata.GetMetadata<ApiRoute>()?.Access ?? AccessLevel.Anonymous;
        var header = context.Request.Headers["x-functions-key"].ToString();
        var shown = header.Length > 0 ? header : context.Request.Query["code"].ToString();
        if (keys.Allows(level, shown))
        {
            await next(context);
            return;
        }

        await ProblemDetailsWriter.WriteAsync(
            context,
            StatusCodes.Status401Unauthorized,
            "unauthorized",
            $"This call needs the {level.ToString().ToLowerInvariant()} key or a higher one: send it as x-functions-key header or ?code=.");
    });

    /// <summary>
    /// A server on loopback takes requests without keys, but any web page can make the user's browser send some. Refuses those: of
    /// another origin, or to another host name that was made to resolve to this machine.
    /// </summary>
    public static void UseLoopbackGuard(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (!IsLocal(context.Request.Host.Host) || !IsSameOrigin(context.Request))
        {
            await ProblemDetailsWriter.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                "foreign-origin",
                "A local server without keys answers only requests to localhost, and from pages that it served. Start it with keys to open it to others.");
            return;
        }

        await next(context);
    });

    private static bool IsLocal(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static bool IsSameOrigin(HttpRequest request)
    {
        var origin = request.Headers[HeaderNames.Origin].ToString();
        return origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
