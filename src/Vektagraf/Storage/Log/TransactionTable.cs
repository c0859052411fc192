namespace Vektagraf.Storage.Log;

/// <summary>
/// The transactions of the recent past with their outcomes: what makes a retried write apply once. Built from the WAL alone, so every
/// node has the same table; a fold carries it on in a segment. Not thread-safe; the log's gate guards it.
/// </summary>
internal sealed partial class TransactionTable
{
    private readonly Dictionary<UInt128, Row> _byId = [];
    private readonly Dictionary<UInt128, Row> _byIdempotencyHash = [];
    private readonly Queue<Row> _byAge = new();

    /// <summary>Count of transactions remembered.</summary>
    public int Count => _byId.Count;

    /// <summary>Remembers the transactions of an entry and forgets those older than the retention.</summary>
    public void Add(WalEntry entry, TimeSpan retention)
    {
        var ordinal = 0;
        foreach (var transaction in entry.Transactions)
        {
            if (transaction.Outcome != TransactionOutcome.Prepared)
            {
                // A request whose transaction was aborted is done anew when it is retried.
                var key = transaction.Outcome == TransactionOutcome.Aborted ? UInt128.Zero : transaction.IdempotencyHash;
                Add(new Row(transaction.Id, key, transaction.RequestHash, entry.WrittenAtUnixMs, ReceiptOf(entry, transaction, ref ordinal)));
            }
        }

        Forget(entry.WrittenAtUnixMs - (long)retention.TotalMilliseconds);
    }

    /// <summary>Finds the stored outcome of a transaction: of itself, or of an earlier one with its idempotency key.</summary>
    /// <returns>False where it has none; else the receipt, or that the key was used for another request.</returns>
    public bool TryFind(PendingTransaction transaction, out CommitReceipt? receipt, out bool keyReused)
    {
        keyReused = false;
        if (_byId.TryGetValue(transaction.Id, out var row))
        {
            receipt = row.Receipt;
            return true;
        }

        if (transaction.IdempotencyHash == UInt128.Zero || !_byIdempotencyHash.TryGetValue(transaction.IdempotencyHash, out row))
        {
            receipt = null;
            return false;
        }

        keyReused = row.RequestHash != transaction.RequestHash;
        receipt = row.Receipt;
        return true;
    }

    /// <summary>Finds the stored outcome of an earlier request with an idempotency key.</summary>
    /// <returns>Null where it has none, or one of another request.</returns>
    public CommitReceipt? Find(UInt128 idempotencyHash, ulong requestHash) =>
        _byIdempotencyHash.TryGetValue(idempotencyHash, out var row) && row.RequestHash == requestHash ? row.Receipt : null;

    /// <summary>Finds the stored outcome of a transaction.</summary>
    /// <returns>Null where it has none.</returns>
    public CommitReceipt? Find(UInt128 id) => _byId.GetValueOrDefault(id)?.Receipt;

    /// <summary>Forgets everything, before a reload.</summary>
    public void Clear()
    {
        _byId.Clear();
        _byIdempotencyHash.Clear();
        _byAge.Clear();
    }

    internal static CommitReceipt ReceiptOf(WalEntry entry, WalTransaction transaction, ref int ordinal)
    {
        var operations = new OperationReceipt[transaction.Operations.Count];
        for (var i = 0; i < operations.Length; i++)
        {
            operations[i] = new OperationReceipt(new ObjectVersion(entry.Sequence, ordinal++), transaction.Operations[i].Existed);
        }

        return new CommitReceipt(entry.Sequence, transaction.Outcome, transaction.FailedOperation, operations);
    }

    private void Add(Row row)
    {
        if (_byId.TryAdd(row.Id, row))
        {
            _byAge.Enqueue(row);
        }

        if (row.IdempotencyHash != UInt128.Zero)
        {
            _byIdempotencyHash.TryAdd(row.IdempotencyHash, row);
        }
    }

    private void Forget(long olderThanUnixMs)
    {
        while (_byAge.TryPeek(out var oldest) && oldest.WrittenAtUnixMs < olderThanUnixMs)
        {
            _byAge.Dequeue();
            _byId.Remove(oldest.Id);
            _byIdempotencyHash.Remove(oldest.IdempotencyHash);
        }
    }

    private sealed record Row(UInt128 Id, UInt128 IdempotencyHash, ulong RequestHash, long WrittenAtUnixMs, CommitReceipt Receipt);
}
