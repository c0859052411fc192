namespace Vektagraf.Simulation;

/// <summary>A clock that moves from timer to timer.</summary>
public sealed class SimulatedTime : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Timer, (long Due, long Order)> _timers = new();
    private long _now;
    private long _order;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Start.AddTicks(Volatile.Read(ref _now));

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _now);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan)
        {
            throw new NotSupportedException("Simulated timers fire once.");
        }

        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock to the next timer and fires it.</summary>
    /// <returns>False where none is set.</returns>
    public bool FireNext()
    {
        while (true)
        {
            Timer? timer;
            lock (_lock)
            {
                if (!_timers.TryDequeue(out timer, out var key))
                {
                    return false;
                }

                if (timer.Order != key.Order)
                {
                    // Changed or disposed since.
                    continue;
                }

                timer.Order = 0;
                _now = Math.Max(_now, key.Due);
            }

            timer.Fire();
            return true;
        }
    }

    private sealed class Timer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        public long Order { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                Order = 0;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Order = ++time._order;
                    time._timers.Enqueue(this, (time._now + dueTime.Ticks, Order));
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                Order = 0;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
