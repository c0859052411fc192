namespace Vektagraf.Storage.Log;

public sealed partial class ShardLog
{
    private const string RefusedSlug = "store-refused";

    /// <summary>Commits a batch.</summary>
    /// <returns>Those that have to wait for a transaction across shards: nothing became of them.</returns>
    private async Task<IReadOnlyList<PendingTransaction>> CommitBatchAsync(IReadOnlyList<PendingTransaction> batch)
    {
        var startedAt = _time.GetTimestamp();
        var caughtUp = false;
        var last = SlotOutcome.Unknown;
        for (var attempt = 0; ; attempt++)
        {
            await CatchUpForBatchAsync(last);
            var evaluation = BatchEvaluation.Evaluate(batch, _state, _transactions, _prepared, _tail + 1);

            // Whatever becomes of the rest of the batch: these are in the log.
            evaluation.CompleteSettled();
            if ((evaluation.HasRefusals || evaluation.Blocked.Count > 0) && !caughtUp)
            {
                // A precondition that fails here may hold at the true tail.
                await CatchUpUnderGateAsync(CancellationToken.None);
                caughtUp = true;
                continue;
            }

            if (evaluation.Transactions.Count == 0)
            {
                evaluation.CompleteAll();
                return evaluation.Blocked;
            }

            // Only now: after a reload, the evaluation may have found that the batch was committed after all.
            ThrowIfOutOfTime(startedAt, last);
            var entry = new WalEntry
            {
                Sequence = _tail + 1,
                Nonce = _entropy.NextUInt128(),
                WrittenAtUnixMs = _time.GetUtcNow().ToUnixTimeMilliseconds(),
                Transactions = evaluation.Transactions,
            };
            last = await CommitEntryAsync(entry, startedAt);
            if (last == SlotOutcome.Won)
            {
                evaluation.CompleteAll();
                return evaluation.Blocked;
            }

            // The slot was lost: to another writer, whose entry is applied by now, or to collection, after which the state was
            // reloaded. Preconditions are evaluated anew.
            caughtUp = false;
            await BackOffAsync(attempt);
        }
    }

    private async Task CatchUpForBatchAsync(SlotOutcome last)
    {
        try
        {
            await CatchUpIfStaleAsync(CancellationToken.None);
        }
        catch (VektagrafException e) when (last == SlotOutcome.Reloaded && e.Kind == ErrorKind.Unavailable)
        {
            // The batch may be among what was folded: only the state that could not be read says whether it is.
            throw OutcomeUnknown(e);
        }
    }

    /// <summary>Gives up a batch that lost its slots for too long, of which no PUT can have been committed.</summary>
    private void ThrowIfOutOfTime(long startedAt, SlotOutcome last)
    {
        var elapsed = _time.GetElapsedTime(startedAt);
        if (last == SlotOutcome.Reloaded && elapsed >= _options.TransactionRetention)
        {
            // The reloaded table no longer reaches back to the PUT: that it is not listed says nothing.
            throw OutcomeUnknown(inner: null);
        }

        if (last != SlotOutcome.Unknown && elapsed >= _options.CommitDeadline)
        {
            throw new VektagrafException(ErrorKind.Busy, "write-contention", "Other writers took every slot until the deadline; nothing was written. Try again.");
        }
    }

    /// <summary>Puts an entry into its slot, and applies what is in the slot afterwards.</summary>
    /// <returns>How it ended; never <see cref="SlotOutcome.Unknown"/>.</returns>
    private async Task<SlotOutcome> CommitEntryAsync(WalEntry entry, long startedAt)
    {
        var bytes = WalEntryCodec.Encode(entry);
        for (var attempt = 0; ; attempt++)
        {
            Exception? doubt;
            try
            {
                var outcome = await TrySettleSlotAsync(entry, bytes, isFirstAttempt: attempt == 0);
                if (outcome != SlotOutcome.Unknown)
                {
                    return outcome;
                }

                doubt = null;
            }
            catch (ObjectStoreException e)
            {
                doubt = e;
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.Unavailable && !IsRefusal(e))
            {
                // A failing read, transient or not, does not undo a PUT that may have happened.
                doubt = e;
            }

            if (_time.GetElapsedTime(startedAt) >= _options.CommitDeadline)
            {
                throw OutcomeUnknown(doubt);
            }

            // Never another slot and never other bytes while the outcome is unknown: the first PUT may still arrive.
            await BackOffAsync(attempt);
        }
    }

    /// <summary>One attempt to learn what stands in the slot, putting the entry there if nothing does.</summary>
    private async Task<SlotOutcome> TrySettleSlotAsync(WalEntry entry, byte[] bytes, bool isFirstAttempt)
    {
        if (_tail >= entry.Sequence)
        {
            // An earlier attempt reloaded the state but could not catch up: the slot lies behind it.
            await CatchUpUnderGateAsync(CancellationToken.None);
            return SlotOutcome.Reloaded;
        }

        var key = _keys.Wal(entry.Sequence);
        var put = await PutSlotAsync(key, bytes);
        if (put.Written)
        {
            return await PassFloorCheckAsync(entry);
        }

        // Taken, or no answer: what stands in the slot decides.
        var slot = await _store.GetAsync(key);
        if (slot.Found)
        {
            var winner = WalEntryCodec.Decode(slot.Content, entry.Sequence, key);
            if (winner.Nonce == entry.Nonce)
            {
                return await PassFloorCheckAsync(entry);
            }

            Apply(winner);
            return SlotOutcome.Lost;
        }

        // A refusal is only an answer while no earlier PUT of these bytes may still arrive.
        if (isFirstAttempt && put.Failure is { IsTransient: false } refusal)
        {
            throw Refused(key, refusal);
        }

        await ReadHeadAsync(CancellationToken.None);
        if (TryVerify())
        {
            return SlotOutcome.Unknown;
        }

        await ReloadAndCatchUpAsync();
        return SlotOutcome.Reloaded;
    }

    /// <summary>
    /// After a won slot: had collection passed it, the slot was a recycled one that no reader will ever look at. Not needed so soon
    /// after a catch-up, which found the next slot empty: whatever was written since then is kept for the whole grace. A head read
    /// alone does not count: entries beyond this tail, not seen yet, may be old already.
    /// </summary>
    private async Task<SlotOutcome> PassFloorCheckAsync(WalEntry entry)
    {
        if (IsStale && _options.Has(ProtocolRules.FloorCheck))
        {
            await ReadHeadAsync(CancellationToken.None);
            if (!TryVerify())
            {
                await ReloadAndCatchUpAsync();
                return SlotOutcome.Reloaded;
            }
        }

        Apply(entry);
        return SlotOutcome.Won;
    }

    private async Task ReloadAndCatchUpAsync()
    {
        await ReloadAsync(CancellationToken.None);
        await CatchUpUnderGateAsync(CancellationToken.None);
    }

    private async Task<(bool Written, ObjectStoreException? Failure)> PutSlotAsync(string key, byte[] bytes)
    {
        try
        {
            return ((await _store.PutAsync(key, bytes, PutCondition.Absent)).Written, null);
        }
        catch (ObjectStoreException e)
        {
            return (false, e);
        }
    }

    private static VektagrafException OutcomeUnknown(Exception? inner) => new(
        ErrorKind.OutcomeUnknown,
        "commit-outcome-unknown",
        "The object store did not say whether the write happened. Send it again with the same Idempotency-Key: it will be applied at most once.",
        inner: inner);

    private static VektagrafException Refused(string key, ObjectStoreException inner) =>
        new(ErrorKind.Unavailable, RefusedSlug, $"The object store refused to write '{key}': {inner.Message} Nothing was written.", inner: inner);

    private static bool IsRefusal(VektagrafException e) => string.Equals(e.Slug, RefusedSlug, StringComparison.Ordinal);

    private enum SlotOutcome
    {
        /// <summary>No answer: the entry may be in the slot, or still arrive there.</summary>
        Unknown,

        /// <summary>The entry is in the slot, and applied.</summary>
        Won,

        /// <summary>Another entry is in the slot, and applied.</summary>
        Lost,

        /// <summary>Collection has passed the slot; the state was read anew.</summary>
        Reloaded,
    }
}
