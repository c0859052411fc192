using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Collections;
using Vektagraf.Tuning;

namespace Vektagraf.Api.Handlers;

/// <summary>Collections: list, create, read, change, drop, warm.</summary>
internal static class CollectionHandlers
{
    public static async Task ListAsync(VektagrafApi api, HttpContext context)
    {
        var cancellation = context.RequestAborted;
        var collections = new List<(Collection Collection, CollectionStatistics Statistics)>();
        foreach (var name in await api.Database.ListCollectionsAsync(cancellation))
        {
            try
            {
                var collection = await api.Database.GetCollectionAsync(name, cancellation);
                collections.Add((collection, await collection.GetStatisticsAsync(cancellation)));
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
            {
                // Dropped since it was listed.
            }
        }

        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("collections"u8);
            foreach (var (collection, statistics) in collections)
            {
                writer.WriteStartObject();
                writer.WriteString("name"u8, collection.Name);
                WriteBranchOf(writer, collection);
                writer.WriteNumber("objects"u8, statistics.Objects);
                WriteBytes(writer, statistics);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    public static async Task PutAsync(VektagrafApi api, HttpContext context)
    {
        var definition = CollectionJson.Read((await RequestBody.ReadAsync(context)).Span);
        var (collection, created) = await api.Database.PutCollectionAsync(context.CollectionName(), definition, context.RequestAborted);
        if (created)
        {
            context.Response.Headers.Location = "/api/collections/" + collection.Name;
        }

        await AnswerAsync(context, collection, created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    public static async Task GetAsync(VektagrafApi api, HttpContext context) =>
        await AnswerAsync(context, await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted), StatusCodes.Status200OK);

    public static async Task PatchAsync(VektagrafApi api, HttpContext context)
    {
        var patch = await RequestBody.ReadAsync(context);
        var name = context.CollectionName();
        var collection = await api.Database.GetCollectionAsync(name, context.RequestAborted);
        var definition = CollectionJson.Patch(collection.Definition, patch.Span);
        (collection, _) = await api.Database.PutCollectionAsync(name, definition, context.RequestAborted);
        await AnswerAsync(context, collection, StatusCodes.Status200OK);
    }

    public static async Task DeleteAsync(VektagrafApi api, HttpContext context)
    {
        await api.Database.DropCollectionAsync(context.CollectionName(), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public static async Task WarmAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
        await collection.WarmAsync(context.RequestAborted);
        await AnswerAsync(context, collection, StatusCodes.Status200OK);
    }

    private static async Task AnswerAsync(HttpContext context, Collection collection, int status)
    {
        var statistics = await collection.GetStatisticsAsync(context.RequestAborted);
        await WriteAsync(context, collection, statistics, status);
    }

    /// <summary>Answers with what is known without reading any object.</summary>
    internal static Task AnswerWithDefinitionAsync(HttpContext context, Collection collection, int status) =>
        WriteAsync(context, collection, statistics: null, status);

    private static Task WriteAsync(HttpContext context, Collection collection, CollectionStatistics? statistics, int status) =>
        JsonAnswer.WriteAsync(context, status, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, collection.Name);
            writer.WriteString("createdAt"u8, collection.CreatedAt);
            WriteBranchOf(writer, collection);
            WriteDefinition(writer, collection.Definition);
            if (statistics is not null)
            {
                WriteStatistics(writer, statistics);
            }

            writer.WriteEndObject();
        });

    private static void WriteBranchOf(Utf8JsonWriter writer, Collection collection)
    {
        if (collection.BranchOf is { } parent)
        {
            writer.WriteString("branchOf"u8, parent);
        }
    }

    /// <summary>The definition's members, at the top level as they are sent.</summary>
    private static void WriteDefinition(Utf8JsonWriter writer, CollectionDefinition definition)
    {
        using var document = JsonDocument.Parse(CollectionJson.Encode(definition));
        foreach (var member in document.RootElement.EnumerateObject())
        {
            member.WriteTo(writer);
        }
    }

    private static void WriteStatistics(Utf8JsonWriter writer, CollectionStatistics statistics)
    {
        writer.WriteStartObject("statistics"u8);
        writer.WriteNumber("objects"u8, statistics.Objects);
        writer.WriteNumber("segments"u8, statistics.Segments);
        writer.WriteNumber("walTail"u8, statistics.WalTail);
        WriteBytes(writer, statistics);
        writer.WriteStartObject("cardinality"u8);
        foreach (var (field, count) in statistics.Cardinality)
        {
            writer.WriteNumber(field, count);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("vectors"u8);
        foreach (var (field, vectors) in statistics.Vectors)
        {
            WriteVectors(writer, field, vectors);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("calibration"u8);
        foreach (var (field, vectors) in statistics.Vectors.Where(v => v.Value.Calibration.Count > 0))
        {
            writer.WriteStartArray(field);
            foreach (var curve in vectors.Calibration)
            {
                WriteCurve(writer, curve);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>How far the index of a field is, and what it takes.</summary>
    private static void WriteVectors(Utf8JsonWriter writer, string field, VectorStatistics vectors)
    {
        writer.WriteStartObject(field);
        writer.WriteString("index"u8, vectors.Index);
        writer.WriteString("quantization"u8, vectors.Quantization);
        writer.WriteNumber("count"u8, vectors.Count);
        writer.WriteNumber("indexed"u8, vectors.Indexed);
        writer.WriteNumber("pending"u8, vectors.Pending);
        writer.WriteNumber("originalBytes"u8, vectors.OriginalBytes);
        writer.WriteNumber("indexBytes"u8, vectors.IndexBytes);
        writer.WriteEndObject();
    }

    private static void WriteCurve(Utf8JsonWriter writer, CalibrationCurve curve)
    {
        writer.WriteStartObject();
        writer.WriteNumber("k"u8, curve.K);
        writer.WriteNumber("queries"u8, curve.Queries);
        writer.WriteNumber("vectors"u8, curve.Vectors);
        writer.WriteStartArray("points"u8);
        foreach (var point in curve.Points)
        {
            writer.WriteStartObject();
            writer.WriteNumber("setting"u8, point.Setting);
            writer.WriteNumber("recall"u8, point.Recall);
            writer.WriteNumber("ms"u8, point.Microseconds / 1000);
            writer.WriteNumber("scored"u8, point.Scored);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteBytes(Utf8JsonWriter writer, CollectionStatistics statistics)
    {
        writer.WriteStartObject("bytes"u8);
        writer.WriteNumber("properties"u8, statistics.PropertyBytes);
        writer.WriteNumber("vectors"u8, statistics.VectorBytes);
        writer.WriteNumber("text"u8, statistics.TextBytes);
        writer.WriteNumber("sparse"u8, statistics.SparseBytes);
        writer.WriteEndObject();
    }
}
