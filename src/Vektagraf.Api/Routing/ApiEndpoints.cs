using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Vektagraf.Api.Http;

namespace Vektagraf.Api.Routing;

/// <summary>Makes ASP.NET Core endpoints of the route table.</summary>
public static class ApiEndpoints
{
    /// <summary>Maps every route; a request that matches none gets problem details, too.</summary>
    /// <param name="endpoints">Where to.</param>
    /// <param name="api">The API.</param>
    public static void MapVektagraf(this IEndpointRouteBuilder endpoints, VektagrafApi api)
    {
        foreach (var route in ApiRoutes.All)
        {
            endpoints.MapMethods("/" + route.Template, MethodsOf(route), context => api.HandleAsync(route, context)).WithMetadata(route);
        }

        endpoints.MapFallback(context => ProblemDetailsWriter.WriteAsync(
            context, StatusCodes.Status404NotFound, "route-not-found", "There is no such call. See /api/openapi.json for those there are."));
    }

    /// <summary>Gives errors that carry no body, such as a method that a path does not have, problem details.</summary>
    /// <param name="app">The pipeline; call before routing.</param>
    public static void UseVektagrafProblemDetails(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        await next(context);
        var response = context.Response;
        if (response is { HasStarted: false, StatusCode: >= 400, ContentType: null } && response.ContentLength is null or 0)
        {
            var reason = ReasonPhrases.GetReasonPhrase(response.StatusCode);
            var allow = response.Headers.Allow.ToString();
            var detail = allow.Length == 0 ? reason + "." : $"This path takes {allow}, not {context.Request.Method}.";
            await ProblemDetailsWriter.WriteAsync(context, response.StatusCode, reason.Replace(' ', '-').ToLowerInvariant(), detail);
        }
    });

    private static string[] MethodsOf(ApiRoute route) =>
        HttpMethods.IsGet(route.Method) && route.Access == AccessLevel.Anonymous ? [route.Method, HttpMethods.Head] : [route.Method];
}
