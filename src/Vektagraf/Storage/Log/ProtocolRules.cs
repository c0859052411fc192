namespace Vektagraf.Storage.Log;

/// <summary>
/// The rules of the commit and collection protocol that a simulation can switch off, to show that it notices. Nothing else may: with
/// any of them off, acknowledged data gets lost. docs/formats/wal.md and manifest.md say how.
/// </summary>
[Flags]
internal enum ProtocolRules
{
    None = 0,

    /// <summary>After a won slot, the head says whether collection has passed it.</summary>
    FloorCheck = 1 << 0,

    /// <summary>A missing slot alone proves nothing: the head is read as well.</summary>
    HeadAfterMiss = 1 << 1,

    /// <summary>The head is read after the probe that found the slot missing, not before.</summary>
    ProbeBeforeHead = 1 << 2,

    /// <summary>A head is only replaced by who saw the one it replaces.</summary>
    CompareAndSwap = 1 << 3,

    /// <summary>The floor is published before what is below it is deleted.</summary>
    FloorBeforeDelete = 1 << 4,

    /// <summary>Objects are listed before the head that may refer to them is read.</summary>
    ListBeforeHead = 1 << 5,

    /// <summary>Segments carry the recent transactions of the log they replace.</summary>
    TransactionsInSegments = 1 << 6,

    /// <summary>The next floor waits for the grace before it is the floor.</summary>
    CandidateGrace = 1 << 7,

    /// <summary>What was prepared and is overdue is ended as the decision object says, or as one created for that says.</summary>
    PrepareResolution = 1 << 8,

    /// <summary>What a prepared transaction names is locked until it is ended.</summary>
    PrepareLocks = 1 << 9,

    /// <summary>A fold never passes a prepared transaction that has not ended.</summary>
    FoldBeforePrepared = 1 << 10,

    /// <summary>Reads over several shards show a transaction in all of them or in none.</summary>
    WholeTransactions = 1 << 11,

    All = FloorCheck | HeadAfterMiss | ProbeBeforeHead | CompareAndSwap | FloorBeforeDelete | ListBeforeHead | TransactionsInSegments | CandidateGrace
        | PrepareResolution | PrepareLocks | FoldBeforePrepared | WholeTransactions,
}
