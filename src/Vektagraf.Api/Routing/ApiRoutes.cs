using Vektagraf.Api.Handlers;

namespace Vektagraf.Api.Routing;

/// <summary>The route table: the whole HTTP contract in one place. Hosts, OpenAPI and the parity test read it.</summary>
public static class ApiRoutes
{
    private const string NdJson = "application/x-ndjson";
    private const string CollectionPath = "api/collections/{c}";
    private const string ObjectPath = CollectionPath + "/objects/{id}";

    private static readonly ApiParameter IfMatch = new("If-Match", "header", "ETag the object must have, or * for any; otherwise 412.");
    private static readonly ApiParameter IfNoneMatch = new("If-None-Match", "header", "* : the object must not exist; otherwise 412.");
    private static readonly ApiParameter IdempotencyKey = new("Idempotency-Key", "header", "A retry with the same key gets the first answer and is applied once.");
    private static readonly ApiParameter Consistency = new("consistency", "query", "strong (default), eventual, or bounded:<milliseconds>.");
    private static readonly ApiParameter Session = new("session", "query", "Session token: the answer reflects at least what it has seen.");
    private static readonly ApiParameter Vectors = new("vectors", "query", "true: with the vectors.");

    /// <summary>All routes.</summary>
    public static IReadOnlyList<ApiRoute> All { get; } = [.. System(), .. Collections(), .. Snapshots(), .. Objects(), .. Searches(), .. Tuning(), .. Cache(), .. Monitoring()];

    private static ApiRoute[] System() =>
    [
        new() { Name = "GetPage", Method = "GET", Template = "", Access = AccessLevel.Anonymous, Summary = "The search page.", Handler = SystemHandlers.PageAsync, ResponseContentType = "text/html", ResponseSchema = "Text" },
        new() { Name = "GetOpenApi", Method = "GET", Template = "api/openapi.json", Access = AccessLevel.Anonymous, Summary = "This description.", Handler = SystemHandlers.OpenApiAsync, ResponseSchema = "Any" },
        new() { Name = "GetLiveness", Method = "GET", Template = "api/health/live", Access = AccessLevel.Anonymous, Summary = "Whether the process runs.", Handler = SystemHandlers.LivenessAsync, ResponseSchema = "Health" },
        new() { Name = "GetReadiness", Method = "GET", Template = "api/health/ready", Access = AccessLevel.Anonymous, Summary = "Whether the object store answers, and the limits in force.", Handler = SystemHandlers.ReadinessAsync, ResponseSchema = "Health" },
    ];

    private static ApiRoute[] Collections() =>
    [
        new() { Name = "ListCollections", Method = "GET", Template = "api/collections", Access = AccessLevel.Read, Summary = "Names, object counts and sizes of all collections.", Handler = CollectionHandlers.ListAsync, ResponseSchema = "CollectionList" },
        new() { Name = "PutCollection", Method = "PUT", Template = CollectionPath, Access = AccessLevel.Admin, Summary = "Create a collection, or change what needs no rebuild.", Handler = CollectionHandlers.PutAsync, RequestSchema = "CollectionDefinition", ResponseSchema = "Collection", Success = [201, 200], Errors = [409, 413] },
        new() { Name = "GetCollection", Method = "GET", Template = CollectionPath, Access = AccessLevel.Read, Summary = "Definition and statistics of a collection.", Handler = CollectionHandlers.GetAsync, ResponseSchema = "Collection", Errors = [404] },
        new() { Name = "PatchCollection", Method = "PATCH", Template = CollectionPath, Access = AccessLevel.Admin, Summary = "Change the objective, add or drop fields (JSON merge patch of the definition).", Handler = CollectionHandlers.PatchAsync, RequestSchema = "CollectionDefinition", RequestContentType = "application/merge-patch+json", ResponseSchema = "Collection", Errors = [404, 409, 413] },
        new() { Name = "DeleteCollection", Method = "DELETE", Template = CollectionPath, Access = AccessLevel.Admin, Summary = "Drop a collection with all of its objects.", Handler = CollectionHandlers.DeleteAsync, Success = [204], Errors = [404, 409] },
        new() { Name = "WarmCollection", Method = "POST", Template = CollectionPath + "/warm", Access = AccessLevel.Read, Summary = "Load a collection into memory.", Handler = CollectionHandlers.WarmAsync, ResponseSchema = "Collection", Errors = [404] },
    ];

    private static ApiRoute[] Snapshots() =>
    [
        new() { Name = "CreateSnapshot", Method = "POST", Template = CollectionPath + "/snapshots", Access = AccessLevel.Write, Summary = "Keep the present state readable, by its session token as asOf, until it expires (default: a day).", Handler = SnapshotHandlers.CreateAsync, RequestSchema = "SnapshotRequest", ResponseSchema = "Snapshot", Success = [201], Errors = [404, 409, 413] },
        new() { Name = "ListSnapshots", Method = "GET", Template = CollectionPath + "/snapshots", Access = AccessLevel.Read, Summary = "The snapshots of a collection, oldest first.", Handler = SnapshotHandlers.ListAsync, ResponseSchema = "SnapshotList", Errors = [404] },
        new() { Name = "DeleteSnapshot", Method = "DELETE", Template = CollectionPath + "/snapshots/{name}", Access = AccessLevel.Write, Summary = "Drop a snapshot.", Handler = SnapshotHandlers.DeleteAsync, Success = [204], Errors = [404] },
        new() { Name = "CreateBranch", Method = "POST", Template = CollectionPath + "/branches", Access = AccessLevel.Admin, Summary = "Create a collection that begins as this one is, or was, without copying it.", Handler = SnapshotHandlers.BranchAsync, RequestSchema = "BranchRequest", ResponseSchema = "Collection", Success = [201], Errors = [404, 409, 413] },
    ];

    private static ApiRoute[] Objects() =>
    [
        new() { Name = "PutObject", Method = "PUT", Template = ObjectPath, Access = AccessLevel.Write, Summary = "Save an object.", Handler = ObjectHandlers.PutAsync, RequestSchema = "Object", ResponseSchema = "WriteResult", Success = [201, 200], Errors = [404, 409, 412, 413], Parameters = [IfMatch, IfNoneMatch, IdempotencyKey] },
        new() { Name = "GetObject", Method = "GET", Template = ObjectPath, Access = AccessLevel.Read, Summary = "Read an object.", Handler = ObjectHandlers.GetAsync, ResponseSchema = "Object", Success = [200, 304], Errors = [404], Parameters = [Vectors, Consistency, Session, new("If-None-Match", "header", "ETag: 304 where it is still the object's.")] },
        new() { Name = "PatchObject", Method = "PATCH", Template = ObjectPath, Access = AccessLevel.Write, Summary = "Change an object (JSON merge patch of type, properties and vectors).", Handler = ObjectHandlers.PatchAsync, RequestSchema = "Object", RequestContentType = "application/merge-patch+json", ResponseSchema = "WriteResult", Errors = [404, 409, 412, 413], Parameters = [IfMatch, IdempotencyKey] },
        new() { Name = "DeleteObject", Method = "DELETE", Template = ObjectPath, Access = AccessLevel.Write, Summary = "Delete an object.", Handler = ObjectHandlers.DeleteAsync, Success = [204], Errors = [404, 409, 412], Parameters = [IfMatch, IdempotencyKey] },
        new() { Name = "BatchGetObjects", Method = "POST", Template = CollectionPath + "/objects:batchGet", Access = AccessLevel.Read, Summary = "Read several objects.", Handler = ObjectHandlers.BatchGetAsync, RequestSchema = "BatchGet", ResponseSchema = "ObjectList", Errors = [404, 413], Parameters = [Vectors, Consistency, Session] },
        new() { Name = "Transact", Method = "POST", Template = CollectionPath + "/transactions", Access = AccessLevel.Write, Summary = "Save, patch, delete and check several objects, all or nothing.", Handler = ObjectHandlers.TransactAsync, RequestSchema = "Transaction", ResponseSchema = "TransactionResult", Errors = [404, 409, 413], Parameters = [IdempotencyKey] },
        new() { Name = "ImportObjects", Method = "POST", Template = CollectionPath + "/objects:import", Access = AccessLevel.Write, Summary = "Save a stream of objects, one JSON object a line.", Handler = ObjectHandlers.ImportAsync, RequestSchema = "Text", RequestContentType = NdJson, ResponseSchema = "ImportResult", Errors = [404] },
        new() { Name = "DeleteByFilter", Method = "POST", Template = CollectionPath + "/objects:deleteByFilter", Access = AccessLevel.Write, Summary = "Delete all objects that fulfil a filter.", Handler = FilterWriteHandlers.DeleteAsync, RequestSchema = "DeleteByFilter", ResponseSchema = "FilterWriteResult", Errors = [404, 413] },
        new() { Name = "PatchByFilter", Method = "POST", Template = CollectionPath + "/objects:patchByFilter", Access = AccessLevel.Write, Summary = "Change all objects that fulfil a filter (JSON merge patch).", Handler = FilterWriteHandlers.PatchAsync, RequestSchema = "PatchByFilter", ResponseSchema = "FilterWriteResult", Errors = [404, 413] },
        new() { Name = "ExportObjects", Method = "GET", Template = CollectionPath + "/objects:export", Access = AccessLevel.Read, Summary = "All objects of one consistent snapshot, one JSON object a line.", Handler = ObjectHandlers.ExportAsync, ResponseSchema = "Text", ResponseContentType = NdJson, Errors = [404], Parameters = [new("asOf", "query", "Session token: the data as it was then.")] },
    ];

    private static ApiRoute[] Tuning() =>
    [
        new() { Name = "ListPlans", Method = "GET", Template = CollectionPath + "/plans", Access = AccessLevel.Read, Summary = "The query shapes asked of a collection, with how they went.", Handler = PlanHandlers.ListAsync, ResponseSchema = "PlanList", Errors = [404] },
        new() { Name = "Explain", Method = "POST", Template = CollectionPath + "/explain", Access = AccessLevel.Read, Summary = "How a search or a query is run, and what that takes; with analyze it is run, with whatIf in other ways, too.", Handler = ExplainHandlers.ExplainAsync, RequestSchema = "Explain", ResponseSchema = "Explanation", Errors = [404, 413] },
        new() { Name = "MeasureRecall", Method = "POST", Template = CollectionPath + "/recall", Access = AccessLevel.Read, Summary = "Measured recall@k on sampled queries against exact search, with confidence bounds.", Handler = RecallHandlers.MeasureAsync, RequestSchema = "RecallRequest", ResponseSchema = "RecallReport", Errors = [404, 413] },
        new() { Name = "ListRecommendations", Method = "GET", Template = CollectionPath + "/recommendations", Access = AccessLevel.Read, Summary = "What would make the requests recorded cheaper, with the evidence.", Handler = RecommendationHandlers.ListAsync, ResponseSchema = "RecommendationList", Errors = [404] },
        new() { Name = "ApplyRecommendation", Method = "POST", Template = CollectionPath + "/recommendations/{id}:apply", Access = AccessLevel.Admin, Summary = "Apply a recommendation in the background, measure what it gains, and take it back where it makes things worse.", Handler = RecommendationHandlers.ApplyAsync, ResponseSchema = "Recommendation", Success = [202, 200], Errors = [404, 409] },
    ];

    private static ApiRoute[] Cache() =>
    [
        new() { Name = "GetCache", Method = "GET", Template = "api/cache", Access = AccessLevel.Read, Summary = "How the levels of this process's cache did.", Handler = CacheHandlers.GetAsync, ResponseSchema = "Cache" },
        new() { Name = "InvalidateCache", Method = "POST", Template = "api/cache:invalidate", Access = AccessLevel.Admin, Summary = "Drop one key, or all that match a regular expression, from all levels of this process's cache.", Handler = CacheHandlers.InvalidateAsync, RequestSchema = "CacheInvalidation", ResponseSchema = "CacheInvalidationResult", Errors = [413] },
    ];

    private static ApiRoute[] Monitoring() =>
    [
        new() { Name = "ReadMetrics", Method = "GET", Template = "api/metrics", Access = AccessLevel.Read, Summary = "What all nodes measured, as series.", Handler = MonitoringHandlers.ReadMetricsAsync, ResponseSchema = "MetricReport", Errors = [413], Parameters = [new("name", "query", "Names of metrics with commas between them; all unless said otherwise."), new("from", "query", "ISO 8601; an hour before 'to' unless said otherwise."), new("to", "query", "ISO 8601; now unless said otherwise."), new("step", "query", "Time between points: seconds, or such as 30s, 5m, 1h.")] },
        new() { Name = "ListThresholds", Method = "GET", Template = "api/thresholds", Access = AccessLevel.Read, Summary = "The thresholds with where they stand, and those that the guide suggests.", Handler = MonitoringHandlers.ListThresholdsAsync, ResponseSchema = "ThresholdList" },
        new() { Name = "GetThreshold", Method = "GET", Template = "api/thresholds/{name}", Access = AccessLevel.Read, Summary = "A threshold, and where it stands.", Handler = MonitoringHandlers.GetThresholdAsync, ResponseSchema = "Threshold", Errors = [404] },
        new() { Name = "PutThreshold", Method = "PUT", Template = "api/thresholds/{name}", Access = AccessLevel.Admin, Summary = "Set a threshold: an alert is raised when a metric is on the bad side of a value for some time.", Handler = MonitoringHandlers.PutThresholdAsync, RequestSchema = "ThresholdRequest", ResponseSchema = "Threshold", Success = [201, 200], Errors = [409, 413] },
        new() { Name = "DeleteThreshold", Method = "DELETE", Template = "api/thresholds/{name}", Access = AccessLevel.Admin, Summary = "Delete a threshold; an alert that there is ends.", Handler = MonitoringHandlers.DeleteThresholdAsync, Success = [204], Errors = [404] },
        new() { Name = "ListAlerts", Method = "GET", Template = "api/alerts", Access = AccessLevel.Read, Summary = "Alerts, the latest first; a client that accepts text/event-stream gets the stream of what becomes of them.", Handler = MonitoringHandlers.ListAlertsAsync, ResponseSchema = "AlertList", Parameters = [new("state", "query", "active or resolved; both unless said otherwise."), new("severity", "query", "info, warning or critical."), new("name", "query", "Name of the threshold."), new("limit", "query", "Most alerts of the page, 1 to 1000; 100 unless said otherwise."), new("cursor", "query", "Of the page before.")] },
        new() { Name = "StreamAlerts", Method = "GET", Template = "api/alerts:stream", Access = AccessLevel.Read, Summary = "Alerts as they are raised and resolved (server-sent events).", Handler = AlertStreamHandlers.StreamAsync, ResponseSchema = "Text", ResponseContentType = "text/event-stream", Parameters = [new("Last-Event-ID", "header", "Go on after this event; 0 for all there are. Only what comes, unless said otherwise."), new("lastEventId", "query", "The same, for clients that set no headers."), new("seconds", "query", "End after so many seconds; 0 ends after what is there.")] },
    ];

    private static ApiRoute[] Searches() =>
    [
        new() { Name = "Search", Method = "POST", Template = CollectionPath + "/search", Access = AccessLevel.Read, Summary = "The objects nearest to a vector, a text or another object.", Handler = SearchHandlers.SearchAsync, RequestSchema = "Search", ResponseSchema = "SearchResult", Errors = [404, 413] },
        new() { Name = "SearchBatch", Method = "POST", Template = CollectionPath + "/search:batch", Access = AccessLevel.Read, Summary = "Several searches in one request.", Handler = SearchHandlers.BatchAsync, RequestSchema = "SearchBatch", ResponseSchema = "SearchBatchResult", Errors = [404, 413] },
        new() { Name = "Query", Method = "POST", Template = CollectionPath + "/query", Access = AccessLevel.Read, Summary = "The objects that fulfil a filter, in order, a page at a time.", Handler = QueryHandlers.QueryAsync, RequestSchema = "Query", ResponseSchema = "QueryResult", Errors = [404, 413] },
        new() { Name = "QueryBatch", Method = "POST", Template = CollectionPath + "/query:batch", Access = AccessLevel.Read, Summary = "Several queries in one request.", Handler = QueryHandlers.BatchAsync, RequestSchema = "QueryBatch", ResponseSchema = "QueryBatchResult", Errors = [404, 413] },
    ];
}
