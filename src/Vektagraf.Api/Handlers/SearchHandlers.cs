using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Collections;
using Vektagraf.Querying;
using Vektagraf.Shards;

namespace Vektagraf.Api.Handlers;

/// <summary>Searches and queries.</summary>
internal static class SearchHandlers
{
    public static async Task SearchAsync(VektagrafApi api, HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.SearchBody);
        var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
        var startedAt = api.Time.GetTimestamp();
        var response = await collection.SearchAsync(ToRequest(body), context.RequestAborted);
        var took = api.Time.GetElapsedTime(startedAt);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, (body, response, took), static (writer, answer) => WriteSearch(writer, answer.body, answer.response, answer.took));
    }

    public static async Task BatchAsync(VektagrafApi api, HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.SearchBatchBody);
        if (body.Queries.Count is 0 or > Limits.MaxBatchQueries)
        {
            throw VektagrafException.Invalid("/queries", $"A batch has 1 to {Limits.MaxBatchQueries} queries.");
        }

        RequestBody.RequireElements("/queries", body.Queries);
        var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
        var requests = body.Queries.Select((query, i) => ToRequest(i, query)).ToList();
        var startedAt = api.Time.GetTimestamp();
        var answers = await collection.SearchBatchAsync(requests, context.RequestAborted);
        var took = api.Time.GetElapsedTime(startedAt);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("results"u8);
            for (var i = 0; i < answers.Count; i++)
            {
                WriteSearch(writer, body.Queries[i], answers[i], took);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>One query of a batch: what is wrong with it says which.</summary>
    private static SearchRequest ToRequest(int number, SearchBody body)
    {
        try
        {
            return ToRequest(body);
        }
        catch (VektagrafException e)
        {
            throw e.Within(string.Create(CultureInfo.InvariantCulture, $"/queries/{number}"));
        }
    }

    public static SearchRequest ToRequest(SearchBody body)
    {
        return new SearchRequest
        {
            Vector = body.Vector is { } vector ? ToVector(vector) : null,
            Text = body.Text is { } text ? new TextQuery { Query = text.Query ?? string.Empty, Fields = text.Fields, Weights = text.Weights } : null,
            Fusion = body.Fusion is { } fusion
                ? new RankFusion { K = fusion.K, VectorWeight = fusion.Weights?.Vector ?? 1, TextWeight = fusion.Weights?.Text ?? 1 }
                : null,
            Highlight = body.Highlight is { } highlight ? ToHighlight(highlight) : null,
            K = body.K,
            Offset = body.Offset,
            Filter = body.Filter,
            Recall = body.Recall,
            Params = body.Params is { } parameters
                ? new SearchParams { EfSearch = parameters.EfSearch, NProbe = parameters.Nprobe, Exact = parameters.Exact }
                : null,
            IncludeVectors = body.IncludeVectors,
            MinScore = body.MinScore,
            Diversity = body.Diversity is { } diversity ? new SearchDiversity(diversity.Lambda, diversity.Candidates) : null,
            GroupBy = body.GroupBy is { } groupBy ? new GroupLimit(groupBy.Field, groupBy.Limit) : null,
            Consistency = ToConsistency(body.Consistency),
            AsOf = body.AsOf,
        };
    }

    private static VectorQuery ToVector(VectorBody vector) => new()
    {
        // Not ": null": null is an array, too, and would become an empty vector.
        Field = vector.Field,
        Value = vector.Value is { } value ? new ReadOnlyMemory<float>(value) : default(ReadOnlyMemory<float>?),
        Text = vector.Text,
        Id = vector.Id,
    };

    private static TextHighlight ToHighlight(HighlightBody body)
    {
        var usual = new TextHighlight();
        return usual with
        {
            Fields = body.Fields,
            PreTag = body.PreTag ?? usual.PreTag,
            PostTag = body.PostTag ?? usual.PostTag,
            Fragments = body.Fragments,
            FragmentLength = body.FragmentLength,
        };
    }

    internal static ReadConsistency ToConsistency(ConsistencyBody? body) => body switch
    {
        { BoundedMs: { } bound } => new ReadConsistency(ConsistencyLevel.Bounded, TimeSpan.FromMilliseconds(bound)),
        { Session: { } session } => new ReadConsistency(ConsistencyLevel.Session, Session: session),
        { Level: "eventual" } => ReadConsistency.Eventual,
        _ => ReadConsistency.Strong,
    };

    private static void WriteSearch(Utf8JsonWriter writer, SearchBody body, SearchResponse response, TimeSpan took)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("results"u8);
        foreach (var hit in response.Hits)
        {
            writer.WriteStartObject();
            writer.WriteNumber("score"u8, hit.Score);
            if (!double.IsNaN(hit.Distance))
            {
                writer.WriteNumber("distance"u8, hit.Distance);
            }

            ObjectJson.WriteMembers(writer, hit.Object, body.Select);
            TextJson.WriteMembers(writer, hit, body.Explain);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("tookMs"u8, took.TotalMilliseconds);
        writer.WriteString("session"u8, response.Session);
        writer.WriteStartArray("missingShards"u8);
        writer.WriteEndArray();
        WriteWarnings(writer, response.Warnings);
        if (body.Explain)
        {
            writer.WritePropertyName("plan"u8);
            WritePlanValue(writer, response.Plan);
        }

        writer.WriteEndObject();
    }

    public static void WritePlanValue(Utf8JsonWriter writer, SearchPlan plan)
    {
        writer.WriteStartObject();
        writer.WriteString("accessPath"u8, plan.AccessPath);
        writer.WriteString("field"u8, plan.Field);
        writer.WriteString("metric"u8, plan.Metric);
        writer.WriteString("filter"u8, plan.Filter);
        writer.WriteString("filterMode"u8, plan.FilterMode);
        writer.WriteNumber("shards"u8, plan.Shards);
        writer.WriteNumber("considered"u8, plan.Considered);
        writer.WriteNumber("filtered"u8, plan.Filtered);
        writer.WriteNumber("scored"u8, plan.Scored);
        WriteIfAny(writer, "efSearch"u8, plan.EfSearch ?? 0);
        WriteIfAny(writer, "nprobe"u8, plan.NProbe ?? 0);
        WriteIfAny(writer, "hops"u8, plan.Hops);
        WriteIfAny(writer, "reranked"u8, plan.Reranked);
        WriteIfAny(writer, "listsProbed"u8, plan.ListsProbed);
        if (plan.ExpectedRecall is { } recall)
        {
            writer.WriteNumber("expectedRecall"u8, recall);
        }

        writer.WriteEndObject();
    }

    private static void WriteIfAny(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long count)
    {
        if (count != 0)
        {
            writer.WriteNumber(name, count);
        }
    }

    internal static void WriteWarnings(Utf8JsonWriter writer, IReadOnlyList<string> warnings)
    {
        if (warnings.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("warnings"u8);
        foreach (var warning in warnings)
        {
            writer.WriteStringValue(warning);
        }

        writer.WriteEndArray();
    }
}
