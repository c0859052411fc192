using System.Globalization;
using System.Text.Json.Serialization;
using Vektagraf.Client.Json;

namespace Vektagraf.Client;

/// <summary>How fresh the data read must be.</summary>
[JsonConverter(typeof(ReadConsistencyConverter))]
public sealed record ReadConsistency
{
    private ReadConsistency()
    {
    }

    /// <summary>Every write acknowledged before the read began; the default. The server asks its store for news first.</summary>
    public static ReadConsistency Strong { get; } = new();

    /// <summary>Whatever the server knows.</summary>
    public static ReadConsistency Eventual { get; } = new() { IsEventual = true };

    internal bool IsEventual { get; private init; }

    internal double? BoundedMs { get; private init; }

    internal string? SessionToken { get; private init; }

    /// <summary>No staler than a time span.</summary>
    /// <param name="staleness">The time span; not negative.</param>
    /// <returns>The consistency.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time span is negative.</exception>
    public static ReadConsistency Bounded(TimeSpan staleness)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(staleness, TimeSpan.Zero);
        return new ReadConsistency { BoundedMs = staleness.TotalMilliseconds };
    }

    /// <summary>At least what a session has seen or written.</summary>
    /// <param name="token">The token that an answer carried.</param>
    /// <returns>The consistency.</returns>
    public static ReadConsistency Session(string token)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        return new ReadConsistency { SessionToken = token };
    }

    /// <summary>The same as a query parameter.</summary>
    internal (string Name, string Value) ToQuery() => this switch
    {
        { SessionToken: { } token } => ("session", token),
        { BoundedMs: { } bound } => ("consistency", string.Create(CultureInfo.InvariantCulture, $"bounded:{bound:0.####}")),
        { IsEventual: true } => ("consistency", "eventual"),
        _ => ("consistency", "strong"),
    };
}
