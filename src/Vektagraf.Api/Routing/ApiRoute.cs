using Microsoft.AspNetCore.Http;

namespace Vektagraf.Api.Routing;

/// <summary>Which key a route asks for, where keys are in force.</summary>
public enum AccessLevel
{
    /// <summary>None.</summary>
    Anonymous,

    /// <summary>The read key, the write key or the admin key.</summary>
    Read,

    /// <summary>The write key or the admin key.</summary>
    Write,

    /// <summary>The admin key.</summary>
    Admin,
}

/// <summary>Answers a request.</summary>
/// <param name="api">The API.</param>
/// <param name="context">The request and its response.</param>
/// <returns>When the response is written.</returns>
public delegate Task ApiHandler(VektagrafApi api, HttpContext context);

/// <summary>One call of the HTTP contract; every host makes its endpoints of these.</summary>
public sealed record ApiRoute
{
    /// <summary>Unique name in PascalCase; the function's name on Azure Functions and the operation id in OpenAPI.</summary>
    public required string Name { get; init; }

    /// <summary>HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>Path template without the leading slash.</summary>
    public required string Template { get; init; }

    /// <summary>The key it asks for.</summary>
    public required AccessLevel Access { get; init; }

    /// <summary>What it does, in one line.</summary>
    public required string Summary { get; init; }

    /// <summary>Answers its requests.</summary>
    public required ApiHandler Handler { get; init; }

    /// <summary>Name of the component schema of its request body; null where it takes none.</summary>
    public string? RequestSchema { get; init; }

    /// <summary>Content type of its request body.</summary>
    public string RequestContentType { get; init; } = "application/json";

    /// <summary>Name of the component schema of its response body; null where there is none.</summary>
    public string? ResponseSchema { get; init; }

    /// <summary>Content type of its response body.</summary>
    public string ResponseContentType { get; init; } = "application/json";

    /// <summary>Status codes of success.</summary>
    public IReadOnlyList<int> Success { get; init; } = [StatusCodes.Status200OK];

    /// <summary>Status codes of the errors particular to it, besides 400, 401, 429, 500 and 503.</summary>
    public IReadOnlyList<int> Errors { get; init; } = [];

    /// <summary>Query and header parameters.</summary>
    public IReadOnlyList<ApiParameter> Parameters { get; init; } = [];
}

/// <summary>A query or header parameter of a route.</summary>
/// <param name="Name">Its name.</param>
/// <param name="In">"query" or "header".</param>
/// <param name="Description">What it does.</param>
public sealed record ApiParameter(string Name, string In, string Description);
