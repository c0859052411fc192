using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Collections;

namespace Vektagraf.Api.Handlers;

/// <summary>Objects: save, read, change, delete, batch get, import, export.</summary>
internal static class ObjectHandlers
{
    private const string SessionHeader = "Vektagraf-Session";

    // Large enough that writing is not bound by system calls, small enough to start the answer at once.
    private const int ExportFlushBytes = 64 * 1024;

    public static async Task PutAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await CollectionAsync(api, context);
        var options = context.WriteOptions();
        var id = context.ObjectId();
        RequireValidId(id);
        var draft = ObjectJson.Read((await RequestBody.ReadAsync(context)).Span, collection.Definition, id);
        var result = await collection.SaveAsync(draft, options, context.RequestAborted);
        await AnswerAsync(context, id, result);
    }

    public static async Task GetAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await CollectionAsync(api, context);
        var stored = await collection.GetAsync(context.ObjectId(), context.Flag("vectors"), context.Consistency(), context.RequestAborted);
        context.Response.Headers.ETag = RequestValues.Quote(stored.ETag);
        if (context.HasVersion(stored.ETag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer => ObjectJson.Write(writer, stored));
    }

    public static async Task PatchAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await CollectionAsync(api, context);
        var options = context.WriteOptions();
        var id = context.ObjectId();
        var patch = await RequestBody.ReadAsync(context);
        var result = await collection.PatchAsync(id, patch, options, context.RequestAborted);
        await AnswerAsync(context, id, result with { Created = false });
    }

    public static async Task DeleteAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await CollectionAsync(api, context);
        context.Response.Headers[SessionHeader] = await collection.DeleteAsync(context.ObjectId(), context.WriteOptions(), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public static async Task BatchGetAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await CollectionAsync(api, context);
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.BatchGetBody);
        RequestBody.RequireElements("/ids", body.Ids);
        var objects = await collection.BatchGetAsync(body.Ids, context.Flag("vectors") || body.IncludeVectors, context.Consistency(), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("objects"u8);
            foreach (var stored in objects)
            {
                if (stored is null)
                {
                    writer.WriteNullValue();
                }
                else
                {
                    ObjectJson.Write(writer, stored, withETag: true);
                }
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    public static async Task TransactAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await CollectionAsync(api, context);
        var options = context.WriteOptions();
        if (options.Precondition != default)
        {
            throw VektagrafException.Invalid(string.Empty, "A transaction has its conditions in its operations: give them ifMatch or ifNoneMatch there, not as headers.");
        }

        var operations = TransactionJson.Read(await RequestBody.ReadAsync(context), collection.Definition);
        var result = await collection.TransactAsync(operations, options.IdempotencyKey, context.RequestAborted);
        context.Response.Headers[SessionHeader] = result.Session;
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("results"u8);
            foreach (var operation in result.Operations)
            {
                writer.WriteStartObject();
                writer.WriteString("id"u8, operation.Id);
                if (operation.ETag is { } etag)
                {
                    writer.WriteString("etag"u8, RequestValues.Quote(etag));
                    writer.WriteBoolean("created"u8, operation.Created);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("session"u8, result.Session);
            writer.WriteEndObject();
        });
    }

    public static async Task ImportAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await CollectionAsync(api, context);
        RequestBody.LiftHostLimit(context);
        var result = await collection.ImportAsync(context.Request.BodyReader, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("imported"u8, result.Imported);
            writer.WriteNumber("failedCount"u8, result.FailedCount);
            writer.WriteStartArray("failed"u8);
            foreach (var failure in result.Failed)
            {
                writer.WriteStartObject();
                writer.WriteNumber("line"u8, failure.Line);
                writer.WriteString("detail"u8, failure.Detail);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("session"u8, result.Session);
            writer.WriteEndObject();
        });
    }

    public static async Task ExportAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await CollectionAsync(api, context);
        var asOf = context.Request.Query["asOf"].ToString();
        var objects = await collection.ExportAsync(asOf.Length == 0 ? null : asOf, context.RequestAborted);
        context.Response.ContentType = "application/x-ndjson; charset=utf-8";
        var body = context.Response.BodyWriter;
        using var writer = new Utf8JsonWriter(body, JsonAnswer.WriterOptions);
        foreach (var stored in objects)
        {
            ObjectJson.Write(writer, stored);
            writer.Flush();
            writer.Reset();
            body.Write("\n"u8);
            if (body.UnflushedBytes >= ExportFlushBytes)
            {
                await body.FlushAsync(context.RequestAborted);
            }
        }

        await body.FlushAsync(context.RequestAborted);
    }

    private static Task<Collection> CollectionAsync(VektagrafApi api, HttpContext context) =>
        api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);

    private static void RequireValidId(string id)
    {
        if (ObjectId.Problem(id) is { } problem)
        {
            throw VektagrafException.Invalid("/id", problem);
        }
    }

    private static async Task AnswerAsync(HttpContext context, string id, WriteResult result)
    {
        var etag = RequestValues.Quote(result.ETag);
        context.Response.Headers.ETag = etag;
        context.Response.Headers[SessionHeader] = result.Session;
        await JsonAnswer.WriteAsync(context, result.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, id);
            writer.WriteString("etag"u8, etag);
            writer.WriteString("session"u8, result.Session);
            writer.WriteEndObject();
        });
    }
}
