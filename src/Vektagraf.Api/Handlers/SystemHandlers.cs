using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Storage;

namespace Vektagraf.Api.Handlers;

/// <summary>The page, the description of the API, and the probes.</summary>
internal static class SystemHandlers
{
    private static readonly string Version =
        typeof(SystemHandlers).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static readonly (string Name, long Value)[] LimitsInForce =
    [
        ("dimensions", Limits.MaxDimensions),
        ("vectorFields", Limits.MaxVectorFields),
        ("fields", Limits.MaxFields),
        ("collectionNameLength", Limits.MaxCollectionNameLength),
        ("fieldNameLength", Limits.MaxFieldNameLength),
        ("shards", Limits.MaxShards),
        ("snapshotsAndBranches", Limits.MaxPins),
        ("snapshotDays", Limits.MaxSnapshotDays),
        ("k", Limits.MaxK),
        ("offset", Limits.MaxOffset),
        ("diversityBytes", Limits.MaxDiversityBytes),
        ("sparseFields", Limits.MaxSparseFields),
        ("sparseEntries", Limits.MaxSparseEntries),
        ("textQueryLength", Limits.MaxTextQueryLength),
        ("textQueryWords", Limits.MaxTextQueryWords),
        ("batchQueries", Limits.MaxBatchQueries),
        ("batchGetIds", Limits.MaxBatchGetIds),
        ("transactionOperations", Limits.MaxTransactionOperations),
        ("bodyBytes", Limits.MaxBodyBytes),
        ("importLineBytes", Limits.MaxImportLineBytes),
        ("idBytes", Limits.MaxIdBytes),
        ("typeBytes", Limits.MaxTypeBytes),
        ("propertiesBytes", Limits.MaxPropertiesBytes),
        ("jsonDepth", Limits.MaxJsonDepth),
        ("filterBytes", Querying.Filters.FilterParser.MaxBytes),
        ("filterDepth", Querying.Filters.FilterParser.MaxDepth),
    ];

    public static async Task PageAsync(VektagrafApi api, HttpContext context)
    {
        var page = api.Page;
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = page.ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ETag = page.ETag;
        headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch == page.ETag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = page.Html.Length;
        await context.Response.Body.WriteAsync(page.Html, context.RequestAborted);
    }

    public static async Task OpenApiAsync(VektagrafApi api, HttpContext context)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.Body.WriteAsync(api.OpenApi, context.RequestAborted);
    }

    public static Task LivenessAsync(VektagrafApi api, HttpContext context) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("status"u8, "live"u8);
        writer.WriteString("version"u8, Version);
        writer.WriteEndObject();
    });

    public static async Task ReadinessAsync(VektagrafApi api, HttpContext context)
    {
        try
        {
            await api.Store.ListAsync("catalog/", pageSize: 1, cancellationToken: context.RequestAborted);
        }
        catch (ObjectStoreException e)
        {
            throw new VektagrafException(ErrorKind.Unavailable, "not-ready", $"The object store does not answer: {e.Message}", inner: e);
        }

        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            var failure = api.Database.InsightsFailure;
            writer.WriteString("status"u8, failure is null ? "ready"u8 : "degraded"u8);
            writer.WriteString("version"u8, Version);
            WriteInsights(writer, failure);
            writer.WriteStartObject("limits"u8);
            foreach (var (name, value) in LimitsInForce)
            {
                writer.WriteNumber(name, value);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    private static void WriteInsights(Utf8JsonWriter writer, (DateTimeOffset Since, string Error)? failure)
    {
        writer.WriteStartObject("insights"u8);
        writer.WriteString("status"u8, failure is null ? "ready"u8 : "failing"u8);
        if (failure is { } f)
        {
            writer.WriteString("since"u8, f.Since);
            writer.WriteString("detail"u8, $"What is recorded of requests waits and is stored later. {f.Error}");
        }

        writer.WriteEndObject();
    }
}
