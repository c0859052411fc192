namespace Vektagraf.Storage.Log;

/// <summary>Where in its shard's history an object's version was written: the WAL entry, and the operation within it.</summary>
/// <param name="Sequence">Sequence number of the WAL entry, from 1.</param>
/// <param name="Ordinal">Place of the operation among all operations of the entry, from 0.</param>
public readonly record struct ObjectVersion(ulong Sequence, int Ordinal)
{
    /// <summary>The version as an opaque, unquoted ETag.</summary>
    /// <returns>The ETag.</returns>
    public string ToETag() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Sequence:x}-{Ordinal:x}");
}

/// <summary>What an operation does to one object.</summary>
public enum WalOperationKind : byte
{
    /// <summary>Creates or replaces the object; the payload is its encoding.</summary>
    Put = 1,

    /// <summary>Removes the object; there is no payload.</summary>
    Delete = 2,

    /// <summary>Only looks at the object: its version must stay the one that was seen. Stands in prepared transactions, nowhere else.</summary>
    Check = 3,
}

/// <summary>One operation of a transaction.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Id">The object's id.</param>
/// <param name="Payload">The object's encoding, opaque to the log; empty for a delete.</param>
/// <param name="Existed">Whether the object existed before, so that a replayed answer says the same as the first.</param>
public readonly record struct WalOperation(WalOperationKind Kind, string Id, ReadOnlyMemory<byte> Payload, bool Existed);

/// <summary>How a transaction ended.</summary>
public enum TransactionOutcome : byte
{
    /// <summary>Its operations were applied.</summary>
    Committed = 1,

    /// <summary>A precondition did not hold; nothing was applied. Only recorded where the transaction has an idempotency key.</summary>
    PreconditionFailed = 2,

    /// <summary>One shard's part of a transaction across shards: its preconditions hold, what it touches is locked, and nothing is
    /// applied before a later entry says how it was decided.</summary>
    Prepared = 3,

    /// <summary>A transaction across shards was decided against; nothing was applied.</summary>
    Aborted = 4,
}

/// <summary>A shard that takes part in a transaction across shards.</summary>
/// <param name="Shard">Number of the shard.</param>
/// <param name="Prepared">The entry of its log that its part was prepared in; 0 where that is not known yet.</param>
public readonly record struct TransactionParticipant(int Shard, ulong Prepared);

/// <summary>One transaction of a WAL entry: all of its operations or none.</summary>
public sealed record WalTransaction
{
    /// <summary>Unique id, drawn by the writer.</summary>
    public required UInt128 Id { get; init; }

    /// <summary>Hash of the client's idempotency key; zero for none.</summary>
    public UInt128 IdempotencyHash { get; init; }

    /// <summary>Hash of what the client asked for, to tell a retry from a reuse of its key; zero without a key.</summary>
    public ulong RequestHash { get; init; }

    /// <summary>How it ended.</summary>
    public required TransactionOutcome Outcome { get; init; }

    /// <summary>The operation whose precondition did not hold; −1 for none.</summary>
    public int FailedOperation { get; init; } = -1;

    /// <summary>Its operations; empty unless committed or prepared.</summary>
    public required IReadOnlyList<WalOperation> Operations { get; init; }

    /// <summary>All shards it is about; empty for one that is within this shard.</summary>
    public IReadOnlyList<TransactionParticipant> Participants { get; init; } = [];

    /// <summary>The operations that the state is to take over.</summary>
    public IReadOnlyList<WalOperation> Applied => Outcome == TransactionOutcome.Committed ? Operations : [];
}

/// <summary>One immutable object of the write-ahead log: the transactions that one create-only PUT committed.</summary>
public sealed record WalEntry
{
    /// <summary>Its slot, from 1 without gaps.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>Drawn anew for every entry, so that its writer recognises it after a lost reply.</summary>
    public required UInt128 Nonce { get; init; }

    /// <summary>The writer's clock when it was written, in milliseconds since 1970; for retention only, never for ordering.</summary>
    public required long WrittenAtUnixMs { get; init; }

    /// <summary>Its transactions, in commit order.</summary>
    public required IReadOnlyList<WalTransaction> Transactions { get; init; }
}
