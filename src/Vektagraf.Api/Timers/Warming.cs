namespace Vektagraf.Api.Timers;

/// <summary>What a host does before requests come.</summary>
public static class Warming
{
    /// <summary>Loads every collection into memory; requests that come first wait for no more than their own.</summary>
    /// <param name="api">The API.</param>
    /// <param name="cancellationToken">Ends it; what was loaded stays.</param>
    /// <returns>When all are loaded, or it was ended.</returns>
    public static async Task WarmAsync(this VektagrafApi api, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var name in await api.Database.ListCollectionsAsync(cancellationToken))
            {
                await (await api.Database.GetCollectionAsync(name, cancellationToken)).WarmAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is VektagrafException or OperationCanceledException)
        {
            // The request that needs the collection will say what is wrong with it.
        }
    }
}
