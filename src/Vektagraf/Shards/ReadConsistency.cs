namespace Vektagraf.Shards;

/// <summary>How fresh a read must be.</summary>
public enum ConsistencyLevel
{
    /// <summary>Linearizable: sees every write acknowledged anywhere before the read began.</summary>
    Strong,

    /// <summary>At most so much behind.</summary>
    Bounded,

    /// <summary>Sees at least what a session token names.</summary>
    Session,

    /// <summary>Whatever this node has.</summary>
    Eventual,
}

/// <summary>How fresh a read must be.</summary>
/// <param name="Level">The level.</param>
/// <param name="Bound">Largest staleness; only for <see cref="ConsistencyLevel.Bounded"/>.</param>
/// <param name="Session">The token; only for <see cref="ConsistencyLevel.Session"/>.</param>
public readonly record struct ReadConsistency(ConsistencyLevel Level, TimeSpan Bound = default, string? Session = null)
{
    /// <summary>Linearizable reads, the default.</summary>
    public static ReadConsistency Strong => default;

    /// <summary>Reads of whatever this node has.</summary>
    public static ReadConsistency Eventual => new(ConsistencyLevel.Eventual);
}
