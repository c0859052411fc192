namespace Vektagraf.Storage.Log;

/// <content>The parts of transactions across shards: prepared, and later resolved.</content>
internal sealed partial class BatchEvaluation
{
    private readonly LockTable _lockedHere = new();
    private readonly Dictionary<UInt128, CommitReceipt> _resolvedHere = [];

    private static CommitReceipt Prepared(ulong sequence) => new(sequence, TransactionOutcome.Prepared, FailedOperation: -1, []);

    private bool IsLocked(WalOperationKind kind, string id) =>
        _prepared.HasLocks && (_prepared.Locks.Blocks(kind, id) || _lockedHere.Blocks(kind, id));

    /// <summary>A transaction within the shard waits; one that would wait here while it holds locks elsewhere could wait for ever.</summary>
    private void Block(PendingTransaction pending, bool isPrepare)
    {
        if (!isPrepare)
        {
            _blocked.Add(pending);
            return;
        }

        HasRefusals = true;
        _answers.Add((pending, null, new VektagrafException(ErrorKind.Conflict, "transaction-conflict", "Another transaction is changing the same objects; nothing was changed. Try again.")));
    }

    private void RecordPrepared(PendingTransaction pending, List<WalOperation> operations)
    {
        _transactions.Add(new WalTransaction
        {
            Id = pending.Id,
            IdempotencyHash = pending.IdempotencyHash,
            RequestHash = pending.RequestHash,
            Outcome = TransactionOutcome.Prepared,
            Operations = operations,
            Participants = pending.Participants,
        });
        _lockedHere.Add(operations);
        _answers.Add((pending, Prepared(_sequence), null));
    }

    private void ResolveOne(PendingTransaction pending, TransactionDecision decision)
    {
        if (_resolvedHere.TryGetValue(pending.Id, out var receipt))
        {
            _answers.Add((pending, receipt, null));
            return;
        }

        var isPrepared = _prepared.TryFind(pending.Id, out var prepared);
        if (decision.Commit && !isPrepared)
        {
            // Long ago, and forgotten: what became of it cannot be told any more.
            _answers.Add((pending, null, new VektagrafException(ErrorKind.OutcomeUnknown, "commit-outcome-unknown", "The transaction was decided so long ago that its outcome is no longer known.")));
            return;
        }

        // An abort is recorded also where nothing is prepared yet: then nothing will be.
        receipt = decision.Commit ? Commit(prepared!.Record, decision) : Abort(pending.Id, prepared?.Record);
        _resolvedHere.Add(pending.Id, receipt);
        _answers.Add((pending, receipt, null));
    }

    private CommitReceipt Commit(WalTransaction prepared, TransactionDecision decision)
    {
        var operations = prepared.Operations.Where(o => o.Kind != WalOperationKind.Check).ToList();
        _transactions.Add(prepared with { Outcome = TransactionOutcome.Committed, Operations = operations, Participants = decision.Participants });
        var receipt = new CommitReceipt(_sequence, TransactionOutcome.Committed, FailedOperation: -1, operations.ConvertAll(o => Write(o.Kind, o.Id, o.Existed)));
        if (prepared.IdempotencyHash != UInt128.Zero)
        {
            _keys[prepared.IdempotencyHash] = (prepared.RequestHash, receipt);
        }

        return receipt;
    }

    private CommitReceipt Abort(UInt128 id, WalTransaction? prepared)
    {
        _transactions.Add(new WalTransaction
        {
            Id = id,
            IdempotencyHash = prepared?.IdempotencyHash ?? UInt128.Zero,
            RequestHash = prepared?.RequestHash ?? 0,
            Outcome = TransactionOutcome.Aborted,
            Operations = [],
        });
        return new CommitReceipt(_sequence, TransactionOutcome.Aborted, FailedOperation: -1, []);
    }
}
