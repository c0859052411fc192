namespace Vektagraf.Insights;

/// <summary>
/// When what waits in memory is brought into the insight store: by the clock, one run at a time, and once more at the end. That the store fails is told
/// once, until it is back; what to write, and what waits meanwhile, is the caller's.
/// </summary>
internal sealed class InsightFlush : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Func<CancellationToken, Task> _write;
    private readonly Action<Exception> _failed;
    private readonly ITimer? _timer;
    private bool _isFailing;

    /// <summary>Begins.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="interval">Time between two runs; null for none by the clock, nor at the end.</param>
    /// <param name="write">Writes what waits; called by one at a time.</param>
    /// <param name="failed">Told of the first of several failures in a row.</param>
    public InsightFlush(TimeProvider time, TimeSpan? interval, Func<CancellationToken, Task> write, Action<Exception> failed)
    {
        (_write, _failed) = (write, failed);
        _timer = interval is { } period ? time.CreateTimer(_ => _ = RunAsync(CancellationToken.None), null, period, period) : null;
    }

    /// <summary>Writes what waits.</summary>
    /// <returns>Whether all of it is stored.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await _write(cancellationToken);
            _isFailing = false;
            return true;
        }
        catch (Exception e) when (e is InsightStoreException or ArgumentException)
        {
            if (!_isFailing)
            {
                _isFailing = true;
                _failed(e);
            }

            return false;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Reads what waits while nobody writes it.</summary>
    public async Task<T> BetweenRunsAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return read();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
            await RunAsync(CancellationToken.None);
        }

        _gate.Dispose();
    }
}
