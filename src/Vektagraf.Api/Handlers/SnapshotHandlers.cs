using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Collections;
using Vektagraf.Querying;

namespace Vektagraf.Api.Handlers;

/// <summary>Snapshots and branches.</summary>
internal static class SnapshotHandlers
{
    private const double MaxHours = Limits.MaxSnapshotDays * 24d;

    public static async Task CreateAsync(VektagrafApi api, HttpContext context)
    {
        var bytes = await RequestBody.ReadAsync(context);
        var body = bytes.IsEmpty ? new SnapshotBody() : RequestBody.Parse(bytes, BodyJson.Default.SnapshotBody);
        var collection = await CollectionAsync(api, context);
        var snapshot = await collection.CreateSnapshotAsync(body.Name, EndOf(body, api.Time.GetUtcNow()), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status201Created, writer => Write(writer, snapshot));
    }

    public static async Task ListAsync(VektagrafApi api, HttpContext context)
    {
        var snapshots = await (await CollectionAsync(api, context)).ListSnapshotsAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("snapshots"u8);
            foreach (var snapshot in snapshots)
            {
                Write(writer, snapshot);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    public static async Task DeleteAsync(VektagrafApi api, HttpContext context)
    {
        var name = (string?)context.Request.RouteValues["name"] ?? string.Empty;
        await (await CollectionAsync(api, context)).DropSnapshotAsync(name, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public static async Task BranchAsync(VektagrafApi api, HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.BranchBody);
        var branch = await api.Database.CreateBranchAsync(context.CollectionName(), body.Name, body.AsOf, context.RequestAborted);
        context.Response.Headers.Location = "/api/collections/" + branch.Name;
        await CollectionHandlers.AnswerWithDefinitionAsync(context, branch, StatusCodes.Status201Created);
    }

    private static DateTimeOffset? EndOf(SnapshotBody body, DateTimeOffset now)
    {
        switch (body)
        {
            case { ExpiresAt: not null, ExpiresInHours: not null }:
                throw VektagrafException.Invalid("/expiresAt", "Say either when the snapshot expires or in how many hours, not both.");
            case { ExpiresAt: { } text }:
                return IsoDateTime.TryParse(text, out var ticks, out var problem)
                    ? new DateTimeOffset(ticks, TimeSpan.Zero)
                    : throw VektagrafException.Invalid("/expiresAt", $"This is no time: {problem}");
            case { ExpiresInHours: { } hours }:
                return hours is > 0 and <= MaxHours
                    ? now.AddHours(hours)
                    : throw VektagrafException.Invalid("/expiresInHours", $"It is above 0 and at most {MaxHours}.");
            default:
                return null;
        }
    }

    private static void Write(Utf8JsonWriter writer, SnapshotInfo snapshot)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, snapshot.Name);
        writer.WriteString("session"u8, snapshot.Session);
        writer.WriteString("createdAt"u8, snapshot.CreatedAt);
        writer.WriteString("expiresAt"u8, snapshot.ExpiresAt);
        writer.WriteEndObject();
    }

    private static Task<Collection> CollectionAsync(VektagrafApi api, HttpContext context) =>
        api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
}
