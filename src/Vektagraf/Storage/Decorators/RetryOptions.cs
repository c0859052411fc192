namespace Vektagraf.Storage.Decorators;

/// <summary>How often and how long <see cref="RetryingObjectStore"/> tries.</summary>
public sealed record RetryOptions
{
    /// <summary>Most requests for one call, the first included; at least 1. Four ride out a throttled second or a lost connection.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>Longest wait before the second attempt; doubles with every further one up to <see cref="MaxBackoff"/>.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest wait before any attempt.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Time after the start of the call at which no further attempt begins. One under way is not cut short: how long a
    /// single request may take is the store's own limit.</summary>
    public TimeSpan MaxTotalTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(FirstBackoff, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBackoff, FirstBackoff);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTotalTime, TimeSpan.Zero);
    }
}
