using Vektagraf.Api;
using Vektagraf.Api.Timers;
using Vektagraf.Hosting;

namespace Vektagraf.Server;

/// <summary>
/// Runs the timers of a server, each by its schedule and never twice at once. Nothing depends on them for correctness, several servers may run
/// them at once, and they may be killed at any point.
/// </summary>
internal sealed partial class TimerService(VektagrafApi api, HostSettings settings, TimeProvider time, ILogger<TimerService> log) : BackgroundService, IAsyncDisposable
{
    // Longer waits are cut into such pieces: timers take no more than some weeks.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>Ends what is under way before the database does.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(ApiTimers.All.Select(timer => RunAsync(timer, settings.Schedules.Of(timer.Name), stoppingToken)));

    private async Task RunAsync(ApiTimer timer, string schedule, CancellationToken stopping)
    {
        try
        {
            while (ScheduleOptions.NextRun(schedule, time.GetUtcNow()) is { } next)
            {
                for (var wait = next - time.GetUtcNow(); wait > TimeSpan.Zero; wait = next - time.GetUtcNow())
                {
                    await Task.Delay(wait < LongestWait ? wait : LongestWait, time, stopping);
                }

                await RunOnceAsync(timer, stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop; what was under way is taken up by the next start.
        }
    }

    private async Task RunOnceAsync(ApiTimer timer, CancellationToken stopping)
    {
        try
        {
            await timer.Handler(api, stopping);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A defect of one run must not keep the next ones from being tried.
            LogFailure(e, timer.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Timer {Timer} failed; the next run takes up where it ended")]
    private partial void LogFailure(Exception error, string timer);
}
