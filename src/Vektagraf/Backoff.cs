using Vektagraf.Storage.Log;

namespace Vektagraf;

/// <summary>Waits between attempts: exponential, with full jitter.</summary>
internal static class Backoff
{
    /// <summary>Waits before another attempt.</summary>
    /// <param name="options">How long at first, and at most.</param>
    /// <param name="time">The clock.</param>
    /// <param name="entropy">Source of the jitter.</param>
    /// <param name="attempt">Attempts that failed before this one, from 0.</param>
    public static Task WaitAsync(ShardLogOptions options, TimeProvider time, EntropySource entropy, int attempt)
    {
        var ceiling = Math.Min(options.MaxBackoff.TotalMilliseconds, options.FirstBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 20)));
        return Task.Delay(TimeSpan.FromMilliseconds(ceiling * entropy.NextDouble()), time);
    }
}
