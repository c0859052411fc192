namespace Vektagraf.Simulation;

/// <summary>Which fault strikes a request: the scripted one, or one drawn after the plan.</summary>
public sealed partial class FaultInjectingObjectStore
{
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

    private void Add(Script script)
    {
        lock (_lock)
        {
            _scripts.Add(script);
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
            foreach (var (fault, share) in FaultsOf(operation))
            {
                draw -= share;
                if (draw < 0)
                {
                    return fault;
                }
            }

            return StoreFault.None;
        }
    }

    private IEnumerable<(StoreFault Fault, double Share)> FaultsOf(StoreOperation operation)
    {
        yield return (StoreFault.LostRequest, Plan.LostRequests);
        yield return (StoreFault.Throttled, Plan.Throttles);
        if (operation is StoreOperation.Put or StoreOperation.Delete)
        {
            yield return (StoreFault.LostReply, Plan.LostReplies);
            yield return (StoreFault.Duplicate, Plan.Duplicates);
        }

        if (operation is StoreOperation.Put)
        {
            yield return (StoreFault.DelayedPut, Plan.DelayedPuts);
            yield return (StoreFault.Refusal, Plan.Refusals);
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
