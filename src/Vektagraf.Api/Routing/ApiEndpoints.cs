using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Vektagraf.Api.Http;

namespace Vektagraf.Api.Routing;

/// <summary>Makes ASP.NET Core endpoints of the route table.</summary>
public static class ApiEndpoints
{
    /// <summary>Maps every route.</summary>
    /// <param name="endpoints">Where to.</param>
    /// <param name="api">The API.</param>
    public static void MapVektagraf(this IEndpointRouteBuilder endpoints, VektagrafApi api)
    {
        foreach (var route in ApiRoutes.All)
        {
            endpoints.MapMethods("/" + route.Template, MethodsOf(route), context => api.HandleAsync(route, context)).WithMetadata(route);
        }
    }

    /// <summary>Gives errors that carry no body problem details: a path or method that there is none of.</summary>
    /// <param name="app">The pipeline; call before routing.</param>
    public static void UseVektagrafProblemDetails(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        try
        {
            RequestPath.Require(context);
        }
        catch (VektagrafException e)
        {
            await ProblemDetailsWriter.WriteAsync(context, e);
            return;
        }

        await next(context);
        var response = context.Response;
        if (response is { HasStarted: false, StatusCode: >= 400, ContentType: null } && response.ContentLength is null or 0)
        {
            var (slug, detail) = Explain(context);
            await ProblemDetailsWriter.WriteAsync(context, response.StatusCode, slug, detail);
        }
    });

    private static (string Slug, string Detail) Explain(HttpContext context)
    {
        switch (context.Response.StatusCode)
        {
            case StatusCodes.Status404NotFound:
                return ("route-not-found", "There is no such call. See /api/openapi.json for those there are.");
            case StatusCodes.Status405MethodNotAllowed:
                return ("method-not-allowed", $"This path takes {context.Response.Headers.Allow}, not {context.Request.Method}.");
            case var status:
                var reason = ReasonPhrases.GetReasonPhrase(status);
                return (reason.Replace(' ', '-').ToLowerInvariant(), reason + ".");
        }
    }

    private static string[] MethodsOf(ApiRoute route) =>
        HttpMethods.IsGet(route.Method) && route.Access == AccessLevel.Anonymous ? [route.Method, HttpMethods.Head] : [route.Method];
}
