using Vektagraf.Index;

namespace Vektagraf.Shards;

/// <summary>What vectors may take of a machine.</summary>
/// <param name="BudgetBytes">Bytes that an index may take in memory.</param>
/// <param name="Memory">Where vectors are kept; null for the heap.</param>
internal sealed record VectorHosting(long BudgetBytes, VectorMemory? Memory)
{
    /// <summary>No limits, for what is small and short-lived.</summary>
    public static VectorHosting Unlimited { get; } = new(long.MaxValue, null);
}
