using System.Globalization;

namespace Vektagraf.Storage.Log;

public sealed partial class ShardLog
{
    private readonly Lock _queueLock = new();
    private readonly Queue<PendingTransaction> _queue = new();
    private long _queuedBytes;
    private Task? _committing;
    private bool _closed;

    /// <summary>Commits a transaction: durable when the task completes.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="cancellationToken">Cancels the wait only: the transaction may still be committed.</param>
    /// <returns>The receipt; it says whether the transaction was applied or a precondition did not hold.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.TooLarge"/>, <see cref="ErrorKind.Busy"/>,
    /// <see cref="ErrorKind.Unavailable"/>: nothing was written. <see cref="ErrorKind.OutcomeUnknown"/>: it may have been.
    /// <see cref="ErrorKind.Conflict"/>: the idempotency key belongs to another request.</exception>
    public Task<CommitReceipt> CommitAsync(PendingTransaction transaction, CancellationToken cancellationToken)
    {
        if (transaction.EncodedBytes > WalEntryCodec.MaxEntryBytes - WalEntryCodec.EntryOverhead)
        {
            throw new VektagrafException(
                ErrorKind.TooLarge,
                "transaction-too-large",
                string.Create(CultureInfo.InvariantCulture, $"The transaction takes {transaction.EncodedBytes:N0} bytes; the limit is {WalEntryCodec.MaxEntryBytes - WalEntryCodec.EntryOverhead:N0} in each shard. Split it."));
        }

        lock (_queueLock)
        {
            Admit(transaction);
            _queue.Enqueue(transaction);
            _queuedBytes += transaction.EncodedBytes;
            _committing ??= CommitQueueAsync();
        }

        return transaction.Completion.WaitAsync(cancellationToken);
    }

    private void Admit(PendingTransaction transaction)
    {
        if (_closed)
        {
            throw new VektagrafException(ErrorKind.Unavailable, "shutting-down", "The shard is closing; nothing was written. Try again.");
        }

        if (_queue.Count >= _options.MaxQueuedTransactions || _queuedBytes + transaction.EncodedBytes > _options.MaxQueuedBytes)
        {
            throw new VektagrafException(
                ErrorKind.Busy,
                "write-queue-full",
                string.Create(CultureInfo.InvariantCulture, $"{_queue.Count:N0} writes ({_queuedBytes:N0} bytes) are waiting for this shard. Slow down and try again."));
        }
    }

    private async Task CommitQueueAsync()
    {
        // Leave the caller's lock first. With a linger, wait for company; without one, what arrives during a PUT is the next batch.
        await Task.Yield();
        var blockedRounds = 0;
        while (true)
        {
            if (_options.Linger > TimeSpan.Zero)
            {
                await Task.Delay(_options.Linger, _time);
            }

            var batch = Drain();
            if (batch.Count == 0)
            {
                return;
            }

            if (await CommitBatchSafelyAsync(batch))
            {
                blockedRounds = 0;

                // Those that were answered come first: who writes on at once is in the next batch, not in the one after it.
                await Task.Yield();
            }
            else
            {
                await BackOffAsync(blockedRounds++);
            }
        }
    }

    private List<PendingTransaction> Drain()
    {
        var batch = new List<PendingTransaction>();
        var bytes = WalEntryCodec.EntryOverhead;
        lock (_queueLock)
        {
            while (batch.Count < _options.MaxBatchTransactions
                && _queue.TryPeek(out var next)
                && bytes + next.EncodedBytes <= WalEntryCodec.MaxEntryBytes)
            {
                bytes += next.EncodedBytes;
                _queuedBytes -= next.EncodedBytes;
                batch.Add(_queue.Dequeue());
            }

            if (batch.Count == 0)
            {
                _committing = null;
            }
        }

        return batch;
    }

    /// <summary>Commits a batch; puts back into the queue what has to wait for a transaction across shards.</summary>
    /// <returns>Whether none had to wait.</returns>
    private async Task<bool> CommitBatchSafelyAsync(List<PendingTransaction> batch)
    {
        await _gate.WaitAsync();
        try
        {
            var blocked = await CommitBatchAsync(batch);
            if (blocked.Count == 0)
            {
                return true;
            }

            await TryResolveUnderGateAsync();
            Requeue(blocked);
            return false;
        }
        catch (Exception e)
        {
            // Says itself whether something may have been written; those that have their answer keep it.
            batch.ForEach(transaction => transaction.Fail(e));
            return true;
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Requeue(IReadOnlyList<PendingTransaction> blocked)
    {
        lock (_queueLock)
        {
            foreach (var transaction in blocked)
            {
                transaction.BlockedSince ??= _time.GetTimestamp();
                if (_time.GetElapsedTime(transaction.BlockedSince.Value) < _options.CommitDeadline)
                {
                    _queue.Enqueue(transaction);
                    _queuedBytes += transaction.EncodedBytes;
                }
                else
                {
                    transaction.Fail(new VektagrafException(ErrorKind.Busy, "write-contention", "Transactions on the same objects did not end until the deadline; nothing was written. Try again."));
                }
            }
        }
    }
}
