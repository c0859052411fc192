namespace Vektagraf.Optimisation;

/// <summary>
/// A number that changes when what plans are made by has changed materially: the set of indexes, what indexes were measured to give, or the
/// count of objects by more than a fifth. Thread-safe.
/// </summary>
public sealed class StatisticsVersion
{
    /// <summary>Change of the count that matters, as a share of the count when the version began.</summary>
    public const double MaterialShare = 0.2;

    // Below, a share is a handful of objects, and every plan is cheap.
    private const long LeastChange = 100;

    private readonly Lock _lock = new();
    private State? _state;

    /// <summary>The version after looking at the present state.</summary>
    /// <param name="objects">Live objects.</param>
    /// <param name="indexes">A fingerprint of the set of indexes.</param>
    /// <param name="calibration">A fingerprint of what indexes were measured to give.</param>
    /// <returns>The version: the same as before unless something changed materially.</returns>
    public long Observe(long objects, long indexes, long calibration)
    {
        var state = Volatile.Read(ref _state);
        if (state is not null && state.Covers(objects, indexes, calibration))
        {
            return state.Version;
        }

        lock (_lock)
        {
            if (_state is null || !_state.Covers(objects, indexes, calibration))
            {
                Volatile.Write(ref _state, new State((_state?.Version ?? 0) + 1, objects, indexes, calibration));
            }

            return _state!.Version;
        }
    }

    private sealed record State(long Version, long Objects, long Indexes, long Calibration)
    {
        public bool Covers(long objects, long indexes, long calibration) =>
            Indexes == indexes && Calibration == calibration && Math.Abs(objects - Objects) <= Math.Max(LeastChange, (long)(Objects * MaterialShare));
    }
}
