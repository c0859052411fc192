namespace Vektagraf.Storage.Log;

/// <summary>
/// A batch evaluated against one state of the shard: what goes into the next WAL entry, and the answer for each transaction once that
/// entry is durable. Pure: evaluating changes nothing.
/// </summary>
internal sealed partial class BatchEvaluation
{
    private readonly List<WalTransaction> _transactions = [];
    private readonly List<(PendingTransaction Pending, CommitReceipt? Receipt, Exception? Error)> _answers = [];
    private readonly List<(PendingTransaction Pending, CommitReceipt? Receipt, Exception? Error)> _settled = [];
    private readonly List<PendingTransaction> _blocked = [];
    private readonly Dictionary<string, ObjectVersion?> _overlay = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, (ulong RequestHash, CommitReceipt Receipt)> _keys = [];
    private readonly ILogState _state;
    private readonly PreparedTransactions _prepared;
    private readonly ulong _sequence;
    private int _ordinal;

    private BatchEvaluation(ILogState state, PreparedTransactions prepared, ulong sequence)
    {
        _state = state;
        _prepared = prepared;
        _sequence = sequence;
    }

    /// <summary>What goes into the entry; may be empty.</summary>
    public IReadOnlyList<WalTransaction> Transactions => _transactions;

    /// <summary>Those that have to wait for a transaction across shards; they have no answer.</summary>
    public IReadOnlyList<PendingTransaction> Blocked => _blocked;

    /// <summary>Whether a precondition did not hold, or something was in the way.</summary>
    public bool HasRefusals { get; private set; }

    /// <summary>Evaluates a batch in order: each transaction sees the effect of those before it.</summary>
    public static BatchEvaluation Evaluate(
        IReadOnlyList<PendingTransaction> batch, ILogState state, TransactionTable table, PreparedTransactions prepared, ulong sequence)
    {
        var evaluation = new BatchEvaluation(state, prepared, sequence);
        foreach (var pending in batch)
        {
            if (table.TryFind(pending, out var stored, out var reused))
            {
                evaluation.Settle(pending, stored!, reused);
            }
            else if (pending.IdempotencyHash != UInt128.Zero && evaluation._keys.TryGetValue(pending.IdempotencyHash, out var earlier))
            {
                evaluation.Answer(pending, earlier.Receipt, earlier.RequestHash != pending.RequestHash);
            }
            else if (pending.Decision is { } decision)
            {
                evaluation.ResolveOne(pending, decision);
            }
            else
            {
                evaluation.EvaluateOne(pending);
            }
        }

        return evaluation;
    }

    /// <summary>Gives those their answer that the log holds already.</summary>
    public void CompleteSettled() => Complete(_settled);

    /// <summary>Gives every other transaction its answer; call once the entry is durable and applied.</summary>
    public void CompleteAll() => Complete(_answers);

    private static void Complete(List<(PendingTransaction Pending, CommitReceipt? Receipt, Exception? Error)> answers)
    {
        foreach (var (pending, receipt, error) in answers)
        {
            if (error is not null)
            {
                pending.Fail(error);
            }
            else
            {
                pending.Complete(receipt!);
            }
        }
    }

    private void EvaluateOne(PendingTransaction pending)
    {
        var isPrepare = pending.Participants.Count > 0;
        if (isPrepare && _prepared.TryFind(pending.Id, out var prepared))
        {
            // A retry of this very commit, after a reload.
            _answers.Add((pending, Prepared(prepared.Sequence), null));
            return;
        }

        if (pending.Operations.Any(o => IsLocked(o.Kind, o.Id)))
        {
            Block(pending, isPrepare);
            return;
        }

        var touched = new List<(string Id, ObjectVersion? Before)>(pending.Operations.Count);
        var operations = new List<WalOperation>(pending.Operations.Count);
        var receipts = new List<OperationReceipt>(pending.Operations.Count);
        var firstOrdinal = _ordinal;
        for (var i = 0; i < pending.Operations.Count; i++)
        {
            var operation = pending.Operations[i];
            var current = Find(operation.Id);
            if (!operation.Precondition.Holds(current))
            {
                Undo(touched);
                _ordinal = firstOrdinal;
                Refuse(pending, i);
                return;
            }

            if (operation.Kind != WalOperationKind.Check || isPrepare)
            {
                operations.Add(new WalOperation(operation.Kind, operation.Id, operation.Payload, current is not null));
            }

            if (operation.Kind != WalOperationKind.Check)
            {
                touched.Add((operation.Id, current));
                receipts.Add(Write(operation.Kind, operation.Id, current is not null));
            }
        }

        if (isPrepare)
        {
            // Seen by nobody before it is decided, not even by the rest of the batch.
            Undo(touched);
            _ordinal = firstOrdinal;
            RecordPrepared(pending, operations);
        }
        else
        {
            Record(pending, new CommitReceipt(_sequence, TransactionOutcome.Committed, FailedOperation: -1, receipts), operations);
        }
    }

    private OperationReceipt Write(WalOperationKind kind, string id, bool existed)
    {
        var version = new ObjectVersion(_sequence, _ordinal++);
        _overlay[id] = kind == WalOperationKind.Put ? version : null;
        return new OperationReceipt(version, existed);
    }

    private void Refuse(PendingTransaction pending, int failedOperation)
    {
        HasRefusals = true;
        var receipt = new CommitReceipt(_sequence, TransactionOutcome.PreconditionFailed, failedOperation, []);
        if (pending.IdempotencyHash == UInt128.Zero || !pending.RemembersRefusal)
        {
            _answers.Add((pending, receipt, null));
            return;
        }

        // With a key, the refusal is the answer of every retry, also when the condition would hold by then.
        Record(pending, receipt, []);
    }

    private void Record(PendingTransaction pending, CommitReceipt receipt, IReadOnlyList<WalOperation> operations)
    {
        _transactions.Add(new WalTransaction
        {
            Id = pending.Id,
            IdempotencyHash = pending.IdempotencyHash,
            RequestHash = pending.RequestHash,
            Outcome = receipt.Outcome,
            FailedOperation = receipt.FailedOperation,
            Operations = operations,
        });
        _answers.Add((pending, receipt, null));
        if (pending.IdempotencyHash != UInt128.Zero)
        {
            _keys[pending.IdempotencyHash] = (pending.RequestHash, receipt);
        }
    }

    private void Settle(PendingTransaction pending, CommitReceipt receipt, bool keyReused) => _settled.Add(AnswerOf(pending, receipt, keyReused));

    private void Answer(PendingTransaction pending, CommitReceipt receipt, bool keyReused) => _answers.Add(AnswerOf(pending, receipt, keyReused));

    private static (PendingTransaction Pending, CommitReceipt? Receipt, Exception? Error) AnswerOf(PendingTransaction pending, CommitReceipt receipt, bool keyReused) =>
        keyReused
            ? (pending, null, new VektagrafException(ErrorKind.Conflict, "idempotency-key-reused", "This Idempotency-Key was used for another request. Draw a new key for every new request."))
            : (pending, receipt, null);

    private ObjectVersion? Find(string id) => _overlay.TryGetValue(id, out var version) ? version : _state.Find(id);

    private void Undo(List<(string Id, ObjectVersion? Before)> touched)
    {
        for (var i = touched.Count - 1; i >= 0; i--)
        {
            _overlay[touched[i].Id] = touched[i].Before;
        }
    }
}
