using Vektagraf.Storage;

namespace Vektagraf.Insights;

/// <summary>
/// Keeps a store that is down, or does not answer, from being waited for: each call has a time limit, and after some failures in a row calls fail at
/// once for a while, but for one at a time that tries whether the store is back.
/// </summary>
public sealed class ResilientInsightStore : IInsightStore
{
    /// <summary>Failures in a row after which calls fail at once.</summary>
    public const int FailuresToOpen = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);

    // Long enough to leave an overloaded store alone, short enough that its recovery is noticed.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly IInsightStore _inner;
    private readonly TimeProvider _time;
    private readonly TimeSpan _callTimeout;
    private int _failures;
    private DateTimeOffset _since;
    private DateTimeOffset _closedUntil;
    private string? _error;
    private bool _isTrying;

    /// <summary>Guards a store.</summary>
    /// <param name="inner">The store.</param>
    /// <param name="time">Clock of limits and pauses; null for the system's.</param>
    /// <param name="callTimeout">How long a call may take; null for 20 seconds.</param>
    public ResilientInsightStore(IInsightStore inner, TimeProvider? time = null, TimeSpan? callTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _time = time ?? TimeProvider.System;
        _callTimeout = callTimeout ?? TimeSpan.FromSeconds(20);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_callTimeout, TimeSpan.Zero, nameof(callTimeout));
    }

    /// <summary>Since when every call has failed, and why the last one did; null where the last one succeeded, or there was none.</summary>
    public (DateTimeOffset Since, string Error)? Failure
    {
        get
        {
            lock (_lock)
            {
                return _failures > 0 ? (_since, _error!) : null;
            }
        }
    }

    /// <inheritdoc/>
    public Task<InsightDocument?> GetAsync(string partition, string id, CancellationToken cancellationToken) =>
        CallAsync(cancel => _inner.GetAsync(partition, id, cancel), cancellationToken);

    /// <inheritdoc/>
    public Task<string?> PutAsync(InsightDocument document, PutCondition condition, CancellationToken cancellationToken) =>
        CallAsync(cancel => _inner.PutAsync(document, condition, cancel), cancellationToken);

    /// <inheritdoc/>
    public Task<InsightPage> QueryAsync(string partition, InsightRange range, string? continuation, CancellationToken cancellationToken) =>
        CallAsync(cancel => _inner.QueryAsync(partition, range, continuation, cancel), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string partition, string id, string? etag, CancellationToken cancellationToken) =>
        CallAsync(cancel => _inner.DeleteAsync(partition, id, etag, cancel), cancellationToken);

    private async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        Enter();
        try
        {
            var result = await LimitAsync(call, cancellationToken);
            Succeeded();
            return result;
        }
        catch (InsightStoreException e)
        {
            Failed(e);
            throw;
        }
        catch
        {
            // The caller's mistake, or its cancellation: that says nothing about the store.
            Leave();
            throw;
        }
    }

    private async Task<T> LimitAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_callTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            // A store that takes no notice of the cancellation is left alone.
            return await call(either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new InsightStoreException($"The insight store did not answer within {_callTimeout.TotalSeconds:0.#} s.", e);
        }
    }

    private void Enter()
    {
        lock (_lock)
        {
            if (_failures < FailuresToOpen)
            {
                return;
            }

            if (_isTrying || _time.GetUtcNow() < _closedUntil)
            {
                throw new InsightStoreException($"The insight store fails and is left alone for a moment: {_error}");
            }

            _isTrying = true;
        }
    }

    private void Succeeded()
    {
        lock (_lock)
        {
            (_failures, _isTrying, _error) = (0, false, null);
        }
    }

    private void Failed(InsightStoreException error)
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            _since = _failures == 0 ? now : _since;
            (_failures, _isTrying, _error) = (_failures + 1, false, error.Message);
            if (_failures >= FailuresToOpen)
            {
                var pause = FirstPause * Math.Pow(2, Math.Min(10, _failures - FailuresToOpen));
                _closedUntil = now + (pause < LongestPause ? pause : LongestPause);
            }
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _isTrying = false;
        }
    }
}
