namespace Vektagraf.Storage.Log;

public sealed partial class ShardLog
{
    private readonly Lock _probeLock = new();
    private Task? _runningProbe;
    private Task? _nextProbe;
    private (ulong Sequence, Task<GetResult> Read)? _probedAhead;

    /// <summary>
    /// Catches up so far that a read of the state is linearizable: every write acknowledged anywhere before this call is applied
    /// when it completes. Calls share probes: one that has not started when the call arrives serves it as well.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait, not the probe others share.</param>
    /// <returns>When the state is caught up.</returns>
    public Task CatchUpAsync(CancellationToken cancellationToken)
    {
        lock (_probeLock)
        {
            if (_nextProbe is null && _runningProbe is not { IsCompleted: false })
            {
                _runningProbe = ProbeAsync();
                return _runningProbe.WaitAsync(cancellationToken);
            }

            _nextProbe ??= ProbeAfterAsync(_runningProbe!);
            return _nextProbe.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Finds the outcome of an earlier request with an idempotency key, as far as this node has caught up.</summary>
    /// <param name="idempotencyHash">Hash of the key, not zero.</param>
    /// <param name="requestHash">Hash of what the client asked for.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The outcome; null where there is none.</returns>
    public async Task<CommitReceipt?> FindOutcomeAsync(UInt128 idempotencyHash, ulong requestHash, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await CatchUpIfStaleAsync(cancellationToken);
            return _transactions.Find(idempotencyHash, requestHash);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Whether a transaction across shards was committed, as far as this node's log of the shard says.</summary>
    /// <param name="transaction">Its id.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether it was.</returns>
    internal async Task<bool> HasCommittedAsync(UInt128 transaction, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _transactions.Find(transaction) is { Committed: true };
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task ProbeAfterAsync(Task running)
    {
        await Task.Yield();

        // Its failure is its own callers' to see.
        await running.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Current);
        lock (_probeLock)
        {
            // From here on this probe runs: a query that arrives now must not share it.
            _runningProbe = _nextProbe;
            _nextProbe = null;
        }

        await ProbeAsync();
    }

    private async Task ProbeAsync()
    {
        // Leave the caller's lock first.
        await Task.Yield();
        await _gate.WaitAsync();
        try
        {
            await CatchUpUnderGateAsync(CancellationToken.None);
            await ResolveUnderGateAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Reads the WAL to its end, and only then the head: a missing slot alone proves nothing, since this reader may have slept while
    /// entries were folded and collected; reading the head first would leave room for that between the two.
    /// </summary>
    private async Task CatchUpUnderGateAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var startedAt = _time.GetTimestamp();
            if (!_options.Has(ProtocolRules.ProbeBeforeHead))
            {
                await ReadHeadAsync(cancellationToken);
            }

            await ApplyAvailableAsync(cancellationToken);
            if (_options.Has(ProtocolRules.ProbeBeforeHead) && _options.Has(ProtocolRules.HeadAfterMiss))
            {
                await ReadHeadAsync(cancellationToken);
            }

            if (TryVerify())
            {
                RequireBranchPoint();
                Volatile.Write(ref _caughtUpAt, startedAt);
                return;
            }

            await ReloadAsync(cancellationToken);
        }
    }

    /// <summary>Asks for the slot after a manifest while the manifest itself is being read: both need only the head.</summary>
    private void ProbeAhead(ulong sequence)
    {
        var read = GetAsync(_head!.WalKey(_keys, sequence), ifNoneMatch: null, CancellationToken.None);
        _probedAhead = (sequence, read);

        // Should the manifest fail, nobody will ask for it.
        _ = read.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Current);
    }

    /// <summary>
    /// Catches up right after a state was loaded, without a second read of the head where the first is young: what that head had not
    /// folded was no candidate for the floor then, so nothing of it can have vanished before a whole grace has passed. A slot found
    /// missing since is the end of the log, and no entry applied since can be of a recycled slot.
    /// </summary>
    private async Task CatchUpAfterOpeningAsync(CancellationToken cancellationToken)
    {
        var headReadAt = _headReadAt;
        await ApplyAvailableAsync(cancellationToken);

        // After the probe: whoever slept before it sees it here.
        if (_time.GetElapsedTime(headReadAt) >= _options.CollectionGrace / 2 || _tail < _head!.BranchPoint)
        {
            await CatchUpUnderGateAsync(cancellationToken);
            return;
        }

        _verified = _tail;
        Volatile.Write(ref _caughtUpAt, headReadAt);
    }

    /// <summary>
    /// A branch's log does not end before the point it was branched at: those entries are kept by a pin in the parent. Were one missing
    /// because the branch has folded past it and released the parent, the floor would be above this state.
    /// </summary>
    private void RequireBranchPoint()
    {
        if (_tail < _head!.BranchPoint)
        {
            var key = _head.WalKey(_keys, _tail + 1);
            throw new VektagrafException(ErrorKind.Corrupt, "missing-entry", $"Log entry '{key}' is missing, though a branch needs it. Restore this object from a backup.");
        }
    }

    /// <summary>
    /// Whether every entry applied is one of the log, going by the head just read: a slot above the floor was never collected, so
    /// never filled a second time; what was applied up to the last time this was known is good anyhow. The tail alone would not do:
    /// it may have moved over recycled slots since.
    /// </summary>
    private bool TryVerify()
    {
        if (_head!.Floor > _verified)
        {
            return false;
        }

        _verified = _tail;
        return true;
    }

    /// <summary>
    /// No answer is given, and no precondition judged, by a state that may hold entries of recycled slots: those cannot exist so soon
    /// after a catch-up, since what was written after it is kept for the whole grace.
    /// </summary>
    private Task CatchUpIfStaleAsync(CancellationToken cancellationToken) => IsStale ? CatchUpUnderGateAsync(cancellationToken) : Task.CompletedTask;

    private async Task ApplyAvailableAsync(CancellationToken cancellationToken)
    {
        // One probe while there is nothing new, which is the usual case; then several at once.
        var ahead = _probedAhead;
        _probedAhead = null;
        var first = ahead is { } probe && probe.Sequence == _tail + 1 ? probe.Read : GetAsync(_head!.WalKey(_keys, _tail + 1), ifNoneMatch: null, cancellationToken);
        if (!await TryApplyAsync(_tail + 1, first))
        {
            return;
        }

        var inFlight = new Queue<(ulong Sequence, Task<GetResult> Read)>();
        try
        {
            var next = _tail + 1;
            while (true)
            {
                while (inFlight.Count < _options.ReadAhead)
                {
                    inFlight.Enqueue((next, GetAsync(_head!.WalKey(_keys, next), ifNoneMatch: null, cancellationToken)));
                    next++;
                }

                var (sequence, read) = inFlight.Dequeue();
                if (!await TryApplyAsync(sequence, read))
                {
                    return;
                }
            }
        }
        finally
        {
            // Reads past the end: their results do not matter, their failures neither, but none may be left unobserved.
            while (inFlight.TryDequeue(out var rest))
            {
                await rest.Read.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Current);
            }
        }
    }

    private async Task<bool> TryApplyAsync(ulong sequence, Task<GetResult> read)
    {
        var result = await read;
        if (!result.Found)
        {
            return false;
        }

        Apply(WalEntryCodec.Decode(result.Content, sequence, _head!.WalKey(_keys, sequence)));
        return true;
    }

    private void Apply(WalEntry entry)
    {
        var progress = _prepared.ProgressAfter(entry);
        _state.Apply(entry, progress);
        _transactions.Add(entry, _options.TransactionRetention);
        _prepared.Apply(entry, progress, _time.GetTimestamp());
        _backlog.Add(entry);
        Volatile.Write(ref _tail, entry.Sequence);
    }
}
