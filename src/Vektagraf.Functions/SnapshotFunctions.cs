using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;

namespace Vektagraf.Functions;

/// <summary>Snapshots and branches.</summary>
public sealed class SnapshotFunctions(VektagrafApi api)
{
    /// <summary>Keeps the present state readable.</summary>
    [Function("CreateSnapshot")]
    public Task CreateSnapshot([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/snapshots")] HttpRequest request) =>
        api.RunAsync("CreateSnapshot", request);

    /// <summary>Lists the snapshots of a collection.</summary>
    [Function("ListSnapshots")]
    public Task ListSnapshots([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/collections/{c}/snapshots")] HttpRequest request) =>
        api.RunAsync("ListSnapshots", request);

    /// <summary>Drops a snapshot.</summary>
    [Function("DeleteSnapshot")]
    public Task DeleteSnapshot([HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/collections/{c}/snapshots/{name}")] HttpRequest request) =>
        api.RunAsync("DeleteSnapshot", request);

    /// <summary>Creates a collection that begins as another one is.</summary>
    [Function("CreateBranch")]
    public Task CreateBranch([HttpTrigger(AuthorizationLevel.Admin, "post", Route = "api/collections/{c}/branches")] HttpRequest request) =>
        api.RunAsync("CreateBranch", request);
}
