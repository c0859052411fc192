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
    /// <summary>Compacts and collects, as far as each is worthwhile.</summary>
    /// <param name="options">What is worthwhile; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the run; what was done by then is done.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>: the store failed; the next run takes up where this one ended.</exception>
    public async Task<MaintenanceReport> MaintainAsync(CompactionOptions? options, CancellationToken cancellationToken)
    {
        var compacted = await CompactAsync(options, cancellationToken);
        var collected = await CollectGarbageAsync(options, cancellationToken);
        return compacted with { WalEntries = collected.WalEntries, Objects = collected.Objects };
    }

    /// <summary>Folds logs into segments, merges segments and stores vector indexes, as far as each is worthwhile. Safe to run at several nodes
    /// at once, and to be killed; needs nothing in memory.</summary>
    /// <param name="options">What is worthwhile; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the run; what was done by then is done.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>: the store failed; the next run takes up where this one ended.</exception>
    public async Task<MaintenanceReport> CompactAsync(CompactionOptions? options, CancellationToken cancellationToken)
    {
        options ??= new CompactionOptions();
        var report = default(MaintenanceReport);
        var schema = SegmentSchema.For(Definition);
        try
        {
            foreach (var shard in await ShardsAsync(cancellationToken))
            {
                var maintenance = new ShardMaintenance(_engine, shard, schema, options);
                report = report with { Folds = report.Folds + (await maintenance.FoldAsync((ulong)options.FoldEntries, cancellationToken) ? 1 : 0) };
                while (await maintenance.CompactAsync(cancellationToken))
                {
                    report = report with { Merges = report.Merges + 1 };
                }

                report = report with { Indexes = report.Indexes + (await maintenance.IndexAsync(cancellationToken) ? 1 : 0) };
            }

            return report;
        }
        catch (ObjectStoreException e)
        {
            throw StoreFailed(e);
        }
    }

    /// <summary>Removes what nothing needs any more: log entries, replaced manifests and segments, decisions of transactions. Safe to run at
    /// several nodes at once, and to be killed.</summary>
    /// <param name="options">How long what was replaced stays; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the run; what was done by then is done.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Unavailable"/>: the store failed; the next run takes up where this one ended.</exception>
    public async Task<MaintenanceReport> CollectGarbageAsync(CompactionOptions? options, CancellationToken cancellationToken)
    {
        options ??= new CompactionOptions();
        var report = default(MaintenanceReport);
        try
        {
            var shards = await ShardsAsync(cancellationToken);
            foreach (var shard in shards)
            {
                var collected = await new ShardCollector(_engine, shard.Keys, options.Retention).RunAsync(cancellationToken);
                report = report with { WalEntries = report.WalEntries + collected.WalEntries, Objects = report.Objects + collected.Objects };
            }

            // The decisions of transactions across shards that no log needs any more.
            await new DecisionCollector(_engine, ShardKeys.DecisionPrefix(_entry.StorageName), shards).RunAsync(cancellationToken);
            return report;
        }
        catch (ObjectStoreException e)
        {
            throw StoreFailed(e);
        }
    }

    private static VektagrafException StoreFailed(ObjectStoreException error) =>
        new(ErrorKind.Unavailable, "store-unavailable", $"The object store failed: {error.Message} The next run takes up where this one ended.", inner: error);
}
