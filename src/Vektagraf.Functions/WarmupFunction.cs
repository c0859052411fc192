using Microsoft.Azure.Functions.Worker;
using Vektagraf.Api;
using Vektagraf.Api.Timers;

namespace Vektagraf.Functions;

/// <summary>What a new instance does before it gets requests, on plans that tell it so. Elsewhere the first request of a collection loads it.</summary>
public sealed class WarmupFunction(VektagrafApi api)
{
    /// <summary>Loads the collections into memory, as far as there is room and time.</summary>
    [Function("Warmup")]
    public Task Warmup([WarmupTrigger] object warmupContext, CancellationToken cancellationToken) => api.WarmAsync(cancellationToken);
}
