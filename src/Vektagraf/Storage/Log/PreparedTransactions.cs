using System.Diagnostics.CodeAnalysis;

namespace Vektagraf.Storage.Log;

/// <summary>One shard's part of a transaction across shards that is not decided yet, as far as the log says.</summary>
/// <param name="Record">What was prepared.</param>
/// <param name="Sequence">The entry it stands in.</param>
/// <param name="WrittenAtUnixMs">Its writer's clock then.</param>
/// <param name="SeenAt">This node's clock when it learned of it.</param>
/// <param name="NeedsBefore"><see cref="TransactionProgress.Needs"/> as of the entry before.</param>
internal sealed record PreparedTransaction(WalTransaction Record, ulong Sequence, long WrittenAtUnixMs, long SeenAt, IReadOnlyList<ulong> NeedsBefore)
{
    /// <summary>Bytes it takes in an entry.</summary>
    public int EncodedBytes { get; } = Record.Operations.Sum(o => WalEntryCodec.OperationOverhead + System.Text.Encoding.UTF8.GetByteCount(o.Id) + o.Payload.Length);
}

/// <summary>
/// The parts of transactions across shards that this shard's log holds undecided. Built from the log alone; a fold never passes one,
/// so none is ever older than a manifest. Not thread-safe; the log's gate guards it.
/// </summary>
/// <param name="locks">Whether what they name is locked; only a simulation does without.</param>
internal sealed class PreparedTransactions(bool locks)
{
    private readonly Dictionary<UInt128, PreparedTransaction> _byId = [];

    public IReadOnlyCollection<PreparedTransaction> All => _byId.Values;

    /// <summary>Whether what they name is locked.</summary>
    public bool HasLocks => locks;

    public LockTable Locks { get; } = new();

    public TransactionProgress Progress { get; private set; } = TransactionProgress.None;

    /// <summary>The oldest part that is not ended; null for none.</summary>
    public PreparedTransaction? Oldest => _byId.Values.MinBy(p => p.Sequence);

    public bool TryFind(UInt128 id, [NotNullWhen(true)] out PreparedTransaction? prepared) => _byId.TryGetValue(id, out prepared);

    /// <summary>The progress once an entry is taken over; changes nothing.</summary>
    public TransactionProgress ProgressAfter(WalEntry entry)
    {
        var across = entry.Transactions.Where(t => t.Outcome == TransactionOutcome.Prepared || t.Participants.Count > 0 || _byId.ContainsKey(t.Id)).ToList();
        if (across.Count == 0)
        {
            return Progress;
        }

        var needs = across.Where(t => t is { Outcome: TransactionOutcome.Committed, Participants.Count: > 0 })
            .Aggregate(Progress.Needs, (sum, t) => TransactionProgress.Add(sum, t.Participants));
        var ended = across.Where(t => t.Outcome != TransactionOutcome.Prepared).Select(t => t.Id).ToHashSet();
        var undecided = Progress.Undecided.Where(t => !ended.Contains(t.Id)).Concat(across.Where(t => t.Outcome == TransactionOutcome.Prepared));
        return new TransactionProgress([.. undecided], needs);
    }

    /// <summary>Takes over an entry.</summary>
    public void Apply(WalEntry entry, TransactionProgress progress, long seenAt)
    {
        foreach (var transaction in entry.Transactions)
        {
            if (transaction.Outcome == TransactionOutcome.Prepared)
            {
                if (_byId.TryAdd(transaction.Id, new PreparedTransaction(transaction, entry.Sequence, entry.WrittenAtUnixMs, seenAt, Progress.Needs)))
                {
                    Locks.Add(transaction.Operations);
                }
            }
            else if (_byId.Remove(transaction.Id, out var prepared))
            {
                Locks.Remove(prepared.Record.Operations);
            }
        }

        Progress = progress;
    }

    /// <summary>Starts anew at a folded position, at which nothing is undecided.</summary>
    public void Reset(IReadOnlyList<ulong> needs)
    {
        _byId.Clear();
        Locks.Clear();
        Progress = new TransactionProgress([], needs);
    }
}
