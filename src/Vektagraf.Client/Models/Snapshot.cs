namespace Vektagraf.Client;

/// <summary>A named state of a collection.</summary>
public sealed record Snapshot
{
    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Session token: pass it as <c>asOf</c>.</summary>
    public string Session { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset ExpiresAt { get; init; }
}

internal sealed record SnapshotList
{
    public IReadOnlyList<Snapshot> Snapshots { get; init => field = value ?? []; } = [];
}

internal sealed record SnapshotRequest(string? Name, DateTimeOffset? ExpiresAt);

internal sealed record BranchRequest(string Name, string? AsOf);
