using Vektagraf.Optimisation;

namespace Vektagraf.Collections;

/// <content>What is recorded of requests, and what follows from it.</content>
public sealed partial class Collection
{
    /// <summary>The query shapes asked of this collection, with how they went: on this node, and on all others that share its insight store.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Those that took the most time first; where the insight store fails, those of this node.</returns>
    public Task<IReadOnlyList<PlanReport>> ListPlansAsync(CancellationToken cancellationToken) => _engine.Plans.ListAsync(_entry.StorageName, cancellationToken);
}
