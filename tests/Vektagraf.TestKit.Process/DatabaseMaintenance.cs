using System.Globalization;
using Vektagraf.Compaction;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.TestKit.Process;

/// <summary>Maintenance as a process of its own, which can be killed without the server that writes.</summary>
internal static class DatabaseMaintenance
{
    // Long enough that a pass does not meet its own last one, short against the grace.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs for as long as the process lives. Every pass folds first and merges then, so that each change says which it belongs to.</summary>
    public static async Task RunAsync(IObjectStore store, TimeSpan grace)
    {
        var retention = grace / 4;
        var fold = new CompactionOptions { FoldEntries = 8, TierWidth = int.MaxValue, TombstoneShare = double.MaxValue, Retention = retention };
        var merge = new CompactionOptions { FoldEntries = int.MaxValue, TierWidth = 2, SmallestTierRows = 100, Retention = retention };
        var announcing = new AnnouncingObjectStore(store, StoreWorkload.Say);
        await using var database = new VektagrafDatabase(announcing, new VektagrafOptions { Log = new ShardLogOptions { CollectionGrace = grace } });
        while (true)
        {
            foreach (string name in await database.ListCollectionsAsync(CancellationToken.None))
            {
                var collection = await database.GetCollectionAsync(name, CancellationToken.None);
                announcing.Work = "fold";
                var folded = await collection.MaintainAsync(fold, CancellationToken.None);
                announcing.Work = "merge";
                var merged = await collection.MaintainAsync(merge, CancellationToken.None);
                StoreWorkload.Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"done {folded.Folds} {merged.Merges} {folded.WalEntries + merged.WalEntries} {folded.Objects + merged.Objects}"));
            }

            await Task.Delay(Pause);
        }
    }
}
