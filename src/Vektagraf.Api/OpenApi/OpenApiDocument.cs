using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Vektagraf.Api.Routing;

namespace Vektagraf.Api.OpenApi;

/// <summary>The OpenAPI 3.1 description, made of the route table and schemas.json.</summary>
internal static partial class OpenApiDocument
{
    private const string SchemasResource = "Vektagraf.Api.OpenApi.schemas.json";
    private static readonly int[] CommonErrors = [400, 401, 429, 500, 503];

    /// <summary>Builds the description.</summary>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Build()
    {
        var document = new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Vektagraf",
                ["version"] = "1",
                ["description"] = "Object and vector database on blob storage.",
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["paths"] = Paths(),
            ["components"] = new JsonObject
            {
                ["schemas"] = Schemas(),
                ["securitySchemes"] = new JsonObject
                {
                    ["keyHeader"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "x-functions-key" },
                    ["keyQuery"] = new JsonObject { ["type"] = "apiKey", ["in"] = "query", ["name"] = "code" },
                },
            },
        };
        return Encoding.UTF8.GetBytes(document.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    private static JsonNode Schemas()
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream(SchemasResource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {SchemasResource}.");
        return JsonNode.Parse(stream)!;
    }

    private static JsonObject Paths()
    {
        var paths = new JsonObject();
        foreach (var group in ApiRoutes.All.GroupBy(r => r.Template))
        {
            var path = new JsonObject();
            foreach (var route in group)
            {
                path[route.Method.ToLowerInvariant()] = Operation(route);
            }

            paths["/" + group.Key] = path;
        }

        return paths;
    }

    private static JsonObject Operation(ApiRoute route)
    {
        var operation = new JsonObject
        {
            ["operationId"] = route.Name,
            ["summary"] = route.Summary,
            ["parameters"] = new JsonArray([.. PathParameters(route), .. route.Parameters.Select(Parameter)]),
            ["responses"] = Responses(route),
            ["x-access"] = route.Access.ToString().ToLowerInvariant(),
        };
        if (route.Access != AccessLevel.Anonymous)
        {
            operation["security"] = new JsonArray(new JsonObject { ["keyHeader"] = new JsonArray() }, new JsonObject { ["keyQuery"] = new JsonArray() }, new JsonObject());
        }

        if (route.RequestSchema is { } schema)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(route.RequestContentType, schema) };
        }

        return operation;
    }

    private static JsonObject Responses(ApiRoute route)
    {
        var responses = new JsonObject();
        foreach (var status in route.Success)
        {
            var response = new JsonObject { ["description"] = ReasonPhrases.GetReasonPhrase(status) };
            if (route.ResponseSchema is { } schema && status is not (204 or 304))
            {
                response["content"] = Content(route.ResponseContentType, schema);
            }

            responses[Text(status)] = response;
        }

        foreach (var status in CommonErrors.Concat(route.Errors).Order())
        {
            responses[Text(status)] = new JsonObject
            {
                ["description"] = ReasonPhrases.GetReasonPhrase(status),
                ["content"] = Content("application/problem+json", "Problem"),
            };
        }

        return responses;
    }

    private static IEnumerable<JsonNode> PathParameters(ApiRoute route) => TemplateParameter().Matches(route.Template).Select(JsonNode (match) => new JsonObject
    {
        ["name"] = match.Groups["name"].Value,
        ["in"] = "path",
        ["required"] = true,
        ["description"] = match.Groups["name"].Value switch
        {
            "c" => "Name of the collection.",
            "name" => route.Template.Contains("thresholds", StringComparison.Ordinal) ? "Name of the threshold." : "Name of the snapshot.",
            _ => "Id of the object.",
        },
        ["schema"] = new JsonObject { ["type"] = "string" },
    });

    private static JsonNode Parameter(ApiParameter parameter) => new JsonObject
    {
        ["name"] = parameter.Name,
        ["in"] = parameter.In,
        ["description"] = parameter.Description,
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject Content(string type, string schema) => new()
    {
        [type] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/" + schema } },
    };

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{(?<name>\w+)\}", RegexOptions.NonBacktracking)]
    private static partial Regex TemplateParameter();
}
