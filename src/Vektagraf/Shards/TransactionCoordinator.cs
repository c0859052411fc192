using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>One shard's part of a transaction.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Operations">What to do in it, in order.</param>
internal sealed record TransactionPart(Shard Shard, IReadOnlyList<PendingOperation> Operations);

/// <summary>How a transaction ended.</summary>
/// <param name="Receipts">For each part what it did; empty unless it was committed.</param>
/// <param name="FailedPart">The part that was refused; −1 where none was.</param>
/// <param name="FailedOperation">The operation of that part whose precondition did not hold.</param>
/// <param name="IsConflict">Whether another transaction was in the way: the same may succeed now.</param>
internal sealed record TransactionEnd(IReadOnlyList<CommitReceipt> Receipts, int FailedPart = -1, int FailedOperation = -1, bool IsConflict = false);

/// <summary>
/// Commits a transaction over several shards: each prepares its part in its log, one create-only object decides, each log says how it
/// ended. The object is the commit point; docs/formats/wal.md has the rules, docs/adr/0011 why.
/// </summary>
internal sealed class TransactionCoordinator(EngineContext engine, IReadOnlyList<TransactionPart> parts)
{
    private const int Refused = -1;

    private readonly UInt128 _id = engine.Entropy.NextUInt128();
    private readonly CommitReceipt?[] _prepared = new CommitReceipt?[parts.Count];
    private readonly VektagrafException?[] _failures = new VektagrafException?[parts.Count];

    /// <summary>Hash of the client's idempotency key; zero for none.</summary>
    public UInt128 IdempotencyHash { get; init; }

    /// <summary>Hash of what the client asked for.</summary>
    public ulong RequestHash { get; init; }

    /// <summary>Whether a precondition that does not hold is the lasting answer for the key.</summary>
    public bool RemembersRefusal { get; init; }

    /// <summary>Whether to prepare one shard after the other: slower, but of two that want the same one goes through.</summary>
    public bool InOrder { get; init; }

    /// <summary>Carries the transaction through; call once.</summary>
    /// <returns>How it ended.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.OutcomeUnknown"/>: the decision, or what it led to, could not be learned.
    /// Others: nothing was changed.</exception>
    public async Task<TransactionEnd> RunAsync()
    {
        if (parts.Count == 1)
        {
            return EndOf(await parts[0].Shard.Log.CommitAsync(Pending(participants: []), CancellationToken.None));
        }

        await PrepareAsync();
        if (Array.FindIndex(_prepared, r => r is not { Outcome: TransactionOutcome.Prepared }) >= 0)
        {
            await AbortAsync();
            return await EndOfFailureAsync();
        }

        var participants = parts.Select((p, i) => new TransactionParticipant(p.Shard.Keys.Shard, _prepared[i]!.Sequence)).ToArray();
        var decision = await DecideAsync(new TransactionDecision { Commit = true, Participants = participants });
        var receipts = await ResolveAsync(decision);
        if (receipts.All(r => r.Committed))
        {
            return new TransactionEnd(receipts);
        }

        // Somebody waited too long for it.
        return new TransactionEnd([], IsConflict: true);
    }

    private static TransactionEnd EndOf(CommitReceipt receipt) =>
        receipt.Committed ? new TransactionEnd([receipt]) : new TransactionEnd([], FailedPart: 0, receipt.FailedOperation);

    private PendingTransaction Pending(IReadOnlyList<TransactionParticipant> participants, int part = 0) =>
        new(_id, parts[part].Operations, IdempotencyHash, RequestHash) { Participants = participants, RemembersRefusal = RemembersRefusal };

    private async Task PrepareAsync()
    {
        var participants = parts.Select(p => new TransactionParticipant(p.Shard.Keys.Shard, Prepared: 0)).ToArray();
        if (!InOrder)
        {
            await Task.WhenAll(parts.Select((_, i) => PrepareAsync(i, participants)));
            return;
        }

        for (var i = 0; i < parts.Count && (i == 0 || _prepared[i - 1] is { Outcome: TransactionOutcome.Prepared }); i++)
        {
            await PrepareAsync(i, participants);
        }
    }

    private async Task PrepareAsync(int part, TransactionParticipant[] participants)
    {
        try
        {
            _prepared[part] = await parts[part].Shard.Log.CommitAsync(Pending(participants, part), CancellationToken.None);
        }
        catch (VektagrafException e)
        {
            _failures[part] = e;
        }
    }

    /// <summary>Ends what was prepared. Nobody but this coordinator could have decided for it, so no decision object is needed; a part
    /// that is not reached, or arrives later, is ended by whoever meets it.</summary>
    private Task AbortAsync()
    {
        var decision = new TransactionDecision();
        return Task.WhenAll(parts.Select(async (part, i) =>
        {
            if (_prepared[i] is { Outcome: TransactionOutcome.Prepared })
            {
                try
                {
                    await part.Shard.Log.CommitAsync(PendingTransaction.Resolve(_id, decision, preparedBytes: 0), CancellationToken.None);
                }
                catch (VektagrafException)
                {
                    // As said above.
                }
            }
        }));
    }

    private async Task<TransactionEnd> EndOfFailureAsync()
    {
        if (Array.Exists(_prepared, r => r is { Committed: true }))
        {
            // An earlier request under the same key was committed, then in all of its shards.
            var receipts = await EarlierReceiptsAsync();
            return Array.TrueForAll(receipts, r => r.Committed) ? new TransactionEnd(receipts) : throw OutcomeUnknown(inner: null);
        }

        var refused = Array.FindIndex(_prepared, r => r is { Outcome: TransactionOutcome.PreconditionFailed });
        if (refused != Refused)
        {
            return new TransactionEnd([], refused, _prepared[refused]!.FailedOperation);
        }

        // A conflict, or an end that somebody else brought about; only what is worse is worth reporting.
        return Array.Find(_failures, e => e is not null && !IsConflict(e)) is { } failure
            ? throw (failure.Kind == ErrorKind.OutcomeUnknown ? NothingWritten(failure) : failure)
            : new TransactionEnd([], IsConflict: true);
    }

    private async Task<CommitReceipt[]> EarlierReceiptsAsync() => await Task.WhenAll(parts.Select(async part =>
    {
        await part.Shard.Log.CatchUpAsync(CancellationToken.None);
        return await part.Shard.Log.FindOutcomeAsync(IdempotencyHash, RequestHash, CancellationToken.None) ?? throw OutcomeUnknown(inner: null);
    }));

    private async Task<TransactionDecision> DecideAsync(TransactionDecision wanted)
    {
        var startedAt = engine.Time.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            ObjectStoreException? doubt = null;
            try
            {
                if (await TransactionDecision.DecideAsync(engine.Store, parts[0].Shard.Keys.Decision(_id), wanted, CancellationToken.None) is { } decision)
                {
                    return decision;
                }
            }
            catch (ObjectStoreException e)
            {
                doubt = e;
            }

            if (engine.Time.GetElapsedTime(startedAt) >= engine.Options.Log.CommitDeadline)
            {
                throw OutcomeUnknown(doubt);
            }

            await Backoff.WaitAsync(engine.Options.Log, engine.Time, engine.Entropy, attempt);
        }
    }

    private async Task<CommitReceipt[]> ResolveAsync(TransactionDecision decision)
    {
        try
        {
            return await Task.WhenAll(parts.Select(async part =>
                await part.Shard.Log.CommitAsync(PendingTransaction.Resolve(_id, decision, SizeOf(part)), CancellationToken.None)));
        }
        catch (VektagrafException e) when (decision.Commit)
        {
            // Decided and lasting; but what it did in every shard is only known once all logs say so.
            throw OutcomeUnknown(e);
        }
    }

    private static int SizeOf(TransactionPart part) =>
        part.Operations.Sum(o => WalEntryCodec.OperationOverhead + System.Text.Encoding.UTF8.GetByteCount(o.Id) + o.Payload.Length);

    private static bool IsConflict(VektagrafException e) => string.Equals(e.Slug, "transaction-conflict", StringComparison.Ordinal);

    private static VektagrafException NothingWritten(VektagrafException inner) =>
        new(ErrorKind.Unavailable, "store-unavailable", "The object store did not answer, so the transaction was given up; nothing was changed. Try again.", inner: inner);

    private static VektagrafException OutcomeUnknown(Exception? inner) => new(
        ErrorKind.OutcomeUnknown,
        "commit-outcome-unknown",
        "The object store did not say whether the transaction was committed. Send it again with the same Idempotency-Key: it will be applied at most once.",
        inner: inner);
}
