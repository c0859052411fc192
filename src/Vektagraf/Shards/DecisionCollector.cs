using System.Globalization;
using Vektagraf.Storage.Log;

namespace Vektagraf.Shards;

/// <summary>
/// Removes decisions of transactions across shards. A decision may go once the log of every shard says how the transaction ended: then
/// nobody will ask for it. One against a transaction is written also into logs that know nothing of it, so that a part that arrives
/// late, or a coordinator that wakes up, finds it ended.
/// </summary>
internal sealed class DecisionCollector(EngineContext engine, string prefix, IReadOnlyList<Shard> shards)
{
    /// <summary>Collects once.</summary>
    /// <param name="cancellationToken">Ends the collection.</param>
    /// <returns>Decisions removed.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var removed = 0;
        string? continuation = null;
        do
        {
            var page = await engine.Store.ListAsync(prefix, continuation, cancellationToken: cancellationToken);
            foreach (var entry in page.Entries)
            {
                if (entry.LastModified < engine.Time.GetUtcNow() - engine.Options.Log.CollectionGrace && await EndAsync(entry.Key, cancellationToken))
                {
                    removed += await engine.Store.DeleteAsync(entry.Key, cancellationToken) ? 1 : 0;
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);

        return removed;
    }

    private async Task<bool> EndAsync(string key, CancellationToken cancellationToken)
    {
        if (!UInt128.TryParse(key.AsSpan(prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
            || await TransactionDecision.ReadAsync(engine.Store, key, cancellationToken) is not { } decision)
        {
            return false;
        }

        foreach (var participant in decision.Participants.Where(p => p.Shard >= 0 && p.Shard < shards.Count))
        {
            var log = shards[participant.Shard].Log;
            // Ends it where it is prepared.
            await log.CatchUpAsync(cancellationToken);
            if (!decision.Commit)
            {
                await log.CommitAsync(PendingTransaction.Resolve(id, decision, preparedBytes: 0), cancellationToken);
            }
        }

        return true;
    }
}
