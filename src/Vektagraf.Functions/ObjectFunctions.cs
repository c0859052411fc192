using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;

namespace Vektagraf.Functions;

/// <summary>Objects: save, read, change, delete, batch get, import, export.</summary>
public sealed class ObjectFunctions(VektagrafApi api)
{
    /// <summary>Saves an object.</summary>
    [Function("PutObject")]
    public Task PutObject([HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/collections/{c}/objects/{id}")] HttpRequest request) =>
        api.RunAsync("PutObject", request);

    /// <summary>Reads an object.</summary>
    [Function("GetObject")]
    public Task GetObject([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/collections/{c}/objects/{id}")] HttpRequest request) =>
        api.RunAsync("GetObject", request);

    /// <summary>Changes an object.</summary>
    [Function("PatchObject")]
    public Task PatchObject([HttpTrigger(AuthorizationLevel.Function, "patch", Route = "api/collections/{c}/objects/{id}")] HttpRequest request) =>
        api.RunAsync("PatchObject", request);

    /// <summary>Deletes an object.</summary>
    [Function("DeleteObject")]
    public Task DeleteObject([HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/collections/{c}/objects/{id}")] HttpRequest request) =>
        api.RunAsync("DeleteObject", request);

    /// <summary>Reads several objects.</summary>
    [Function("BatchGetObjects")]
    public Task BatchGetObjects([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/objects:batchGet")] HttpRequest request) =>
        api.RunAsync("BatchGetObjects", request);

    /// <summary>Changes several objects, all or nothing.</summary>
    [Function("Transact")]
    public Task Transact([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/transactions")] HttpRequest request) =>
        api.RunAsync("Transact", request);

    /// <summary>Saves a stream of objects.</summary>
    [Function("ImportObjects")]
    public Task ImportObjects([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/objects:import")] HttpRequest request) =>
        api.RunAsync("ImportObjects", request);

    /// <summary>Deletes the objects that fulfil a filter.</summary>
    [Function("DeleteByFilter")]
    public Task DeleteByFilter([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/objects:deleteByFilter")] HttpRequest request) =>
        api.RunAsync("DeleteByFilter", request);

    /// <summary>Changes the objects that fulfil a filter.</summary>
    [Function("PatchByFilter")]
    public Task PatchByFilter([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/objects:patchByFilter")] HttpRequest request) =>
        api.RunAsync("PatchByFilter", request);

    /// <summary>Streams all objects.</summary>
    [Function("ExportObjects")]
    public Task ExportObjects([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/collections/{c}/objects:export")] HttpRequest request) =>
        api.RunAsync("ExportObjects", request);
}
