using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Monitoring;
using Vektagraf.Querying;

namespace Vektagraf.Api.Handlers;

/// <summary>Measured recall.</summary>
internal static class RecallHandlers
{
    public static async Task MeasureAsync(VektagrafApi api, HttpContext context)
    {
        var bytes = await RequestBody.ReadAsync(context);
        var body = bytes.IsEmpty ? new RecallBody() : RequestBody.Parse(bytes, BodyJson.Default.RecallBody);
        var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
        var startedAt = api.Time.GetTimestamp();
        var report = await collection.MeasureRecallAsync(
            new RecallRequest
            {
                Field = body.Field,
                K = body.K,
                Samples = body.Samples,
                Filter = body.Filter,
                Recall = body.Recall,
                Params = body.Params is { } p ? new SearchParams { EfSearch = p.EfSearch, NProbe = p.Nprobe, Exact = p.Exact } : null,
            },
            context.RequestAborted);
        var took = api.Time.GetElapsedTime(startedAt);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer => Write(writer, collection.Name, report, took));
    }

    private static void Write(Utf8JsonWriter writer, string collection, RecallReport report, TimeSpan took)
    {
        writer.WriteStartObject();
        writer.WriteString("collection"u8, collection);
        writer.WriteString("field"u8, report.Field);
        writer.WriteNumber("k"u8, report.K);
        writer.WriteNumber("samples"u8, report.Queries);
        writer.WriteNumber("recorded"u8, report.Recorded);
        WriteOrNull(writer, "recall"u8, report.Estimate?.Recall);
        WriteOrNull(writer, "lower"u8, report.Estimate?.Lower);
        WriteOrNull(writer, "upper"u8, report.Estimate?.Upper);
        writer.WriteNumber("confidence"u8, RecallReport.Confidence);
        writer.WriteNumber("objective"u8, report.Objective);
        if (report.Estimate is { } estimate)
        {
            writer.WriteString("verdict"u8, estimate.Lower >= report.Objective ? "met"u8 : estimate.Upper < report.Objective ? "missed"u8 : "unsure"u8);
        }

        if (report.Distribution.Count > 0)
        {
            writer.WriteStartObject("distribution"u8);
            writer.WriteNumber("min"u8, report.Distribution[0]);
            writer.WriteNumber("p5"u8, Share(report.Distribution, 0.05));
            writer.WriteNumber("p25"u8, Share(report.Distribution, 0.25));
            writer.WriteNumber("median"u8, Share(report.Distribution, 0.5));
            writer.WriteNumber("perfect"u8, report.Distribution.Count(r => r >= 1) / (double)report.Distribution.Count);
            writer.WriteEndObject();
        }

        WriteSetting(writer, report);
        writer.WriteNumber("avgMs"u8, report.AverageMs);
        writer.WriteNumber("exactMs"u8, report.ExactMs);
        writer.WriteNumber("scored"u8, report.Scored);
        writer.WriteBoolean("complete"u8, report.IsComplete);
        writer.WriteNumber("tookMs"u8, took.TotalMilliseconds);
        writer.WriteEndObject();
    }

    private static void WriteSetting(Utf8JsonWriter writer, RecallReport report)
    {
        writer.WriteStartObject("setting"u8);
        writer.WriteString("accessPath"u8, report.AccessPath);
        if (report.EfSearch is { } ef)
        {
            writer.WriteNumber("efSearch"u8, ef);
        }

        if (report.NProbe is { } probes)
        {
            writer.WriteNumber("nprobe"u8, probes);
        }

        if (report.ExpectedRecall is { } expected)
        {
            writer.WriteNumber("expectedRecall"u8, expected);
        }

        writer.WriteEndObject();
    }

    /// <summary>The value that a share of all is at most, by nearest rank.</summary>
    private static double Share(IReadOnlyList<double> ascending, double share) => ascending[Math.Max(0, (int)Math.Ceiling(share * ascending.Count) - 1)];

    private static void WriteOrNull(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
