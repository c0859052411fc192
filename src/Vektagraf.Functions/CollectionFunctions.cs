using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;

namespace Vektagraf.Functions;

/// <summary>Collections: list, create, read, change, drop, warm.</summary>
public sealed class CollectionFunctions(VektagrafApi api)
{
    /// <summary>Names, object counts and sizes of all collections.</summary>
    [Function("ListCollections")]
    public Task ListCollections([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/collections")] HttpRequest request) =>
        api.RunAsync("ListCollections", request);

    /// <summary>Creates a collection, or changes what needs no rebuild.</summary>
    [Function("PutCollection")]
    public Task PutCollection([HttpTrigger(AuthorizationLevel.Admin, "put", Route = "api/collections/{c}")] HttpRequest request) =>
        api.RunAsync("PutCollection", request);

    /// <summary>Definition and statistics of a collection.</summary>
    [Function("GetCollection")]
    public Task GetCollection([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/collections/{c}")] HttpRequest request) =>
        api.RunAsync("GetCollection", request);

    /// <summary>Changes a collection's definition.</summary>
    [Function("PatchCollection")]
    public Task PatchCollection([HttpTrigger(AuthorizationLevel.Admin, "patch", Route = "api/collections/{c}")] HttpRequest request) =>
        api.RunAsync("PatchCollection", request);

    /// <summary>Drops a collection.</summary>
    [Function("DeleteCollection")]
    public Task DeleteCollection([HttpTrigger(AuthorizationLevel.Admin, "delete", Route = "api/collections/{c}")] HttpRequest request) =>
        api.RunAsync("DeleteCollection", request);

    /// <summary>Loads a collection into memory.</summary>
    [Function("WarmCollection")]
    public Task WarmCollection([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/warm")] HttpRequest request) =>
        api.RunAsync("WarmCollection", request);
}
