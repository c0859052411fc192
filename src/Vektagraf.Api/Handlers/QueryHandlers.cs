using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vektagraf.Api.Http;
using Vektagraf.Collections;
using Vektagraf.Querying;

namespace Vektagraf.Api.Handlers;

/// <summary>Queries by filter.</summary>
internal static class QueryHandlers
{
    public static async Task QueryAsync(VektagrafApi api, HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.QueryBody);
        var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
        var startedAt = api.Time.GetTimestamp();
        var request = ToRequest(body);
        var response = await collection.QueryAsync(request, context.RequestAborted);
        var took = api.Time.GetElapsedTime(startedAt);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer => Write(writer, body, request, response, took));
    }

    public static async Task BatchAsync(VektagrafApi api, HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, BodyJson.Default.QueryBatchBody);
        if (body.Queries.Count is 0 or > Limits.MaxBatchQueries)
        {
            throw VektagrafException.Invalid("/queries", $"A batch has 1 to {Limits.MaxBatchQueries} queries.");
        }

        RequestBody.RequireElements("/queries", body.Queries);
        var collection = await api.Database.GetCollectionAsync(context.CollectionName(), context.RequestAborted);
        var answers = new List<(QueryBody Body, QueryRequest Request, QueryResponse Response, TimeSpan Took)>(body.Queries.Count);
        for (var i = 0; i < body.Queries.Count; i++)
        {
            var startedAt = api.Time.GetTimestamp();
            var request = ToRequest(body.Queries[i]);
            try
            {
                answers.Add((body.Queries[i], request, await collection.QueryAsync(request, context.RequestAborted), api.Time.GetElapsedTime(startedAt)));
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.Invalid)
            {
                throw e.Within(string.Create(CultureInfo.InvariantCulture, $"/queries/{i}"));
            }
        }

        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("results"u8);
            answers.ForEach(a => Write(writer, a.Body, a.Request, a.Response, a.Took));
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    public static QueryRequest ToRequest(QueryBody body) => new()
    {
        Filter = body.Filter,
        OrderBy = body.OrderBy ?? [],
        Limit = body.Limit,
        Cursor = body.Cursor,
        IncludeVectors = body.IncludeVectors,
        Aggregate = body.Aggregate?.ToRequest(),
        Consistency = SearchHandlers.ToConsistency(body.Consistency),
    };

    private static void Write(Utf8JsonWriter writer, QueryBody body, QueryRequest request, QueryResponse response, TimeSpan took)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("results"u8);
        foreach (var stored in response.Results)
        {
            ObjectJson.Write(writer, stored, body.Select, withETag: true);
        }

        writer.WriteEndArray();
        writer.WriteString("cursor"u8, response.Cursor);
        if (response.Aggregates is { } aggregates)
        {
            AggregateJson.Write(writer, request.Aggregate!, aggregates);
        }

        writer.WriteNumber("tookMs"u8, took.TotalMilliseconds);
        writer.WriteString("session"u8, response.Session);
        SearchHandlers.WriteWarnings(writer, response.Warnings);
        writer.WriteEndObject();
    }
}
