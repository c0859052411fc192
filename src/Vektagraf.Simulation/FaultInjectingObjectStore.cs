using Vektagraf.Storage;

namespace Vektagraf.Simulation;

/// <summary>
/// A store that fails: at random after a seeded plan, or as scripted request by request. Counts what it is asked. Latency goes by the
/// clock given, on the way there and on the way back, so that what a reply says may be old when it arrives.
/// </summary>
/// <param name="inner">The store that carries out what arrives.</param>
/// <param name="time">The clock.</param>
/// <param name="seed">Seed of everything random.</param>
/// <param name="plan">What goes wrong at random; null for nothing.</param>
public sealed partial class FaultInjectingObjectStore(IObjectStore inner, TimeProvider time, int seed = 0, FaultPlan? plan = null) : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private readonly List<Script> _scripts = [];
    private readonly List<(StoreOperation Operation, string Key)> _requests = [];
    private readonly List<Func<Task>> _delayed = [];

    // Not RunContinuationsAsynchronously: WhenAny over such a task completes on the thread pool, out of the simulator's hands.
    private readonly TaskCompletionSource _died = new();
    private readonly TaskCompletionSource _never = new();
    private long _awayUntil = long.MinValue;
    private int _stepsToLive = int.MaxValue;

    /// <summary>What goes wrong at random; may be changed at any time.</summary>
    public FaultPlan Plan { get; set; } = plan ?? new FaultPlan();

    /// <summary>Called before each request is carried out; null for nothing.</summary>
    public Func<StoreOperation, string, Task>? BeforeRequest { get; set; }

    /// <summary>Completes when the process that uses this store has died.</summary>
    public Task Died => _died.Task;

    /// <summary>
    /// Lets the process die at one of its next steps; a request is three: sent, carried out, answered. From then on no request of it
    /// completes. What is on its way to the store then may still be carried out.
    /// </summary>
    /// <param name="steps">The steps it has left.</param>
    public void DieAfter(int steps)
    {
        lock (_lock)
        {
            _stepsToLive = steps;
        }
    }

    /// <summary>Requests so far whose key contains a text.</summary>
    /// <param name="operation">What was asked for.</param>
    /// <param name="keyPart">The text.</param>
    /// <returns>How many.</returns>
    public int Count(StoreOperation operation, string keyPart)
    {
        lock (_lock)
        {
            return _requests.Count(r => r.Operation == operation && r.Key.Contains(keyPart, StringComparison.Ordinal));
        }
    }

    /// <summary>Scripts the fault of the next requests whose key contains a text.</summary>
    /// <param name="operation">What is asked for.</param>
    /// <param name="keyPart">The text.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="times">For how many requests.</param>
    public void FailNext(StoreOperation operation, string keyPart, StoreFault fault, int times = 1) =>
        Add(new Script(operation, keyPart, fault, null, null, times));

    /// <summary>Holds the next request before it is carried out.</summary>
    /// <param name="operation">What is asked for.</param>
    /// <param name="keyPart">Text that the key contains.</param>
    /// <returns>The request, to be released.</returns>
    public HeldRequest HoldNext(StoreOperation operation, string keyPart)
    {
        var held = new HeldRequest();
        Add(new Script(operation, keyPart, StoreFault.None, held, null, 1));
        return held;
    }

    /// <summary>Holds the reply to the next request: it is carried out, but its caller does not learn of it yet.</summary>
    /// <param name="operation">What is asked for.</param>
    /// <param name="keyPart">Text that the key contains.</param>
    /// <returns>The reply, to be released.</returns>
    public HeldRequest HoldNextReply(StoreOperation operation, string keyPart)
    {
        var held = new HeldRequest();
        Add(new Script(operation, keyPart, StoreFault.None, null, held, 1));
        return held;
    }

    /// <summary>Ends all scripted faults that have not struck yet.</summary>
    public void ClearScripts()
    {
        lock (_lock)
        {
            _scripts.Clear();
        }
    }

    /// <summary>Carries out the puts that were delayed by script, and the second deliveries.</summary>
    /// <returns>When that is done.</returns>
    public async Task DeliverDelayedPutsAsync()
    {
        List<Func<Task>> delayed;
        lock (_lock)
        {
            delayed = [.. _delayed];
            _delayed.Clear();
        }

        foreach (var put in delayed)
        {
            await put();
        }
    }

    /// <inheritdoc/>
    public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) =>
        AskAsync(StoreOperation.Get, key, () => inner.GetAsync(key, range, ifNoneMatch, cancellationToken));

    /// <inheritdoc/>
    public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
    {
        // What is under way must not change with the caller's buffer.
        var copy = content.ToArray();
        return AskAsync(StoreOperation.Put, key, () => inner.PutAsync(key, copy, condition, cancellationToken));
    }

    /// <inheritdoc/>
    public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        AskAsync(StoreOperation.List, prefix, () => inner.ListAsync(prefix, continuation, pageSize, cancellationToken));

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) =>
        AskAsync(StoreOperation.Delete, key, () => inner.DeleteAsync(key, cancellationToken));

    private async Task<T> AskAsync<T>(StoreOperation operation, string key, Func<Task<T>> request)
    {
        await StepAsync();
        var script = TakeScript(operation, key);
        var fault = script?.Fault ?? Draw(operation);
        if (script?.Before is { } before)
        {
            await before.WaitAsync();
        }

        await TravelAsync(operation);
        await ArriveAsync();
        switch (fault)
        {
            case StoreFault.Refusal:
                throw new ObjectStoreException($"The store refuses to {operation} '{key}'.", isTransient: false);
            case StoreFault.Throttled:
                throw new ObjectStoreException($"The store is busy: {operation} '{key}' was not carried out (503).", isTransient: true);
            case StoreFault.DelayedPut or StoreFault.Duplicate:
                Delay(request, isScripted: script is not null);
                break;
        }

        if (fault is StoreFault.LostRequest or StoreFault.DelayedPut)
        {
            throw Timeout(operation, key);
        }

        if (BeforeRequest is { } hook)
        {
            await hook(operation, key);
        }

        var result = await request();
        if (script?.After is { } after)
        {
            await after.WaitAsync();
        }

        await TravelAsync(operation);
        await StepAsync();
        return fault == StoreFault.LostReply ? throw Timeout(operation, key) : result;
    }

    private static ObjectStoreException Timeout(StoreOperation operation, string key) =>
        new($"{operation} '{key}' timed out.", isTransient: true);

    /// <summary>A step of the process; where it has died, the last.</summary>
    private Task StepAsync()
    {
        lock (_lock)
        {
            if (_stepsToLive is > 0 and < int.MaxValue && --_stepsToLive == 0)
            {
                _died.TrySetResult();
            }

            return _stepsToLive == 0 ? _never.Task : Task.CompletedTask;
        }
    }

    /// <summary>The request is at the store; that of a dead process got there, or did not.</summary>
    private Task ArriveAsync()
    {
        lock (_lock)
        {
            return _stepsToLive == 0 && _random.Next(2) == 0 ? _never.Task : Task.CompletedTask;
        }
    }

    private void Delay<T>(Func<Task<T>> request, bool isScripted)
    {
        if (isScripted)
        {
            lock (_lock)
            {
                _delayed.Add(request);
            }
        }
        else
        {
            _ = DeliverLaterAsync(request);
        }
    }

    private async Task DeliverLaterAsync<T>(Func<Task<T>> request)
    {
        await Task.Delay(Draw(Plan.MaxPutDelay), time);
        await request();
    }

    private Task TravelAsync(StoreOperation operation)
    {
        var way = Plan.MaxLatency == TimeSpan.Zero ? TimeSpan.Zero : Draw(Plan.MaxLatency);
        var stalls = Plan.Stalls + (operation is StoreOperation.List or StoreOperation.Delete ? Plan.CollectionStalls : 0);
        if (stalls > 0 && Draw(TimeSpan.FromSeconds(1)).TotalSeconds < stalls)
        {
            way += Draw(Plan.MaxStall);
        }

        return way == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(way, time);
    }

    private TimeSpan Draw(TimeSpan most)
    {
        lock (_lock)
        {
            return most * _random.NextDouble();
        }
    }
}
