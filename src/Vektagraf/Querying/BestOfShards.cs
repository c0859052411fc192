using Vektagraf.Index;
using Vektagraf.Shards;

namespace Vektagraf.Querying;

/// <summary>The rows of the highest scores of several shards, searched one after the other: what the earlier ones have raises the bar for the later.</summary>
/// <param name="k">Most rows.</param>
/// <param name="minScore">The least score; null for any.</param>
internal sealed class BestOfShards(int k, double? minScore)
{
    /// <summary>The rows so far, best first; their distance is the negated score.</summary>
    public List<Candidate> Found { get; } = [];

    /// <summary>What a score has to exceed to be among them.</summary>
    public float Floor { get; private set; } = minScore is { } least ? MathF.BitDecrement((float)least) : float.NegativeInfinity;

    /// <summary>Takes in what one shard has.</summary>
    public void Add(MemtableSnapshot snapshot, ReadOnlySpan<Neighbor> neighbors)
    {
        foreach (var neighbor in neighbors)
        {
            Found.Add(new Candidate(snapshot, neighbor.Ordinal, neighbor.Distance));
        }

        Found.Sort(Candidate.Compare);
        if (Found.Count >= k)
        {
            Found.RemoveRange(k, Found.Count - k);
            Floor = -Found[^1].Distance;
        }
    }
}
