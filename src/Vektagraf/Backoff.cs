namespace Vektagraf;

/// <summary>Waits between attempts, as the logs do: exponential, with full jitter.</summary>
internal static class Backoff
{
    /// <summary>Waits before another attempt.</summary>
    /// <param name="engine">The engine; its log options say how long.</param>
    /// <param name="attempt">Attempts that failed before this one, from 0.</param>
    public static Task WaitAsync(EngineContext engine, int attempt)
    {
        var ceiling = Math.Min(engine.Options.Log.MaxBackoff.TotalMilliseconds, engine.Options.Log.FirstBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 20)));
        return Task.Delay(TimeSpan.FromMilliseconds(ceiling * engine.Entropy.NextDouble()), engine.Time);
    }
}
