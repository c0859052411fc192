namespace Vektagraf.Client;

/// <summary>What a health probe says.</summary>
public sealed record HealthStatus
{
    /// <summary><c>live</c> or <c>ready</c>.</summary>
    public string Status { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The server's version.</summary>
    public string Version { get; init => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Limits of requests by name, such as <c>k</c> or <c>bodyBytes</c>; empty for the liveness probe.</summary>
    public IReadOnlyDictionary<string, long> Limits { get; init => field = value ?? Empty<long>.Map; } = Empty<long>.Map;
}
