namespace Vektagraf.Storage.Decorators;

/// <summary>Asks again where asking again is safe: reads that failed for a transient reason.</summary>
/// <remarks>
/// <para><b>Retried</b>, on transient failures only: gets, lists (page by page), and unconditional puts of immutable objects
/// (<see cref="ImmutableKeys"/>). The latter write the same bytes under a name nobody else writes, so doing it twice is doing it once.</para>
/// <para><b>Never retried</b>:</para>
/// <list type="bullet">
/// <item>Puts with a condition. When the reply to the first attempt is lost, its own bytes stand in the slot, and a second attempt
/// would answer "condition failed": a commit that happened would be reported as lost to another writer. Only the caller can tell the
/// two apart, by the nonce in the bytes; it must see the unknown outcome.</item>
/// <item>Unconditional puts of other objects. Another writer may have put in between; the second attempt would undo that write after
/// readers saw it.</item>
/// <item>Deletes. When the reply is lost and the slot filled again by another writer, a second attempt deletes what it never
/// saw.</item>
/// <item>Lasting failures (credentials, a full disk) and cancellation.</item>
/// </list>
/// <para>Waits are exponential with full jitter: drawn evenly between zero and the doubled limit, which spreads clients that failed
/// together better than a fixed share does (M. Brooker, "Exponential Backoff And Jitter", 2015). The failure thrown in the end is the
/// last attempt's. Where the client library below retries as well, attempts multiply: switch one of them off.</para>
/// </remarks>
public sealed class RetryingObjectStore : IObjectStore
{
    private readonly IObjectStore _inner;
    private readonly RetryOptions _options;
    private readonly TimeProvider _time;
    private readonly EntropySource _entropy;

    /// <summary>Wraps a store.</summary>
    /// <param name="inner">The store.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="time">Clock of the waits; null for the system's.</param>
    /// <param name="entropy">Source of jitter; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public RetryingObjectStore(IObjectStore inner, RetryOptions? options = null, TimeProvider? time = null, EntropySource? entropy = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _options = options ?? new RetryOptions();
        _options.Validate();
        _time = time ?? TimeProvider.System;
        _entropy = entropy ?? EntropySource.System;
    }

    /// <inheritdoc/>
    public Task<GetResult> GetAsync(
        string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) =>
        RetryAsync(() => _inner.GetAsync(key, range, ifNoneMatch, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) =>
        condition == PutCondition.None && ImmutableKeys.Matches(key)
            ? RetryAsync(() => _inner.PutAsync(key, content, condition, cancellationToken), cancellationToken)
            : _inner.PutAsync(key, content, condition, cancellationToken);

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(
        string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        RetryAsync(() => _inner.ListAsync(prefix, continuation, pageSize, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => _inner.DeleteAsync(key, cancellationToken);

    private async Task<T> RetryAsync<T>(Func<Task<T>> request, CancellationToken cancellationToken)
    {
        long startedAt = _time.GetTimestamp();
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan wait;
            try
            {
                return await request();
            }
            catch (ObjectStoreException e) when (e.IsTransient && attempt < _options.MaxAttempts)
            {
                wait = DrawWait(attempt);

                // A wait that ends too late is not even begun: the caller can use the time better.
                if (_time.GetElapsedTime(startedAt) + wait >= _options.MaxTotalTime)
                {
                    throw;
                }
            }

            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    private TimeSpan DrawWait(int failedAttempts)
    {
        double limit = _options.FirstBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(failedAttempts - 1, 30));
        return TimeSpan.FromMilliseconds(Math.Min(limit, _options.MaxBackoff.TotalMilliseconds) * _entropy.NextDouble());
    }
}
