using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Optimisation;

namespace Vektagraf.Api.Handlers;

/// <summary>Explaining searches and queries.</summary>
internal static class ExplainHandlers
{
    public static async Task ExplainAsync(VektagrafApi api, HttpContext context)
    {
        var body = Read(await RequestBody.ReadAsync(context));
        try
        {
            var request = ToRequest(body);
            var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
            var startedAt = api.Time.GetTimestamp();
            var explanation = await collection.ExplainAsync(request, context.RequestAborted);
            var took = api.Time.GetElapsedTime(startedAt);
            await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer => Write(writer, explanation, took));
        }
        catch (VektagrafException e) when (body.Place.Length > 0 && e.Errors.Count > 0 && e.Errors.Keys.All(k => !k.StartsWith("/whatIf", StringComparison.Ordinal)))
        {
            // A mistake in the request that is explained; alternatives stand beside it.
            throw e.Within(body.Place);
        }
    }

    /// <summary>
    /// The body of a search or a query with <c>analyze</c> and <c>whatIf</c> beside its members; a search has a vector, a text or a sparse vector. Or the one or
    /// the other as a member of its own.
    /// </summary>
    private static Explained Read(ReadOnlyMemory<byte> body)
    {
        using var document = Parse(body);
        var options = Part(document.RootElement, isOption: true);
        var explain = RequestBody.Parse(options, BodyJson.Default.ExplainBody);
        var members = document.RootElement.EnumerateObject().Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        if (explain.Search is not null || explain.Query is not null)
        {
            if ((explain.Search is not null && explain.Query is not null) || members.Count > (members.Contains("analyze") ? 1 : 0) + (members.Contains("whatIf") ? 1 : 0) + 1)
            {
                throw VektagrafException.Invalid(string.Empty, "Explain takes one request: as 'search', as 'query', or its members beside 'analyze' and 'whatIf'.");
            }
        }

        RequestBody.RequireElements("/whatIf", explain.WhatIf ?? []);
        var isSearch = explain.Search is not null || (explain.Query is null && (members.Contains("vector") || members.Contains("text") || members.Contains("sparse")));
        var place = explain.Search is not null ? "/search" : explain.Query is not null ? "/query" : string.Empty;
        return new Explained(explain, Part(document.RootElement, isOption: false), isSearch, place);
    }

    private static ExplainRequest ToRequest(Explained body) => new()
    {
        Search = body.IsSearch ? SearchHandlers.ToRequest(body.Explain.Search ?? RequestBody.Parse(body.Rest, BodyJson.Default.SearchBody)) : null,
        Query = body.IsSearch ? null : QueryHandlers.ToRequest(body.Explain.Query ?? RequestBody.Parse(body.Rest, BodyJson.Default.QueryBody)),
        Analyze = body.Explain.Analyze,
        WhatIf =
        [
            .. body.Explain.WhatIf?.Select(a => new Alternative { EfSearch = a.EfSearch, NProbe = a.Nprobe, Index = a.Index, FilterMode = a.FilterMode, FieldIndex = a.FieldIndex }) ?? [],
        ],
    };

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var document = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw JsonProblem.Malformed("an object is wanted");
        }
        catch (JsonException e)
        {
            throw JsonProblem.From(e);
        }
    }

    private static ReadOnlyMemory<byte> Part(JsonElement body, bool isOption)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            foreach (var member in body.EnumerateObject().Where(m => m.Name is "analyze" or "whatIf" or "search" or "query" == isOption))
            {
                member.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, Explanation explanation, TimeSpan took)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, explanation.Kind == RequestKind.Search ? "search"u8 : "query"u8);
        writer.WriteString("signature"u8, explanation.Signature.ToString());
        writer.WriteString("shape"u8, explanation.Shape);
        writer.WriteBoolean("cached"u8, explanation.IsCached);
        writer.WritePropertyName("plan"u8);
        WriteNode(writer, explanation.Plan);
        WriteAnalysis(writer, explanation.Analysis);
        PlanHandlers.WriteCost(writer, "predicted"u8, explanation.Predicted);
        if (explanation.Recorded is { } recorded)
        {
            writer.WriteStartObject("recorded"u8);
            PlanHandlers.WriteMembers(writer, recorded);
            writer.WriteEndObject();
        }

        if (explanation.Actual is { } actual)
        {
            WriteActual(writer, actual, explanation.Predicted);
        }

        if (explanation.Alternatives.Count > 0)
        {
            WriteAlternatives(writer, explanation.Alternatives);
        }

        writer.WriteStartObject("prices"u8);
        writer.WriteNumber("version"u8, explanation.Prices.Version);
        writer.WriteString("currency"u8, explanation.Prices.Currency);
        writer.WriteString("region"u8, explanation.Prices.Region);
        writer.WriteString("date"u8, explanation.Prices.Date.ToString("O", CultureInfo.InvariantCulture));
        writer.WriteEndObject();
        SearchHandlers.WriteWarnings(writer, explanation.Warnings);
        writer.WriteNumber("tookMs"u8, took.TotalMilliseconds);
        writer.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter writer, ExplainNode node)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, node.Kind);
        WriteIfAny(writer, "field"u8, node.Field);
        WriteIfAny(writer, "detail"u8, node.Detail);
        if (node.LacksIndex)
        {
            writer.WriteBoolean("lacksIndex"u8, value: true);
        }

        WriteRows(writer, "estimate"u8, node.Estimate);
        writer.WriteNumber("predictedMs"u8, node.PredictedMs);
        WriteIfAny(writer, "inputRows"u8, node.InputRows);
        WriteIfAny(writer, "actualRows"u8, node.ActualRows);
        WriteIfAny(writer, "actualMs"u8, node.ActualMs);
        WriteIfAny(writer, "qError"u8, node.QError);
        writer.WriteStartArray("children"u8);
        foreach (var child in node.Children)
        {
            WriteNode(writer, child);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteAnalysis(Utf8JsonWriter writer, FilterAnalysis analysis)
    {
        writer.WriteStartObject("analysis"u8);
        writer.WriteString("complexity"u8, analysis.Complexity);
        writer.WriteNumber("conditions"u8, analysis.Conditions);
        writer.WriteStartObject("indexes"u8);
        WriteTexts(writer, "available"u8, analysis.Available);
        WriteTexts(writer, "usable"u8, analysis.Usable);
        WriteTexts(writer, "missing"u8, analysis.Missing);
        writer.WriteEndObject();
        WriteRows(writer, "estimatedRows"u8, analysis.Rows);
        writer.WriteNumber("selectivity"u8, analysis.Selectivity);
        WriteTexts(writer, "filterOrder"u8, analysis.FilterOrder);
        writer.WriteEndObject();
    }

    private static void WriteActual(Utf8JsonWriter writer, ExecutionAnalysis actual, QueryCost predicted)
    {
        writer.WriteStartObject("actual"u8);
        writer.WriteNumber("ms"u8, actual.Ms);
        writer.WriteStartArray("stages"u8);
        foreach (var (name, ms) in actual.Stages)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, name);
            writer.WriteNumber("ms"u8, ms);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("rows"u8, actual.Rows);
        writer.WriteNumber("considered"u8, actual.Considered);
        if (actual.Search is { } search)
        {
            writer.WritePropertyName("candidates"u8);
            SearchHandlers.WritePlanValue(writer, search);
        }

        writer.WriteString("cacheTier"u8, actual.CacheTier);
        writer.WriteNumber("requestsAsked"u8, actual.RequestsAsked);
        writer.WriteNumber("bytes"u8, actual.Cost.Bytes);
        PlanHandlers.WriteCost(writer, "cost"u8, actual.Cost);
        writer.WriteNumber("cpuError"u8, predicted.CpuMs <= 0 || actual.Cost.CpuMs <= 0 ? 1 : Math.Max(predicted.CpuMs / actual.Cost.CpuMs, actual.Cost.CpuMs / predicted.CpuMs));
        writer.WriteEndObject();
    }

    private static void WriteAlternatives(Utf8JsonWriter writer, IReadOnlyList<AlternativeResult> results)
    {
        writer.WriteStartArray("whatIf"u8);
        foreach (var result in results)
        {
            writer.WriteStartObject();
            writer.WriteStartObject("alternative"u8);
            if (result.Alternative is { } alternative)
            {
                WriteIfAny(writer, "efSearch"u8, alternative.EfSearch);
                WriteIfAny(writer, "nprobe"u8, alternative.NProbe);
                WriteIfAny(writer, "index"u8, alternative.Index);
                WriteIfAny(writer, "filterMode"u8, alternative.FilterMode);
                WriteIfAny(writer, "fieldIndex"u8, alternative.FieldIndex);
            }

            writer.WriteEndObject();
            writer.WriteBoolean("hypothetical"u8, result.IsHypothetical);
            WriteIfAny(writer, "problem"u8, result.Problem);
            WriteIfAny(writer, "recall"u8, result.Recall);
            WriteIfAny(writer, "ms"u8, result.Ms);
            WriteIfAny(writer, "bytes"u8, result.Bytes);
            WriteIfAny(writer, "scored"u8, result.Scored);
            WriteIfAny(writer, "rows"u8, result.Rows);
            if (result.Predicted is { } cost)
            {
                PlanHandlers.WriteCost(writer, "predicted"u8, cost);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRows(Utf8JsonWriter writer, ReadOnlySpan<byte> name, RowEstimate rows)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("min"u8, rows.Min);
        writer.WriteNumber("expected"u8, rows.Expected);
        writer.WriteNumber("max"u8, rows.Max);
        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void WriteIfAny(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteIfAny(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    /// <summary>A body that was read.</summary>
    /// <param name="Explain">What is said of the explanation, and the request where it is a member of its own.</param>
    /// <param name="Rest">All other members.</param>
    /// <param name="IsSearch">Whether a search is explained.</param>
    /// <param name="Place">Where in the body the request stands; empty for its members beside the others.</param>
    private sealed record Explained(ExplainBody Explain, ReadOnlyMemory<byte> Rest, bool IsSearch, string Place);
}
