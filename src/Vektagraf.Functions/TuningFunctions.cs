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

    /// <summary>Explains a search or a query.</summary>
    [Function("Explain")]
    public Task Explain([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/explain")] HttpRequest request) =>
        api.RunAsync("Explain", request);

    /// <summary>Measures recall against exact search.</summary>
    [Function("MeasureRecall")]
    public Task MeasureRecall([HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/collections/{c}/recall")] HttpRequest request) =>
        api.RunAsync("MeasureRecall", request);

    /// <summary>Lists what would make requests cheaper.</summary>
    [Function("ListRecommendations")]
    public Task ListRecommendations([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/collections/{c}/recommendations")] HttpRequest request) =>
        api.RunAsync("ListRecommendations", request);

    /// <summary>Applies a recommendation.</summary>
    [Function("ApplyRecommendation")]
    public Task ApplyRecommendation([HttpTrigger(AuthorizationLevel.Admin, "post", Route = "api/collections/{c}/recommendations/{id}:apply")] HttpRequest request) =>
        api.RunAsync("ApplyRecommendation", request);
}
