using System.Globalization;
using Vektagraf.Shards;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Simulation;

/// <summary>What must hold once all faults have ended.</summary>
internal sealed partial class Schedule
{
    private const int MostMaintenanceRuns = 20;

    private async Task CheckAsync(List<ScheduleClient> clients, List<TransferClient> transfers)
    {
        Counts = Counts with { Deaths = _all.Count(n => n.IsDead) };
        _all.ForEach(n => n.Store.DieAfter(n.IsDead ? 0 : int.MaxValue));
        for (var i = 0; i < _nodes.Length; i++)
        {
            // One of them at least is new; the others have been through all of it.
            _nodes[i] = i == 0 || _nodes[i].IsDead ? NewNode(maySleep: true, mayDie: false) : _nodes[i];
        }

        var first = await CheckNodeAsync(_nodes[0], clients, transfers);
        foreach (var node in _nodes[1..])
        {
            var other = await CheckNodeAsync(node, clients, transfers);
            ProtocolViolationException.ThrowIf(
                !string.Equals(other, first, StringComparison.Ordinal), EnginePromise.AgreeingNodes, $"what a new node exports\n{first}", $"at an old one\n{other}");
        }

        await _snapshots.RevisitAllAsync(_nodes[0]);
        await CheckLogAsync();
    }

    private async Task<string> CheckNodeAsync(SimulatedNode node, List<ScheduleClient> clients, List<TransferClient> transfers)
    {
        foreach (var client in clients)
        {
            await client.CheckAllAsync(node);
        }

        await TransferClient.CheckAsync(node, transfers);
        var counter = await node.CallAsync(c => c.GetAsync(SharedCounter.Id, withVectors: false, ReadConsistency.Strong, CancellationToken.None));
        var found = SharedCounter.NumberOf(counter);
        ProtocolViolationException.ThrowIf(
            found != _counter.Counted,
            found > _counter.Counted ? EnginePromise.AtMostOnce : EnginePromise.AcknowledgedWrites,
            string.Create(CultureInfo.InvariantCulture, $"a count of {_counter.Counted}"),
            found.ToString(CultureInfo.InvariantCulture));
        return SnapshotLedger.TextOf(await node.CallAsync(c => c.ExportAsync(asOf: null, CancellationToken.None)));
    }

    /// <summary>No request is in the log twice. Slots that collection passed do not count: late PUTs may fill them again, unread.</summary>
    private async Task CheckLogAsync()
    {
        // Of a transaction over several shards, each log has the part, and how it ended; each has its key at most once.
        var transactions = new HashSet<(string Shard, UInt128 Id, bool IsPrepared)>();
        var keys = new HashSet<(string Shard, UInt128 Key)>();
        var listed = await ListAsync();
        foreach (var headKey in listed.Where(k => k.EndsWith("/head", StringComparison.Ordinal)))
        {
            var shard = LiveObjectGuard.ShardOf(headKey);
            var floor = ShardHead.Decode((await _memory.GetAsync(headKey)).Content.Span, headKey).Floor;
            foreach (var key in listed.Where(k => k.StartsWith(shard, StringComparison.Ordinal)))
            {
                var sequence = LiveObjectGuard.SequenceOf(key);
                if (sequence <= floor)
                {
                    continue;
                }

                foreach (var transaction in WalEntryCodec.Decode((await _memory.GetAsync(key)).Content, sequence, key).Transactions)
                {
                    ProtocolViolationException.ThrowIf(
                        !transactions.Add((shard, transaction.Id, transaction.Outcome == TransactionOutcome.Prepared)) || (HasKey(transaction) && !keys.Add((shard, transaction.IdempotencyHash))),
                        EnginePromise.AtMostOnce,
                        "every request once in the log",
                        $"one twice, the second time in '{key}'");
                }
            }
        }
    }

    private static bool HasKey(WalTransaction transaction) =>
        transaction.IdempotencyHash != UInt128.Zero && transaction.Outcome is TransactionOutcome.Committed or TransactionOutcome.PreconditionFailed;

    /// <summary>Once everything is old enough, maintenance leaves what the heads refer to, and all of it.</summary>
    private async Task CheckStorageAsync(List<ScheduleClient> clients, List<TransferClient> transfers)
    {
        var keeper = NewNode(maySleep: false, mayDie: false);
        var (before, unchanged) = (string.Empty, 0);
        for (var run = 0; unchanged < 2; run++)
        {
            await WaitAsync(Scenario.Grace + Scenario.Retention + TimeSpan.FromSeconds(1));
            await MaintainAsync(keeper);
            var after = await StateAsync();
            unchanged = string.Equals(before, after, StringComparison.Ordinal) ? unchanged + 1 : 0;
            before = after;
            ProtocolViolationException.ThrowIf(run == MostMaintenanceRuns, EnginePromise.StorageReturnsToTheLiveSet, "maintenance to come to rest", "another change");
        }

        await CheckLiveSetAsync();
        await CheckNodeAsync(NewNode(maySleep: false, mayDie: false), clients, transfers);
    }

    private async Task CheckLiveSetAsync()
    {
        var listed = (await ListAsync()).ToHashSet(StringComparer.Ordinal);
        var live = listed.Where(k => k.StartsWith("catalog/", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        foreach (var headKey in listed.Where(k => k.EndsWith("/head", StringComparison.Ordinal)))
        {
            var shard = LiveObjectGuard.ShardOf(headKey);
            var (head, keys) = await LiveObjectGuard.LiveAsync(_memory, shard);
            live.UnionWith(keys);

            // Without a gap, or a reader stops before the end.
            for (var next = head.Folded + 1; listed.Contains($"{shard}wal/{next:D20}"); next++)
            {
                live.Add($"{shard}wal/{next:D20}");
            }
        }

        ProtocolViolationException.ThrowIf(
            !live.IsSubsetOf(listed), EnginePromise.NoLiveObjectCollected, "everything the heads refer to", $"missing: {string.Join(", ", live.Except(listed))}");
        ProtocolViolationException.ThrowIf(
            live.Count < listed.Count, EnginePromise.StorageReturnsToTheLiveSet, "what the heads refer to", $"besides it: {string.Join(", ", listed.Except(live))}");
    }

    private async Task<string> StateAsync()
    {
        var entries = (await _memory.ListAsync(string.Empty, pageSize: ListPage.MaxSize)).Entries;
        return string.Join('\n', entries.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key} {e.LastModified.Ticks}")));
    }

    private async Task<List<string>> ListAsync()
    {
        var page = await _memory.ListAsync(string.Empty, pageSize: ListPage.MaxSize);
        return page.Continuation is null ? [.. page.Entries.Select(e => e.Key)] : throw new InvalidOperationException("More objects than a schedule can make.");
    }
}
