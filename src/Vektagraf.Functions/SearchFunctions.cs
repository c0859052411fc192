using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;

namespace Vektagraf.Functions;

/// <summary>Searches and queries.</summary>
public sealed class SearchFunctions(VektagrafApi api)
{
    /// <summary>Finds the objects nearest to a vector, a text or another object.</summary>
    [Function("Search")]
    public Task Search([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/search")] HttpRequest request) =>
        api.RunAsync("Search", request);

    /// <summary>Several searches in one request.</summary>
    [Function("SearchBatch")]
    public Task SearchBatch([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/search:batch")] HttpRequest request) =>
        api.RunAsync("SearchBatch", request);

    /// <summary>Finds the objects that fulfil a filter.</summary>
    [Function("Query")]
    public Task Query([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/query")] HttpRequest request) =>
        api.RunAsync("Query", request);

    /// <summary>Several queries in one request.</summary>
    [Function("QueryBatch")]
    public Task QueryBatch([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/query:batch")] HttpRequest request) =>
        api.RunAsync("QueryBatch", request);
}
