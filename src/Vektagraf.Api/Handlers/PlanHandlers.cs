using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Optimisation;

namespace Vektagraf.Api.Handlers;

/// <summary>Recorded plans.</summary>
internal static class PlanHandlers
{
    public static async Task ListAsync(VektagrafApi api, HttpContext context)
    {
        var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
        var plans = await collection.ListPlansAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("plans"u8);
            foreach (var plan in plans)
            {
                writer.WriteStartObject();
                WriteMembers(writer, plan);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>A plan's members, into an object that is open.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, PlanReport plan)
    {
        var statistics = plan.Statistics;
        writer.WriteString("signature"u8, plan.Signature.ToString());
        writer.WriteString("shape"u8, plan.Shape);
        writer.WriteString("kind"u8, plan.Kind == RequestKind.Search ? "search"u8 : "query"u8);
        writer.WriteString("accessPath"u8, plan.AccessPath);
        writer.WriteString("filterMode"u8, plan.FilterMode);
        writer.WriteString("firstAt"u8, plan.FirstAt);
        writer.WriteString("lastAt"u8, plan.LastAt);
        WriteSummary(writer, statistics.Lifetime());
        writer.WriteNumber("totalMs"u8, statistics.TotalMs);
        writer.WriteNumber("rows"u8, statistics.Rows);
        writer.WriteNumber("considered"u8, statistics.Considered);
        writer.WriteNumber("scored"u8, statistics.Scored);
        writer.WriteStartObject("last100"u8);
        WriteSummary(writer, statistics.LastHundred());
        writer.WriteEndObject();
        if (statistics.Measured > 0)
        {
            writer.WriteStartObject("cost"u8);
            writer.WriteNumber("measured"u8, statistics.Measured);
            WriteCost(writer, "predicted"u8, statistics.Predicted / statistics.Measured);
            WriteCost(writer, "actual"u8, statistics.Actual / statistics.Measured);
            writer.WriteEndObject();
        }
    }

    /// <summary>A cost as a member.</summary>
    public static void WriteCost(Utf8JsonWriter writer, ReadOnlySpan<byte> name, QueryCost cost)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("requests"u8, cost.Requests);
        writer.WriteNumber("bytes"u8, cost.Bytes);
        writer.WriteNumber("cpuMs"u8, cost.CpuMs);
        writer.WriteNumber("money"u8, cost.Money);
        writer.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter writer, ExecutionSummary summary)
    {
        writer.WriteNumber("executions"u8, summary.Executions);
        writer.WriteNumber("successRate"u8, summary.SuccessRate);
        writer.WriteNumber("minMs"u8, summary.MinMs);
        writer.WriteNumber("avgMs"u8, summary.AverageMs);
        writer.WriteNumber("maxMs"u8, summary.MaxMs);
        writer.WriteNumber("p95Ms"u8, summary.P95Ms);
    }
}
