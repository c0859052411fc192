namespace Vektagraf.Benchmarks.Storage;

/// <summary>The system's clock, put forward now and then, so that collection need not be waited for. Its timestamps move with it.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shiftTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _shiftTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _shiftTicks));

    public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + Interlocked.Read(ref _shiftTicks);
}
