namespace Vektagraf.Server;

/// <summary>
/// Folds, merges and collects in the background of a server. Nothing depends on it for correctness, several servers may do it at once,
/// and it may be killed at any point.
/// </summary>
internal sealed partial class MaintenanceLoop : IAsyncDisposable
{
    private readonly VektagrafDatabase _database;
    private readonly TimeSpan _interval;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public MaintenanceLoop(VektagrafDatabase database, TimeSpan interval, ILogger<MaintenanceLoop> log)
    {
        _database = database;
        _interval = interval;
        _log = log;
        _running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_interval, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await RunOnceAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop; what was under way is taken up by the next start.
        }
    }

    private async Task RunOnceAsync()
    {
        IReadOnlyList<string> names = [];
        try
        {
            names = await _database.ListCollectionsAsync(_stop.Token);
        }
        catch (VektagrafException e)
        {
            LogFailure(e, "all collections");
        }

        foreach (var name in names)
        {
            try
            {
                await (await _database.GetCollectionAsync(name, _stop.Token)).MaintainAsync(options: null, _stop.Token);
            }
            catch (VektagrafException e)
            {
                LogFailure(e, name);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One collection's defect must not keep the others from being maintained.
                LogDefect(e, name);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Maintenance of {Collection} failed; the next run takes it up")]
    private partial void LogFailure(Exception error, string collection);

    [LoggerMessage(Level = LogLevel.Error, Message = "Maintenance of {Collection} failed unexpectedly")]
    private partial void LogDefect(Exception error, string collection);
}
