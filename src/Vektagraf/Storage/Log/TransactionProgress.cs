namespace Vektagraf.Storage.Log;

/// <summary>What a shard's state knows of transactions across shards; immutable.</summary>
/// <param name="Undecided">Prepared here, and not ended.</param>
/// <param name="Needs">For each shard of the collection, by number, the entry up to which its state has to be, too, or else a
/// transaction would be seen here and not there; shards beyond the end: none.</param>
public sealed record TransactionProgress(IReadOnlyList<WalTransaction> Undecided, IReadOnlyList<ulong> Needs)
{
    /// <summary>Nothing across shards so far.</summary>
    public static TransactionProgress None { get; } = new([], []);

    /// <summary>What has to be seen elsewhere, once another transaction is committed.</summary>
    internal static IReadOnlyList<ulong> Add(IReadOnlyList<ulong> needs, IReadOnlyList<TransactionParticipant> participants)
    {
        var sum = new ulong[Math.Max(needs.Count, participants.Max(p => p.Shard) + 1)];
        for (var i = 0; i < needs.Count; i++)
        {
            sum[i] = needs[i];
        }

        foreach (var participant in participants)
        {
            sum[participant.Shard] = Math.Max(sum[participant.Shard], participant.Prepared);
        }

        return sum;
    }
}
