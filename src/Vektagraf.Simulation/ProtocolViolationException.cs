namespace Vektagraf.Simulation;

/// <summary>What the engine promises, and a simulation checks.</summary>
public enum EnginePromise
{
    /// <summary>A strong read sees every write acknowledged before it began, and nothing that was refused or never sent; only writes
    /// whose outcome their client does not know may show or not.</summary>
    AcknowledgedWrites,

    /// <summary>A request happens at most once, however often it is sent under one idempotency key.</summary>
    AtMostOnce,

    /// <summary>A transaction shows as a whole or not at all, whatever shards it is about, and loses to no other one what it was based on.</summary>
    WholeTransactions,

    /// <summary>A read that passes a session token sees at least what the answer that carried the token saw.</summary>
    MonotoneSessions,

    /// <summary>A past state reads the same at every node at any time, until the retention has passed.</summary>
    StableSnapshots,

    /// <summary>All nodes give the same answer about the newest state.</summary>
    AgreeingNodes,

    /// <summary>Once requests get through, every request gets an answer for good.</summary>
    Progress,

    /// <summary>Nothing is collected that the head of its shard refers to.</summary>
    NoLiveObjectCollected,

    /// <summary>After the retention and the grace, the store holds what the heads refer to, and nothing else.</summary>
    StorageReturnsToTheLiveSet,
}

/// <summary>A promise of the engine was broken.</summary>
/// <param name="promise">Which.</param>
/// <param name="expected">What should have been.</param>
/// <param name="found">What was.</param>
public sealed class ProtocolViolationException(EnginePromise promise, string expected, string found)
    : Exception($"{promise}: expected {expected}; found {found}.")
{
    /// <summary>The promise.</summary>
    public EnginePromise Promise { get; } = promise;

    /// <summary>What should have been.</summary>
    public string Expected { get; } = expected;

    /// <summary>What was.</summary>
    public string Found { get; } = found;

    internal static void ThrowIf(bool isBroken, EnginePromise promise, string expected, string found)
    {
        if (isBroken)
        {
            throw new ProtocolViolationException(promise, expected, found);
        }
    }
}
