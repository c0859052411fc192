namespace Vektagraf.Storage.Log;

/// <content>
/// Ends transactions across shards that the log holds undecided. Whoever needs to know looks how one was decided, decides against it
/// when it takes too long, and writes the end into the log: so the state stays a function of the log alone.
/// </content>
public sealed partial class ShardLog
{
    /// <summary>Writes the end of every transaction across shards that is decided by now into the log, and applies it.</summary>
    /// <remarks>What is found undecided was not committed when this was called: a read need not wait for it.</remarks>
    private async Task ResolveUnderGateAsync()
    {
        while (_prepared.All.Count > 0)
        {
            var (decided, failure) = await ReadDecisionsAsync();
            if (decided.Count == 0)
            {
                // What could be read is ended by now, so that the next attempt has less to do.
                if (failure is not null)
                {
                    throw failure;
                }

                return;
            }

            try
            {
                await CommitBatchAsync(decided);
            }
            catch (VektagrafException e) when (e.Kind is ErrorKind.OutcomeUnknown or ErrorKind.Busy)
            {
                // Whether this end was written does not matter: any other says the same. But what the log holds is not known now.
                throw new VektagrafException(ErrorKind.Unavailable, "store-unavailable", "A transaction across shards could not be brought to its end. Try again.", inner: e);
            }
        }
    }

    /// <summary>As <see cref="ResolveUnderGateAsync"/>, for those who will look again anyhow.</summary>
    private async Task TryResolveUnderGateAsync()
    {
        try
        {
            await ResolveUnderGateAsync();
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.Unavailable)
        {
            // Whoever waits for it asks again, until the deadline.
        }
    }

    private async Task<(List<PendingTransaction> Decided, VektagrafException? Failure)> ReadDecisionsAsync()
    {
        // All of one entry at most; what is left over is done in the next round.
        var prepared = _prepared.All.OrderBy(p => p.Sequence).ToList();
        var decisions = await Task.WhenAll(prepared.Select(ReadDecisionAsync));
        var decided = new List<PendingTransaction>();
        var bytes = WalEntryCodec.EntryOverhead;
        foreach (var (part, (decision, _)) in prepared.Zip(decisions))
        {
            if (decision is null)
            {
                continue;
            }

            var end = PendingTransaction.Resolve(part.Record.Id, decision, part.EncodedBytes);
            bytes += end.EncodedBytes;
            if (decided.Count > 0 && bytes > WalEntryCodec.MaxEntryBytes)
            {
                break;
            }

            decided.Add(end);
        }

        return (decided, decisions.Select(d => d.Failure).FirstOrDefault(f => f is not null));
    }

    private async Task<(TransactionDecision? Decision, VektagrafException? Failure)> ReadDecisionAsync(PreparedTransaction part)
    {
        var key = _keys.Decision(part.Record.Id);
        if (!_options.Has(ProtocolRules.PrepareResolution))
        {
            return (IsOverdue(part) ? new TransactionDecision { Participants = part.Record.Participants } : null, null);
        }

        try
        {
            var decision = await TransactionDecision.ReadAsync(_store, key, CancellationToken.None)
                ?? (IsOverdue(part) ? await TransactionDecision.DecideAsync(_store, key, new TransactionDecision { Participants = part.Record.Participants }, CancellationToken.None) : null);
            return (decision, null);
        }
        catch (ObjectStoreException e)
        {
            return (null, Unavailable(key, e));
        }
    }

    // By this node's own clock, or by the writer's and this node's: both may be wrong, which costs a transaction and never an answer.
    private bool IsOverdue(PreparedTransaction part) =>
        _time.GetElapsedTime(part.SeenAt) >= _options.TransactionTimeout
        || _time.GetUtcNow().ToUnixTimeMilliseconds() - part.WrittenAtUnixMs >= _options.TransactionTimeout.TotalMilliseconds;
}
