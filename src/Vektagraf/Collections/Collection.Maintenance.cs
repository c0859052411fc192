using Vektagraf.Compaction;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;
using Vektagraf.Storage;

namespace Vektagraf.Collections;

/// <summary>What a maintenance run did.</summary>
/// <param name="Folds">Shards whose log was folded.</param>
/// <param name="Merges">Merges of segments.</param>
/// <param name="WalEntries">Log entries removed.</param>
/// <param name="Objects">Manifests and segments removed.</param>
/// <param name="Indexes">Shards whose vector indexes were stored.</param>
public readonly record struct MaintenanceReport(int Folds, int Merges, long WalEntries, long Objects, int Indexes = 0);

public sealed partial class Collection
{
    /// <summary>
    /// Folds logs into segments, merges segments, and removes what nothing needs any more, as far as each is worthwhile. Safe to run at
    /// several nodes at once, and to be killed.
    /// </summary>
    /// <param name="options">What is worthwhile; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the run; what was done by then is done.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>: the store failed; the next run takes up where this one ended.</exception>
    public async Task<MaintenanceReport> MaintainAsync(CompactionOptions? options, CancellationToken cancellationToken)
    {
        var report = await TracedAsync("maintain collection", () => MaintainShardsAsync(options ?? new CompactionOptions(), cancellationToken), _engine.Instruments.Maintained);
        _engine.Instruments.MaintenanceDid(Name, "fold", report.Folds);
        _engine.Instruments.MaintenanceDid(Name, "merge", report.Merges);
        _engine.Instruments.MaintenanceDid(Name, "index", report.Indexes);
        return report;
    }

    private async Task<MaintenanceReport> MaintainShardsAsync(CompactionOptions options, CancellationToken cancellationToken)
    {
        var report = default(MaintenanceReport);
        var schema = SegmentSchema.For(Definition);
        foreach (var shard in await ShardsAsync(cancellationToken))
        {
            try
            {
                var maintenance = new ShardMaintenance(_engine, shard, schema, options);
                report = report with { Folds = report.Folds + (await maintenance.FoldAsync((ulong)options.FoldEntries, cancellationToken) ? 1 : 0) };
                while (await maintenance.CompactAsync(cancellationToken))
                {
                    report = report with { Merges = report.Merges + 1 };
                }

                report = report with { Indexes = report.Indexes + (await maintenance.IndexAsync(cancellationToken) ? 1 : 0) };

                var collected = await new ShardCollector(_engine, shard.Keys, options.Retention).RunAsync(cancellationToken);
                report = report with { WalEntries = report.WalEntries + collected.WalEntries, Objects = report.Objects + collected.Objects };
            }
            catch (ObjectStoreException e)
            {
                throw new VektagrafException(ErrorKind.Unavailable, "store-unavailable", $"The object store failed: {e.Message} The next run takes up where this one ended.", inner: e);
            }
        }

        await CollectDecisionsAsync(cancellationToken);
        return report;
    }

    /// <summary>Removes the decisions of transactions across shards that no log needs any more.</summary>
    private async Task CollectDecisionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await new DecisionCollector(_engine, ShardKeys.DecisionPrefix(_entry.StorageName), await ShardsAsync(cancellationToken)).RunAsync(cancellationToken);
        }
        catch (ObjectStoreException e)
        {
            throw new VektagrafException(ErrorKind.Unavailable, "store-unavailable", $"The object store failed: {e.Message} The next run takes up where this one ended.", inner: e);
        }
    }
}
