using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;

namespace Vektagraf.Functions;

/// <summary>Metrics, thresholds on them, and alerts.</summary>
public sealed class MonitoringFunctions(VektagrafApi api)
{
    /// <summary>What nodes measured, as series.</summary>
    [Function("ReadMetrics")]
    public Task ReadMetrics([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/metrics")] HttpRequest request) =>
        api.RunAsync("ReadMetrics", request);

    /// <summary>Lists thresholds.</summary>
    [Function("ListThresholds")]
    public Task ListThresholds([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/thresholds")] HttpRequest request) =>
        api.RunAsync("ListThresholds", request);

    /// <summary>Reads a threshold, and where it stands.</summary>
    [Function("GetThreshold")]
    public Task GetThreshold([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/thresholds/{name}")] HttpRequest request) =>
        api.RunAsync("GetThreshold", request);

    /// <summary>Sets a threshold.</summary>
    [Function("PutThreshold")]
    public Task PutThreshold([HttpTrigger(AuthorizationLevel.Admin, "put", Route = "api/thresholds/{name}")] HttpRequest request) =>
        api.RunAsync("PutThreshold", request);

    /// <summary>Deletes a threshold.</summary>
    [Function("DeleteThreshold")]
    public Task DeleteThreshold([HttpTrigger(AuthorizationLevel.Admin, "delete", Route = "api/thresholds/{name}")] HttpRequest request) =>
        api.RunAsync("DeleteThreshold", request);

    /// <summary>Lists alerts.</summary>
    [Function("ListAlerts")]
    public Task ListAlerts([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/alerts")] HttpRequest request) =>
        api.RunAsync("ListAlerts", request);

    /// <summary>Streams what becomes of alerts.</summary>
    [Function("StreamAlerts")]
    public Task StreamAlerts([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/alerts:stream")] HttpRequest request) =>
        api.RunAsync("StreamAlerts", request);
}
