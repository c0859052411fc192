using System.Diagnostics;
using System.Diagnostics.Metrics;
using Vektagraf.Telemetry;

namespace Vektagraf.Storage.Decorators;

/// <summary>Measures and traces every request, under the names of <see cref="StorageInstruments"/>. Free while nobody listens.</summary>
public sealed class InstrumentedObjectStore : IObjectStore
{
    private readonly IObjectStore _inner;
    private readonly TimeProvider _time;
    private readonly StorageInstruments _instruments;

    /// <summary>Wraps a store.</summary>
    /// <param name="inner">The store.</param>
    /// <param name="time">Clock of the durations; null for the system's.</param>
    /// <param name="meters">Makes and owns the meter; null for one shared by the process.</param>
    public InstrumentedObjectStore(IObjectStore inner, TimeProvider? time = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _time = time ?? TimeProvider.System;
        _instruments = meters is null ? StorageInstruments.Shared : new StorageInstruments(meters.Create(Instruments.StorageName));
    }

    // Each method asks first and captures later: a lambda in the same method would cost its closure even when nobody listens.

    /// <inheritdoc/>
    public Task<GetResult> GetAsync(
        string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) =>
        _instruments.IsObserved
            ? GetObservedAsync(key, range, ifNoneMatch, cancellationToken)
            : _inner.GetAsync(key, range, ifNoneMatch, cancellationToken);

    /// <inheritdoc/>
    public Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) =>
        _instruments.IsObserved
            ? PutObservedAsync(key, content, condition, cancellationToken)
            : _inner.PutAsync(key, content, condition, cancellationToken);

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(
        string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        _instruments.IsObserved
            ? ListObservedAsync(prefix, continuation, pageSize, cancellationToken)
            : _inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) =>
        _instruments.IsObserved ? DeleteObservedAsync(key, cancellationToken) : _inner.DeleteAsync(key, cancellationToken);

    private async Task<GetResult> GetObservedAsync(string key, ByteRange? range, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        GetResult result = await ObserveAsync("get", key, () => _inner.GetAsync(key, range, ifNoneMatch, cancellationToken), OutcomeOf);
        _instruments.ReadBytes.Add(result.Content.Length);
        return result;
    }

    private Task<PutResult> PutObservedAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        _instruments.WrittenBytes.Add(content.Length);
        return ObserveAsync(
            "put", key, () => _inner.PutAsync(key, content, condition, cancellationToken), static result => result.Written ? "ok" : "conflict");
    }

    private Task<ListPage> ListObservedAsync(string prefix, string? continuation, int pageSize, CancellationToken cancellationToken) =>
        ObserveAsync("list", prefix, () => _inner.ListAsync(prefix, continuation, pageSize, cancellationToken), static _ => "ok");

    private Task<bool> DeleteObservedAsync(string key, CancellationToken cancellationToken) =>
        ObserveAsync("delete", key, () => _inner.DeleteAsync(key, cancellationToken), static deleted => deleted ? "ok" : "missing");

    private async Task<T> ObserveAsync<T>(string operation, string key, Func<Task<T>> request, Func<T, string> outcomeOf)
    {
        using Activity? span = StorageInstruments.Spans.StartActivity(operation, ActivityKind.Client);
        span?.SetTag(TelemetryAttributes.StorageKey, key);
        long startedAt = _time.GetTimestamp();
        string outcome = "failure";
        try
        {
            T result = await request();
            outcome = outcomeOf(result);
            return result;
        }
        catch (Exception e)
        {
            outcome = OutcomeOf(e);
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
        finally
        {
            span?.SetTag(TelemetryAttributes.Outcome, outcome);
            _instruments.RequestDuration.Record(
                _time.GetElapsedTime(startedAt).TotalSeconds,
                new KeyValuePair<string, object?>(TelemetryAttributes.StorageOperation, operation),
                new KeyValuePair<string, object?>(TelemetryAttributes.Outcome, outcome));
        }
    }

    private static string OutcomeOf(GetResult result) => result.Status switch
    {
        GetStatus.Missing => "missing",
        GetStatus.NotModified => "not_modified",
        _ => "ok",
    };

    private static string OutcomeOf(Exception e) => e switch
    {
        OperationCanceledException => "cancelled",
        ObjectStoreException { IsTransient: true } => "transient_failure",
        _ => "failure",
    };
}
