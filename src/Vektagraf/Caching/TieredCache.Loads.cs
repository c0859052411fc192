using System.Diagnostics.CodeAnalysis;

namespace Vektagraf.Caching;

/// <content>Loading what is not there, once for all who ask at the same time.</content>
public sealed partial class TieredCache
{
    /// <summary>Finds a value, or loads it: once, however many ask for it meanwhile.</summary>
    /// <param name="key">The key.</param>
    /// <param name="load">Loads the value; its token is cancelled when nobody waits any more. A failure is everybody's who waits, and not remembered.</param>
    /// <param name="timeToLive">How long to keep it; null for the cache's own.</param>
    /// <param name="writesThrough">Whether to write it to disk at once, for the next process.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The value. It is the cache's, not to be changed.</returns>
    public Task<ReadOnlyMemory<byte>> GetOrLoadAsync(
        CacheKey key,
        Func<CancellationToken, Task<ReadOnlyMemory<byte>>> load,
        TimeSpan? timeToLive = null,
        bool writesThrough = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(load);
        cancellationToken.ThrowIfCancellationRequested();
        if (TryGet(key, out var value))
        {
            return Task.FromResult(value);
        }

        Load? running;
        bool isFirst;
        lock (_gate)
        {
            isFirst = !_loads.TryGetValue(key, out running);
            if (isFirst)
            {
                running = new Load(key);
                _loads.Add(key, running);
                _loadsBegun++;
            }
            else
            {
                running!.Waiting++;
                _joined++;
            }
        }

        return WaitAsync(running!, isFirst ? () => RunAsync(running!, load, timeToLive, writesThrough) : null, cancellationToken);
    }

    private async Task<ReadOnlyMemory<byte>> WaitAsync(Load load, Func<Task>? run, CancellationToken cancellationToken)
    {
        var hasLeft = 0;
        void LeaveOnce()
        {
            if (Interlocked.Exchange(ref hasLeft, 1) == 0)
            {
                Leave(load);
            }
        }

        // Before it runs: a load may compute before it first waits.
        using var registration = cancellationToken.UnsafeRegister(static leave => ((Action)leave!)(), (Action)LeaveOnce);
        _ = run?.Invoke();
        try
        {
            return await load.Completion.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The wait may have ended before the registration's turn came.
            LeaveOnce();
            throw;
        }
    }

    /// <summary>Carries out a load for all who wait for it. Its end is the load's, it never fails itself.</summary>
    private async Task RunAsync(Load load, Func<CancellationToken, Task<ReadOnlyMemory<byte>>> source, TimeSpan? timeToLive, bool writesThrough)
    {
        try
        {
            var value = await source(load.Cancellation);
            long? epoch;
            lock (_gate)
            {
                epoch = load.IsOutdated ? null : _epoch;
            }

            if (epoch is not null)
            {
                // Before it leaves the table: who asks now finds either.
                Set(load.Key, value, timeToLive, writesThrough, epoch);
            }

            End(load);
            load.Succeed(value);
        }
        catch (Exception e)
        {
            End(load);
            load.Fail(e);
        }
    }

    private void End(Load load)
    {
        lock (_gate)
        {
            if (_loads.TryGetValue(load.Key, out var current) && current == load)
            {
                _loads.Remove(load.Key);
            }
        }
    }

    /// <summary>One caller's cancellation is its own affair; only that of the last ends the load.</summary>
    private void Leave(Load load)
    {
        lock (_gate)
        {
            if (--load.Waiting > 0)
            {
                return;
            }

            load.IsOutdated = true;
            if (_loads.TryGetValue(load.Key, out var current) && current == load)
            {
                _loads.Remove(load.Key);
            }
        }

        load.Cancel();
    }

    /// <summary>A load that several callers wait for.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "A token source without timer and wait handle has nothing to dispose, and callers may cancel it after its end.")]
    private sealed class Load(CacheKey key)
    {
        private readonly CancellationTokenSource _cancellation = new();
        private readonly TaskCompletionSource<ReadOnlyMemory<byte>> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CacheKey Key => key;

        public CancellationToken Cancellation => _cancellation.Token;

        public Task<ReadOnlyMemory<byte>> Completion => _completion.Task;

        public int Waiting { get; set; } = 1;

        /// <summary>Whether the result is for those who wait for it only.</summary>
        public bool IsOutdated { get; set; }

        public void Cancel() => _cancellation.Cancel();

        public void Succeed(ReadOnlyMemory<byte> value) => _completion.TrySetResult(value);

        public void Fail(Exception e)
        {
            _completion.TrySetException(e);

            // All who waited may have left.
            _ = _completion.Task.Exception;
        }
    }
}
