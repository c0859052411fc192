using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Vektagraf.Api.Routing;

namespace Vektagraf.Api.OpenApi;

public class OpenApiDocumentTests
{
    private static readonly JsonNode Json = JsonNode.Parse(OpenApiDocument.Build())!;

    public static TheoryData<string> RouteNames => new(ApiRoutes.All.Select(r => r.Name));

    [Fact]
    public void Document_WhenRead_IsOpenApi31WithoutComplaints()
    {
        var read = Microsoft.OpenApi.OpenApiDocument.Parse(Encoding.UTF8.GetString(OpenApiDocument.Build()), OpenApiConstants.Json);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(ApiRoutes.All.Count, read.Document!.Paths.Sum(p => p.Value.Operations!.Count));
        Assert.Equal(2, read.Document.Components!.SecuritySchemes!.Count);
    }

    [Theory]
    [MemberData(nameof(RouteNames))]
    public void Document_ForEachRoute_DescribesIt(string name)
    {
        var route = ApiRoutes.All.Single(r => r.Name == name);
        var operation = Json["paths"]!["/" + route.Template]![route.Method.ToLowerInvariant()]!;
        Assert.Equal(name, operation["operationId"]!.GetValue<string>());
        Assert.Equal(route.Summary, operation["summary"]!.GetValue<string>());

        var responses = operation["responses"]!.AsObject();
        Assert.All(route.Success.Concat(route.Errors).Concat([400, 401, 429, 500, 503]), s => Assert.True(responses.ContainsKey(s.ToString(CultureInfo.InvariantCulture)), $"{s}"));
        Assert.All(
            responses.Where(r => r.Key[0] is '4' or '5'),
            r => Assert.Equal("#/components/schemas/Problem", r.Value!["content"]!["application/problem+json"]!["schema"]!["$ref"]!.GetValue<string>()));

        Assert.Equal(route.RequestSchema is not null, operation["requestBody"] is not null);
        Assert.Equal(route.Access != AccessLevel.Anonymous, operation["security"] is not null);
        var parameters = operation["parameters"]!.AsArray().Select(p => (p!["in"]!.GetValue<string>(), p["name"]!.GetValue<string>())).ToList();
        Assert.Equal(parameters.Distinct(), parameters);
        Assert.Equal(route.Template.Count(c => c == '{'), parameters.Count(p => p.Item1 == "path"));
    }

    [Fact]
    public void Document_WhateverItRefersTo_Has()
    {
        var schemas = Json["components"]!["schemas"]!.AsObject().Select(s => "#/components/schemas/" + s.Key).ToHashSet(StringComparer.Ordinal);
        var references = References(Json).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(references.Except(schemas));
        Assert.Empty(schemas.Except(references));
    }

    [Fact]
    public void Routes_WhenCompared_HaveNamesAndPlacesOfTheirOwn()
    {
        Assert.Equal(ApiRoutes.All.Count, ApiRoutes.All.Select(r => r.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(ApiRoutes.All.Count, ApiRoutes.All.Select(r => (r.Method, r.Template)).Distinct().Count());
    }

    [Fact]
    public void Routes_WhenTheyChangeSomething_NeedMoreThanTheReadKey()
    {
        string[] readsByPost = ["Search", "SearchBatch", "Query", "QueryBatch", "BatchGetObjects", "WarmCollection", "Explain", "MeasureRecall"];
        Assert.All(ApiRoutes.All.Where(r => r.Method != "GET" && !readsByPost.Contains(r.Name)), r => Assert.True(r.Access >= AccessLevel.Write, r.Name));
        Assert.All(ApiRoutes.All.Where(r => r.Template.StartsWith("api/collections", StringComparison.Ordinal)), r => Assert.True(r.Access >= AccessLevel.Read, r.Name));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(m => m.Key == "$ref" ? [m.Value!.GetValue<string>()] : References(m.Value)),
        JsonArray a => a.SelectMany(References),
        _ => [],
    };
}
