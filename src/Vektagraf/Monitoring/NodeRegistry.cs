using Vektagraf.Insights;

namespace Vektagraf.Monitoring;

/// <summary>A node, as it last described itself.</summary>
public sealed record NodeDescription
{
    /// <summary>Its name.</summary>
    public required string Id { get; init; }

    /// <summary>Drawn when its process started.</summary>
    public required string Start { get; init; }

    /// <summary>Where others reach it; null where they cannot.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>Version of its program.</summary>
    public required string Version { get; init; }

    /// <summary>When its process started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it described itself.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>How busy it is.</summary>
    public required NodeLoad Load { get; init; }

    /// <summary>Whether it described itself lately.</summary>
    /// <param name="now">The present.</param>
    /// <returns>Whether it is to be counted on.</returns>
    public bool IsAlive(DateTimeOffset now) => now - LastSeen < NodeRegistry.CountsAsAlive;
}

/// <summary>How busy a node is.</summary>
/// <param name="MemoryRatio">Share of memory in use.</param>
/// <param name="OperationsPerSecond">Searches, queries and commits a second, since the last flush of its measurements.</param>
/// <param name="Collections">Collections that it has in memory, by name.</param>
public sealed record NodeLoad(double MemoryRatio, double OperationsPerSecond, IReadOnlyList<string> Collections);

/// <summary>The nodes on one insight store. Each describes itself now and then; one that stops is forgotten after a while.</summary>
/// <param name="store">The store.</param>
public sealed class NodeRegistry(IInsightStore store)
{
    /// <summary>How long a node counts as alive after it described itself: three heartbeats of half a minute.</summary>
    public static readonly TimeSpan CountsAsAlive = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(10);

    private readonly InsightTable<NodeDescription> _nodes = new(store, "nodes", MonitoringJson.Default.NodeDescription, n => n.LastSeen, TimeToLive);

    /// <summary>Writes down what a node says of itself.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>When it is written.</returns>
    /// <exception cref="InsightStoreException">The store failed.</exception>
    public Task AnnounceAsync(NodeDescription node, CancellationToken cancellationToken) => _nodes.PutAsync(node.Id, node, default, cancellationToken);

    /// <summary>The nodes that described themselves in the last ten minutes.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The nodes, by name.</returns>
    /// <exception cref="InsightStoreException">The store failed.</exception>
    public async Task<IReadOnlyList<NodeDescription>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await _nodes.AllAsync(cancellationToken)).Select(n => n.Value).OrderBy(n => n.Id, StringComparer.Ordinal)];

    /// <summary>Forgets a node that stops.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="InsightStoreException">The store failed.</exception>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => _nodes.DeleteAsync(id, etag: null, cancellationToken);
}
