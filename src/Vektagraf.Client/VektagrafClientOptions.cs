namespace Vektagraf.Client;

/// <summary>How a client behaves.</summary>
public sealed class VektagrafClientOptions
{
    /// <summary>Most attempts that can be asked for: more only hides an outage.</summary>
    public const int MaxAttemptsLimit = 20;

    /// <summary>Address of the server, such as <c>http://localhost:7071</c>; null for the HTTP client's own base address.</summary>
    public Uri? Server { get; init; }

    /// <summary>Key sent as <c>x-functions-key</c>: the read, write or admin key; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>Times one call is sent at most, 1 to <see cref="MaxAttemptsLimit"/>; 1 for no retry. Default: 4.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>Longest pause before the second attempt; it doubles with each further one, and a random part of it is waited. Default: 200 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest pause of all. Where the server asks for a longer one, the call fails at once and says so. Default: 30 s.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock that pauses go by.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the randomness of pauses comes from, a number in [0, 1) each; null for the operating system. Thread-safe.</summary>
    public Func<double>? Jitter { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxAttempts, MaxAttemptsLimit);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRetryDelay, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
