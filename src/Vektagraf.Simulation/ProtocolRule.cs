using Vektagraf.Storage.Log;

namespace Vektagraf.Simulation;

/// <summary>A rule of the protocol that a simulation can do without, to show that it notices.</summary>
public enum ProtocolRule
{
    /// <summary>After a won slot, the head says whether collection has passed it.</summary>
    FloorCheck,

    /// <summary>A missing slot alone proves nothing: the head is read as well.</summary>
    HeadAfterMiss,

    /// <summary>The head is read after the probe that found the slot missing, not before.</summary>
    ProbeBeforeHead,

    /// <summary>A head is only replaced by who saw the one it replaces.</summary>
    CompareAndSwap,

    /// <summary>The floor is published before what is below it is deleted.</summary>
    FloorBeforeDelete,

    /// <summary>Objects are listed before the head that may refer to them is read.</summary>
    ListBeforeHead,

    /// <summary>Segments carry the recent transactions of the log they replace.</summary>
    TransactionsInSegments,

    /// <summary>The next floor waits for the grace before it is the floor.</summary>
    CandidateGrace,

    /// <summary>What was prepared and is overdue is ended as the decision object says, or as one created for that says.</summary>
    PrepareResolution,

    /// <summary>What a prepared transaction names is locked until it is ended.</summary>
    PrepareLocks,

    /// <summary>A fold never passes a prepared transaction that has not ended.</summary>
    FoldBeforePrepared,

    /// <summary>Reads over several shards show a transaction in all of them or in none.</summary>
    WholeTransactions,
}

internal static class ProtocolRuleExtensions
{
    /// <summary>All rules but one.</summary>
    public static ProtocolRules Without(ProtocolRule? rule) =>
        rule is { } off ? ProtocolRules.All & ~Enum.Parse<ProtocolRules>(off.ToString()) : ProtocolRules.All;
}
