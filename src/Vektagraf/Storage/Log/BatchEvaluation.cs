namespace Vektagraf.Storage.Log;

/// <summary>
/// A batch evaluated against one state of the shard: what goes into the next WAL entry, and the answer for each transaction once that
/// entry is durable. Pure: evaluating changes nothing.
/// </summary>
internal sealed class BatchEvaluation
{
    private readonly List<WalTransaction> _transactions = [];
    private readonly List<(PendingTransaction Pending, CommitReceipt? Receipt, Exception? Error)> _answers = [];
    private readonly Dictionary<string, ObjectVersion?> _overlay = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, (ulong RequestHash, CommitReceipt Receipt)> _keys = [];
    private readonly ILogState _state;
    private readonly ulong _sequence;
    private int _ordinal;

    private BatchEvaluation(ILogState state, ulong sequence)
    {
        _state = state;
        _sequence = sequence;
    }

    /// <summary>What goes into the entry; may be empty.</summary>
    public IReadOnlyList<WalTransaction> Transactions => _transactions;

    /// <summary>Whether a precondition did not hold.</summary>
    public bool HasRefusals { get; private set; }

    /// <summary>Evaluates a batch in order: each transaction sees the effect of those before it.</summary>
    public static BatchEvaluation Evaluate(IReadOnlyList<PendingTransaction> batch, ILogState state, TransactionTable table, ulong sequence)
    {
        var evaluation = new BatchEvaluation(state, sequence);
        foreach (var pending in batch)
        {
            if (table.TryFind(pending, out var stored, out var reused))
            {
                evaluation.Answer(pending, stored!, reused);
            }
            else if (pending.IdempotencyHash != UInt128.Zero && evaluation._keys.TryGetValue(pending.IdempotencyHash, out var earlier))
            {
                evaluation.Answer(pending, earlier.Receipt, earlier.RequestHash != pending.RequestHash);
            }
            else
            {
                evaluation.EvaluateOne(pending);
            }
        }

        return evaluation;
    }

    /// <summary>Gives every transaction its answer; call once the entry is durable and applied.</summary>
    public void CompleteAll()
    {
        foreach (var (pending, receipt, error) in _answers)
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
        var touched = new List<(string Id, ObjectVersion? Before)>(pending.Operations.Count);
        var operations = new WalOperation[pending.Operations.Count];
        var receipts = new OperationReceipt[pending.Operations.Count];
        var firstOrdinal = _ordinal;
        for (var i = 0; i < operations.Length; i++)
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

            touched.Add((operation.Id, current));
            var version = new ObjectVersion(_sequence, _ordinal++);
            _overlay[operation.Id] = operation.Kind == WalOperationKind.Put ? version : null;
            operations[i] = new WalOperation(operation.Kind, operation.Id, operation.Payload, current is not null);
            receipts[i] = new OperationReceipt(version, current is not null);
        }

        Record(pending, new CommitReceipt(_sequence, FailedOperation: -1, receipts), TransactionOutcome.Committed, operations);
    }

    private void Refuse(PendingTransaction pending, int failedOperation)
    {
        HasRefusals = true;
        var receipt = new CommitReceipt(_sequence, failedOperation, []);
        if (pending.IdempotencyHash == UInt128.Zero || !pending.RemembersRefusal)
        {
            _answers.Add((pending, receipt, null));
            return;
        }

        // With a key, the refusal is the answer of every retry, also when the condition would hold by then.
        Record(pending, receipt, TransactionOutcome.PreconditionFailed, []);
    }

    private void Record(PendingTransaction pending, CommitReceipt receipt, TransactionOutcome outcome, WalOperation[] operations)
    {
        _transactions.Add(new WalTransaction
        {
            Id = pending.Id,
            IdempotencyHash = pending.IdempotencyHash,
            RequestHash = pending.RequestHash,
            Outcome = outcome,
            FailedOperation = receipt.FailedOperation,
            Operations = operations,
        });
        _answers.Add((pending, receipt, null));
        if (pending.IdempotencyHash != UInt128.Zero)
        {
            _keys[pending.IdempotencyHash] = (pending.RequestHash, receipt);
        }
    }

    private void Answer(PendingTransaction pending, CommitReceipt receipt, bool keyReused) =>
        _answers.Add(keyReused
            ? (pending, null, new VektagrafException(ErrorKind.Conflict, "idempotency-key-reused", "This Idempotency-Key was used for another request. Draw a new key for every new request."))
            : (pending, receipt, null));

    private ObjectVersion? Find(string id) => _overlay.TryGetValue(id, out var version) ? version : _state.Find(id);

    private void Undo(List<(string Id, ObjectVersion? Before)> touched)
    {
        for (var i = touched.Count - 1; i >= 0; i--)
        {
            _overlay[touched[i].Id] = touched[i].Before;
        }
    }
}
