namespace Vektagraf.Storage.Log;

/// <summary>Limits and times of a shard's log.</summary>
public sealed record ShardLogOptions
{
    /// <summary>Most transactions of one WAL entry, so that one slow precondition list does not hold up a whole queue.</summary>
    public int MaxBatchTransactions { get; init; } = 1_000;

    /// <summary>Longest wait for company before a commit starts. Zero: what queues up during one PUT forms the next entry, which
    /// groups as well under load and does not delay a lone writer.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.Zero;

    /// <summary>Most transactions waiting; beyond, the answer is busy.</summary>
    public int MaxQueuedTransactions { get; init; } = 20_000;

    /// <summary>Most bytes waiting; beyond, the answer is busy.</summary>
    public long MaxQueuedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>After this time a commit whose PUT gave no answer is reported as unknown.</summary>
    public TimeSpan CommitDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>First back-off after losing a slot or an answer; doubles up to <see cref="MaxBackoff"/>, with full jitter.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Longest back-off.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Age below which garbage collection spares what nothing refers to; far longer than any job may run.</summary>
    public TimeSpan CollectionGrace { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long the outcome of a transaction is remembered; at least the window in which clients retry.</summary>
    public TimeSpan TransactionRetention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long a transaction across shards may stay undecided; then whoever meets it decides against it.</summary>
    public TimeSpan TransactionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>WAL entries fetched at once while catching up.</summary>
    public int ReadAhead { get; init; } = 8;

    /// <summary>The rules in force: all, but in a simulation that looks what becomes of the data without one.</summary>
    internal ProtocolRules Rules { get; init; } = ProtocolRules.All;

    internal bool Has(ProtocolRules rule) => (Rules & rule) == rule;
}

/// <summary>What the log needs of the state it feeds. Called by one task at a time, in log order.</summary>
public interface ILogState
{
    /// <summary>Finds the live version of an object.</summary>
    /// <param name="id">The object's id.</param>
    /// <returns>Its version; null where there is none.</returns>
    ObjectVersion? Find(string id);

    /// <summary>Applies the next entry; readers see all of it or nothing.</summary>
    /// <param name="entry">The entry; of its transactions only <see cref="WalTransaction.Applied"/> counts.</param>
    /// <param name="progress">How far transactions across shards are once it is applied.</param>
    void Apply(WalEntry entry, TransactionProgress progress);

    /// <summary>Takes the state of a folded position, when opening and where collection has passed the tail.</summary>
    /// <param name="sequence">The position, beyond everything applied before: the next entry applied is the one after.</param>
    void Reset(ulong sequence);

    /// <summary>Reads what a manifest describes. Nothing changes before <see cref="LoadedState.Switch"/> is called.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The state, ready to be put in force.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>, <c>missing-segment</c> where a segment was collected meanwhile.</exception>
    Task<LoadedState> LoadAsync(ShardManifest manifest, CancellationToken cancellationToken);
}

/// <summary>A state read from segments.</summary>
/// <param name="Transactions">The encoded table of recent transactions.</param>
/// <param name="Switch">Puts the state in force; cannot fail.</param>
public sealed record LoadedState(ReadOnlyMemory<byte> Transactions, Action Switch);
