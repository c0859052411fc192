using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Optimisation;

namespace Vektagraf.Api.Handlers;

/// <summary>Recommendations, and applying them.</summary>
internal static class RecommendationHandlers
{
    public static async Task ListAsync(VektagrafApi api, HttpContext context)
    {
        var recommendations = await api.Database.ListRecommendationsAsync(context.CollectionName(), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("recommendations"u8);
            foreach (var recommendation in recommendations)
            {
                Write(writer, recommendation);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    public static async Task ApplyAsync(VektagrafApi api, HttpContext context)
    {
        var id = (string?)context.Request.RouteValues["id"] ?? string.Empty;
        var (recommendation, _) = await api.Database.ApplyRecommendationAsync(context.CollectionName(), id, context.RequestAborted);
        var status = recommendation.Status == RecommendationStatus.Applying ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
        await JsonAnswer.WriteAsync(context, status, writer => Write(writer, recommendation));
    }

    private static void Write(Utf8JsonWriter writer, Recommendation recommendation)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, recommendation.Id);
        writer.WriteString("kind"u8, Name(recommendation.Kind.ToString()));
        writer.WriteString("impact"u8, Name(recommendation.Impact.ToString()));
        writer.WriteString("title"u8, recommendation.Title);
        writer.WriteString("reason"u8, recommendation.Reason);
        if (recommendation.Field is { } field)
        {
            writer.WriteString("field"u8, field);
        }

        writer.WriteBoolean("applicable"u8, recommendation.IsApplicable);
        writer.WriteStartArray("evidence"u8);
        foreach (var evidence in recommendation.Evidence)
        {
            writer.WriteStartObject();
            writer.WriteString("signature"u8, evidence.Signature);
            writer.WriteString("shape"u8, evidence.Shape);
            writer.WriteNumber("executions"u8, evidence.Executions);
            writer.WriteNumber("totalMs"u8, evidence.TotalMs);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteGain(writer, "predicted"u8, recommendation.Predicted);
        if (recommendation.Measured is { } measured)
        {
            WriteGain(writer, "measured"u8, measured);
        }

        writer.WriteString("status"u8, Name(recommendation.Status.ToString()));
        if (recommendation.Detail is { } detail)
        {
            writer.WriteString("detail"u8, detail);
        }

        if (recommendation.AppliedAt is { } at)
        {
            writer.WriteString("appliedAt"u8, at);
        }

        writer.WriteEndObject();
    }

    private static void WriteGain(Utf8JsonWriter writer, ReadOnlySpan<byte> name, RecommendationGain gain)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("beforeMs"u8, gain.BeforeMs);
        writer.WriteNumber("afterMs"u8, gain.AfterMs);
        writer.WriteNumber("gain"u8, gain.Share);
        writer.WriteNumber("memoryBytes"u8, gain.MemoryBytes);
        writer.WriteEndObject();
    }

    private static string Name(string value) => JsonNamingPolicy.CamelCase.ConvertName(value);
}
