using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Collections;

namespace Vektagraf.Api.Handlers;

/// <summary>Deleting and changing all objects that fulfil a filter.</summary>
internal static class FilterWriteHandlers
{
    public static async Task DeleteAsync(VektagrafApi api, HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.DeleteByFilterBody);
        var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
        var result = await collection.DeleteByFilterAsync(new FilterWriteRequest(body.Filter, body.Limit, body.DryRun), context.RequestAborted);
        await AnswerAsync(context, "deleted", result);
    }

    public static async Task PatchAsync(VektagrafApi api, HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.PatchByFilterBody);
        var patch = PatchOf(body);
        var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
        var result = await collection.PatchByFilterAsync(new FilterWriteRequest(body.Filter, body.Limit, body.DryRun), patch, context.RequestAborted);
        await AnswerAsync(context, "patched", result);
    }

    private static byte[] PatchOf(PatchByFilterBody body)
    {
        var (patch, name) = (body.Patch, body.Properties) switch
        {
            ({ ValueKind: JsonValueKind.Object } whole, null) => (whole, string.Empty),
            (null, { ValueKind: JsonValueKind.Object } properties) => (properties, "properties"),
            _ => throw VektagrafException.Invalid("/patch", "Say what to change: \"patch\": { \"properties\": { \"price\": 5 } }, or \"properties\" alone."),
        };
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            if (name.Length > 0)
            {
                writer.WriteStartObject();
                writer.WritePropertyName(name);
            }

            patch.WriteTo(writer);
            if (name.Length > 0)
            {
                writer.WriteEndObject();
            }
        }

        return stream.ToArray();
    }

    private static Task AnswerAsync(HttpContext context, string done, FilterWriteResult result) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("matched"u8, result.Matched);
        writer.WriteNumber("changed"u8, result.Changed);
        writer.WriteNumber(done, result.Changed);
        writer.WriteNumber("skipped"u8, result.Skipped);
        writer.WriteNumber("failedCount"u8, result.FailedCount);
        writer.WriteStartArray("failed"u8);
        foreach (var failure in result.Failed)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, failure.Id);
            writer.WriteString("detail"u8, failure.Detail);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("session"u8, result.Session);
        writer.WriteEndObject();
    });
}
