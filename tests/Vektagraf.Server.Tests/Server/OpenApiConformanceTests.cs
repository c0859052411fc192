using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Vektagraf.Server.Http;

/// <summary>What the server sends is what /api/openapi.json says it sends.</summary>
public class OpenApiConformanceTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string C = "/api/collections/{c}";
    private const string T = "/api/thresholds/{name}";
    private const string O = C + "/objects/{id}";

    private const string Definition = """
        { "shards": 2, "objective": { "recall": 0.9, "k": 5 },
          "vectors": { "e": { "dimensions": 2, "generator": "lsa", "from": ["title"] } },
          "sparse": { "s": {} },
          "fields": { "title": { "type": "text" }, "tags": { "type": "string[]", "index": true } } }
        """;

    private const string FullSearch = """
        { "vector": { "field": "e", "value": [1, 1] }, "k": 3, "offset": 0, "filter": "titel eq 'a'", "recall": 0.9,
          "params": { "efSearch": 9, "nprobe": 2, "exact": true }, "select": ["n"], "includeVectors": true, "minScore": null,
          "groupBy": { "field": "n", "limit": 2 }, "consistency": { "boundedMs": 10 }, "explain": true, "asOf": null }
        """;

    private const string FullTextSearch = """
        { "vector": { "field": "e", "value": [1, 1] }, "text": { "query": "+b c* -zz \"c d\"", "fields": ["title"], "weights": { "title": 2 } },
          "sparse": { "field": "s", "indices": [1, 4294967295], "values": [0.5, 2] },
          "fusion": { "k": 60, "weights": { "vector": 0.5, "text": 1, "sparse": 2 } },
          "highlight": { "fields": ["title"], "preTag": "[", "postTag": "]", "fragments": 2, "fragmentLength": 20 }, "explain": true, "k": 3 }
        """;

    private const string FullQuery = """
        { "filter": "n eq 1", "orderBy": ["n desc", "id"], "limit": 1, "cursor": null, "select": ["n"], "includeVectors": true,
          "consistency": "eventual",
          "aggregate": { "count": true, "min": ["n"], "max": "id", "avg": ["n"], "sum": null, "facets": ["tags", { "field": "n", "limit": 3 }], "groupBy": "type" } }
        """;

    /// <summary>One call after the other, on a collection that the first creates; every route, and every kind of status that can be provoked.</summary>
    private static readonly (string Method, string Template, string? Body, int Status, string Header)[] Calls =
    [
        ("GET", "/", null, 200, ""),
        ("GET", "/api/openapi.json", null, 200, ""),
        ("GET", "/api/health/live", null, 200, ""),
        ("GET", "/api/health/ready", null, 200, ""),
        ("GET", C, null, 404, ""),
        ("PUT", C, Definition, 201, ""),
        ("PUT", C, """{ "shards": 3 }""", 409, ""),
        ("PUT", C, """{ "shards": 0 }""", 400, ""),
        ("PATCH", C, """{ "fields": { "n": { "type": "number" } } }""", 200, ""),
        ("PATCH", C, """{ "shards": 3 }""", 409, ""),
        ("PUT", O, """{ "type": "T", "properties": { "title": "a b", "n": 1, "tags": ["x"] }, "vectors": { "e": [1, 0.5] }, "sparse": { "s": { "indices": [7, 1], "values": [1, 0.5] } } }""", 201, "Idempotency-Key: k"),
        ("PUT", O, """{ "vectors": { "e": "AACAPwAAAD8=" } }""", 200, ""),
        ("PUT", O, "{}", 409, "Idempotency-Key: k"),
        ("PUT", O, "{}", 412, "If-None-Match: *"),
        ("PUT", O, """{ "vectors": { "e": [1] } }""", 400, ""),
        ("GET", O, null, 200, ""),
        ("GET", O + "?vectors=true", null, 200, ""),
        ("GET", O, null, 304, "If-None-Match: *"),
        ("PATCH", O, """{ "properties": { "title": "b c d", "more": { "x": [1] } } }""", 200, ""),
        ("POST", C + "/objects:batchGet", """{ "ids": ["x", "none"], "includeVectors": true }""", 200, ""),
        ("POST", C + "/objects:import", "{\"id\":\"y\"}\n{bad", 200, ""),
        ("GET", C + "/objects:export", null, 200, ""),
        ("GET", C, null, 200, ""),
        ("GET", "/api/collections", null, 200, ""),
        ("POST", C + "/warm", null, 200, ""),
        ("POST", C + "/search", FullSearch, 200, ""),
        ("POST", C + "/search", """{ "vector": { "value": "AACAPwAAAD8=" }, "includeVectors": true, "explain": true, "consistency": "strong" }""", 200, ""),
        ("POST", C + "/search", """{ "vector": { "id": "x" } }""", 200, ""),
        ("POST", C + "/search", """{ "vector": { "id": "x" }, "diversity": { "lambda": 0.7, "candidates": 50 }, "params": { "efSearch": null } }""", 200, ""),
        ("POST", C + "/search", """{ "vector": { "id": "none" } }""", 404, ""),
        ("POST", C + "/search", """{ "text": { "query": "b", "fields": ["title"] }, "explain": true, "highlight": {} }""", 200, ""),
        ("POST", C + "/search", FullTextSearch, 200, ""),
        ("POST", C + "/search", """{ "text": { "query": "a", "fields": ["titel"] } }""", 400, ""),
        ("POST", C + "/search", """{ "sparse": { "indices": [1], "values": [1] }, "explain": true, "includeVectors": true }""", 200, ""),
        ("POST", C + "/search", """{ "sparse": { "indices": [1], "values": [1] }, "text": { "query": "b" }, "explain": true }""", 200, ""),
        ("POST", C + "/search", """{ "sparse": { "indices": [1], "values": [] } }""", 400, ""),
        ("POST", C + "/search:batch", """{ "queries": [{ "vector": { "id": "x" } }, { "vector": { "value": [1, 1] }, "explain": true }] }""", 200, ""),
        ("POST", C + "/query", FullQuery, 200, ""),
        ("POST", C + "/query", """{ "limit": 1, "orderBy": "id" }""", 200, ""),
        ("GET", C + "/plans", null, 200, ""),
        ("POST", C + "/explain", """{ "vector": { "value": [1, 1] }, "k": 3, "filter": "n ge 1 and title ne 'x'", "analyze": true, "whatIf": [{ "efSearch": 9 }, { "index": "flat" }, { "filterMode": "after" }, { "fieldIndex": "n" }] }""", 200, ""),
        ("POST", C + "/explain", """{ "query": { "filter": "n eq 1 or not (tags/any(t: t eq 'x'))", "orderBy": "n" }, "analyze": true, "whatIf": [{ "fieldIndex": "n" }] }""", 200, ""),
        ("POST", C + "/explain", """{ "filter": "n eq", "analyze": true }""", 400, ""),
        ("POST", C + "/recall", """{ "field": "e", "k": 2, "samples": 5, "filter": null, "recall": 0.9, "params": { "efSearch": 20 } }""", 200, ""),
        ("POST", C + "/recall", """{ "samples": 0 }""", 400, ""),
        ("GET", "/api/metrics", null, 200, ""),
        ("GET", "/api/metrics?name=throughput,recall&step=5m", null, 200, ""),
        ("GET", "/api/metrics?name=speed", null, 400, ""),
        ("GET", T, null, 404, ""),
        ("PUT", T, """{ "metric": "p95QueryLatency", "comparison": ">", "value": 500, "durationMs": 60000, "severity": "critical", "hysteresis": 10, "enabled": true, "description": "slow" }""", 201, ""),
        ("PUT", T, """{ "metric": "p95QueryLatency", "comparison": ">", "value": 400, "duration": "5m" }""", 200, ""),
        ("PUT", T, """{ "metric": "speed", "comparison": "!", "value": 1 }""", 400, ""),
        ("GET", T, null, 200, ""),
        ("GET", "/api/thresholds", null, 200, ""),
        ("GET", "/api/alerts?state=active&severity=warning&limit=10", null, 200, ""),
        ("GET", "/api/alerts?state=maybe", null, 400, ""),
        ("GET", "/api/alerts:stream?seconds=0&lastEventId=0", null, 200, ""),
        ("GET", "/api/alerts:stream?lastEventId=x", null, 400, ""),
        ("DELETE", T, null, 204, ""),
        ("DELETE", T, null, 404, ""),
        ("GET", C + "/recommendations", null, 200, ""),
        ("POST", C + "/recommendations/{id}:apply", null, 404, ""),
        ("GET", "/api/cache", null, 200, ""),
        ("POST", "/api/cache:invalidate", """{ "pattern": "^result/" }""", 200, ""),
        ("POST", "/api/cache:invalidate", """{ "key": "result/none" }""", 200, ""),
        ("POST", "/api/cache:invalidate", """{ "pattern": "(" }""", 400, ""),
        ("POST", C + "/query:batch", """{ "queries": [{ "limit": 0, "aggregate": { "count": true } }, {}] }""", 200, ""),
        ("POST", C + "/objects:patchByFilter", """{ "filter": "n eq 1", "patch": { "properties": { "tags": ["y"] } }, "limit": 5, "dryRun": false }""", 200, ""),
        ("POST", C + "/objects:patchByFilter", """{ "filter": "n eq 1" }""", 400, ""),
        ("POST", C + "/objects:deleteByFilter", """{ "filter": "n eq 77", "dryRun": true }""", 200, ""),
        ("POST", C + "/objects:deleteByFilter", """{ "filter": "" }""", 400, ""),
        ("POST", C + "/transactions", """{ "operations": [{ "save": { "id": "z", "properties": { "n": 2 } }, "ifNoneMatch": "*" }, { "patch": { "id": "x", "properties": { "n": 3 } } }, { "check": { "id": "y" }, "ifMatch": "*" }, { "delete": { "id": "y" } }] }""", 200, "Idempotency-Key: t"),
        ("POST", C + "/transactions", """{ "operations": [{ "save": { "id": "z" }, "ifNoneMatch": "*" }] }""", 409, ""),
        ("POST", C + "/transactions", """{ "operations": [] }""", 400, ""),
        ("DELETE", O, null, 412, "If-Match: \"0-0\""),
        ("DELETE", O, null, 204, ""),
        ("DELETE", O, null, 404, ""),
        ("POST", C + "/snapshots", """{ "name": "s", "expiresInHours": 1 }""", 201, ""),
        ("POST", C + "/snapshots", """{ "name": "s" }""", 409, ""),
        ("POST", C + "/snapshots", """{ "expiresAt": "now" }""", 400, ""),
        ("GET", C + "/snapshots", null, 200, ""),
        ("DELETE", C + "/snapshots/{name}", null, 204, ""),
        ("DELETE", C + "/snapshots/{name}", null, 404, ""),
        ("POST", C + "/branches", """{ "name": "openapi-branch", "asOf": null }""", 201, ""),
        ("POST", C + "/branches", """{ "name": "openapi-branch" }""", 409, ""),
        ("GET", "/api/collections", null, 200, ""),
        ("DELETE", C, null, 409, ""),
        ("DELETE", "/api/collections/openapi-branch", null, 204, ""),
        ("DELETE", C, null, 204, ""),
        ("DELETE", C, null, 404, ""),
    ];

    [Fact]
    public async Task Answers_ForEveryRoute_AreAsDescribed()
    {
        var document = (await server.GetAsync("/api/openapi.json")).Json;
        var name = server.NewName();
        var called = new HashSet<string>(StringComparer.Ordinal);
        var problems = new List<string>();
        foreach (var call in Calls)
        {
            var path = call.Template.Replace("{c}", name, StringComparison.Ordinal).Replace("{id}", "x", StringComparison.Ordinal).Replace("{name}", "s", StringComparison.Ordinal);
            (string, string)[] headers = call.Header.Length == 0 ? [] : [(call.Header.Split(": ")[0], call.Header.Split(": ")[1])];
            var answer = (await server.SendAsync(new HttpMethod(call.Method), path, call.Body is null ? null : Requests.Json(call.Body), headers)).Is((HttpStatusCode)call.Status);
            var operation = document["paths"]![TemplateOf(call.Template)]![call.Method.ToLowerInvariant()]!;
            called.Add(operation["operationId"]!.GetValue<string>());
            problems.AddRange(Check(document, operation, call.Body, answer).Select(p => $"{call.Method} {path}: {p}"));
        }

        Assert.Empty(problems);
        var all = document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()).Select(o => o.Value!["operationId"]!.GetValue<string>());
        Assert.Empty(all.Except(called));
    }

    private static string TemplateOf(string path) => path.Split('?')[0].Replace("openapi-branch", "{c}", StringComparison.Ordinal);

    private static IEnumerable<string> Check(JsonNode document, JsonNode operation, string? body, Answer answer)
    {
        var check = new SchemaCheck(document);
        if (answer.Response.IsSuccessStatusCode
            && body is not null
            && operation["requestBody"]!["content"]!.AsObject().First() is var (requestType, request)
            && IsJson(requestType))
        {
            foreach (var problem in check.Check(request!["schema"]!, JsonNode.Parse(body)))
            {
                yield return "request" + problem;
            }
        }

        if (operation["responses"]![answer.Status.ToString(CultureInfo.InvariantCulture)] is not { } response)
        {
            yield return $"status {answer.Status} is not described";
            yield break;
        }

        if (response["content"]?.AsObject().First() is not var (type, content) || content is null)
        {
            if (answer.Bytes.Length > 0)
            {
                yield return "a body is not described";
            }

            yield break;
        }

        if (answer.Response.Content.Headers.ContentType?.MediaType != type)
        {
            yield return $"content is {answer.Response.Content.Headers.ContentType}, described as {type}";
        }

        foreach (var problem in IsJson(type) ? check.Check(content["schema"]!, answer.Json) : [])
        {
            yield return "answer" + problem;
        }
    }

    private static bool IsJson(string type) => type.EndsWith("json", StringComparison.Ordinal) && !type.EndsWith("ndjson", StringComparison.Ordinal);
}
