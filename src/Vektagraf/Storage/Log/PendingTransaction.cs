using System.Text;

namespace Vektagraf.Storage.Log;

/// <summary>What must hold about an object before an operation may be applied.</summary>
public enum PreconditionKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>There is no such object.</summary>
    Absent,

    /// <summary>There is such an object, whatever its version.</summary>
    Present,

    /// <summary>The object has the version named.</summary>
    Version,
}

/// <summary>A condition on the present state of one object.</summary>
/// <param name="Kind">What must hold.</param>
/// <param name="ETag">The version wanted, unquoted; only for <see cref="PreconditionKind.Version"/>.</param>
public readonly record struct Precondition(PreconditionKind Kind, string? ETag = null)
{
    /// <summary>Whether the condition holds.</summary>
    /// <param name="current">The object's version; null where there is none.</param>
    /// <returns>True when it holds.</returns>
    public bool Holds(ObjectVersion? current) => Kind switch
    {
        PreconditionKind.Absent => current is null,
        PreconditionKind.Present => current is not null,
        PreconditionKind.Version => current is { } version && string.Equals(version.ToETag(), ETag, StringComparison.Ordinal),
        _ => true,
    };
}

/// <summary>An operation waiting to be committed.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Id">The object's id.</param>
/// <param name="Payload">The object's encoding; empty unless it is a put.</param>
/// <param name="Precondition">What must hold first.</param>
public readonly record struct PendingOperation(WalOperationKind Kind, string Id, ReadOnlyMemory<byte> Payload, Precondition Precondition);

/// <summary>A transaction waiting to be committed.</summary>
public sealed class PendingTransaction
{
    private readonly TaskCompletionSource<CommitReceipt> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Creates a transaction.</summary>
    /// <param name="id">Unique id.</param>
    /// <param name="operations">Its operations, applied in order, all or none.</param>
    /// <param name="idempotencyHash">Hash of the client's idempotency key; zero for none.</param>
    /// <param name="requestHash">Hash of what the client asked for; zero without a key.</param>
    public PendingTransaction(UInt128 id, IReadOnlyList<PendingOperation> operations, UInt128 idempotencyHash = default, ulong requestHash = 0)
    {
        Id = id;
        Operations = operations;
        IdempotencyHash = idempotencyHash;
        RequestHash = requestHash;
        foreach (var operation in operations)
        {
            EncodedBytes += WalEntryCodec.OperationOverhead + Encoding.UTF8.GetByteCount(operation.Id) + operation.Payload.Length;
        }
    }

    private PendingTransaction(UInt128 id, TransactionDecision decision, int encodedBytes)
    {
        Id = id;
        Operations = [];
        Decision = decision;
        EncodedBytes += encodedBytes;
    }

    /// <summary>The end of a transaction across shards in one of them: what was prepared is applied or dropped.</summary>
    /// <param name="id">The transaction.</param>
    /// <param name="decision">How it was decided.</param>
    /// <param name="preparedBytes">Bytes of its part in this shard; 0 where none is known to be prepared.</param>
    /// <returns>The transaction to be committed.</returns>
    internal static PendingTransaction Resolve(UInt128 id, TransactionDecision decision, int preparedBytes) =>
        new(id, decision, preparedBytes + (decision.Participants.Count * WalEntryCodec.ParticipantBytes));

    /// <summary>Unique id.</summary>
    public UInt128 Id { get; }

    /// <summary>Hash of the client's idempotency key; zero for none.</summary>
    public UInt128 IdempotencyHash { get; }

    /// <summary>Hash of what the client asked for; zero without a key.</summary>
    public ulong RequestHash { get; }

    /// <summary>Its operations.</summary>
    public IReadOnlyList<PendingOperation> Operations { get; }

    /// <summary>All shards of a transaction that is to be prepared; empty for one that is to be committed at once.</summary>
    public IReadOnlyList<TransactionParticipant> Participants
    {
        get;
        init
        {
            field = value;
            EncodedBytes += value.Count * WalEntryCodec.ParticipantBytes;
        }
    }
    = [];

    /// <summary>How the transaction of this id was decided, where this is its end; else null.</summary>
    internal TransactionDecision? Decision { get; }

    /// <summary>When it first had to wait for a transaction across shards; null while it never did.</summary>
    internal long? BlockedSince { get; set; }

    /// <summary>Whether a precondition that does not hold is the lasting answer for its idempotency key; false for a
    /// read-modify-write, whose caller looks again and retries.</summary>
    public bool RemembersRefusal { get; init; } = true;

    /// <summary>Bytes it takes in a WAL entry.</summary>
    public int EncodedBytes { get; private set; } = WalEntryCodec.TransactionOverhead + WalEntryCodec.ParticipantCountBytes;

    /// <summary>Completes when the transaction is durable, refused, or its outcome stays unknown.</summary>
    internal Task<CommitReceipt> Completion => _completion.Task;

    internal void Complete(CommitReceipt receipt) => _completion.TrySetResult(receipt);

    internal void Fail(Exception error) => _completion.TrySetException(error);
}

/// <summary>The outcome of a transaction.</summary>
/// <param name="Sequence">The WAL entry it was committed in; for a failed precondition, the entry it was evaluated at.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="FailedOperation">The operation whose precondition did not hold; −1 where none failed.</param>
/// <param name="Operations">What each put and delete did, in order; empty when the transaction was not applied.</param>
public sealed record CommitReceipt(ulong Sequence, TransactionOutcome Outcome, int FailedOperation, IReadOnlyList<OperationReceipt> Operations)
{
    /// <summary>Whether the transaction was applied.</summary>
    public bool Committed => Outcome == TransactionOutcome.Committed;
}

/// <summary>What one operation did.</summary>
/// <param name="Version">The version it wrote.</param>
/// <param name="Existed">Whether the object existed before.</param>
public readonly record struct OperationReceipt(ObjectVersion Version, bool Existed);
