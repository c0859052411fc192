using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;

namespace Vektagraf.Functions;

/// <summary>Plans and what follows from them.</summary>
public sealed class TuningFunctions(VektagrafApi api)
{
    /// <summary>Lists the query shapes asked, with how they went.</summary>
    [Function("ListPlans")]
    public Task ListPlans([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/collections/{c}/plans")] HttpRequest request) =>
        api.RunAsync("ListPlans", request);
}
