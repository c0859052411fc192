using Vektagraf.Storage;

namespace Vektagraf.TestKit.Storage;

/// <summary>
/// A store that fails: at random after a seeded plan, or as scripted request by request. Counts what it is asked. Latency goes by the
/// clock given, on the way there and on the way back, so that what a reply says may be old when it arrives.
/// </summary>
public sealed class FaultInjectingObjectStore(IObjectStore inner, TimeProvider time, int seed = 0, FaultPlan? plan = null) : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private readonly List<Script> _scripts = [];
    private readonly List<(StoreOperation Operation, string Key)> _requests = [];
    private readonly List<Func<Task>> _delayed = [];
    private long _awayUntil = long.MinValue;

    /// <summary>What goes wrong at random; may be changed at any time.</summary>
    public FaultPlan Plan { get; set; } = plan ?? new FaultPlan();

    /// <summary>Called before each request is carried out; null for nothing.</summary>
    public Func<StoreOperation, string, Task>? BeforeRequest { get; set; }

    /// <summary>Requests so far whose key contains a text.</summary>
    public int Count(StoreOperation operation, string keyPart)
    {
        lock (_lock)
        {
            return _requests.Count(r => r.Operation == operation && r.Key.Contains(keyPart, StringComparison.Ordinal));
        }
    }

    /// <summary>Scripts the fault of the next requests whose key contains a text.</summary>
    public void FailNext(StoreOperation operation, string keyPart, StoreFault fault, int times = 1) =>
        Add(new Script(operation, keyPart, fault, null, null, times));

    /// <summary>Holds the next request before it is carried out.</summary>
    public HeldRequest HoldNext(StoreOperation operation, string keyPart)
    {
        var held = new HeldRequest();
        Add(new Script(operation, keyPart, StoreFault.None, held, null, 1));
        return held;
    }

    /// <summary>Holds the reply to the next request: it is carried out, but its caller does not learn of it yet.</summary>
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

    /// <summary>Carries out the puts that were delayed by script.</summary>
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
        var script = TakeScript(operation, key);
        var fault = script?.Fault ?? Draw(operation);
        if (script?.Before is { } before)
        {
            await before.WaitAsync();
        }

        if (fault == StoreFault.Refusal)
        {
            throw new ObjectStoreException($"The store refuses to {operation} '{key}'.", isTransient: false);
        }

        if (fault is StoreFault.LostRequest or StoreFault.DelayedPut)
        {
            if (fault == StoreFault.DelayedPut)
            {
                Delay(request, isScripted: script is not null);
            }

            await TravelAsync();
            throw Timeout(operation, key);
        }

        await TravelAsync();
        if (BeforeRequest is { } hook)
        {
            await hook(operation, key);
        }

        var result = await request();
        if (script?.After is { } after)
        {
            await after.WaitAsync();
        }

        await TravelAsync();
        return fault == StoreFault.LostReply ? throw Timeout(operation, key) : result;
    }

    private static ObjectStoreException Timeout(StoreOperation operation, string key) =>
        new($"{operation} '{key}' timed out.", isTransient: true);

    private Script? TakeScript(StoreOperation operation, string key)
    {
        lock (_lock)
        {
            _requests.Add((operation, key));
            var script = _scripts.Find(s => s.Operation == operation && key.Contains(s.KeyPart, StringComparison.Ordinal));
            if (script is not null && --script.Left == 0)
            {
                _scripts.Remove(script);
            }

            return script;
        }
    }

    private StoreFault Draw(StoreOperation operation)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (now < _awayUntil)
            {
                return _random.Next(2) == 0 ? StoreFault.LostRequest : StoreFault.LostReply;
            }

            if (Plan.Outages > 0 && _random.NextDouble() < Plan.Outages)
            {
                _awayUntil = now + (long)(Plan.MaxOutage.TotalSeconds * time.TimestampFrequency * _random.NextDouble());
            }

            var draw = _random.NextDouble();
            if ((draw -= Plan.LostRequests) < 0)
            {
                return StoreFault.LostRequest;
            }

            if (operation is StoreOperation.Get or StoreOperation.List)
            {
                return StoreFault.None;
            }

            if ((draw -= Plan.LostReplies) < 0)
            {
                return StoreFault.LostReply;
            }

            if (operation == StoreOperation.Delete)
            {
                return StoreFault.None;
            }

            return (draw -= Plan.DelayedPuts) < 0 ? StoreFault.DelayedPut
                : draw - Plan.Refusals < 0 ? StoreFault.Refusal
                : StoreFault.None;
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

    private Task TravelAsync()
    {
        var way = Plan.MaxLatency == TimeSpan.Zero ? TimeSpan.Zero : Draw(Plan.MaxLatency);
        if (Plan.Stalls > 0 && Draw(TimeSpan.FromSeconds(1)).TotalSeconds < Plan.Stalls)
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

    private void Add(Script script)
    {
        lock (_lock)
        {
            _scripts.Add(script);
        }
    }

    private sealed class Script(StoreOperation operation, string keyPart, StoreFault fault, HeldRequest? before, HeldRequest? after, int times)
    {
        public StoreOperation Operation { get; } = operation;

        public string KeyPart { get; } = keyPart;

        public StoreFault Fault { get; } = fault;

        public HeldRequest? Before { get; } = before;

        public HeldRequest? After { get; } = after;

        public int Left { get; set; } = times;
    }
}
